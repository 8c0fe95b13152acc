package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/notices"
)

// told returns what a user was told, once there is at least n of it.
func (s *site) told(user ids.ID, n int) (list []notices.Notice) {
	s.t.Helper()
	for range 200 {
		err := s.app.DB.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
			list, err = notices.Newest(s.t.Context(), tx, user, false, notices.Place{}, 100)
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(list) >= n {
			return list
		}
		time.Sleep(20 * time.Millisecond)
	}
	return list
}

// heard waits until all that was published so far has been delivered.
func (s *site) heard() {
	s.t.Helper()
	if err := s.app.Bus.Drain(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func TestMentions(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.staff()
		k := s.seed()
		rina, dimas := s.signedIn(s.admin, locale.ID), s.signedIn(s.mate, locale.EN)
		at := "/customers/" + k.person.String() + "/interactions"
		rina.post(at, url.Values{"kind": {"note"}, "body": {"rahasia @Dimas Prakoso"}, "private": {"1"}})
		rina.post(at, url.Values{"kind": {"note"}, "body": {"@Dimas Prakoso tolong telepon. @Rina ingat"}, "promised": {"1"}, "promise": {"Kabari @Dimas"}})
		list := s.told(s.mate.ID, 1)
		if len(list) != 1 || list[0].Who != "Rina Kusuma" || list[0].Customer != k.person {
			t.Fatalf("Dimas was told %+v", list)
		}
		entry := list[0].Subject.String()
		rina.post("/interactions/"+entry+"/edit", url.Values{"rev": {"1"}, "kind": {"note"}, "body": {"@Dimas Prakoso, @Rina dan @rina@sinarnusantara.example"}})
		s.heard()
		if n := len(s.told(s.mate.ID, 1)); n != 1 {
			t.Errorf("Dimas was told %d times of one entry", n)
		}
		if n := len(s.told(s.admin.ID, 0)); n != 0 {
			t.Errorf("Rina was told %d times of her own words", n)
		}

		if body := dimas.get("/customers").body; !strings.Contains(body, "Notices, 1 not seen") {
			t.Error("the bell doesn't count")
		}
		if body := dimas.get("/notices").body; !strings.Contains(body, "Rina Kusuma mentioned you in an entry about Siti Rahmawati") {
			t.Errorf("the list lacks the mention:\n%s", body)
		}
		open := dimas.get("/notices/" + list[0].ID.String())
		if open.code != http.StatusSeeOther || open.header.Get("Location") != "/interactions/"+entry {
			t.Errorf("a notice leads to %d %s", open.code, open.header.Get("Location"))
		}
		if show := dimas.get("/interactions/" + entry); show.header.Get("Location") != "/customers/"+k.person.String()+"#e-"+entry {
			t.Errorf("the entry is at %s", show.header.Get("Location"))
		}
		if body := dimas.get("/notices/bell").body; strings.Contains(body, "not seen") || !strings.Contains(body, `id="bell"`) {
			t.Errorf("after it was opened the bell is %s", body)
		}
		if n := rina.get("/notices/" + list[0].ID.String()).code; n != http.StatusNotFound {
			t.Errorf("somebody else's notice: %d", n)
		}
		s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE interaction SET private = TRUE WHERE id = $1`, list[0].Subject)
			return err
		})
		if body := dimas.get("/notices").body; strings.Contains(body, "Siti") {
			t.Error("a notice tells of an entry that has become private")
		}
	})
}
