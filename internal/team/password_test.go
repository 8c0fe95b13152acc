package team

import (
	"errors"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/errs"
)

// The reference implementation's own vectors for argon2id (P-H-C/phc-winner-argon2, src/test.c).
var vectors = []struct{ password, phc string }{
	{"password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
	{"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
	{"password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
	{"differentpassword", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"},
	{"password", "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"},
}

func TestVerifyReadsOthersHashes(t *testing.T) {
	for _, v := range vectors {
		for password, want := range map[string]bool{v.password: true, v.password + "x": false, "": false} {
			got, old, err := verify(t.Context(), v.phc, password)
			if got != want || !old || err != nil {
				t.Errorf("verify(%s, %q) = %v, %v, %v; want %v", v.phc, password, got, old, err, want)
			}
		}
	}
}

func TestHash(t *testing.T) {
	phc, err := hash(t.Context(), secret10)
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hash = %s, %v", phc, err)
	}
	if ok, old, err := verify(t.Context(), phc, secret10); !ok || old || err != nil {
		t.Errorf("verify = %v, %v, %v", ok, old, err)
	}
	if again, _ := hash(t.Context(), secret10); again == phc {
		t.Error("two hashes of one password are the same")
	}
}

func TestPasswordInAnyKeyboardsForm(t *testing.T) {
	quick(t)
	phc, err := hash(t.Context(), "kafé di sudut")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := verify(t.Context(), phc, "kafe\u0301 di sudut"); !ok || err != nil {
		t.Errorf("the same letters, composed otherwise: %v, %v", ok, err)
	}
}

func TestNewPassword(t *testing.T) {
	quick(t)
	tests := []struct{ password, want string }{
		{secret10, ""},
		{"ääääääßßßßöö", "team.password.common"},
		{"サクラサク富士山桜の花", ""},
		{"", "error.required"},
		{"short one", "team.password.short"},
		{"éééééé123", "team.password.short"},
		{strings.Repeat("long ", 101), "error.too_long"},
		{"Password123", "team.password.common"},
		{"BISMILLAH123", "team.password.common"},
		{"aaaaaaaaaaaa", "team.password.common"},
		{"abababababab", "team.password.common"},
		{"1234567890", "team.password.common"},
		{"0987654321", "team.password.common"},
		{"abcdefghijkl", "team.password.common"},
		{"ani.wijaya@example.com", "team.password.common"},
		{"ani.wijaya", "team.password.common"},
		{"Ani Wijaya", "team.password.common"},
	}
	for _, tt := range tests {
		_, err := NewPassword(t.Context(), tt.password, "Ani Wijaya", "ani.wijaya@example.com")
		got := ""
		if e, ok := errors.AsType[*errs.Error](err); ok {
			got = e.Key
		} else if err != nil {
			t.Error(err)
		}
		if got != tt.want {
			t.Errorf("NewPassword(%.30q): %q, want %q", tt.password, got, tt.want)
		}
	}
}

func TestCommonPasswordsAreLongEnough(t *testing.T) {
	for _, s := range strings.Fields(common) {
		if len(s) < MinPassword || s != strings.ToLower(s) {
			t.Errorf("%q is refused for its length already, or never matches", s)
		}
	}
}

func FuzzPHC(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.phc)
	}
	for _, s := range []string{
		"", "$", "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA", "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA",
		"$argon2id$v=19$m=-1,t=0,p=0$$", "$argon2id$v=19$m=8,t=1,p=1 $c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, salt, key, err := parsePHC(s)
		if err != nil {
			return
		}
		if p.memory > 256*1024 || p.time > 16 || p.threads < 1 {
			t.Errorf("%q costs %+v", s, p)
		}
		again, salt2, key2, err := parsePHC(formatPHC(p, salt, key))
		if err != nil || again != p || string(salt2) != string(salt) || string(key2) != string(key) {
			t.Errorf("%q does not survive: %v", s, err)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		if _, err := hash(b.Context(), secret10); err != nil {
			b.Fatal(err)
		}
	}
}
