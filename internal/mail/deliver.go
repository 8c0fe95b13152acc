package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/mailaddr"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	batch    = 50               // messages that are read at once
	patience = 20 * time.Second // with a server, for each step
	claimed  = 10 * time.Minute // how long nobody else tries a message that is being sent
	attempts = 15               // after the last, some two days later, a message is given up
	longest  = 6 * time.Hour    // between attempts
	maxError = 500              // bytes of a server's answer that are kept
)

// Register makes r deliver the messages of d.
func Register(r *jobs.Runner, d *db.DB) {
	s := &sender{db: d}
	jobs.Handle(r, jobKind, func(ctx context.Context, _ *jobs.Job, _ struct{}) error { return s.run(ctx) })
	jobs.Every(r, "smtp.due", time.Minute, func(ctx context.Context, _ *jobs.Job) error { return s.run(ctx) })
}

// A sender delivers, one message after the other: a slow server shall keep no
// more than one of the workers of this process.
type sender struct {
	db    *db.DB
	roots *x509.CertPool // whose certificates are trusted; nil for those of the system

	mu     sync.Mutex
	wanted atomic.Bool
}

// run delivers what is due, or leaves it to whoever is delivering now.
func (s *sender) run(ctx context.Context) error {
	s.wanted.Store(true)
	for s.wanted.Load() && s.mu.TryLock() {
		var err error
		for err == nil && s.wanted.Swap(false) {
			err = s.deliver(ctx)
		}
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// A Letter is a stored message.
type Letter struct {
	ID ids.ID
	Message
	State    State
	Attempts int64
	Error    string    // of the last attempt, as the server said it
	Due      time.Time // when it is tried next; zero if it isn't
	Created  time.Time
	Done     time.Time // when it was sent or given up; zero until then
}

const letterCols = `id, key, to_email, to_name, subject, body, html, calendar, state, attempts, error, due_at, created_at, done_at`

func scanLetter(s db.Scanner, l *Letter) error {
	var due, created, done int64
	err := s.Scan(&l.ID, &l.Key, &l.To, &l.Name, &l.Subject, &l.Text, &l.HTML, &l.Calendar, &l.State, &l.Attempts, &l.Error, &due, &created, &done)
	l.Due, l.Created, l.Done = db.Time(due), db.Time(created), db.Time(done)
	return err
}

// deliver sends all that is due, until the server can't be reached.
func (s *sender) deliver(ctx context.Context) error {
	for ctx.Err() == nil {
		var list []Letter
		var set Settings
		var company workspace.Settings
		err := s.db.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
			if list, err = db.List(ctx, tx, scanLetter, `
				SELECT `+letterCols+` FROM mail_message
				WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at, id LIMIT $2`, tx.Now.UnixMilli(), batch); err != nil || len(list) == 0 {
				return err
			}
			if set, err = Get(ctx, tx); err != nil {
				return err
			}
			company, err = workspace.Get(ctx, tx)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		if set.FromName == "" {
			set.FromName = company.Name
		}
		reached, err := s.sendAll(ctx, set, list)
		if err != nil || !reached {
			return err
		}
	}
	return ctx.Err()
}

// sendAll sends messages over one connection and notes what became of each. It
// reports whether the server was there to the end.
func (s *sender) sendAll(ctx context.Context, set Settings, list []Letter) (reached bool, err error) {
	if set.Host == "" {
		return false, s.eachOf(ctx, list, func(tx *db.Tx, l *Letter) error { return giveUp(ctx, tx, l, unset) })
	}
	c, err := s.dial(ctx, set)
	if err != nil {
		text := explain(err)
		return false, s.eachOf(ctx, list, func(tx *db.Tx, l *Letter) error {
			tried := *l
			tried.Attempts++
			return postpone(ctx, tx, &tried, text)
		})
	}
	defer c.Close() // says goodbye: that a server doesn't hear it changes nothing
	for i := range list {
		l := &list[i]
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		mine := false
		if err := s.db.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) (err error) { mine, err = claim(ctx, tx, l); return err }); err != nil {
			return false, err
		}
		if !mine {
			continue
		}
		there, note := send(c, set, l)
		// What happened is noted even if the process is about to end.
		after := context.WithoutCancel(ctx)
		if err := s.db.Write(after, db.Op{Background: true}, func(tx *db.Tx) error { return note(after, tx, l) }); err != nil || !there {
			return false, err
		}
	}
	return true, nil
}

func (s *sender) eachOf(ctx context.Context, list []Letter, f func(tx *db.Tx, l *Letter) error) error {
	return s.db.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		for i := range list {
			if err := f(tx, &list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// dial connects to the server and signs in.
func (s *sender) dial(ctx context.Context, set Settings) (*gomail.Client, error) {
	opts := []gomail.Option{
		gomail.WithPort(int(set.Port)), gomail.WithTimeout(patience), gomail.WithTLSConfig(&tls.Config{ServerName: set.Host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}),
	}
	auth := gomail.SMTPAuthAutoDiscover
	switch set.Security {
	case TLS:
		opts = append(opts, gomail.WithSSL())
	case Plain:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
		auth = gomail.SMTPAuthPlainNoEnc
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if set.Username != "" {
		opts = append(opts, gomail.WithSMTPAuth(auth), gomail.WithUsername(set.Username), gomail.WithPassword(set.Password))
	}
	c, err := gomail.NewClient(set.Host, opts...)
	if err != nil {
		return nil, err
	}
	return c, c.DialWithContext(ctx)
}

// A note stores what became of a message.
type note func(ctx context.Context, tx *db.Tx, l *Letter) error

// send hands a message to the server. It reports whether the connection still
// holds, and returns what to note.
func send(c *gomail.Client, set Settings, l *Letter) (there bool, _ note) {
	m, err := compose(set, l)
	if err != nil { // an address that this server's protocol has no form for
		text := explain(err)
		return true, func(ctx context.Context, tx *db.Tx, l *Letter) error { return giveUp(ctx, tx, l, text) }
	}
	err = c.Send(m)
	if m.IsDelivered() { // whatever the server says to what comes after it
		return err == nil, delivered
	}
	text := explain(err)
	se, ok := errors.AsType[*gomail.SendError](err)
	if ok && se.ErrorCode() >= 500 {
		return true, func(ctx context.Context, tx *db.Tx, l *Letter) error { return giveUp(ctx, tx, l, text) }
	}
	return ok && se.ErrorCode() >= 400, func(ctx context.Context, tx *db.Tx, l *Letter) error { return postpone(ctx, tx, l, text) }
}

// compose writes the mail. Its Message-ID is the same however often it is sent.
func compose(set Settings, l *Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg()
	if err := m.FromFormat(oneLine(set.FromName), set.From); err != nil {
		return nil, err
	}
	if err := m.AddToFormat(l.Name, l.To); err != nil {
		return nil, err
	}
	m.SetMessageIDWithValue(l.ID.String() + set.From[strings.LastIndexByte(set.From, '@'):])
	m.SetDateWithValue(l.Created)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's holiday answers
	m.Subject(l.Subject)
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	}
	if l.Calendar != "" {
		m.AddAlternativeString(gomail.ContentType("text/calendar; method="+method(l.Calendar)), l.Calendar)
	}
	return m, nil
}

// method returns the METHOD of iCalendar text, REQUEST if it has none.
func method(calendar string) string {
	for line := range strings.Lines(calendar) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if strings.EqualFold(name, "METHOD") && value != "" && strings.Trim(strings.ToUpper(value), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			return strings.ToUpper(value)
		}
	}
	return "REQUEST"
}

// explain returns an error as it is kept: what the server said, in one line.
func explain(err error) string {
	if err == nil {
		return ""
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(oneLine(err.Error()), "\x00", ""), "")
	if len(text) > maxError {
		text = strings.ToValidUTF8(text[:maxError], "") + "…"
	}
	return text
}

// claim takes a message, for as long as sending one may take. It reports false
// if another process has it.
func claim(ctx context.Context, tx *db.Tx, l *Letter) (bool, error) {
	n, err := tx.Exec(ctx, `
		UPDATE mail_message SET due_at = $3, attempts = attempts + 1 WHERE id = $1 AND state = 'queued' AND due_at = $2`,
		l.ID, l.Due.UnixMilli(), tx.Now.Add(claimed).UnixMilli())
	l.Attempts++
	return n == 1, err
}

func delivered(ctx context.Context, tx *db.Tx, l *Letter) error {
	_, err := tx.Exec(ctx, `
		UPDATE mail_message SET state = 'sent', error = '', due_at = NULL, done_at = $2 WHERE id = $1`, l.ID, tx.Now.UnixMilli())
	return err
}

// postpone tries a message again later, or gives it up after the last attempt.
func postpone(ctx context.Context, tx *db.Tx, l *Letter, why string) error {
	if l.Attempts >= attempts {
		return giveUp(ctx, tx, l, why)
	}
	wait := min(time.Minute<<min(l.Attempts-1, 20), longest)
	_, err := tx.Exec(ctx, `
		UPDATE mail_message SET attempts = $2, error = $3, due_at = $4 WHERE id = $1 AND state = 'queued'`,
		l.ID, l.Attempts, why, tx.Now.Add(wait).UnixMilli())
	return err
}

func giveUp(ctx context.Context, tx *db.Tx, l *Letter, why string) error {
	_, err := tx.Exec(ctx, `
		UPDATE mail_message SET state = 'failed', attempts = $2, error = $3, due_at = NULL, done_at = $4 WHERE id = $1 AND state = 'queued'`,
		l.ID, l.Attempts, why, tx.Now.UnixMilli())
	return err
}

// Try sends a message at once, with the settings as they are stored. It returns
// an Invalid error at the field to if that is no address, and one that says what the server answered if it did not
// take it. It must not be called within a transaction.
func Try(ctx context.Context, d *db.DB, m Message) error {
	s := &sender{db: d}
	return s.try(ctx, m)
}

func (s *sender) try(ctx context.Context, m Message) error {
	var set Settings
	l := Letter{Message: m}
	if _, err := mailaddr.Parse(m.To); err != nil {
		return errs.InvalidField("to", "mailaddr.invalid")
	}
	err := s.db.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		l.ID, l.Created = ids.New(tx.Now), tx.Now
		if set, err = Get(ctx, tx); err != nil || set.FromName != "" {
			return err
		}
		company, err := workspace.Get(ctx, tx)
		set.FromName = company.Name
		return err
	})
	if err != nil {
		return err
	}
	if set.Host == "" {
		return errs.New(errs.Invalid, "mail.unset")
	}
	c, err := s.dial(ctx, set)
	if err != nil {
		return errs.New(errs.Invalid, "mail.test.unreachable", "host", set.Host, "error", explain(err)).Because(err)
	}
	defer c.Close() // as in sendAll
	mail, err := compose(set, &l)
	if err == nil {
		err = c.Send(mail)
	}
	if err != nil && (mail == nil || !mail.IsDelivered()) {
		return errs.New(errs.Invalid, "mail.test.refused", "host", set.Host, "error", explain(err)).Because(fmt.Errorf("test mail: %w", err))
	}
	return nil
}
