package noticesweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/ui"
)

const pathDigest = "/settings/notices"

// digestPage is the data of a user's settings of the digest.
type digestPage struct {
	*ui.View
	Digest notices.Digest
	Ready  bool // mail can be sent
	Err    error
}

func (p *Pages) digest(w http.ResponseWriter, r *ui.Req) error {
	page := digestPage{View: r.View}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.Digest, err = notices.GetDigest(r.Context(), tx, r.Who.User)
		return err
	})
	if err != nil {
		return err
	}
	return p.showDigest(w, r, http.StatusOK, page)
}

func (p *Pages) showDigest(w http.ResponseWriter, r *ui.Req, status int, page digestPage) error {
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		page.Ready, err = mail.Ready(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, p.Settings(r.View, "notices", r.View.T("notice.digest.title"), page.form()))
}

func (p *Pages) digestSave(w http.ResponseWriter, r *ui.Req) error {
	d := notices.Digest{Every: notices.Every(r.Text("every")), Weekday: time.Weekday(r.Int("weekday", -1)), Hour: int(r.Int("hour", -1))}
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) error {
		return notices.SaveDigest(r.Context(), tx, r.Who.User, d)
	})
	if errs.KindOf(err) == errs.Invalid {
		return p.showDigest(w, r, http.StatusUnprocessableEntity, digestPage{View: r.View, Digest: d, Err: err})
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "notice.digest.saved"})
	return ui.Redirect(w, r, pathDigest)
}

func (p *digestPage) every() []ui.Option {
	var list []ui.Option
	for _, e := range []notices.Every{notices.Off, notices.Daily, notices.Weekly} {
		list = append(list, ui.Option{Value: string(e), Label: p.T("notice.digest.every." + string(e))})
	}
	return list
}

func (p *digestPage) weekdays() []ui.Option {
	var list []ui.Option
	for n := range 7 {
		d := time.Weekday((n + 1) % 7) // weeks begin on Monday
		list = append(list, ui.Option{Value: strconv.Itoa(int(d)), Label: p.Weekday(d)})
	}
	return list
}

func (p *digestPage) hours() []ui.Option {
	var list []ui.Option
	for h := range 24 {
		list = append(list, ui.Option{Value: strconv.Itoa(h), Label: p.Time(time.Date(2026, 1, 1, h, 0, 0, 0, p.Zone))})
	}
	return list
}
