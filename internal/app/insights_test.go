package app_test

import (
	"context"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/locale"
)

// Signals stand on the home page, on the customer's page and in the list, each
// with its reason.
func TestSignals(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		k := s.desk()
		s.settled(k.rejeki)
		s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
			for _, set := range []struct {
				of     any
				signal string
				why    string
				worth  int64
			}{{k.rejeki, "red", "fact.why.lost", 12_000_000}, {k.tirta, "yellow", "fact.why.quiet", 120_000_000}} {
				_, err := tx.Exec(ctx, `
					UPDATE customer_fact SET lead = 'IDR', year = 90000000, year_before = 60000000, active = 634, exp_orders = 14200, value = $3, value_lo = 1000000, value_hi = 200000000,
						worth = $3, alive = 912, stake = $6, segment = 'A2', signal = $2, why = $4, why_args = '["n",18,"days",41]', owner_id = $5 WHERE customer_id = $1`, set.of, set.signal, set.worth, set.why, s.admin.ID, max(set.worth, 90_000_000))
				if err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `UPDATE customer SET owner_id = $2 WHERE id = $1`, set.of, s.admin.ID); err != nil {
					return err
				}
			}
			// What the service desk and the books answer, once there are such.
			_, err := tx.Exec(ctx, `
				UPDATE customer_fact SET satisfaction = 2, care = '{"complaint":"2026-02-20","overdue":8215000,"currency":"IDR","overdue_since":"2026-01-15","satisfaction":2}'
				WHERE customer_id = $1`, k.rejeki)
			return err
		})
		c := s.signedIn(s.admin, locale.ID)
		has := func(path string, texts ...string) {
			t.Helper()
			page := strings.ReplaceAll(c.get(path).body, "\u00a0", " ")
			at := 0
			for _, text := range texts {
				i := strings.Index(page[at:], text)
				if i < 0 {
					t.Errorf("%s lacks %q, or has it too far above", path, text)
					return
				}
				at += i
			}
		}
		has("/", "Perlu perhatian Anda", "Semua 2", "CV Tirta Berkah Abadi", "Rp 120 jt", "UD Sumber Rejeki", "Rp 90 jt", "41 hari")
		has("/customers/"+k.rejeki.String(), "Berisiko", "41 hari", "Mengapa?", "Segmen nilai", "A2", "tinggi, stabil", "12 bulan", "Rp 90", "jt", "50%", "Peluang membeli", "63%",
			"Rp 12.000.000", "95% yakin antara Rp 1 jt dan Rp 200 jt", "14 hari belanja setahun",
			"Keluhan terbuka", "20", "Lewat jatuh tempo", "Rp 8.215.000", "Kepuasan", "2 dari 5")
		if page := c.get("/customers/" + k.tirta.String()).body; strings.Contains(page, "Keluhan terbuka") || strings.Contains(page, "Kepuasan") {
			t.Error("a customer has answers that nobody gave")
		}
		has("/customers?f=signal:in:red,yellow&sort=-stake&c=name,signal,segment,value,year", "CV Tirta Berkah Abadi", "Perlu perhatian", "A2", "Rp 120.000.000", "UD Sumber Rejeki", "Berisiko")
		if page := c.get("/customers?f=signal:eq:red").body; !strings.Contains(page, "UD Sumber") || strings.Contains(page, "CV Tirta") {
			t.Error("customers are not filtered by their signal")
		}
		if page := c.get("/customers?f=segment:eq:A2&f=active:gte:63").body; !strings.Contains(page, "UD Sumber") {
			t.Error("customers are not filtered by segment and chance")
		}
		if a := c.get("/customers/export?format=csv&f=signal:eq:red&c=name,signal,segment,active,value"); !strings.Contains(a.body, "Berisiko") || !strings.Contains(a.body, "A2") {
			t.Errorf("the export lacks what models say: %s", a.body)
		}
	})
}
