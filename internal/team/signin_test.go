package team

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

func signIn(t testing.TB, d *db.DB, email, password, address string) (string, error) {
	t.Helper()
	return SignIn(t.Context(), d, Credentials{Email: email, Password: password, Device: Device{Agent: "test", Address: address}})
}

func whoami(t testing.TB, d *db.DB, secret string) (i Identity, err error) {
	t.Helper()
	err = d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		i, err = BySession(t.Context(), tx, secret)
		return err
	})
	return i, err
}

func TestSignIn(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		u := setup(t, d)
		secret, err := signIn(t, d, " ANI@example.com", secret10, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		i, err := whoami(t, d, secret)
		if err != nil || i.User != u.ID || i.Name != "Ani Wijaya" || !i.Can("anything") || i.Who().User != u.ID {
			t.Errorf("signed in as %+v, %v", i, err)
		}
		for _, tt := range []struct{ email, password string }{
			{"ani@example.com", secret10 + " "}, {"ani@example.com", ""}, {"budi@example.com", secret10}, {"", ""}, {"'; --", "x"},
			{"ani@example.com", strings.Repeat("x", 100_000)},
		} {
			_, err := signIn(t, d, tt.email, tt.password, "192.0.2.2")
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Key != "team.signin.wrong" || e.Field != "password" {
				t.Errorf("%q with %.20q: %v", tt.email, tt.password, err)
			}
		}
		for _, s := range []string{"", "x", secret[1:], secret + "a", strings.ToUpper(secret), newSecret()} {
			if _, err := whoami(t, d, s); errs.KindOf(err) != errs.Signin {
				t.Errorf("a session of %q: %v", s, err)
			}
		}
	})
}

func TestSignInIsLimited(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		now := dbtest.Now
		d.Now = func() time.Time { return now }
		for n := 1; n <= 12; n++ {
			_, err := signIn(t, d, "ani@example.com", "wrong", "192.0.2.1")
			want := errs.Invalid
			if n > 10 {
				want = errs.Limited
			}
			if errs.KindOf(err) != want {
				t.Errorf("wrong password %d: %v", n, err)
			}
		}
		if _, err := signIn(t, d, "ani@example.com", secret10, "192.0.2.1"); errs.KindOf(err) != errs.Limited {
			t.Errorf("the right password after too many wrong ones: %v", err)
		}
		if _, err := signIn(t, d, "ani@example.com", secret10, "192.0.2.9"); err != nil {
			t.Errorf("its owner, from elsewhere: %v", err)
		}
		now = now.Add(2 * time.Minute)
		if _, err := signIn(t, d, "ani@example.com", secret10, "192.0.2.1"); err != nil {
			t.Errorf("two minutes later: %v", err)
		}
		if _, err := signIn(t, d, "ani@example.com", "wrong", "192.0.2.1"); errs.KindOf(err) != errs.Invalid {
			t.Errorf("signing in has not emptied the bucket: %v", err)
		}
	})
}

func TestOneAddressTriesManyAccounts(t *testing.T) {
	d := dbtest.Open(t, Module)
	setup(t, d)
	limited := 0
	for range 60 {
		// Both addresses are of one network.
		for _, address := range []string{"2001:db8::1", "2001:db8::2"} {
			_, err := signIn(t, d, newSecret()+"@example.com", "wrong", address)
			if errs.KindOf(err) == errs.Limited {
				limited++
			}
		}
	}
	if limited != 20 {
		t.Errorf("%d of 120 attempts were refused, want 20", limited)
	}
}

func TestSessions(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		u := setup(t, d)
		other := add(t, d, "Budi", Agent)
		var secrets []string
		for _, address := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
			s, err := signIn(t, d, "ani@example.com", secret10, address)
			if err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, s)
		}
		here, err := whoami(t, d, secrets[0])
		if err != nil {
			t.Fatal(err)
		}
		second, err := whoami(t, d, secrets[1])
		if err != nil {
			t.Fatal(err)
		}
		list := func() []Session {
			return read(t, d, func(ctx context.Context, tx *db.Tx) ([]Session, error) { return Sessions(ctx, tx, u.ID) })
		}
		if got := list(); len(got) != 3 || got[0].Agent != "test" {
			t.Errorf("sessions %+v", got)
		}
		end := func(user, id ids.ID) error {
			return d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error { return EndSession(t.Context(), tx, user, id) })
		}
		if err := end(other.ID, second.Session); errs.KindOf(err) != errs.NotFound {
			t.Errorf("ending another's session: %v", err)
		}
		if err := end(u.ID, second.Session); err != nil {
			t.Fatal(err)
		}
		if _, err := whoami(t, d, secrets[1]); errs.KindOf(err) != errs.Signin {
			t.Errorf("a session that was ended: %v", err)
		}
		pw, err := NewPassword(t.Context(), "another long password")
		if err != nil {
			t.Fatal(err)
		}
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SetPassword(ctx, tx, u.ID, pw, here.Session) })
		if got := list(); len(got) != 1 || got[0].ID != here.Session {
			t.Errorf("after a change of password: %+v", got)
		}
		if _, err := signIn(t, d, "ani@example.com", secret10, "192.0.2.1"); errs.KindOf(err) != errs.Invalid {
			t.Errorf("the old password: %v", err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		budi := add(t, d, "Budi", Agent)
		now := dbtest.Now
		d.Now = func() time.Time { return now }
		secret, err := signIn(t, d, budi.Email, secret10, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		touch := func() {
			i, err := whoami(t, d, secret)
			if err != nil {
				t.Fatalf("at %v: %v", now, err)
			}
			if !i.Due(now) {
				t.Errorf("at %v: last seen at %v", now, i.seen)
			}
			err = d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error { return Touch(t.Context(), tx, &i, "192.0.2.7") })
			if err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(29 * 24 * time.Hour)
		touch()
		now = now.Add(29 * 24 * time.Hour)
		touch()
		if got := get(t, d, budi.ID); !got.Seen.Equal(now) {
			t.Errorf("last seen %v, want %v", got.Seen, now)
		}
		if i, _ := whoami(t, d, secret); i.Due(now.Add(59 * time.Second)) {
			t.Error("last seen is written more than once a minute")
		}
		budi.Active = false
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SaveUser(ctx, tx, &budi) })
		if _, err := whoami(t, d, secret); errs.KindOf(err) != errs.Signin {
			t.Errorf("a user who is no longer active: %v", err)
		}
		if _, err := signIn(t, d, budi.Email, secret10, "192.0.2.1"); errs.KindOf(err) != errs.Invalid {
			t.Errorf("signing in as a user who is no longer active: %v", err)
		}
		secret, err = signIn(t, d, "ani@example.com", secret10, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(30 * 24 * time.Hour)
		if _, err := whoami(t, d, secret); errs.KindOf(err) != errs.Signin {
			t.Errorf("a session of thirty days: %v", err)
		}
	})
}

func TestTemporaryPassword(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		setup(t, d)
		budi := add(t, d, "Budi", Agent)
		text, pw, err := TemporaryPassword(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SetPassword(ctx, tx, budi.ID, pw, ids.ID{}) })
		secret, err := signIn(t, d, budi.Email, text, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if i, err := whoami(t, d, secret); err != nil || !i.MustChange || i.Can("customers.read") {
			t.Errorf("with a temporary password: %+v, %v", i, err)
		}
		pw, err = NewPassword(t.Context(), "one of my own choice")
		if err != nil {
			t.Fatal(err)
		}
		i, _ := whoami(t, d, secret)
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return SetPassword(ctx, tx, budi.ID, pw, i.Session) })
		if i, err := whoami(t, d, secret); err != nil || i.MustChange || !i.Can("customers.read") {
			t.Errorf("with a password of their own: %+v, %v", i, err)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		i := Identity{User: setup(t, d).ID}
		dev := Device{Address: "192.0.2.1"}
		if err := CheckPassword(t.Context(), d, &i, secret10, dev); err != nil {
			t.Error(err)
		}
		var err error
		for range 11 {
			err = CheckPassword(t.Context(), d, &i, "wrong", dev)
		}
		if errs.KindOf(err) != errs.Limited {
			t.Errorf("the eleventh wrong password: %v", err)
		}
	})
}

func TestOldHashIsRenewed(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		u := setup(t, d)
		stored := func() string {
			return read(t, d, func(ctx context.Context, tx *db.Tx) (string, error) {
				return db.Get(ctx, tx, db.One[string], `SELECT password FROM team_user WHERE id = $1`, u.ID)
			})
		}
		before := stored()
		if _, err := signIn(t, d, "ani@example.com", secret10, ""); err != nil || stored() != before {
			t.Errorf("the hash changed without need, %v", err)
		}
		cost.time++
		if _, err := signIn(t, d, "ani@example.com", secret10, ""); err != nil || !strings.Contains(stored(), "m=64,t=2,p=1") {
			t.Errorf("the hash is %s, %v", stored(), err)
		}
		if _, err := signIn(t, d, "ani@example.com", secret10, ""); err != nil {
			t.Error(err)
		}
	})
}

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ani := setup(t, d)
		now := dbtest.Now
		d.Now = func() time.Time { return now }
		var text, brief string
		var tok Token
		err := d.Write(t.Context(), db.Op{Who: db.Who{User: ani.ID, Name: ani.Name}, Why: "team.token.create"}, func(tx *db.Tx) (err error) {
			if text, tok, err = CreateToken(t.Context(), tx, " Web shop ", Agent); err != nil {
				return err
			}
			brief, _, err = CreateTokenUntil(t.Context(), tx, "brief", Viewer, now.Add(time.Hour))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		as := func(text string) (i Identity, err error) {
			err = d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
				i, err = ByToken(t.Context(), tx, text)
				return err
			})
			return i, err
		}
		i, err := as(text)
		if err != nil || i.Name != "Web shop" || i.Token != tok.ID || i.User != ani.ID || !i.Can("customers.write") || i.Can("customers.delete") {
			t.Errorf("the token is %+v, %v", i, err)
		}
		if !strings.HasPrefix(text, tok.Start) || !i.Due(now) {
			t.Errorf("the token begins with %s", tok.Start)
		}
		if err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error { return Touch(t.Context(), tx, &i, "") }); err != nil {
			t.Fatal(err)
		}
		if i, _ := as(text); i.Due(now.Add(30 * time.Second)) {
			t.Error("its last use is written more than once a minute")
		}
		for _, s := range []string{"", "akr_", text[4:], text + "x", "akr_" + newSecret(), strings.ToUpper(text), brief + " "} {
			if _, err := as(s); errs.KindOf(err) != errs.Signin {
				t.Errorf("a token %q: %v", s, err)
			}
		}
		if _, err := as(brief); err != nil {
			t.Error(err)
		}
		now = now.Add(time.Hour)
		if _, err := as(brief); errs.KindOf(err) != errs.Signin {
			t.Errorf("a token that has expired: %v", err)
		}
		must(t, d, func(ctx context.Context, tx *db.Tx) error { return RevokeToken(ctx, tx, tok.ID) })
		if _, err := as(text); errs.KindOf(err) != errs.Signin {
			t.Errorf("a token that was revoked: %v", err)
		}
		list := read(t, d, Tokens)
		if len(list) != 2 || list[1].Name != "Web shop" || list[1].By != "Ani Wijaya" || list[1].Open(now) || list[1].Seen.IsZero() || list[0].Open(now) {
			t.Errorf("tokens %+v", list)
		}
	})
}

func TestTokenFields(t *testing.T) {
	d := dbtest.Open(t, Module)
	setup(t, d)
	for _, tt := range []struct {
		name, role string
		expires    time.Time
		want       string
	}{
		{"", Agent, time.Time{}, "name"}, {"x", "nobody", time.Time{}, "role"}, {"x", Agent, dbtest.Now, "expires"},
	} {
		err := write(t, d, func(ctx context.Context, tx *db.Tx) error {
			_, _, err := CreateTokenUntil(ctx, tx, tt.name, tt.role, tt.expires)
			return err
		})
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Kind != errs.Invalid || e.Field != tt.want {
			t.Errorf("token %q of %s until %v: %v", tt.name, tt.role, tt.expires, err)
		}
	}
}

func TestSetupToken(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		make := func() (s string) {
			t.Helper()
			err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) (err error) {
				s, err = SetupToken(t.Context(), tx)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		check := func(s string) error {
			return d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error { return CheckSetupToken(t.Context(), tx, s) })
		}
		one, two := make(), make()
		for _, s := range []string{one, two} {
			if err := check(s); err != nil {
				t.Errorf("token %s: %v", s, err)
			}
		}
		for _, s := range []string{"", "x", newSecret()} {
			if err := check(s); errs.KindOf(err) != errs.Invalid {
				t.Errorf("token %q: %v", s, err)
			}
		}
		d.Now = func() time.Time { return dbtest.Now.Add(setupValid) }
		if err := check(one); errs.KindOf(err) != errs.Invalid {
			t.Errorf("a token of last week: %v", err)
		}
		d.Now = func() time.Time { return dbtest.Now }
		setup(t, d)
		if err := check(two); errs.KindOf(err) != errs.Invalid {
			t.Errorf("a token after the first administrator was made: %v", err)
		}
		if s := make(); s != "" {
			t.Error("a token for the first visit, although there are users")
		}
	})
}

func FuzzToken(f *testing.F) {
	d := dbtest.Open(f, Module)
	setup(f, d)
	for _, s := range []string{"", "akr_", "akr_" + newSecret(), newSecret(), "akr_\x00", "Bearer x", strings.Repeat("a", 60)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			_, err1 := ByToken(t.Context(), tx, s)
			_, err2 := BySession(t.Context(), tx, s)
			if errs.KindOf(err1) != errs.Signin || errs.KindOf(err2) != errs.Signin {
				t.Errorf("%q: %v, %v", s, err1, err2)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkByToken(b *testing.B) {
	d := dbtest.Open(b, Module)
	setup(b, d)
	var text string
	must(b, d, func(ctx context.Context, tx *db.Tx) (err error) {
		for range 1000 {
			if text, _, err = CreateToken(ctx, tx, "x", Agent); err != nil {
				return err
			}
		}
		return nil
	})
	ctx := b.Context()
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error { _, err := ByToken(ctx, tx, text); return err })
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("within a transaction", func(b *testing.B) {
		err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			for b.Loop() {
				if _, err := ByToken(ctx, tx, text); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	})
}
