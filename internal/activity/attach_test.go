package activity_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
}

// A timeline is that of one customer, written by one user.
type timeline struct {
	*testing.T
	d     *db.DB
	who   db.Who
	of    ids.ID
	entry ids.ID
}

func each(t *testing.T, f func(l *timeline)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		l := &timeline{T: t, d: d}
		l.do("team.user.create", func(ctx context.Context, tx *db.Tx) error {
			u := team.User{Name: "Rina", Email: "rina@contoh.id"}
			err := team.FirstAdministrator(ctx, tx, activity.Permissions, &u, team.Password{})
			l.who = db.Who{User: u.ID, Name: u.Name}
			return err
		})
		l.do("customer.create", func(ctx context.Context, tx *db.Tx) error {
			c := customers.Customer{Kind: customers.Person, Name: "Siti"}
			if err := customers.Create(ctx, tx, &c); err != nil {
				return err
			}
			l.of = c.ID
			i := activity.Interaction{Customer: c.ID, Body: "Kirim brosur", Files: []activity.File{l.file(ctx, tx, "brosur.pdf", "isi brosur")}}
			err := activity.Log(ctx, tx, &i)
			l.entry = i.ID
			return err
		})
		f(l)
	})
}

// do runs f in an operation and returns the operation's id.
func (l *timeline) do(why string, f func(ctx context.Context, tx *db.Tx) error) (op ids.ID) {
	l.Helper()
	err := l.d.Write(l.Context(), db.Op{Who: l.who, Why: why}, func(tx *db.Tx) error {
		op = tx.Op
		return f(l.Context(), tx)
	})
	if err != nil {
		l.Fatal(err)
	}
	return op
}

func (l *timeline) file(ctx context.Context, tx *db.Tx, name, text string) activity.File {
	l.Helper()
	f, err := activity.AddFile(ctx, tx, name, "text/plain", []byte(text))
	if err != nil {
		l.Fatal(err)
	}
	return f
}

func (l *timeline) get() (i activity.Interaction) {
	l.Helper()
	err := l.d.Read(l.Context(), l.who, func(tx *db.Tx) (err error) { i, err = activity.Get(l.Context(), tx, l.entry); return err })
	if err != nil {
		l.Fatal(err)
	}
	return i
}

func (l *timeline) files() string {
	l.Helper()
	var list []string
	for _, f := range l.get().Files {
		list = append(list, f.Name)
	}
	return strings.Join(list, " ")
}

func (l *timeline) undo(op ids.ID) {
	l.Helper()
	if _, err := journal.Undo(l.Context(), l.d, l.who, op, nil); err != nil {
		l.Fatal(err)
	}
}

func TestFilesComeAndGo(t *testing.T) {
	each(t, func(l *timeline) {
		before := l.get()
		added := l.do("interaction.update", func(ctx context.Context, tx *db.Tx) error {
			return activity.Attach(ctx, tx, l.entry, l.file(ctx, tx, "denah.txt", "denah"), l.file(ctx, tx, "foto.txt", "foto"))
		})
		if got := l.files(); got != "brosur.pdf denah.txt foto.txt" {
			l.Fatalf("after adding: %s", got)
		}
		if after := l.get(); after.Rev == before.Rev {
			l.Error("the entry has its old revision")
		}
		taken := l.do("interaction.update", func(ctx context.Context, tx *db.Tx) error {
			return activity.Detach(ctx, tx, l.entry, before.Files[0].ID)
		})
		if got := l.files(); got != "denah.txt foto.txt" {
			l.Errorf("after taking one away: %s", got)
		}
		err := l.d.Read(l.Context(), l.who, func(tx *db.Tx) error {
			return activity.OpenFile(l.Context(), tx, before.Files[0].ID, func(activity.File) io.Writer { return io.Discard })
		})
		if errs.KindOf(err) != errs.NotFound {
			l.Errorf("opening what was taken away: %v", err)
		}
		l.undo(taken)
		if got := l.files(); !strings.Contains(got, "brosur.pdf") {
			l.Errorf("after undoing that: %s", got)
		}
		var text bytes.Buffer
		err = l.d.Read(l.Context(), l.who, func(tx *db.Tx) error {
			return activity.OpenFile(l.Context(), tx, before.Files[0].ID, func(activity.File) io.Writer { return &text })
		})
		if err != nil || text.String() != "isi brosur" {
			l.Errorf("what came back holds %q, %v", text.String(), err)
		}
		l.undo(added)
		if got := l.files(); got != "brosur.pdf" {
			l.Errorf("after undoing the adding: %s", got)
		}
	})
}

func TestFilesThatCanNotBeAttached(t *testing.T) {
	each(t, func(l *timeline) {
		write := func(f func(tx *db.Tx) error) error {
			return l.d.Write(l.Context(), db.Op{Who: l.who, Why: "interaction.update"}, f)
		}
		err := write(func(tx *db.Tx) error { return activity.Detach(l.Context(), tx, l.entry, l.of) })
		if errs.KindOf(err) != errs.NotFound {
			l.Errorf("taking away what is not there: %v", err)
		}
		err = write(func(tx *db.Tx) error { return activity.Attach(l.Context(), tx, l.of, activity.File{}) })
		if errs.KindOf(err) != errs.NotFound {
			l.Errorf("to no entry: %v", err)
		}
		err = write(func(tx *db.Tx) error {
			return activity.Attach(l.Context(), tx, l.entry, make([]activity.File, activity.MaxFiles)...)
		})
		if all := errs.All(err); len(all) != 1 || all[0].Field != "files" {
			l.Errorf("too many: %v", err)
		}
	})
}
