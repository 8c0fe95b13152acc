package tasks_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/tasks"
)

// letters returns the mails that wait, the latest last, as "To METHOD SEQUENCE".
func (o *office) letters() (list []string, texts []string) {
	o.t.Helper()
	type row struct{ to, subject, text, calendar string }
	o.read(func(tx *db.Tx) error {
		rows, err := db.List(o.t.Context(), tx, func(s db.Scanner, r *row) error { return s.Scan(&r.to, &r.subject, &r.text, &r.calendar) },
			`SELECT to_email, subject, body, calendar FROM mail_message ORDER BY id`)
		for _, r := range rows {
			c, err := ical.NewDecoder(strings.NewReader(r.calendar)).Decode()
			if err != nil {
				return err
			}
			method, _ := c.Props.Text("METHOD")
			list = append(list, r.to+" "+method+" "+c.Events()[0].Props.Get("SEQUENCE").Value)
			texts = append(texts, r.subject+"\n"+r.text)
		}
		return err
	})
	return list, texts
}

func TestInvitations(t *testing.T) {
	cat, err := locale.Load(tasks.Text)
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(o *office) {
		ctx := o.t.Context()
		o.write(db.Who{}, func(tx *db.Tx) error {
			return mail.Save(ctx, tx, mail.Settings{Host: "localhost", Port: 25, Security: mail.Plain, From: "crm@sinar.example", Site: "https://crm.sinar.example"})
		})
		var id ids.ID
		invite := func() {
			o.t.Helper()
			for range 2 { // the event comes twice
				if err := o.db.Write(ctx, db.Op{}, func(tx *db.Tx) error { return tasks.Invite(ctx, tx, id, cat.Printer) }); err != nil {
					o.t.Fatal(err)
				}
			}
		}
		sent := 0
		want := func(what string, mails ...string) {
			o.t.Helper()
			got, _ := o.letters()
			if strings.Join(got[sent:], ", ") != strings.Join(mails, ", ") {
				o.t.Errorf("%s: sent %v, want %v", what, got[sent:], mails)
			}
			sent = len(got)
		}
		edit := func(f func(*tasks.Task)) {
			o.t.Helper()
			o.write(o.dewi, func(tx *db.Tx) error {
				_, err := tasks.Update(ctx, tx, id, 0, tasks.Following, func(t *tasks.Task) error { f(t); return nil })
				return err
			})
			invite()
		}

		m := o.create(tasks.Task{Title: "Demo pompa", Kind: tasks.Meeting, Note: "rahasia", At: o.at(5, 10, 0), Ends: o.at(5, 11, 0), Guests: []tasks.Guest{{Name: "Ratna", Email: "ratna@x.example"}}})
		id = m.ID
		invite()
		want("a new meeting", "ratna@x.example REQUEST 0")
		edit(func(t *tasks.Task) { t.Note = "lebih rahasia" })
		want("another note")
		edit(func(t *tasks.Task) {
			t.At, t.Ends = o.at(6, 10, 0), o.at(6, 11, 0)
			t.Guests = append(t.Guests, tasks.Guest{Email: "budi@x.example"})
		})
		want("another day and guest", "ratna@x.example REQUEST 1", "budi@x.example REQUEST 0")
		edit(func(t *tasks.Task) { t.Guests = t.Guests[:1] })
		want("a guest less", "budi@x.example CANCEL 1")
		o.write(o.dewi, func(tx *db.Tx) error { return tasks.Delete(ctx, tx, []ids.ID{id}) })
		deletion := o.lastOp
		invite()
		want("no meeting", "ratna@x.example CANCEL 2")
		if _, err := journal.Undo(ctx, o.db, o.dewi, deletion, nil); err != nil {
			o.t.Fatal(err)
		}
		invite()
		want("a meeting after all", "ratna@x.example REQUEST 3")

		_, texts := o.letters()
		first := texts[0]
		for _, s := range []string{"Demo pompa", "Kamis, 5 Mar 2026", "10.00–11.00 WIB", "https://crm.sinar.example/invitations/"} {
			if !strings.Contains(first, s) {
				o.t.Errorf("the first mail lacks %q: %s", s, first)
			}
		}
		if strings.Contains(strings.Join(texts, ""), "rahasia") {
			o.t.Error("guests read the note")
		}
		_, rest, _ := strings.Cut(first, "/invitations/")
		token, _, _ := strings.Cut(rest, "?")
		o.write(db.Who{}, func(tx *db.Tx) error {
			v, err := tasks.Answer(ctx, tx, token, tasks.Maybe)
			if v.Guest.Name != "Ratna" || v.Task.Title != "Demo pompa" {
				o.t.Errorf("answered: %+v", v)
			}
			return err
		})
		o.read(func(tx *db.Tx) error {
			got, err := tasks.Get(ctx, tx, id)
			if len(got.Guests) != 1 || got.Guests[0].State != tasks.Maybe {
				o.t.Errorf("guests: %+v", got.Guests)
			}
			return err
		})
		for _, bad := range []string{"", "x", token + "x"} {
			if err := o.try(db.Who{}, func(tx *db.Tx) error { _, err := tasks.Answer(ctx, tx, bad, tasks.Yes); return err }); errs.KindOf(err) != errs.NotFound {
				o.t.Errorf("token %q: %v", bad, err)
			}
		}
	})
}

func TestReminders(t *testing.T) {
	each(t, func(o *office) {
		ctx := o.t.Context()
		o.create(tasks.Task{Title: "Sekarang", Assignee: o.raka.User, At: o.at(2, 11, 0), Remind: o.at(2, 9, 55)})
		o.create(tasks.Task{Title: "Nanti", Assignee: o.raka.User, At: o.at(2, 11, 0), Remind: o.at(2, 10, 30)})
		o.create(tasks.Task{Title: "Bersama", Role: o.role, Day: "2026-03-02", Remind: o.at(2, 8, 0)})
		done := o.create(tasks.Task{Title: "Sudah", Assignee: o.raka.User, Remind: o.at(2, 9, 0)})
		o.done(done.ID)
		remind := func() (got []string) {
			o.t.Helper()
			if err := o.db.Write(ctx, db.Op{}, func(tx *db.Tx) error {
				_, err := tasks.Remind(ctx, tx, func(_ context.Context, _ *db.Tx, t *tasks.Task, users []ids.ID) error {
					got = append(got, t.Title+strings.Repeat("!", len(users)))
					return nil
				})
				return err
			}); err != nil {
				o.t.Fatal(err)
			}
			return got
		}
		if got := strings.Join(remind(), " "); got != "Bersama!! Sekarang!" {
			o.t.Errorf("reminded of %s", got)
		}
		if got := remind(); len(got) != 0 {
			o.t.Errorf("reminded again of %v", got)
		}
		o.db.Now = func() time.Time { return o.at(2, 10, 30) }
		if got := strings.Join(remind(), " "); got != "Nanti!" {
			o.t.Errorf("later reminded of %s", got)
		}
	})
}

func TestFeedAddresses(t *testing.T) {
	each(t, func(o *office) {
		ctx := o.t.Context()
		var first, second string
		make := func(s *string) {
			o.write(db.Who{}, func(tx *db.Tx) (err error) { *s, err = tasks.NewFeed(ctx, tx, o.dewi.User); return err })
		}
		open := func(secret string) (whose ids.ID) {
			o.read(func(tx *db.Tx) error {
				who, _, err := tasks.FeedUser(ctx, tx, secret)
				whose = who
				if errs.KindOf(err) == errs.NotFound {
					return nil
				}
				return err
			})
			return whose
		}
		make(&first)
		if open(first) != o.dewi.User {
			o.t.Error("the address opens nothing")
		}
		make(&second)
		if !open(first).IsZero() || open(second) != o.dewi.User {
			o.t.Error("a new address leaves the old one open")
		}
		o.write(db.Who{}, func(tx *db.Tx) error { return tasks.EndFeed(ctx, tx, o.dewi.User) })
		if !open(second).IsZero() {
			o.t.Error("a revoked address is open")
		}
	})
}
