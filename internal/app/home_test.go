package app_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/tasks"
)

// A deskful is what lies on the administrator's desk.
type deskful struct {
	tirta, hotel, rejeki, melani ids.ID
	promise, task                ids.ID
	now                          time.Time
}

// desk fills a workspace in which something of every kind matters today.
func (s *site) desk() (k deskful) {
	s.t.Helper()
	zone, err := locale.LoadZone("Asia/Jakarta")
	if err != nil {
		s.t.Fatal(err)
	}
	k.now = s.app.DB.Now().In(zone)
	day := func(n, h, m int) time.Time {
		y, mo, d := k.now.Date()
		return time.Date(y, mo, d+n, h, m, 0, 0, zone)
	}
	rina := db.Who{User: s.admin.ID, Name: s.admin.Name}
	s.write(rina, func(ctx context.Context, tx *db.Tx) error {
		add := func(c customers.Customer) (ids.ID, error) {
			c.Owner = s.admin.ID
			err := customers.Create(ctx, tx, &c)
			return c.ID, err
		}
		var err error
		if k.tirta, err = add(customers.Customer{Kind: customers.Organization, Name: "CV Tirta Berkah Abadi", Addressing: "Bu Ratna", Phones: []customers.Phone{{Value: "0812-3045-7781"}}}); err != nil {
			return err
		}
		if k.hotel, err = add(customers.Customer{Kind: customers.Organization, Name: "Hotel Puri Melati", Emails: []customers.Email{{Value: "halo@purimelati.example"}}}); err != nil {
			return err
		}
		if k.rejeki, err = add(customers.Customer{Kind: customers.Organization, Name: "UD Sumber Rejeki", Addressing: "Pak Hadi", Channel: "whatsapp", Phones: []customers.Phone{{Value: "0813-1111-2222"}}}); err != nil {
			return err
		}
		if k.melani, err = add(customers.Customer{Name: "Melani Kusumawati", Addressing: "Bu Melani", Birthday: "1980-" + k.now.Format("01-02"), Phones: []customers.Phone{{Value: "0812-9999-1234"}}}); err != nil {
			return err
		}
		talks := []activity.Interaction{
			{Customer: k.hotel, Kind: activity.Email, Body: "Keluhan kebocoran", At: day(-3, 9, 0), Promise: "Balas keluhan kebocoran Pompa Jet 250", Due: day(-1, 17, 0)},
			{Customer: k.tirta, Kind: activity.Call, Body: "Menanyakan stok", At: day(-1, 10, 0), Promise: "Kirim penawaran 12 unit pemanas air Solar 150L", Due: day(0, 23, 59)},
		}
		for i := range talks {
			if err := activity.Log(ctx, tx, &talks[i]); err != nil {
				return err
			}
		}
		k.promise = talks[0].ID
		todo := []tasks.Task{
			{Title: "Tagih faktur INV-2611-0412, Rp 18.200.000", Kind: tasks.Call, Day: day(-2, 0, 0).Format(time.DateOnly), Customer: k.tirta, Assignee: s.admin.ID},
			{Title: "Kunjungan: perpanjangan kontrak servis tahunan", Kind: tasks.Visit, Place: "Lobi utama", Day: day(0, 0, 0).Format(time.DateOnly), At: day(0, 23, 30), Customer: k.hotel, Assignee: s.admin.ID},
			{Title: "Presentasi AC inverter untuk 40 kamar", Kind: tasks.Meeting, Day: day(1, 0, 0).Format(time.DateOnly), At: day(1, 14, 0), Customer: k.hotel, Assignee: s.admin.ID},
			{Title: "Periksa stok filter RO-5", Day: day(4, 0, 0).Format(time.DateOnly), Assignee: s.admin.ID},
		}
		for i := range todo {
			if err := tasks.Create(ctx, tx, &todo[i]); err != nil {
				return err
			}
		}
		k.task = todo[0].ID
		p := &catalog.Product{Code: "RO-5", NameID: "Filter RO-5", Family: "Filter"}
		if err := catalog.Create(ctx, tx, p); err != nil {
			return err
		}
		order := func(of ids.ID, at time.Time, rupiah int64) error {
			return orders.Create(ctx, tx, &orders.Order{
				Customer: of, At: at, Status: orders.Delivered,
				Lines: []orders.Line{{Product: p.ID, Code: "RO-5", Quantity: orders.One, Price: money.Price(rupiah * 1_000_000)}},
			})
		}
		for i := range 6 {
			if err := order(k.rejeki, day(-41-18*i, 10, 0), 12_500_000); err != nil {
				return err
			}
			if err := order(k.tirta, day(-7*i, 0, 10), int64(120+i*i%5*90)*1_000_000); err != nil {
				return err
			}
		}
		return nil
	})
	return k
}

// seedDay gives the administrator something to do today.
func (s *site) seedDay() {
	s.t.Helper()
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		return tasks.Create(ctx, tx, &tasks.Task{Title: "Siapkan penawaran", Day: tx.Now.Format(time.DateOnly), Assignee: s.admin.ID})
	})
}

// settled waits until facts and weekly sums have followed the orders.
func (s *site) settled(of ids.ID) {
	s.t.Helper()
	for range 200 {
		var ok bool
		err := s.app.DB.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) error {
			f, _, err := insights.Get(s.t.Context(), tx, of)
			if err != nil || f.Orders != 6 {
				return err
			}
			weeks, err := insights.LastWeeks(s.t.Context(), tx, time.UTC)
			ok = len(weeks[len(weeks)-1].Sums)+len(weeks[len(weeks)-2].Sums) > 0
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if ok {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatal("facts don't follow the orders")
}

// Everything that matters today stands on the home page, in the order in
// which it does, and one click does it.
func TestHome(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		k := s.desk()
		s.settled(k.rejeki)
		c := s.signedIn(s.admin, locale.ID)
		page := c.get("/").body
		at := -1
		for _, text := range []string{
			"hal sudah lewat waktunya. Mulai dari Hotel Puri Melati", "Terlambat", "Balas keluhan kebocoran", "Tagih faktur", "Hari ini", "Kunjungan: perpanjangan",
			"Kirim penawaran 12 unit", "Ucapkan selamat ulang tahun kepada Bu Melani", "Besok", "Presentasi AC", "Sepekan ke depan", "Periksa stok",
			"Perlu perhatian Anda", "UD Sumber Rejeki", "Tidak memesan 41 hari, biasanya tiap 18 hari", "Penjualan per minggu",
		} {
			i := strings.Index(page, text)
			if i < 0 {
				t.Errorf("the page lacks %q", text)
			} else if i < at {
				t.Errorf("%q stands too far above", text)
			}
			at = max(at, i)
		}
		for _, text := range []string{"tel:+6281230457781", "https://wa.me/6281311112222", "mailto:halo@purimelati.example", "genap 4"} {
			if !strings.Contains(page, text) {
				t.Errorf("the page lacks %s", text)
			}
		}
		rows := c.get("/customers?sort=-bought&c=name,bought,orders,last_order,rhythm,quiet").body
		tirta, rejeki, idle := strings.Index(rows, "CV Tirta"), strings.Index(rows, "UD Sumber"), strings.Index(rows, "Hotel Puri")
		if !(0 < tirta && tirta < rejeki && rejeki < idle) || !strings.Contains(rows, "75.000.000") {
			t.Errorf("customers by what they bought: %d, %d, %d", tirta, rejeki, idle)
		}
		if rows := c.get("/customers?f=orders:gte:6&f=rhythm:eq:18").body; !strings.Contains(rows, "UD Sumber") || strings.Contains(rows, "Hotel Puri") {
			t.Error("customers are not filtered by their facts")
		}
		for _, act := range []struct{ target, form, gone string }{
			{"/myday/promises/" + k.promise.String() + "/kept", "", "Balas keluhan"},
			{"/myday/tasks/" + k.task.String() + "/postpone", "days=1", ""},
			{"/myday/tasks/" + k.task.String() + "/done", "", "Tagih faktur"},
			{"/myday/customers/" + k.melani.String() + "/later", "kind=birthday&days=31", "Ucapkan selamat"},
			{"/myday/customers/" + k.rejeki.String() + "/later", "kind=silent&days=7", "Tidak memesan 41 hari"},
		} {
			form, err := url.ParseQuery(act.form)
			if err != nil {
				t.Fatal(err)
			}
			if a := c.post(act.target, form); a.code != 303 || a.header.Get("Location") != "/" {
				t.Errorf("POST %s: %d, %s", act.target, a.code, a.header.Get("Location"))
			}
			if page := c.get("/").body; act.gone != "" && strings.Contains(page, act.gone) {
				t.Errorf("after %s the page still says %q", act.target, act.gone)
			}
		}
		if page := c.get("/").body; strings.Contains(page, "lewat waktunya") {
			t.Error("something is overdue after all was done")
		}
		if a := c.post("/myday/customers/"+k.rejeki.String()+"/later", url.Values{"kind": {"silent"}, "days": {"0"}}); a.code != 422 {
			t.Errorf("a reminder after no days: %d", a.code)
		}

		// Whom the visitor opened last stands there, in this browser and for them alone.
		cookie, _, _ := strings.Cut(c.get("/customers/"+k.tirta.String()).header.Get("Set-Cookie"), ";")
		seen := func(c *client) bool {
			page := c.send("GET", "/", nil, http.Header{"Cookie": {c.cookie + "; " + cookie}}).body
			_, recent, ok := strings.Cut(page, "recent-title")
			return ok && strings.Contains(recent, "CV Tirta")
		}
		if !seen(c) || seen(s.signedIn(s.mate, locale.EN)) {
			t.Error("customers opened last are not those of the visitor")
		}

		// Who has nothing to do is told so, and may look at what others promised.
		if page := s.signedIn(s.mate, locale.EN).get("/").body; !strings.Contains(page, "All done") || strings.Contains(page, "Sumber Rejeki") {
			t.Error("a colleague with nothing to do sees somebody else's work")
		}
		if page := s.signedIn(s.mate, locale.EN).get("/?only=team").body; !strings.Contains(page, "Kirim penawaran 12 unit") || !strings.Contains(page, "Rina Kusuma") {
			t.Error("a colleague does not see what others promised")
		}
	})
}

// TestHomeInABrowser has a look at the home page, and does what is overdue.
func TestHomeInABrowser(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	s.staff()
	k := s.desk()
	s.settled(k.rejeki)
	w := s.browse(t, locale.ID)
	w.looks = []string{"desktop light", "phone light", "desktop dark", "phone dark"}
	w.signIn(s.admin.Email)
	w.Open("/")
	w.Read("home.work")
	w.Look("home")
	w.Click(w.T("home.mark", "title", "Balas keluhan kebocoran Pompa Jet 250"))
	w.Read("home.kept", "name", "Hotel Puri Melati")
	w.Gone(`[aria-label="` + w.T("home.mark", "title", "Balas keluhan kebocoran Pompa Jet 250") + `"]`)
	w.Tap("ui.toast.undo")
	w.Wait(`[aria-label="` + w.T("home.mark", "title", "Balas keluhan kebocoran Pompa Jet 250") + `"]`)
	w.Tap("home.only.visits")
	w.Unsee("Tagih faktur")
	w.See("Lobi utama")
}

// TestRuleInABrowser has a look at the page of the rule of phases, and changes it.
func TestRuleInABrowser(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
	s.staff()
	k := s.desk()
	s.settled(k.rejeki)
	w := s.browse(t, locale.ID)
	w.looks = []string{"desktop light", "phone light", "desktop dark"}
	w.signIn(s.admin.Email)
	w.Open("/settings/lifecycle")
	w.Read("lifecycle.words")
	w.Look("rule")
	w.Type(w.T("lifecycle.field.active_rhythm"), "3")
	w.See("UD Sumber Rejeki")
	w.See("Diam paling lama 3 kali iramanya")
	w.Type(w.T("lifecycle.field.new_days"), "0")
	w.Read("lifecycle.cannot")
	w.Tap("ui.save")
	w.Read("lifecycle.between", "min", 1, "max", 3650)
	w.Type(w.T("lifecycle.field.new_days"), "30")
	w.Tap("ui.save")
	w.Read("lifecycle.saved")
	for range 100 {
		var phase customers.Phase
		err := s.app.DB.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			c, err := customers.Get(t.Context(), tx, k.rejeki)
			phase = c.Phase
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if phase == customers.Active || phase == customers.Loyal {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("nobody was moved by the new rule")
}
