package journalweb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/ui/uitest"
)

func TestAChangeIsTakenBack(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id, _ := s.add(s.dimas, customers.Customer{Name: "Toko Tirta", Kind: customers.Organization})
		op := s.change(s.dimas, id, func(c *customers.Customer) { c.Hours = "09.00–11.00" })
		a := s.undo(op, "/customers/"+id.String()+"?tab=1")
		a.to("/customers/" + id.String() + "?tab=1")
		s.next(a).has("Diurungkan: Mengubah Toko Tirta", "/operations/"+s.undoOf(op).ID.String()+"/undo").lacks("hal dibiarkan")
		if c, _ := s.customer(id); c.Hours != "" {
			t.Errorf("hours are %q after the undo", c.Hours)
		}
		// Undoing the undo brings the change again.
		a = s.undo(s.undoOf(op).ID, "/operations")
		s.next(a).has("Diulangi: Mengubah Toko Tirta", "Mengulangi: Mengubah Toko Tirta")
		if c, _ := s.customer(id); c.Hours != "09.00–11.00" {
			t.Errorf("hours are %q after the undo of the undo", c.Hours)
		}
	})
}

func TestWhatWasUndoneAlreadyIsSaid(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		_, op := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		s.undo(op, "/operations").to("/operations")
		a := s.undo(op, "/operations").to("/operations")
		s.next(a).has("Perubahan ini sudah diurungkan.")
	})
}

func TestThePageOfADeletedRecordIsNotGoneBackTo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id, op := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		s.undo(op, "/customers/"+id.String()+"/history").to("/customers")
		if _, ok := s.customer(id); ok {
			t.Error("the customer is still there")
		}
	})
}

func TestUndoLeadsNowhereElse(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, back := range []string{"https://example.org/", "//example.org", `/\example.org`, ""} {
			_, op := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
			s.undo(op, back).to("/operations")
		}
	})
}

func TestWhatOthersChangedIsKeptAndListed(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id, _ := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		op := s.change(s.rina, id, func(c *customers.Customer) { c.Hours, c.Nickname = "09.00–11.00", "Tirta" })
		s.change(s.dimas, id, func(c *customers.Customer) { c.Hours = "13.00–15.00" })
		a := s.undo(op, "/operations")
		undo := s.undoOf(op)
		s.next(a).has("Diurungkan: Mengubah Toko Tirta. 1 hal dibiarkan.", `href="/operations/`+undo.ID.String()+`"`)
		for _, page := range []ids.ID{undo.ID, op} {
			s.open("/operations/"+page.String()).is(200).has("1 hal dibiarkan", "Jam yang disukai", "Sudah diubah lagi sesudahnya, jadi dibiarkan.")
		}
		if c, _ := s.customer(id); c.Hours != "13.00–15.00" || c.Nickname != "" {
			t.Errorf("hours %q, nickname %q", c.Hours, c.Nickname)
		}
	})
}

func TestWhoMayUndo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		_, others := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		_, own := s.add(s.dimas, customers.Customer{Name: "Hotel Melati"})
		path := func(op ids.ID) string { return "/operations/" + op.String() }

		s.be(s.dimas)
		s.open("/operations").is(403)
		s.open(path(others)).is(403).lacks("Tirta")
		s.open(path(others) + "/undo").is(403)
		s.open(path(own)).is(200).has("Hotel Melati")
		s.undo(others, "/operations").is(403)

		s.be(s.dimas, "operations.read")
		s.open("/operations").is(200).has("Toko Tirta", "Hotel Melati", path(own)+"/undo").lacks(path(others) + "/undo")
		s.open("/operations?who=me").is(200).has("Hotel Melati").lacks("Toko Tirta")
		s.open(path(others)).is(200).has("Toko Tirta").lacks(path(others) + "/undo")
		s.undo(others, "/operations").is(403)
		s.undo(own, "/operations").is(303)

		s.be(s.dimas, "operations.undo")
		s.undo(others, "/operations").is(303)
		s.open("/operations/" + ids.New(s.clock.tell()).String()).is(404)
		s.open("/operations/nonsense").is(404)
	})
}

// Who sees only some records reads nothing about the others here.
func TestSightIsKept(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		_, others := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		s.add(s.dimas, customers.Customer{Name: "Hotel Melati"})
		s.be(s.dimas, "*")
		s.visitor.Who.Sight = db.SeeOwn
		s.open("/operations").is(200).has("Hotel Melati").lacks("Toko Tirta")
		s.open("/operations/" + others.String()).is(403)
		s.undo(others, "/operations").is(403)
	})
}

func TestTheListGoesOn(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for i := range 65 {
			s.add(s.rina, customers.Customer{Name: fmt.Sprintf("Toko %03d", i)})
		}
		a := s.open("/operations?who=me").has("Toko 064", "Toko 035").lacks("Toko 034", "Ke awal")
		a = s.open(older(t, a)).has("Toko 034", "Toko 005", "Ke awal").lacks("Toko 035", "Toko 004")
		s.open(older(t, a)).has("Toko 004", "Toko 000").lacks("Toko 005", `rel="next"`)
		s.open("/operations?after=nonsense").is(404)
	})
}

// older returns where the link to older lines leads.
func older(t *testing.T, a answer) string {
	t.Helper()
	at, _, ok := strings.Cut(a.body, `rel="next"`)
	if !ok {
		t.Fatal("no link to older lines")
	}
	_, to, _ := strings.Cut(at[strings.LastIndex(at, "<a "):], `href="`)
	to, _, _ = strings.Cut(to, `"`)
	return strings.ReplaceAll(to, "&amp;", "&")
}

func TestWhatAnOperationChanged(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id, created := s.add(s.rina, customers.Customer{
			Name: "Toko Tirta", Kind: customers.Organization, Phones: []customers.Phone{{Value: "0812-3045-7781"}, {Value: "0813-1111-2222"}},
		})
		op := s.change(s.rina, id, func(c *customers.Customer) {
			c.Phase, c.Owner = customers.Loyal, s.dimas.ID
			c.Phones[0].Value = "0812-9999-0000"
			c.Phones = c.Phones[:1]
			c.Emails = append(c.Emails, customers.Email{Value: "toko@tirta.id"})
		})
		s.open("/operations/"+created.String()).has("Menambah Toko Tirta", "Ditambahkan dan masih ada", "/customers/"+id.String())
		page := s.open("/operations/"+op.String()).is(200).has(
			"Mengubah Toko Tirta", "Rina Kusuma", "17 Nov 2026", "/customers/"+id.String(),
			"Tahap", "Setia", "Penanggung jawab", "Dimas Prakoso", "kosong",
			"0812-3045-7781", "0812-9999-0000", "0813-1111-2222", "Dihapus", "E-mail")
		page.lacks("name_key", "⟦", "updated", "E164", s.dimas.ID.String())
		uitest.CheckHTML(t, "operation", page.body)

		s.speak(locale.EN)
		s.open("/operations/"+op.String()).has("Phase", "Loyal", "Owner", "Deleted", "empty")
	})
}

// What was deleted is named where its name can't be looked up any more.
func TestDeletedRecordsAreNamed(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id, created := s.add(s.rina, customers.Customer{Name: "Toko Tirta", Phones: []customers.Phone{{Value: "0812-3045-7781"}}})
		s.undo(created, "/operations")
		s.open("/operations/"+s.undoOf(created).ID.String()).has("Mengurungkan: Menambah Toko Tirta", "Toko Tirta", "Dihapus").lacks("/customers/" + id.String())
		s.open("/operations/"+created.String()).has("Diurungkan", "Rina Kusuma, 17 Nov 2026", s.undoOf(created).ID.String())
	})
}

func TestManyChangesHavePages(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		var all []ids.ID
		s.do(db.Who{}, "customer.create", func(tx *db.Tx) error {
			for i := range 120 {
				c := customers.Customer{Name: fmt.Sprintf("Toko %03d", i)}
				if err := customers.Create(t.Context(), tx, &c); err != nil {
					return err
				}
				all = append(all, c.ID)
			}
			return nil
		})
		op := s.do(who(s.rina), "customer.bulk_update", func(tx *db.Tx) error {
			for _, id := range all {
				_, err := customers.Update(t.Context(), tx, id, 0, func(c *customers.Customer) error { c.Phase = customers.Lost; return nil })
				if err != nil {
					return err
				}
			}
			return tx.SetOp(t.Context(), ids.ID{}, map[string]any{"n": len(all)})
		})
		path := "/operations/" + op.String()
		a := s.open(path).has("Mengubah 120 pelanggan", "Toko 000", "Toko 049").lacks("Toko 050")
		a = s.open(older(t, a)).has("Toko 050", "Toko 099", "Ke awal").lacks("Toko 049", "Toko 100")
		s.open(older(t, a)).has("Toko 100", "Toko 119").lacks(`rel="next"`)
		s.open(path + "?after=nonsense").is(200).has("Toko 000")
		s.open(path + "?after=-5").is(200)
		s.open(path + "?kept=99999").is(200)
	})
}

// A note that is only for its author stays so in the history.
func TestPrivateNotesStayPrivate(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id, _ := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		note := activity.Interaction{
			Customer: id, Kind: activity.Note, At: s.clock.tell(), ActorID: s.dimas.ID, Actor: s.dimas.Name, Private: true, Body: "Rahasia pertama",
		}
		s.do(who(s.dimas), "interaction.create", func(tx *db.Tx) error { return activity.Log(t.Context(), tx, &note) })
		op := s.do(who(s.dimas), "interaction.update", func(tx *db.Tx) error {
			_, err := activity.Update(t.Context(), tx, note.ID, 0, func(i *activity.Interaction) error { i.Body = "Rahasia kedua"; return nil })
			return err
		})
		s.open("/operations/" + op.String()).is(200).lacks("Rahasia").has("Hanya untuk penulis")
		s.be(s.dimas)
		s.open("/operations/"+op.String()).is(200).has("Rahasia pertama", "Rahasia kedua")
	})
}

func TestALongUndoGoesOnAsAJob(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		id, op := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		s.pages.Wait = time.Nanosecond
		page := "/customers/" + id.String()
		a := s.undo(op, page).is(303)
		to := a.header.Get("Location")
		if !strings.HasPrefix(to, "/operations/"+op.String()+"/undo?") || !strings.Contains(to, "job=") {
			t.Fatalf("leads to %q", to)
		}
		busy := s.open(to).is(200).has("Menambah Toko Tirta", `hx-get="/operations/`, "Muat ulang", page)
		uitest.CheckHTML(t, "progress", busy.body)
		if _, ok := s.customer(id); !ok {
			t.Fatal("undone before the job ran")
		}
		s.undo(op, page).is(303) // again: the same job
		if err := s.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.customer(id); ok {
			t.Error("the job has not undone it")
		}
		s.open(to).is(200).has("Selesai", "/operations/"+s.undoOf(op).ID.String(), `href="/customers"`).lacks("hx-trigger", page+`"`)
		if by := s.undoOf(op).ActorName; by != "Rina Kusuma" {
			t.Errorf("undone by %q", by)
		}
		// A page of progress without anything under way is the operation's.
		_, other := s.add(s.rina, customers.Customer{Name: "Hotel Melati"})
		s.open("/operations/" + other.String() + "/undo").to("/operations/" + other.String())
	})
}

func TestWhatIsTooOldSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		_, op := s.add(s.rina, customers.Customer{Name: "Toko Tirta"})
		s.clock.turn(31 * 24 * time.Hour)
		s.open("/operations").lacks(op.String() + "/undo")
		s.open("/operations/" + op.String()).has("Perubahan dapat diurungkan selama 30 hari").lacks(op.String() + "/undo")
		s.undo(op, "/operations").is(409)
	})
}

func TestNothingDoneYet(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.open("/operations?who=me").is(200).has("Belum ada operasi")
		s.open("/operations").is(200).has("Menyiapkan ruang kerja", "Akrab")
	})
}
