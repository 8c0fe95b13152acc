package notices

import (
	"context"
	"errors"
	"html/template"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Every says how often somebody gets a digest.
type Every string

// How often.
const (
	Off    Every = "off"
	Daily  Every = "daily"
	Weekly Every = "weekly"
)

// A Digest is how a user wants to be told by mail what they have not seen. The
// zone is the workspace's.
type Digest struct {
	Every   Every
	Weekday time.Weekday // of a weekly one
	Hour    int          // 0 to 23
}

// usual is what those who have chosen nothing would get if they turned it on.
var usual = Digest{Every: Off, Weekday: time.Monday, Hour: 7}

type choice struct {
	user ids.ID
	Digest
	next time.Time
}

func scanChoice(s db.Scanner, c *choice) error {
	var next int64
	err := s.Scan(&c.user, &c.Every, &c.Weekday, &c.Hour, &next)
	c.next = db.Time(next)
	return err
}

// GetDigest returns what a user has chosen: nothing by mail, at first.
func GetDigest(ctx context.Context, tx *db.Tx, user ids.ID) (Digest, error) {
	c, ok, err := db.Find(ctx, tx, scanChoice, `SELECT user_id, every, weekday, hour, next_at FROM notice_digest WHERE user_id = $1`, user)
	if err == nil && !ok {
		return usual, nil
	}
	return c.Digest, err
}

// SaveDigest keeps what a user has chosen. Like the look of pages it is
// bookkeeping. It returns Invalid errors at the fields every, weekday and hour.
func SaveDigest(ctx context.Context, tx *db.Tx, user ids.ID, d Digest) error {
	var bad errs.List
	if d.Every != Off && d.Every != Daily && d.Every != Weekly {
		bad.Add(errs.InvalidField("every", "error.choice"))
	}
	if d.Weekday < time.Sunday || d.Weekday > time.Saturday {
		bad.Add(errs.InvalidField("weekday", "error.choice"))
	}
	if d.Hour < 0 || d.Hour > 23 {
		bad.Add(errs.InvalidField("hour", "error.choice"))
	}
	if err := bad.Err(); err != nil {
		return err
	}
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO notice_digest (user_id, every, weekday, hour, next_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id) DO UPDATE SET every = excluded.every, weekday = excluded.weekday, hour = excluded.hour, next_at = excluded.next_at`,
		user, d.Every, int64(d.Weekday), d.Hour, db.Millis(d.next(tx.Now, zoneOf(&set))))
	return err
}

func zoneOf(s *workspace.Settings) *time.Location {
	if z := s.Locale().Zone; z != nil {
		return z
	}
	return time.UTC
}

// next returns when the first digest after a time is due; the zero time if
// none is.
func (d Digest) next(after time.Time, zone *time.Location) time.Time {
	if d.Every == Off {
		return time.Time{}
	}
	y, m, day := after.In(zone).Date()
	for n := range 9 { // an hour may be missing on the day when clocks are put forward
		t := time.Date(y, m, day+n, d.Hour, 0, 0, 0, zone)
		if t.After(after) && (d.Every == Daily || t.Weekday() == d.Weekday) {
			return t
		}
	}
	return after.Add(24 * time.Hour)
}

// mostInMail is how many notices a digest tells; of more it says how many.
const mostInMail = 30

// A Post writes and sends digests.
type Post struct {
	DB        *db.DB
	Catalogue *locale.Catalogue
	Kinds     map[string]Kind
}

// Send sends the digests that are due. Each is one transaction: what it tells
// is marked as told, and the next one set, together with the mail itself, so
// nothing is told twice whatever happens in between.
func (p *Post) Send(ctx context.Context) error {
	var due []choice
	err := p.DB.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		due, err = db.List(ctx, tx, scanChoice, `
			SELECT user_id, every, weekday, hour, next_at FROM notice_digest
			WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at LIMIT 1000`, tx.Now.UnixMilli())
		return err
	})
	for _, c := range due {
		one := p.DB.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return p.one(ctx, tx, c) })
		err = errors.Join(err, one) // one that can't be written doesn't keep the others waiting
	}
	return err
}

func (p *Post) one(ctx context.Context, tx *db.Tx, c choice) error {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE notice_digest SET next_at = $3 WHERE user_id = $1 AND next_at = $2`,
		c.user, db.Millis(c.next), db.Millis(c.Digest.next(tx.Now, zoneOf(&set))))
	if err != nil || n == 0 { // another process was quicker, or they chose anew
		return err
	}
	u, err := team.Get(ctx, tx, c.user)
	if err != nil || !u.Active {
		return err
	}
	out, err := mail.Get(ctx, tx)
	if err != nil || out.Host == "" {
		return err
	}
	list, err := db.List(ctx, tx, scan, `
		SELECT `+cols+` FROM notice
		WHERE user_id = $1 AND seen_at IS NULL AND mailed_at IS NULL ORDER BY created_at DESC, id DESC`, c.user)
	if err != nil || len(list) == 0 {
		return err
	}
	m, err := p.compose(ctx, tx, &u, &set, c.Digest, out.Site, list)
	if err != nil {
		return err
	}
	m.Key = "digest:" + u.ID.String() + ":" + c.next.UTC().Format(time.RFC3339)
	if err := mail.Send(ctx, tx, m); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE notice SET mailed_at = $2 WHERE user_id = $1 AND seen_at IS NULL AND mailed_at IS NULL AND created_at <= $3`,
		c.user, tx.Now.UnixMilli(), list[0].Created.UnixMilli())
	return err
}

// A letter is the data of a digest.
type letter struct {
	Hello, Lead, More, Why, Change, Settings, All, AllHref string
	Lines                                                  []letterLine
}

type letterLine struct{ Text, Name, When, Href string }

// compose writes a digest for a user, with what they may see.
func (p *Post) compose(ctx context.Context, tx *db.Tx, u *team.User, set *workspace.Settings, d Digest, site string, list []Notice) (mail.Message, error) {
	was := tx.Who
	defer func() { tx.Who = was }()
	tx.Who = u.Who()
	lang := u.Taste.Language
	if lang == "" {
		lang = set.Language
	}
	v := p.Catalogue.Printer(lang, set.Locale())
	lines, err := Lines(ctx, tx, v, p.Kinds, list[:min(len(list), mostInMail)])
	if err != nil {
		return mail.Message{}, err
	}
	l := letter{
		Hello: v.T("notice.mail.hello", "name", u.Name),
		Lead:  v.T("notice.mail.lead", "n", len(list), "name", set.Name),
		Why:   v.T("notice.mail.why."+string(d.Every), "day", v.Weekday(d.Weekday), "time", v.Time(time.Date(2026, 1, 1, d.Hour, 0, 0, 0, v.Zone))),
	}
	if more := len(list) - len(lines); more > 0 {
		l.More = v.T("notice.mail.more", "n", more)
	}
	if site != "" {
		l.Change, l.Settings = v.T("notice.mail.change"), site+"/settings/notices"
		l.All, l.AllHref = v.T("notice.show_all"), site+"/notices"
	}
	for _, n := range lines {
		line := letterLine{Text: n.Text, Name: n.Name, When: v.DateTimeZone(n.Created)}
		if site != "" && n.Href != "" {
			line.Href = site + "/notices/" + n.ID.String()
		}
		l.Lines = append(l.Lines, line)
	}
	var html strings.Builder
	if err := letterHTML.Execute(&html, l); err != nil {
		return mail.Message{}, err
	}
	return mail.Message{
		To: u.Email, Name: u.Name, Subject: v.T("notice.mail.subject", "n", len(list), "name", set.Name), Text: l.text(), HTML: html.String(),
	}, nil
}

// text writes a digest for programs that show no HTML.
func (l *letter) text() string {
	var b strings.Builder
	b.WriteString(l.Hello + "\n\n" + l.Lead + "\n")
	for _, n := range l.Lines {
		b.WriteString("\n* " + n.Text + "\n")
		for _, part := range []string{n.Name, n.When, n.Href} {
			if part != "" {
				b.WriteString("  " + part + "\n")
			}
		}
	}
	for _, part := range []string{l.More, l.Why} {
		if part != "" {
			b.WriteString("\n" + part + "\n")
		}
	}
	if l.Settings != "" {
		b.WriteString(l.Change + ": " + l.Settings + "\n")
	}
	return b.String()
}

// letterHTML is a digest as HTML. Mail programs know only styles that stand at
// the elements.
var letterHTML = template.Must(template.New("digest").Parse(`<!DOCTYPE html>
<html><body style="margin:0;padding:24px;background:#f6f5f2;color:#1f2330;font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:560px;margin:0 auto;padding:24px;background:#fff;border-radius:12px">
<p style="margin:0 0 8px">{{.Hello}}</p>
<p style="margin:0 0 16px">{{.Lead}}</p>
{{range .Lines}}<div style="padding:10px 0;border-top:1px solid #e4e2dc">
{{if .Href}}<a href="{{.Href}}" style="color:#3d3fa8;font-weight:600;text-decoration:none">{{.Text}}</a>{{else}}<b>{{.Text}}</b>{{end}}
<div style="color:#6a6f7d;font-size:13px">{{if .Name}}{{.Name}} · {{end}}{{.When}}</div>
</div>
{{end}}{{if .More}}<p style="margin:12px 0 0">{{.More}}</p>
{{end}}{{if .AllHref}}<p style="margin:16px 0 0"><a href="{{.AllHref}}" style="color:#3d3fa8">{{.All}}</a></p>
{{end}}<p style="margin:16px 0 0;color:#6a6f7d;font-size:13px">{{.Why}}{{if .Settings}} <a href="{{.Settings}}" style="color:#6a6f7d">{{.Change}}</a>{{end}}</p>
</div></body></html>
`))
