package customersweb

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui"
)

func TestParseBirthday(t *testing.T) {
	tests := []struct {
		text  string
		order locale.DateOrder
		want  string // empty if it is refused
	}{
		{"4-12-1978", locale.DMY, "1978-12-04"},
		{"4 Desember 1978", locale.DMY, "1978-12-04"},
		{"1978-12-04", locale.MDY, "1978-12-04"},
		{"12/4/1978", locale.MDY, "1978-12-04"},
		{"4-12", locale.DMY, "0000-12-04"},
		{"4/12", locale.MDY, "0000-04-12"},
		{"12-04", locale.YMD, "0000-12-04"},
		{"--12-04", locale.YMD, "0000-12-04"},
		{"29 Februari", locale.DMY, "0000-02-29"},
		{"4 Des.", locale.DMY, "0000-12-04"},
		{"30 Februari", locale.DMY, ""},
		{"29-2-1979", locale.DMY, ""},
		{"Desember", locale.DMY, ""},
		{"kapan-kapan", locale.DMY, ""},
		{"4", locale.DMY, ""},
	}
	for _, tt := range tests {
		got, err := parseBirthday(tt.text, tt.order)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("parseBirthday(%q, %s) = %q, %v, want %q", tt.text, tt.order, got, err, tt.want)
		}
	}
}

// What a form shows of a birthday is read back as it was.
func FuzzBirthday(f *testing.F) {
	for _, s := range []string{"4-12-1978", "4 Des", "1978-12-04", "--02-29", "31/12", "", "0-0", "29 Februari 2001", "４-12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, order := range []locale.DateOrder{locale.DMY, locale.MDY, locale.YMD} {
			day, err := parseBirthday(text, order)
			if err != nil || day == "" {
				continue
			}
			if again, err := parseBirthday(birthdayText(day, order), order); again != day || err != nil {
				t.Errorf("%q is read as %s, shown as %q, and read again as %q: %v", text, day, birthdayText(day, order), again, err)
			}
			c := customers.Customer{Name: "x", Birthday: day}
			if err := c.Normalize("ID"); err != nil {
				t.Errorf("%q is read as %s, which is refused: %v", text, day, err)
			}
		}
	})
}

// A customer survives the hidden field as they were.
func TestEncode(t *testing.T) {
	at := time.Date(2026, 3, 2, 3, 0, 0, 123e6, time.UTC)
	c := customers.Customer{
		ID: ids.New(at), Name: "Ratna \u2028 <b>", Owner: ids.New(at), Rev: 7, Created: at,
		Emails:   []customers.Email{{N: 2, Value: "a@b.id", Key: "a@b.id", Primary: true, State: customers.Verified}},
		Consents: []customers.Consent{{N: 1, Channel: "email", Purpose: "marketing", Source: "x", At: db.Time(at.UnixMilli())}},
	}
	got, err := decode(encode(&c))
	if err != nil {
		t.Fatal(err)
	}
	if _, clashes := customers.Combine(&got, &got, &c); len(clashes) > 0 {
		t.Errorf("changed: %+v", clashes)
	}
	merged, _ := customers.Combine(&c, &got, &c)
	if merged.Emails[0] != c.Emails[0] || merged.Consents[0] != c.Consents[0] || merged.Owner != c.Owner || got.Rev != 7 {
		t.Errorf("%+v", merged)
	}
}

// Nothing that comes in the hidden field breaks the program.
func FuzzDecode(f *testing.F) {
	f.Add(encode(&customers.Customer{Name: "Budi"}))
	f.Add("e30")
	f.Add("bnVsbA")
	f.Add("W10")
	f.Add("!")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := decode(s)
		if err != nil {
			return
		}
		stored := customers.Customer{Name: "x"}
		merged, _ := customers.Combine(&c, &c, &stored)
		_ = merged.Normalize("ID")
		settle(&c, &merged, &stored, func(string) string { return "mine" })
	})
}

// The cookie of customers looked at last is what anyone sends.
func FuzzRecent(f *testing.F) {
	user := ids.New(time.Unix(0, 0))
	f.Add(user.String() + "~" + user.String())
	f.Add(user.String() + "~~x")
	f.Add("~")
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", recentCookie+"="+value)
		req := &ui.Req{Request: r, Who: db.Who{User: user}}
		if got := Recent(req); len(got) > maxRecent {
			t.Errorf("%d customers", len(got))
		}
		w := httptest.NewRecorder()
		remember(w, req, user)
		again := &ui.Req{Request: httptest.NewRequest("GET", "/", nil), Who: req.Who}
		for _, c := range w.Result().Cookies() {
			again.AddCookie(c)
		}
		if got := Recent(again); len(got) == 0 || got[0] != user {
			t.Errorf("the customer just seen is not first: %v", got)
		}
	})
}

func TestReachAndWords(t *testing.T) {
	handles := map[customers.Handle]string{
		{Network: "website", Value: "tirta.co.id"}:              "https://tirta.co.id",
		{Network: "website", Value: "http://tirta.co.id/a?b=1"}: "http://tirta.co.id/a?b=1",
		{Network: "website", Value: "javascript:alert(1)"}:      "",
		{Network: "website", Value: "tidak ada"}:                "",
		{Network: "instagram", Value: "@tirta"}:                 "https://www.instagram.com/tirta",
		{Network: "instagram", Value: "a/b"}:                    "",
		{Network: "telegram", Value: "https://t.me/x"}:          "https://t.me/x",
		{Network: "other", Value: "x"}:                          "",
		{Network: "x", Value: "data:text/html,x"}:               "",
	}
	for h, want := range handles {
		if got := handleURL(h); got != want {
			t.Errorf("handleURL(%s %q) = %q, want %q", h.Network, h.Value, got, want)
		}
	}
	for name, want := range map[string]string{"Ratna": "Ratna", `a/b\c"d`: "a-b-c-d", "..": "akrab", "": "akrab", "x\r\ny": "x--y"} {
		if got := fileName(name); got != want {
			t.Errorf("fileName(%q) = %q, want %q", name, got, want)
		}
	}
	p := &recordPage{View: &ui.View{Printer: &locale.Printer{}}}
	p.Region = "ID"
	p.C = customers.Customer{Phones: []customers.Phone{
		{E164: "+62318701234", Primary: true}, {E164: "+6281111111", State: customers.OptedOut}, {E164: "+6281230457781"},
	}}
	if p.firstPhone() != "+62318701234" || p.whatsApp() != "6281230457781" {
		t.Errorf("calls %s, writes to %s", p.firstPhone(), p.whatsApp())
	}
	p.C.Phones = []customers.Phone{{E164: "+6281230457781", Primary: true, State: customers.OptedOut}}
	if len(p.reach()) != 0 {
		t.Error("offers to reach somebody who does not want it")
	}
}
