package app_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
)

// agenda gives the staff something to do, for customers and for each other,
// and returns a meeting with guests.
func (s *site) agenda(of ids.ID) (meeting ids.ID) {
	s.t.Helper()
	z, err := time.LoadLocation("Asia/Jakarta")
	if err != nil {
		s.t.Fatal(err)
	}
	now := s.app.DB.Now().In(z)
	at := func(days, hour, minute int) time.Time {
		y, m, d := now.Date()
		return time.Date(y, m, d+days, hour, minute, 0, 0, z)
	}
	day := func(days int) string { return at(days, 12, 0).Format(time.DateOnly) }
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		for _, t := range []tasks.Task{
			{Title: "Balas keluhan kebocoran Pompa Jet 250", Kind: tasks.Message, Day: day(-1), Customer: of, Assignee: s.admin.ID},
			{Title: "Kirim penawaran 12 unit pemanas air Solar 150L", Day: day(0), Customer: of, Assignee: s.admin.ID},
			{Title: "Tanyakan pesanan ulang filter RO-5", Kind: tasks.Call, At: at(0, 23, 0), Customer: of, Assignee: s.admin.ID},
			{Title: "Laporan mingguan", Day: day(1), Repeat: "FREQ=WEEKLY", Assignee: s.admin.ID},
			{Title: "Kunjungan kontrak servis", Kind: tasks.Visit, At: at(2, 10, 30), Ends: at(2, 12, 0), Place: "Jl. Rungkut Asri 12", Assignee: s.mate.ID},
			{Title: "Hitung stok", Role: s.admin.RoleID, Day: day(3)},
		} {
			if err := tasks.Create(ctx, tx, &t); err != nil {
				return err
			}
		}
		m := tasks.Task{
			Title: "Presentasi AC inverter untuk 40 kamar", Kind: tasks.Meeting, At: at(1, 14, 0), Ends: at(1, 15, 30), Assignee: s.admin.ID, Customer: of,
			Place: "Ruang Kawung", Note: "Bawa contoh filter.\nTanyakan anggaran.", Remind: at(1, 13, 45),
			Guests: []tasks.Guest{{Name: "Ratna Wulandari", Email: "ratna@tirtaberkah.example"}, {Email: "budi@tirtaberkah.example"}},
		}
		if err := tasks.Create(ctx, tx, &m); err != nil {
			return err
		}
		meeting = m.ID
		return activity.Log(ctx, tx, &activity.Interaction{Customer: of, Kind: activity.Call, Body: "Minta harga.", Promise: "Kirim daftar harga", Due: at(1, 16, 0)})
	})
	return meeting
}

// Somebody writes what they have to do in one line, checks it off and takes
// that back, with and without script, on a desktop and a telephone.
func TestTasks(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	s.staff()
	tirta := s.company()
	meeting := s.agenda(tirta)
	w := s.browse(t, locale.ID)
	w.looks = []string{"desktop light", "desktop dark", "phone light", "phone dark"}
	w.signIn(s.admin.Email)

	w.Open("/tasks")
	w.See("Presentasi AC inverter")
	w.Look("tasks")
	w.Type("#quick-text", "Telepon Ratna Wulandari besok 9.15")
	w.See("09.15") // as it is typed
	w.Press("Enter")
	w.Read("tasks.toast.added", "title", "Telepon Ratna Wulandari")
	w.See("besok 09.15")
	w.Click("[aria-label='" + w.T("tasks.tick", "title", "Telepon Ratna Wulandari") + "']")
	w.Read("tasks.toast.done", "title", "Telepon Ratna Wulandari")
	w.Gone("[aria-label='" + w.T("tasks.tick", "title", "Telepon Ratna Wulandari") + "']")
	w.Press("z")
	w.Wait("[aria-label='" + w.T("tasks.tick", "title", "Telepon Ratna Wulandari") + "']")

	w.Open("/tasks/" + meeting.String())
	w.See("ratna@tirtaberkah.example")
	w.Look("task")
	w.Tap("tasks.change")
	w.Fill("task.title", "Presentasi AC")
	w.Look("task-form")
	w.Click("[data-save]")
	w.Read("tasks.toast.saved", "title", "Presentasi AC")

	tomorrow := s.app.DB.Now().Add(31 * time.Hour).Format(time.DateOnly) // in Jakarta
	for name, query := range map[string]string{"week": "", "month": "&view=month&of=all"} {
		w.Open("/calendar?day=" + tomorrow + query)
		w.See("Presentasi AC")
		w.See("Kirim daftar harga")
		w.Look("calendar-" + name)
	}
	w.Open("/customers/" + tirta.String())
	w.See("Balas keluhan")
	w.Look("customer-tasks")
	w.Open("/settings/calendar")
	w.Tap("tasks.feed.make")
	w.Read("tasks.feed.once")
	w.Look("calendar-feed")
}

// A calendar program fetches what its user has to do, and only that user's.
func TestCalendarFeed(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		k := s.seed()
		s.agenda(k.person)
		c := s.signedIn(s.admin, locale.ID)
		made := c.post("/settings/calendar", nil)
		path := regexp.MustCompile(`/calendar/[a-z2-7]+\.ics`).FindString(made.body)
		if path == "" {
			t.Fatalf("no address: %d", made.code)
		}
		if again := c.get("/settings/calendar"); strings.Contains(again.body, path) {
			t.Error("the address is shown again")
		}
		program := &client{t: t, s: s, lang: locale.EN}
		got := program.get(path)
		if got.code != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/calendar") {
			t.Fatalf("status %d, %s", got.code, got.header.Get("Content-Type"))
		}
		cal, err := ical.NewDecoder(strings.NewReader(got.body)).Decode()
		if err != nil {
			t.Fatal(err)
		}
		titles := ""
		for _, e := range cal.Events() {
			s, _ := e.Props.Text("SUMMARY")
			titles += s + "\n"
		}
		for _, s := range []string{"Presentasi AC", "Laporan mingguan", "Hitung stok", "Kirim daftar harga"} {
			if !strings.Contains(titles, s) {
				t.Errorf("the calendar lacks %s: %s", s, titles)
			}
		}
		if strings.Contains(titles, "Kunjungan kontrak") {
			t.Error("the calendar holds what a colleague has to do")
		}
		if same := program.send("GET", path, http.NoBody, http.Header{"If-None-Match": {got.header.Get("ETag")}}); same.code != 304 {
			t.Errorf("unchanged: %d", same.code)
		}
		c.post("/settings/calendar/end", nil)
		if gone := program.get(path); gone.code != 404 {
			t.Errorf("a closed address answers %d", gone.code)
		}
	})
}

// A guest gets an invitation and answers it without signing in; opening the
// link changes nothing.
func TestGuestsAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		k := s.seed()
		s.write(db.Who{User: s.admin.ID}, func(ctx context.Context, tx *db.Tx) error {
			return mail.Save(ctx, tx, mail.Settings{Host: "localhost", Port: 25, Security: mail.Plain, From: "crm@sinar.example", Site: "https://crm.sinar.example"})
		})
		meeting := s.agenda(k.person)
		s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
			return tasks.Invite(ctx, tx, meeting, s.app.Catalogue.Printer)
		})
		var token string
		s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) (err error) {
			token, err = db.Get(ctx, tx, db.One[string], `SELECT token FROM task_invitation WHERE name <> ''`)
			return err
		})
		state := func() (state tasks.State) {
			s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
				got, err := tasks.Get(ctx, tx, meeting)
				state = got.Guests[0].State
				return err
			})
			return state
		}
		guest := &client{t: t, s: s, lang: locale.ID}
		page := guest.get("/invitations/" + token + "?answer=yes")
		if page.code != 200 || !strings.Contains(page.body, "Presentasi AC") || strings.Contains(page.body, "anggaran") || state() != tasks.Asked {
			t.Errorf("the invitation: %d, then %s", page.code, state())
		}
		if a := guest.post("/invitations/"+token, url.Values{"answer": {"maybe"}}); a.code != 303 || state() != tasks.Maybe {
			t.Errorf("the answer: %d, then %s", a.code, state())
		}
		if a := guest.get("/invitations/" + token + "x"); a.code != 404 {
			t.Errorf("another token: %d", a.code)
		}
	})
}

// A role that has something to do stays until that is done or somebody else's.
func TestARoleWithTasksStays(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		role := team.Role{Name: "Kasir"}
		count := tasks.Task{Title: "Hitung kas"}
		s.write(db.Who{User: s.admin.ID}, func(ctx context.Context, tx *db.Tx) error {
			if err := team.CreateRole(ctx, tx, &role); err != nil {
				return err
			}
			count.Role = role.ID
			return tasks.Create(ctx, tx, &count)
		})
		c := s.signedIn(s.admin, locale.EN)
		remove := "/settings/roles/" + role.ID.String() + "/delete"
		if a := c.post(remove, nil); a.code != 409 || !strings.Contains(a.body, "The role Kasir still has 1 open task. Give it to somebody else first.") {
			t.Errorf("with an open task: %d", a.code)
		}
		c.post("/tasks/"+count.ID.String()+"/done", nil)
		if a := c.post(remove, nil); a.code != 303 {
			t.Errorf("with a task that is done: %d", a.code)
		}
		s.write(db.Who{User: s.admin.ID}, func(ctx context.Context, tx *db.Tx) error {
			got, err := tasks.Get(ctx, tx, count.ID)
			if err == nil && (!got.Role.IsZero() || got.Done.IsZero()) {
				t.Errorf("the task is left as %+v", got)
			}
			return err
		})
	})
}
