package mailaddr

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/errs"
)

// TestValid takes every address of a list of odd but valid ones, but for those
// that RFC 5322 doesn't allow.
func TestValid(t *testing.T) {
	refused := map[string]string{
		`very."(),:;<>[]".VERY."very@\\ "very".unusual@strange.address.com`: "between a quoted string and the next word there must be a dot",
		`\$A12345@address.com`: "a backslash stands only in quotes",
	}
	for _, line := range lines(t, "security/fuzzdb_valid-email-addresses.txt") {
		a, err := Parse(line)
		if _, ok := refused[line]; ok != (err != nil) {
			t.Errorf("Parse(%q) = %+v, %v", line, a, err)
		}
	}
}

// TestInvalid refuses every address of a list of invalid ones, but for those
// that are allowed.
func TestInvalid(t *testing.T) {
	taken := map[string]string{
		"うえあいお@address.com":              "RFC 6531 allows all scripts",
		"sql'or'1'='1'or'test@email.com": "each of its characters may stand in an atom; it never becomes part of a statement",
		"notallowed@example.com ":        "spaces around are left out",
		" notallowed@example.com":        "spaces around are left out",
	}
	for _, line := range lines(t, "security/fuzzdb_invalid-email-addresses.txt") {
		a, err := Parse(line)
		if _, ok := taken[line]; ok != (err == nil) {
			t.Errorf("Parse(%q) = %+v, %v", line, a, err)
		}
		if err != nil && errs.KindOf(err) != errs.Invalid {
			t.Errorf("Parse(%q): %v, want an Invalid error", line, err)
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct{ s, key, local, domain string }{
		{"ratna@contoh.co.id", "ratna@contoh.co.id", "ratna", "contoh.co.id"},
		{" Ratna.Dewi@Contoh.CO.ID\t", "ratna.dewi@contoh.co.id", "Ratna.Dewi", "Contoh.CO.ID"},
		{"mailto:ratna@contoh.id", "ratna@contoh.id", "ratna", "contoh.id"},
		{"Ünal@Bücher.example", "ünal@xn--bcher-kva.example", "Ünal", "Bücher.example"},
		{"a@xn--bcher-kva.example", "a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"},
		{"a@straße.de", "a@xn--strae-oqa.de", "a", "straße.de"},
		{`"Ratna"@contoh.id`, "ratna@contoh.id", `"Ratna"`, "contoh.id"},
		{`"a\b c"@contoh.id`, `"ab c"@contoh.id`, `"a\b c"`, "contoh.id"},
		{`"a\"b"@contoh.id`, `"a\"b"@contoh.id`, `"a\"b"`, "contoh.id"},
		{"a@[192.0.2.1]", "a@[192.0.2.1]", "a", "[192.0.2.1]"},
		{"a@[IPv6:2001:DB8:0::1]", "a@[ipv6:2001:db8::1]", "a", "[IPv6:2001:DB8:0::1]"},
		{"a@localhost", "a@localhost", "a", "localhost"},
		{"a+b=c@d-e.f0", "a+b=c@d-e.f0", "a+b=c", "d-e.f0"},
		{"u\u0308@a.id", "ü@a.id", "u\u0308", "a.id"},
		{strings.Repeat("x", 180) + "@reply.example", strings.Repeat("x", 180) + "@reply.example", strings.Repeat("x", 180), "reply.example"},
	}
	for _, tt := range tests {
		a, err := Parse(tt.s)
		if err != nil || a.Key != tt.key || a.Local != tt.local || a.Domain != tt.domain {
			t.Errorf("Parse(%q) = %+v, %v; want %s, %s at %s", tt.s, a, err, tt.key, tt.local, tt.domain)
		}
	}
	for _, s := range []string{
		"", "@", "a@", "@b", "a", "a b@c.id", "a@b c.id", "a@b..id", "a@b.id.", "a@.b.id", "a@-b.id", "a@b-.id", "a@b_c.id",
		"a@1.2.3", "a@256.1.1.1", "a@[1.2.3]", "a@[2001:db8::1]", "a@[IPv6:1.2.3.4]", "a@[IPv6:fe80::1%eth0]", "a@[192.0.2.1",
		"a\x00@b.id", "a\n@b.id", "\"a\n\"@b.id", "a@b.id\x00c", "\xff@b.id", "a@\xff.id", `"\xff"@b.id` + "\xff", `"a@b.id`, `a"@b.id`,
		`""a@b.id`, "a\u00a0b@c.id", "“a”@b.id", "a@b.id>", "<a@b.id>", "a@" + strings.Repeat("x", 64) + ".id",
		strings.Repeat("x", 201) + "@b.id", "a@" + strings.Repeat("x.", 130) + "id", "a@xn--\u00fc.id",
	} {
		if a, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", s, a)
		}
	}
}

func TestParseNamed(t *testing.T) {
	tests := []struct{ s, name, key string }{
		{"ratna@contoh.id", "", "ratna@contoh.id"},
		{"<ratna@contoh.id>", "", "ratna@contoh.id"},
		{"Ratna Dewi <Ratna@contoh.id>", "Ratna Dewi", "ratna@contoh.id"},
		{`"Dewi, Ratna" <ratna@contoh.id>`, "Dewi, Ratna", "ratna@contoh.id"},
		{`"Ratna \"Nana\" Dewi" <ratna@contoh.id>`, `Ratna "Nana" Dewi`, "ratna@contoh.id"},
		{"'Ratna Dewi' <ratna@contoh.id>", "Ratna Dewi", "ratna@contoh.id"},
		{"ratna@contoh.id (Ratna Dewi)", "Ratna Dewi", "ratna@contoh.id"},
		{"Ratna <mailto:ratna@contoh.id>", "Ratna", "ratna@contoh.id"},
	}
	for _, tt := range tests {
		name, a, err := ParseNamed(tt.s)
		if err != nil || name != tt.name || a.Key != tt.key {
			t.Errorf("ParseNamed(%q) = %q, %+v, %v; want %q, %s", tt.s, name, a, err, tt.name, tt.key)
		}
	}
	for _, s := range []string{"", "Ratna", "Ratna <>", "Ratna <ratna>", "<a@b.id> Ratna"} {
		if name, a, err := ParseNamed(s); err == nil {
			t.Errorf("ParseNamed(%q) = %q, %+v, want an error", s, name, a)
		}
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{" a@b.id ", []string{"a@b.id"}},
		{"a@b.id, c@d.id;e@f.id\n\ng@h.id", []string{"a@b.id", "c@d.id", "e@f.id", "g@h.id"}},
		{"a@b.id ::: c@d.id", []string{"a@b.id", "c@d.id"}},
		{"a@b.id c@d.id / e@f.id", []string{"a@b.id", "c@d.id", "e@f.id"}},
		{`"Dewi, Ratna" <a@b.id>, Budi <c@d.id>`, []string{`"Dewi, Ratna" <a@b.id>`, "Budi <c@d.id>"}},
		{`"x, y"@b.id, c@d.id`, []string{`"x, y"@b.id`, "c@d.id"}},
		{`5" pipa, a@b.id`, []string{`5" pipa`, "a@b.id"}},
	}
	for _, tt := range tests {
		if got := Split(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("Split(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzMailaddr(f *testing.F) {
	for _, s := range []string{
		"ratna@contoh.co.id", `"a b"@c.id`, `a."b\ c".d@e.id`, "ü@bücher.example", "a@[IPv6:::1]", "A <a@b.id>, b@c.id (B)", "a@b。id",
		`"\"@b.id`, "İ@b.id", "a@ﬁ.id", "e\u0301@b.id", `""@b.id`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err == nil {
			again, err := Parse(a.Key)
			if err != nil || again.Key != a.Key {
				t.Errorf("Parse(%q).Key = %q, parsed again %q, %v", s, a.Key, again.Key, err)
			}
			if a.Local+"@"+a.Domain != a.Text || strings.ContainsAny(a.Key, "\x00\r\n") {
				t.Errorf("Parse(%q) = %+v", s, a)
			}
		}
		if _, b, err2 := ParseNamed(s); err == nil && (err2 != nil || b.Key != a.Key) {
			t.Errorf("ParseNamed(%q) = %+v, %v, but Parse gives %+v", s, b, err2, a)
		}
		for _, part := range Split(s) {
			if part == "" || strings.TrimSpace(part) != part {
				t.Errorf("Split(%q) has %q", s, part)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, s := range []string{"ratna.dewi@contoh.co.id", "Ratna.Dewi@Contoh.co.id", "ratna@bücher.example"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// lines returns the lines of a file of the reference data that may lie beside
// the checkout, or skips the test.
func lines(t *testing.T, name string) []string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if data, err := os.ReadFile(filepath.Join(dir, "shared", "data", name)); err == nil {
			return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' || r == '\r' })
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("shared/data/%s is not beside the checkout", name)
		}
	}
}
