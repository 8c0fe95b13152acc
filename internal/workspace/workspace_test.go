package workspace

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
)

func save(t *testing.T, d *db.DB, s Settings, rev int64) error {
	t.Helper()
	return d.Write(t.Context(), db.Op{Why: "workspace.save"}, func(tx *db.Tx) error { return Save(t.Context(), tx, s, rev) })
}

func get(t *testing.T, d *db.DB) (s Settings) {
	t.Helper()
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		s, err = Get(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSettingsAreKept(t *testing.T) {
	dbtest.Each(t, []db.Module{Module}, func(t *testing.T, d *db.DB) {
		if got := get(t, d); got != Default() {
			t.Errorf("before anything was saved: %+v", got)
		}
		s := Default()
		s.Name, s.LegalName, s.TaxNumber, s.Address = " Toko Maju ", "PT Maju Terus", "01.234.567.8-901.000", "Jl. Braga 1\nBandung"
		s.Zone, s.Group, s.Region = "Asia/Makassar", " ", "id"
		if err := save(t, d, s, 0); err != nil {
			t.Fatal(err)
		}
		want := s
		want.Name, want.Group, want.Region, want.Rev = "Toko Maju", NoBreakSpace, "ID", 1
		if diff := cmp.Diff(want, get(t, d)); diff != "" {
			t.Errorf("saved settings (-want +got):\n%s", diff)
		}
		if err := save(t, d, s, 0); errs.KindOf(err) != errs.Stale {
			t.Errorf("saving for the first time again: %v", err)
		}
		s.Name = "Toko Lain"
		if err := save(t, d, s, 1); err != nil {
			t.Fatal(err)
		}
		s.Name = "Toko Ketiga"
		if err := save(t, d, s, 1); errs.KindOf(err) != errs.Stale {
			t.Errorf("saving over what another saved: %v", err)
		}
		if got := get(t, d); got.Name != "Toko Lain" || got.Rev != 2 {
			t.Errorf("settings are %q, revision %d", got.Name, got.Rev)
		}
	})
}

func TestCheck(t *testing.T) {
	tests := []struct {
		field  string // at fault, or "" if none
		change func(*Settings)
	}{
		{"", func(s *Settings) {}},
		{"name", func(s *Settings) { s.Name = "" }},
		{"name", func(s *Settings) { s.Name = strings.Repeat("x", 101) }},
		{"", func(s *Settings) { s.Name = strings.Repeat("é", 100) }},
		{"address", func(s *Settings) { s.Address = strings.Repeat("x", 501) }},
		{"tax_number", func(s *Settings) { s.TaxNumber = "123" }},
		{"tax_number", func(s *Settings) { s.TaxNumber = "12345678901234x5" }},
		{"", func(s *Settings) { s.TaxNumber = "1234 5678 9012 3456" }},
		{"", func(s *Settings) { s.TaxNumber, s.Region = "GB123", "GB" }},
		{"language", func(s *Settings) { s.Language = "fr" }},
		{"currency", func(s *Settings) { s.Currency = "XXX" }},
		{"currency", func(s *Settings) { s.Currency = "idr" }},
		{"zone", func(s *Settings) { s.Zone = "Asia/Bandung" }},
		{"zone", func(s *Settings) { s.Zone = "../../etc/passwd" }},
		{"zone", func(s *Settings) { s.Zone = "Local" }},
		{"decimal", func(s *Settings) { s.Decimal = ";" }},
		{"group", func(s *Settings) { s.Group = "," }},
		{"", func(s *Settings) { s.Group = "" }},
		{"region", func(s *Settings) { s.Region = "IDN" }},
		{"date_order", func(s *Settings) { s.DateOrder = "ydm" }},
	}
	for i, tt := range tests {
		s := Default()
		s.Name = "Maju"
		tt.change(&s)
		got := ""
		if list := errs.All(s.Check()); len(list) > 0 {
			got = list[0].Field
		}
		if got != tt.field {
			t.Errorf("%d: fault at %q, want %q", i, got, tt.field)
		}
	}
}

func TestLocale(t *testing.T) {
	cat, err := locale.Load(Text)
	if err != nil {
		t.Fatal(err)
	}
	s := Default()
	s.Decimal, s.Group, s.Zone, s.Currency = ".", ",", "Asia/Jayapura", "USD"
	p := cat.Printer(locale.EN, s.Locale())
	at := time.Date(2026, 11, 17, 1, 30, 0, 0, time.UTC)
	got := p.Money(money.New(1250, "USD")) + " | " + p.DateTimeZone(at)
	if want := "US$\u00a01,250.00 | 17 Nov 2026, 10:30 WIT"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSavingIsUndone(t *testing.T) {
	dbtest.Each(t, []db.Module{journal.Module, Module}, func(t *testing.T, d *db.DB) {
		s := Default()
		s.Name = "Maju"
		if err := save(t, d, s, 0); err != nil {
			t.Fatal(err)
		}
		before := get(t, d)
		s.Name, s.Currency, s.Zone = "Mundur", "USD", "Asia/Tokyo"
		var op ids.ID
		err := d.Write(t.Context(), db.Op{Why: "workspace.save"}, func(tx *db.Tx) error {
			op = tx.Op
			return Save(t.Context(), tx, s, 1)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := journal.Undo(t.Context(), d, db.Who{}, op, nil); err != nil {
			t.Fatal(err)
		}
		after := get(t, d)
		if after.Rev <= 2 {
			t.Errorf("revision %d after the undo: an old form would pass", after.Rev)
		}
		after.Rev = before.Rev
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("after the undo (-before +after):\n%s", diff)
		}
	})
}
