package tasks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/calendar"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// invited is what a guest is told of a meeting. Its note is not: it is written
// for colleagues.
type invited struct {
	Title  string    `json:"title"`
	Place  string    `json:"place"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	AllDay bool      `json:"all_day"`
}

// An invitation is what a guest was told last.
type invitation struct {
	key, name, email, token string
	sequence                int64
	told                    string
	cancelled               bool
}

func invitations(ctx context.Context, tx *db.Tx, task ids.ID) (map[string]invitation, error) {
	rows, err := db.List(ctx, tx, func(s db.Scanner, v *invitation) error {
		return s.Scan(&v.key, &v.name, &v.email, &v.token, &v.sequence, &v.told, &v.cancelled)
	}, `SELECT key, name, email, token, sequence, told, cancelled FROM task_invitation WHERE task_id = $1`, task)
	by := make(map[string]invitation, len(rows))
	for _, v := range rows {
		by[v.key] = v
	}
	return by, err
}

// Invite tells the guests of a task what they don't know yet: that they are
// invited, that something changed, that they are invited no more. Called again
// it tells nobody anything twice. Where no mail can be sent it does nothing.
// print writes in the workspace's language.
func Invite(ctx context.Context, tx *db.Tx, id ids.ID, print func(locale.Lang, locale.Workspace) *locale.Printer) error {
	set, err := mail.Get(ctx, tx)
	if err != nil || set.Host == "" {
		return err
	}
	ws, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	known, err := invitations(ctx, tx, id)
	if err != nil {
		return err
	}
	t, there, err := db.Find(ctx, tx, scanTask, `SELECT `+taskCols+` FROM task t WHERE t.id = $1`, id)
	if err != nil {
		return err
	}
	p := poster{
		id: id, print: print(ws.Language, ws.Locale()), site: strings.TrimRight(set.Site, "/"), zone: ws.Locale().Zone, changed: tx.Now,
		from: calendar.Person{Name: ws.Name, Email: set.From},
	}
	var asked []Guest
	if there {
		if asked, err = guests(ctx, tx, id); err != nil {
			return err
		}
		p.told = t.invited(p.zone)
		if !t.Done.IsZero() || t.By().Before(tx.Now) {
			return nil // it is over
		}
	}
	for _, g := range asked {
		if err := p.ask(ctx, tx, g, known[g.key]); err != nil {
			return err
		}
	}
	for key, was := range known {
		if was.cancelled || slices.ContainsFunc(asked, func(g Guest) bool { return g.key == key }) {
			continue
		}
		if err := p.cancel(ctx, tx, was); err != nil {
			return err
		}
	}
	return nil
}

func (t *Task) invited(z *time.Location) invited {
	v := invited{Title: t.Title, Place: t.Place, Start: t.At, End: t.Ends, AllDay: t.At.IsZero()}
	if v.AllDay {
		v.Start = t.due(z).UTC()
	}
	return v
}

// A poster writes the mails of one meeting.
type poster struct {
	id      ids.ID
	told    invited
	from    calendar.Person
	print   *locale.Printer
	site    string
	zone    *time.Location
	changed time.Time
}

// ask invites a guest, or says what changed since they were invited.
func (p *poster) ask(ctx context.Context, tx *db.Tx, g Guest, was invitation) error {
	text, err := json.Marshal(p.told)
	if err != nil {
		return err
	}
	if was.told == string(text) && !was.cancelled {
		return nil
	}
	now := invitation{key: g.key, name: g.Name, email: g.Email, token: was.token, told: string(text)}
	subject := "invitation.new"
	if was.token == "" {
		now.token = strings.ToLower(rand.Text())
	} else {
		now.sequence = was.sequence + 1
		if !was.cancelled {
			subject = "invitation.changed"
		}
	}
	if err := store(ctx, tx, p.id, &now); err != nil {
		return err
	}
	return p.send(ctx, tx, &now, calendar.Request, subject)
}

// cancel takes back the invitation of a guest who is asked no more.
func (p *poster) cancel(ctx context.Context, tx *db.Tx, was invitation) error {
	if err := json.Unmarshal([]byte(was.told), &p.told); err != nil {
		return err
	}
	was.sequence++
	was.cancelled = true
	if err := store(ctx, tx, p.id, &was); err != nil {
		return err
	}
	if p.told.Start.Before(tx.Now) {
		return nil
	}
	return p.send(ctx, tx, &was, calendar.Cancel, "invitation.cancelled")
}

func store(ctx context.Context, tx *db.Tx, task ids.ID, v *invitation) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO task_invitation (task_id, key, name, email, token, sequence, told, cancelled, sent_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (task_id, key) DO UPDATE SET name = $3, email = $4, sequence = $6, told = $7, cancelled = $8, sent_at = $9`,
		task, v.key, v.name, v.email, v.token, v.sequence, v.told, v.cancelled, tx.Now.UnixMilli())
	return err
}

func (p *poster) send(ctx context.Context, tx *db.Tx, v *invitation, method calendar.Method, subject string) error {
	c := calendar.Calendar{Method: method, Zone: p.zone, Events: []calendar.Event{{
		UID: p.id.String() + "@akrab", Sequence: v.sequence, Summary: p.told.Title, Place: p.told.Place, Start: p.told.Start, End: p.told.End,
		AllDay: p.told.AllDay, Busy: true, Changed: p.changed, Cancelled: method == calendar.Cancel,
		Organizer: p.from, Guests: []calendar.Person{{Name: v.name, Email: v.email}},
	}}}
	text, page := p.letter(v, subject, method)
	return mail.Send(ctx, tx, mail.Message{
		To: v.email, Name: v.name, Text: text, HTML: page, Calendar: c.String(),
		Subject: p.print.T(subject, "title", p.told.Title, "when", p.when()),
		Key:     "task:" + p.id.String() + ":" + v.key + ":" + strconv.FormatInt(v.sequence, 10),
	})
}

// when says when the meeting is.
func (p *poster) when() string {
	day := p.print.Weekday(p.told.Start.In(p.zone).Weekday()) + ", " + p.print.Date(p.told.Start)
	switch {
	case p.told.AllDay:
		return day
	case p.told.End.IsZero():
		return p.print.T("invitation.at", "day", day, "from", p.print.Time(p.told.Start), "zone", p.print.ZoneName(p.told.Start))
	}
	return p.print.T("invitation.between", "day", day, "from", p.print.Time(p.told.Start), "to", p.print.Time(p.told.End), "zone", p.print.ZoneName(p.told.Start))
}

// letter writes the mail as text and as HTML.
func (p *poster) letter(v *invitation, subject string, method calendar.Method) (text, page string) {
	lines := []string{p.print.T("invitation.intro."+strings.TrimPrefix(subject, "invitation."), "who", p.from.Name), "", p.told.Title, p.when()}
	if p.told.Place != "" {
		lines = append(lines, p.told.Place)
	}
	var b strings.Builder
	for _, l := range lines {
		if l != "" {
			b.WriteString("<p>" + html.EscapeString(l) + "</p>\n")
		}
	}
	if p.site != "" && method == calendar.Request {
		lines = append(lines, "", p.print.T("invitation.answer"))
		b.WriteString("<p>" + html.EscapeString(p.print.T("invitation.answer")) + "</p>\n<p>")
		for _, s := range []State{Yes, Maybe, No} {
			href := p.site + "/invitations/" + v.token + "?answer=" + string(s)
			word := p.print.T("invitation.state." + string(s))
			lines = append(lines, word+": "+href)
			b.WriteString(`<a href="` + html.EscapeString(href) + `">` + html.EscapeString(word) + "</a> &nbsp; ")
		}
		b.WriteString("</p>\n")
	}
	return strings.Join(lines, "\n") + "\n", b.String()
}

// An Invited is an invitation as the guest sees it.
type Invited struct {
	Task  Task
	Guest Guest
	Host  string // who invites: the workspace's name
}

// isToken reports whether s may be a token: letters and digits, which is more
// than can be said of what strangers send.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// ByToken returns the invitation that a token opens, or a NotFound error if
// there is none, or it was taken back.
func ByToken(ctx context.Context, tx *db.Tx, token string) (Invited, error) {
	type key struct {
		task ids.ID
		key  string
	}
	gone := errs.New(errs.NotFound, "invitation.gone")
	if !isToken(token) {
		return Invited{}, gone
	}
	k, ok, err := db.Find(ctx, tx, func(s db.Scanner, k *key) error { return s.Scan(&k.task, &k.key) },
		`SELECT task_id, key FROM task_invitation WHERE token = $1 AND cancelled = FALSE`, token)
	if err != nil || !ok {
		if err == nil {
			err = gone
		}
		return Invited{}, err
	}
	t, err := Get(ctx, tx, k.task)
	if errs.KindOf(err) == errs.NotFound {
		return Invited{}, gone
	}
	if err != nil {
		return Invited{}, err
	}
	ws, err := workspace.Get(ctx, tx)
	if err != nil {
		return Invited{}, err
	}
	for _, g := range t.Guests {
		if g.key == k.key {
			return Invited{Task: t, Guest: g, Host: ws.Name}, nil
		}
	}
	return Invited{}, gone
}

// Answer notes what the guest with the token says. It returns a NotFound error
// as [ByToken] does.
func Answer(ctx context.Context, tx *db.Tx, token string, state State) (Invited, error) {
	v, err := ByToken(ctx, tx, token)
	if err != nil {
		return v, err
	}
	if state == Asked || !slices.Contains(States, state) {
		return v, errs.InvalidField("answer", "error.choice")
	}
	if err := Lock(ctx, tx, v.Task.ID); err != nil {
		return v, err
	}
	n, err := tx.Exec(ctx, `UPDATE task_guest SET state = $3 WHERE task_id = $1 AND key = $2 AND state <> $3`, v.Task.ID, v.Guest.key, state)
	if err != nil {
		return v, err
	}
	v.Guest.State = state
	if n == 0 {
		return v, nil
	}
	_, err = tx.Exec(ctx, `UPDATE task SET updated_at = $2, rev = rev + 1 WHERE id = $1`, v.Task.ID, tx.Now.UnixMilli())
	return v, err
}
