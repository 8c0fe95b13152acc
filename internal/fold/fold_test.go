package fold

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/akrab-crm/akrab/internal/errs"
)

func TestText(t *testing.T) {
	tests := []struct{ s, want string }{
		{"", ""},
		{"  Budi   Santoso ", "budi santoso"},
		{"PT. Sinar Jaya, Tbk", "pt sinar jaya tbk"},
		{"Ma'ruf Amin", "maruf amin"},
		{"Ma’ruf  Amin", "maruf amin"},
		{"Ma´ruf Amin", "maruf amin"},
		{"José Ñandú", "jose nandu"},
		{"JOSE\u0301", "jose"},
		{"Straße STRASSE", "strasse strasse"},
		{"İstanbul ISPARTA ısparta", "istanbul isparta isparta"},
		{"Łódź Ørsted Ægir Đorđe þór", "lodz orsted aegir dorde thor"},
		{"Ὀδυσσεύς ΟΔΥΣΣΕΥΣ", "οδυσσευσ οδυσσευσ"},
		{"Ёлка", "елка"},
		{"ﬁrm ＡＢＣ１２", "firm abc12"},
		{"王小明", "王小明"},
		{"สมชาย ใจดี", "สมชาย ใจดี"},
		{"हिन्दी", "हिन्दी"},
		{"ガス カス", "ガス カス"},
		{"한국", "한국"},
		{"שָׁלוֹם", "שלום"},
		{"مُحَمَّد", "محمد"},
		{"ana\u200bbudi", "ana budi"},
		{"ana\u00adbudi", "anabudi"},
		{"🦄", ""},
		{"Toko 🦄 Jaya", "toko jaya"},
		{"a\x00b", "a b"},
		{"a_b-c/d", "a b c d"},
	}
	for _, tt := range tests {
		if got := Text(tt.s); got != tt.want {
			t.Errorf("Text(%q) = %q, want %q", tt.s, got, tt.want)
		}
	}
}

// TestTextCases compares our folding of case with that of Unicode, for every
// letter there is.
func TestTextCases(t *testing.T) {
	full := cases.Fold()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := string(r)
		// Case turns the small iota under a Greek letter, an accent to us, into a letter.
		if !unicode.IsLetter(r) || strings.Contains(norm.NFKD.String(s), "\u0345") {
			continue
		}
		for _, other := range []string{full.String(s), strings.ToUpper(s), strings.ToLower(s)} {
			if got, want := Text(other), Text(s); got != want {
				t.Errorf("Text(%q) = %q, but Text(%q) = %q", s, want, other, got)
			}
		}
	}
}

func TestWords(t *testing.T) {
	if got := Words(" -- "); got != nil {
		t.Errorf("Words of signs = %q, want none", got)
	}
	if got, want := Words("Jl. Sudirman No.12"), []string{"jl", "sudirman", "no", "12"}; !slices.Equal(got, want) {
		t.Errorf("Words = %q, want %q", got, want)
	}
}

func TestName(t *testing.T) {
	same := [][]string{
		{"PT. Sinar Jaya, Tbk", "Sinar Jaya", "SINAR JAYA PT", "Jaya Sinar", "P.T. Sinar Jaya (Persero) Tbk."},
		{"Bapak H. Ahmad Dahlan, S.E., M.M.", "Ahmad Dahlan", "ahmad dahlan SE MM", "Bpk Ahmad Dahlan"},
		{"dr. Ratna Dewi, Sp.A", "Ratna Dewi Sp.A"},
		{"Ir. Hj. Siti Aminah, M.Si", "Siti Aminah", "Ibu Siti Aminah"},
		{"Acme GmbH & Co. KG", "ACME", "Acme, Inc.", "Acme Sdn. Bhd."},
		{"José García", "Garcia Jose"},
	}
	for _, names := range same {
		for _, n := range names[1:] {
			if got, want := Name(n), Name(names[0]); got != want || got == "" {
				t.Errorf("Name(%q) = %q, but Name(%q) = %q", n, got, names[0], want)
			}
		}
	}
	different := [][2]string{
		{"PT", "CV"}, {"Bu", "Pak"}, {"Sinar Jaya", "Sinar Abadi"}, {"Budi", "Budi Santoso"},
	}
	for _, d := range different {
		if Name(d[0]) == Name(d[1]) {
			t.Errorf("Name(%q) = Name(%q) = %q", d[0], d[1], Name(d[0]))
		}
	}
}

func TestSortKey(t *testing.T) {
	want := []string{"", "🦄", "100 Toko", "Ana", "Ana Budi", "Ána", "anabel", "Zul", "王小明"}
	slices.SortFunc(want, func(a, b string) int { return strings.Compare(SortKey(a), SortKey(b)) })
	// An emoji has nothing to fold, so it sorts as written, at the end.
	if got, want := strings.Join(want, "|"), "|100 Toko|Ana|Ána|Ana Budi|anabel|Zul|王小明|🦄"; got != want {
		t.Errorf("sorted: %s, want %s", got, want)
	}
	if n := len(SortKey(strings.Repeat("é", 10_000))); n > maxSortKey {
		t.Errorf("a key has %d bytes", n)
	}
}

func TestClean(t *testing.T) {
	for _, s := range []string{"a\x00b", "\xff", "a\xc3", "\xed\xa0\x80"} {
		if _, err := Clean(s); errs.KindOf(err) != errs.Invalid {
			t.Errorf("Clean(%q): %v, want Invalid", s, err)
		}
	}
	for _, s := range hostile(t) {
		if strings.ContainsRune(s, 0) {
			continue
		}
		if got, err := Clean(s); got != s || err != nil {
			t.Errorf("Clean(%q) = %q, %v; want it verbatim", s, got, err)
		}
	}
}

func TestTextAllocates(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Text("budi santoso") }); n != 0 {
		t.Errorf("folded text: %v allocations, want 0", n)
	}
	if n := testing.AllocsPerRun(100, func() { Text("Budi Santoso") }); n != 1 {
		t.Errorf("plain text: %v allocations, want 1", n)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "Ana", "José", "İßﬁ", "가각", "ガス", "\xff", "a\u0301\u0302", "½ km²", "ŉ ǰ", "ϴ ᾳ", "e\u200d\u0301", "000000000000000000000\xf7ǰ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if again := Text(got); again != got {
			t.Errorf("Text(%q) = %q, folded again %q", s, got, again)
		}
		if !utf8.ValidString(got) || strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
			t.Errorf("Text(%q) = %q", s, got)
		}
		if joined := strings.Join(Words(s), " "); joined != got {
			t.Errorf("Words(%q) joined = %q, want %q", s, joined, got)
		}
		if (Name(s) == "") != (got == "") {
			t.Errorf("Name(%q) = %q, Text = %q", s, Name(s), got)
		}
		if len(SortKey(s)) > maxSortKey {
			t.Errorf("SortKey(%q) has %d bytes", s, len(SortKey(s)))
		}
	})
}

func BenchmarkText(b *testing.B) {
	for _, s := range []string{"Budi Santoso", "PT. Sinar Jaya Abadi Sentosa, Tbk.", "José Ñandú García", "王小明"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Text(s)
			}
		})
	}
}

func BenchmarkName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Name("Bapak H. Ahmad Dahlan, S.E., M.M.")
	}
}

func BenchmarkSortKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		SortKey("Budi Santoso")
	}
}

// hostile returns the big list of naughty strings, or skips the test.
func hostile(t *testing.T) []string {
	data, err := os.ReadFile(shared(t, "security/blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// shared returns the path of a file of the reference data that may lie beside
// the checkout, or skips the test.
func shared(t *testing.T, name string) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("shared/data/%s is not beside the checkout", name)
		}
	}
}
