package app_test

import (
	"context"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/notices"
)

// TestBell walks from an entry that names a colleague to that colleague's bell.
func TestBell(t *testing.T) {
	s := newSite(t, t.TempDir()+"/akrab.db")
	s.staff()
	k := s.seed()
	w := s.browse(t, locale.ID)
	w.looks = []string{"desktop light", "phone dark"}
	w.signIn(s.admin.Email)
	w.Open("/customers/" + k.person.String())
	w.Click("#composer-text")
	w.Press("@", "d", "i", "m")
	w.Wait("#mentions [role=option][aria-selected=true]")
	if got := w.Text("#mentions"); got == "" {
		t.Error("nobody is suggested")
	}
	w.Look("mention-suggest")
	w.Click("#composer-text")
	w.Press("a")
	w.Wait("#mentions [role=option]")
	w.Press("Enter")
	if got := w.Value("#composer-text"); got != "@Dimas Prakoso " {
		t.Errorf("after choosing: %q", got)
	}
	w.Press("t", "o", "l", "o", "n", "g", "Ctrl+Enter")
	w.Wait(".timeline .mention")
	w.Look("mention-shown")

	if n := len(s.told(s.mate.ID, 1)); n != 1 {
		t.Fatalf("Dimas was told %d times", n)
	}
	s.more(k.person)
	w.Eval(`document.querySelector("form[action='/signout']").requestSubmit()`, nil)
	w.WaitPath("/signin")
	w.lang, w.p = locale.EN, s.app.Catalogue.Printer(locale.EN, w.p.Workspace)
	w.signIn(s.mate.Email)
	w.Wait("#bell .count")
	w.Click("#bell")
	w.Wait("#menu-bell .list")
	w.Look("bell")
	w.Press("Escape")
	w.Open("/notices")
	w.Look("notices")
	w.Click("Rina Kusuma mentioned you in an entry about Siti Rahmawati")
	w.WaitPath("/customers/" + k.person.String())
	w.See("tolong")
	w.Open("/settings/notices")
	w.Look("settings-notices")
	w.Script(false)
	w.Open("/notices")
	w.Tap("notice.see_all")
	w.Read("notice.title")
	w.Gone(".topbar .count")
}

// more tells the colleague of further things.
func (s *site) more(customer ids.ID) {
	s.t.Helper()
	s.write(db.Who{}, func(ctx context.Context, tx *db.Tx) error {
		for _, reason := range []string{"a", "b", "c"} {
			n := notices.Notice{User: s.mate.ID, Kind: notices.KindMention, Reason: reason, Customer: customer, Who: "Sari Wulandari"}
			if _, err := notices.Add(ctx, tx, &n); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestMailSettings shows the pages of outgoing mail.
func TestMailSettings(t *testing.T) {
	s := newSite(t, t.TempDir()+"/akrab.db")
	s.staff()
	s.seed()
	w := s.browse(t, locale.ID)
	w.looks = []string{"desktop light", "desktop dark", "phone light"}
	w.signIn(s.admin.Email)
	w.Open("/settings/mail")
	w.Look("mail-empty")
	s.write(db.Who{User: s.admin.ID}, func(ctx context.Context, tx *db.Tx) error { return seedNotices(ctx, tx, s.admin.ID) })
	w.Open("/settings/mail")
	w.Look("mail")
	w.Tap("mail.test.send")
	w.See("127.0.0.1")
	w.Look("mail-test")
	w.Tap("mail.again")
	w.Read("mail.again.done")
}
