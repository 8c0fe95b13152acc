package app_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Somebody plans, mistypes, and plans with a colleague at the same time:
// nothing that was typed is lost, and every message stands at its field.
func TestPlansOnScreen(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		s.write(db.Who{User: s.admin.ID}, func(ctx context.Context, tx *db.Tx) error {
			set, err := workspace.Get(ctx, tx)
			if err != nil {
				return err
			}
			set.Currency = "EUR"
			if err := workspace.Save(ctx, tx, set, set.Rev); err != nil {
				return err
			}
			return customers.Create(ctx, tx, &customers.Customer{Name: "Toko Tirta"})
		})
		c := s.signedIn(s.admin, locale.ID)
		has := func(a answer, code int, texts ...string) {
			t.Helper()
			if a.code != code {
				t.Fatalf("status %d, want %d:\n%.2000s", a.code, code, a.body)
			}
			for _, text := range texts {
				if !strings.Contains(strings.ReplaceAll(a.body, "\u00a0", " "), text) {
					t.Errorf("%q is not on the page:\n%s", text, mainOf(a.body))
				}
			}
		}
		form := url.Values{
			"title": {"Hubungi kembali"}, "subject": {"value:B1"}, "most": {"banyak"}, "budget": {"lima juta"}, "goal": {"0"}, "starts": {"2031-12-31"}, "ends": {"2031-12-01"},
			"actions.0.text": {""}, "actions.0.kind": {"todo"}, "actions.0.each": {"once"}, "actions.1.text": {""}, "actions.1.kind": {"call"}, "actions.1.each": {"once"}, "actions.1.due": {"2031-12-20"},
		}
		has(c.post("/plans", form), 422, `value="banyak"`, `value="lima juta"`, `value="2031-12-01"`, `id="f-most-error"`, `id="f-budget-error"`, `id="f-goal-error"`, `id="f-ends-error"`,
			`id="f-actions.1.text-error"`) // of the second row, though the first is empty

		form.Set("most", "1.000")
		form.Set("budget", "12,50")
		form.Set("goal", "1.250.000")
		form.Set("ends", "2032-01-31")
		form.Set("actions.1.text", "Telepon")
		a := c.post("/plans", form)
		has(a, 303)
		plan := a.header.Get("Location")
		has(c.get(plan), 200, "1.000 pelanggan", "€ 12,50", "€ 1.250.000,00")

		// What the form shows can be sent again as it is.
		edit := c.get(plan + "/edit")
		has(edit, 200, `value="12,50"`, `value="1250000,00"`, `name="rev" value="1"`)
		form.Set("budget", "12,50")
		form.Set("goal", "1250000,00")
		form.Set("rev", "1")
		form.Set("strategy", "Tanyakan sebabnya")
		has(c.post(plan+"/edit", form), 303)

		// Who was slower sees what the other has written.
		form.Set("strategy", "Beri potongan")
		has(c.post(plan+"/edit", form), 409, "Beri potongan", "Kini tersimpan: “Tanyakan sebabnya”", `name="rev" value="2"`)
		has(c.post(plan+"/begin", url.Values{"rev": {"1"}}), 409, "Ini keadaannya sekarang", "Tanyakan sebabnya")
		has(c.post(plan+"/begin", url.Values{"rev": {"2"}}), 303)
		has(c.post(plan+"/begin", url.Values{"rev": {"3"}}), 409, "Rencana ini sudah dimulai")
		has(c.post(plan+"/finish", url.Values{"rev": {"2"}, "result": {"Sebelas membeli lagi"}}), 409, "Sebelas membeli lagi</textarea>")
		has(c.get("/tasks?f=subject:eq:"+strings.TrimPrefix(plan, "/plans/")), 200, "<b>Hubungi kembali</b>")
		has(c.post(plan+"/finish", url.Values{"rev": {"3"}, "result": {"Sebelas membeli lagi"}}), 303)

		// Nothing begins without anything to do.
		a = c.post("/plans", url.Values{"title": {"Kosong"}, "subject": {"value:C1"}})
		has(a, 303)
		has(c.post(a.header.Get("Location")+"/begin", url.Values{"rev": {"1"}}), 422, "Tambahkan paling sedikit satu tindakan")
	})
}

// mainOf returns the page without its frame, for messages.
func mainOf(page string) string {
	if _, rest, ok := strings.Cut(page, "<main"); ok {
		return rest
	}
	return page
}
