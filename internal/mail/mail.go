// Package mail sends e-mail.
//
// A message is stored in the transaction that causes it and delivered
// afterwards, with a longer and longer wait between attempts. It is sent at
// most once for its key, with one exception that no sender of mail is spared:
// if the process dies between the server's answer and our note of it, the
// message is sent again. It then has the same Message-ID, by which servers and
// programs drop the second.
package mail

import (
	"context"
	"embed"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/mailaddr"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package and of its pages.
//
//go:embed text/*.json
var Text embed.FS

// Module is the tables of outgoing mail. The server's settings belong to the
// installation, not to the business: they are in history, without the password,
// and not in an export.
var Module = db.Module{
	Name:   "mail",
	Schema: schema,
	Tables: []db.Table{
		{Name: "mail_setting", Journal: true, Private: true, Omit: []string{"password"}},
		{Name: "mail_message", Private: true},
	},
}

// A Message is a mail to one person.
type Message struct {
	To       string // bare address
	Name     string // of who gets it; may be empty
	Subject  string // one line
	Text     string
	HTML     string // the same as HTML; "" for none
	Calendar string // an invitation as iCalendar text with its METHOD; "" for none

	// Key says why it is sent, for example "task.invite:" and an id. Another
	// message with the same key is not sent. "" is never the same.
	Key string
}

// A State is what became of a message.
type State string

// The states.
const (
	Queued State = "queued"
	Sent   State = "sent"
	Failed State = "failed" // given up
)

// jobKind is the kind of the jobs that deliver.
const jobKind = "smtp.deliver"

// Send stores a message, to be delivered once tx has committed. It returns an
// Invalid error at the field to if that is no address. A message with the key
// of an earlier one changes nothing. Where no server is set, the message is
// kept as failed: ask [Ready] first.
func Send(ctx context.Context, tx *db.Tx, m Message) error {
	a, err := mailaddr.Parse(m.To)
	if err != nil {
		return errs.InvalidField("to", "mailaddr.invalid")
	}
	ready, err := Ready(ctx, tx)
	if err != nil {
		return err
	}
	state, wrong := Queued, ""
	due, done := tx.Now, time.Time{}
	if !ready {
		state, wrong, due, done = Failed, unset, time.Time{}, tx.Now
	}
	id := ids.New(tx.Now)
	n, err := tx.Exec(ctx, `
		INSERT INTO mail_message (id, key, to_email, to_name, subject, body, html, calendar, state, attempts, error, due_at, created_at, done_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13)
		ON CONFLICT DO NOTHING`,
		id, m.Key, a.Text, oneLine(m.Name), oneLine(m.Subject), m.Text, m.HTML, m.Calendar, state, wrong, db.Millis(due), tx.Now.UnixMilli(), db.Millis(done))
	if err != nil || n == 0 || !ready {
		return err
	}
	return wake(ctx, tx, id)
}

// unset is the error of messages that no server was there for.
const unset = "no server is set"

// wake adds the job that delivers a message, and all others that are due.
func wake(ctx context.Context, tx *db.Tx, id ids.ID) error {
	_, err := jobs.Add(ctx, tx, jobKind, struct{}{}, jobs.Options{Unique: jobKind + ":" + id.String(), Attempts: 1})
	return err
}

// oneLine makes of a text what a header may hold.
func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
