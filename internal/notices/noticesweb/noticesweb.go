// Package noticesweb is the pages of what a user was told: the bell's menu,
// the list of all of it, and the settings of the mail that sums it up.
package noticesweb

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Pages serves what users are told. DB and Kinds must be set.
type Pages struct {
	DB *db.DB

	// Kinds are those of the records that notices are about.
	Kinds map[string]notices.Kind

	// Settings puts the frame of the settings around a page.
	Settings func(v *ui.View, at, title string, body templ.Component) templ.Component

	Log *slog.Logger // nil for slog.Default
}

const (
	pageSize = 50
	menuSize = 8
)

// Routes returns the route table. Everybody sees their own notices only.
func (p *Pages) Routes() []ui.Route {
	return []ui.Route{
		ui.GET(ui.PathNotices, ui.Self, p.list),
		ui.GET(ui.PathNews, ui.Self, p.news),
		ui.GET(ui.PathBell, ui.Self, p.bell),
		ui.GET(ui.PathPeople, ui.Self, p.people),
		ui.GET(ui.PathNotices+"/{id}", ui.Self, p.open),
		ui.POST(ui.PathNotices+"/seen", ui.Self, p.seeAll),
		ui.POST(ui.PathNotices+"/{id}/seen", ui.Self, p.see),
		ui.GET(pathDigest, ui.Self, p.digest),
		ui.POST(pathDigest, ui.Self, p.digestSave),
	}
}

func href(id ids.ID) string { return ui.PathNotices + "/" + id.String() }

// Unseen is for [ui.MuxOptions]: how much the visitor has not seen. A page is
// not refused because that can't be told.
func (p *Pages) Unseen(ctx context.Context, v *ui.View) (n int) {
	err := p.DB.Read(ctx, v.Who, func(tx *db.Tx) (err error) {
		n, err = notices.Unseen(ctx, tx, v.Who.User)
		return err
	})
	if err != nil && ctx.Err() == nil {
		log := p.Log
		if log == nil {
			log = slog.Default()
		}
		log.Error("unseen notices not counted", "err", err)
	}
	return n
}

// listPage is the data of the list of notices, and of the bell's menu.
type listPage struct {
	*ui.View
	Lines  []notices.Line
	Unseen int  // how many there are, at most notices.Many
	Only   bool // shows those alone that are not seen
	Next   string
	First  bool
	Until  int64 // the latest that is shown, Unix milliseconds

	menuOnly bool
}

func (p *Pages) list(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.load(r, r.Bool("new"), r.Text("after"), pageSize)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *Pages) news(w http.ResponseWriter, r *ui.Req) error {
	page, err := p.load(r, false, "", menuSize)
	if err != nil {
		return err
	}
	page.menuOnly = true
	return ui.RenderPart(w, r, http.StatusOK, page.menu())
}

func (p *Pages) bell(w http.ResponseWriter, r *ui.Req) error {
	return ui.RenderPart(w, r, http.StatusOK, ui.BellPart(r.View, p.Unseen(r.Context(), r.View)))
}

func (p *Pages) load(r *ui.Req, only bool, cursor string, limit int) (*listPage, error) {
	after, err := parsePlace(cursor)
	if err != nil {
		return nil, err
	}
	page := &listPage{View: r.View, Only: only, First: after.ID.IsZero(), Until: r.View.Now.UnixMilli()}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		list, err := notices.Newest(r.Context(), tx, r.Who.User, only, after, limit+1)
		if err != nil {
			return err
		}
		if len(list) > limit {
			list = list[:limit]
			page.Next = placeString(notices.Place{At: list[limit-1].Created, ID: list[limit-1].ID})
		}
		if len(list) > 0 {
			page.Until = max(page.Until, list[0].Created.UnixMilli())
		}
		if page.Unseen, err = notices.Unseen(r.Context(), tx, r.Who.User); err != nil {
			return err
		}
		page.Lines, err = notices.Lines(r.Context(), tx, r.View.Printer, p.Kinds, list)
		return err
	})
	return page, err
}

// open leads to what a notice is about. That it was seen is bookkeeping, like
// the time somebody was last there, so a link may note it.
func (p *Pages) open(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	to := ui.PathNotices
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) error {
		n, err := notices.Get(r.Context(), tx, r.Who.User, id)
		if err != nil {
			return err
		}
		lines, err := notices.Lines(r.Context(), tx, r.View.Printer, p.Kinds, []notices.Notice{n})
		if err != nil {
			return err
		}
		if lines[0].Href != "" {
			to = lines[0].Href
		}
		if !n.Seen.IsZero() {
			return nil
		}
		return notices.See(r.Context(), tx, r.Who.User, id, true)
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, to)
}

func (p *Pages) see(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) error {
		return notices.See(r.Context(), tx, r.Who.User, id, r.Form.Get("seen") != "0")
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, r.Back(ui.PathNotices))
}

func (p *Pages) seeAll(w http.ResponseWriter, r *ui.Req) error {
	until := min(r.Int("until", r.View.Now.UnixMilli()), r.View.Now.UnixMilli()+1000)
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who}, func(tx *db.Tx) error {
		return notices.SeeAll(r.Context(), tx, r.Who.User, time.UnixMilli(until))
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, r.Back(ui.PathNotices))
}

// placeString returns a place as a cursor for an address.
func placeString(p notices.Place) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(p.At.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(b, p.ID[:]...))
}

// parsePlace reads a cursor; "" is the beginning.
func parsePlace(s string) (notices.Place, error) {
	if s == "" {
		return notices.Place{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 24 || bytes.Equal(b[8:], make([]byte, 16)) {
		return notices.Place{}, errs.InvalidField("after", "list.cursor")
	}
	return notices.Place{At: db.Time(int64(binary.BigEndian.Uint64(b))), ID: ids.ID(b[8:])}, nil
}

func (p *listPage) href(only bool, after string) string {
	to, sep := ui.PathNotices, "?"
	if only {
		to, sep = to+sep+"new=1", "&"
	}
	if after != "" {
		to += sep + "after=" + after
	}
	return to
}

// remark says beside the title how much is new.
func (p *listPage) remark() string {
	switch {
	case p.Unseen == 0:
		return ""
	case p.Unseen >= notices.Many:
		return p.T("notice.many", "max", notices.Many-1)
	}
	return p.T("notice.unseen", "n", p.Unseen)
}

// back returns where to go after all were marked: from the bell's menu to the
// page that it lies on.
func (p *listPage) back() string {
	if p.menuOnly {
		return ""
	}
	return p.Path
}

func (p *listPage) until() string { return strconv.FormatInt(p.Until, 10) }

// icon returns the icon of a kind of notice.
func icon(n *notices.Notice) string {
	switch {
	case n.Kind == notices.KindMention:
		return "chat"
	case n.SubjectKind == "task":
		return "task"
	}
	return "bell"
}
