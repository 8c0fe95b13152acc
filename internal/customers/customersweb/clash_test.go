package customersweb_test

import (
	"net/url"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// changeAs changes a customer as a colleague would.
func (s *site) changeAs(id ids.ID, f func(*customers.Customer)) {
	s.t.Helper()
	err := s.d.Write(s.t.Context(), db.Op{Who: db.Who{User: s.mate.ID, Name: s.mate.Name}, Why: "customer.update"}, func(tx *db.Tx) error {
		_, err := customers.Update(s.t.Context(), tx, id, 0, func(c *customers.Customer) error {
			f(c)
			return nil
		})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Two people edit one customer: what only one of them changed is kept.
func TestTwoPeopleChangeDifferentFields(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		f := s.open(page + "/edit").fields(page + "/edit")
		s.changeAs(id, func(c *customers.Customer) {
			c.Remember = "Suka kopi"
			c.Phones = append(c.Phones, customers.Phone{Value: "0811222333"})
		})
		f.Set("addressing", "Bu Ratna")
		f.Set("emails.0.value", "baru@tirta.id")
		s.post(page+"/edit", f).to(page)
		got := s.get(id)
		if got.Remember != "Suka kopi" || len(got.Phones) != 3 || got.Addressing != "Bu Ratna" || got.Emails[0].Value != "baru@tirta.id" {
			t.Errorf("an edit is lost: %+v", got)
		}
	})
}

// What both changed differently is asked: yours, theirs, and what was before.
func TestTwoPeopleChangeTheSameField(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, choice := range []string{"mine", "stored"} {
			c := tirta()
			c.ExternalID, c.Remember = "", "Dulu"
			id := s.add(c)
			page := "/customers/" + id.String()
			f := s.open(page + "/edit").fields(page + "/edit")
			s.changeAs(id, func(c *customers.Customer) { c.Remember, c.Hours = "Punya Dimas", "siang" })
			f.Set("remember", "Punya <Rina>")
			f.Set("addressing", "Bu Ratna")
			ask := s.post(page+"/edit", f).is(409).has("Punya &lt;Rina&gt;", "Punya Dimas", "Dulu", "Perubahan Anda")
			if got := s.get(id); got.Remember != "Punya Dimas" || got.Addressing != "" {
				t.Fatalf("saved without asking: %+v", got)
			}
			answerForm := ask.fields(page + "/edit")
			if got := answerForm.Get("choose.remember"); got != "stored" {
				t.Errorf("at first %q is chosen", got)
			}
			answerForm.Set("choose.remember", choice)
			a := s.post(page+"/edit", answerForm).to(page)
			want := map[string]string{"mine": "Punya <Rina>", "stored": "Punya Dimas"}[choice]
			if got := s.get(id); got.Remember != want || got.Addressing != "Bu Ratna" || got.Hours != "siang" {
				t.Errorf("%s: %q, %q, %q", choice, got.Remember, got.Addressing, got.Hours)
			}
			s.undo(a)
			if got := s.get(id); got.Remember != "Punya Dimas" || got.Addressing != "" || got.Hours != "siang" {
				t.Errorf("%s, undone: %q, %q, %q", choice, got.Remember, got.Addressing, got.Hours)
			}
		}
	})
}

// While one answers, a third person may change the field again: that is asked too.
func TestClashWhileAnswering(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		f := s.open(page + "?edit=remember").fields(page + "/facts/remember")
		s.changeAs(id, func(c *customers.Customer) { c.Remember = "Satu" })
		f.Set("remember", "Milik saya")
		first := s.post(page+"/facts/remember", f).is(409).fields(page + "/facts/remember")
		s.changeAs(id, func(c *customers.Customer) { c.Remember = "Dua" })
		first.Set("choose.remember", "mine")
		second := s.post(page+"/facts/remember", first).is(409).has("Dua").fields(page + "/facts/remember")
		second.Set("choose.remember", "mine")
		s.post(page+"/facts/remember", second).to(page)
		if got := s.get(id); got.Remember != "Milik saya" {
			t.Errorf("%q", got.Remember)
		}
	})
}

// A form from before an undo still knows what it changed.
func TestFormFromBeforeAnUndo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		a := s.sendFact(id, "remember", func(f url.Values) { f.Set("remember", "Baru") }).to(page)
		f := s.open(page + "/edit").fields(page + "/edit")
		s.undo(a)
		f.Set("addressing", "Bu Ratna")
		s.post(page+"/edit", f).to(page)
		if got := s.get(id); got.Remember != "" || got.Addressing != "Bu Ratna" {
			t.Errorf("%q, %q: an undone change came back or an edit is lost", got.Remember, got.Addressing)
		}
		f.Set("base", "nonsense")
		s.post(page+"/edit", f).is(412)
		f.Del("base")
		s.post(page+"/edit", f).is(412)
	})
}

func TestEditOfADeletedCustomer(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id := s.add(tirta())
		page := "/customers/" + id.String()
		f := s.open(page + "/edit").fields(page + "/edit")
		s.post(page+"/delete", url.Values{}).to("/customers")
		f.Set("addressing", "Bu Ratna")
		s.post(page+"/edit", f).is(404)
		s.open(page).is(404)
	})
}
