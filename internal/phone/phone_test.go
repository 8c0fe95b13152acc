package phone

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/akrab-crm/akrab/internal/errs"
)

// deviations are the rows of the reference answers that the library we use
// answers otherwise, with the reason.
var deviations = map[string]string{
	"+298201234": faroe, "+298211234": faroe, "+298802123": faroe, "+298901123": faroe, "+298601234": faroe,
}

const faroe = "numbers of the Faroe Islands are written in pairs since libphonenumber 9.0.33; ours has the data of 9.0.32"

// TestReference compares us with Google's library, on numbers of all regions
// and on Indonesian ones in many spellings.
func TestReference(t *testing.T) {
	for _, name := range []string{"indonesia_expected.csv", "all_regions_examples.csv"} {
		t.Run(name, func(t *testing.T) {
			rows := readCSV(t, shared(t, "phone/"+name))
			for _, row := range rows {
				got, want := answer(row["input"], row["default_region"]), wanted(row)
				if reason, ok := deviations[row["input"]]; ok {
					if got == want {
						t.Errorf("%q no longer deviates (%s)", row["input"], reason)
					}
					continue
				}
				if got != want {
					t.Errorf("%q in %s:\n got %s\nwant %s", row["input"], row["default_region"], got, want)
				}
			}
			t.Logf("%d rows", len(rows))
		})
	}
}

// answer writes what we know about a number in the terms of the reference.
func answer(input, region string) string {
	n, err := Parse(input, region)
	if err != nil || n.E164 == "" {
		return "error"
	}
	p, err := phonenumbers.Parse(n.E164, "ZZ")
	if err != nil {
		return err.Error()
	}
	if n.Ext != "" {
		p.Extension = &n.Ext
	}
	return fmt.Sprintf("%s possible=%v valid=%v %s %s | %s | %s | %s", n.E164, n.Possible, n.Valid, n.Kind, n.Region,
		Display(n.E164, n.Region), Display(n.E164, "ZZ"), phonenumbers.Format(p, phonenumbers.RFC3966))
}

func wanted(row map[string]string) string {
	if row["status"] != "ok" {
		return "error"
	}
	kind, ok := map[string]Kind{
		"FIXED_LINE": Fixed, "MOBILE": Mobile, "FIXED_LINE_OR_MOBILE": FixedOrMobile, "TOLL_FREE": TollFree,
		"PREMIUM_RATE": Premium, "VOIP": VoIP, "UAN": UAN, "UNKNOWN": Unknown,
	}[row["type"]]
	if !ok {
		kind = Other
	}
	// Display knows no extension: it is a field of its own.
	national, _, _ := strings.Cut(row["national"], " ext. ")
	international, _, _ := strings.Cut(row["international"], " ext. ")
	if row["region"] == "AR" {
		national = international // see Display
	}
	return fmt.Sprintf("%s possible=%s valid=%s %s %s | %s | %s | %s", row["e164"], row["possible"], row["valid"], kind, row["region"],
		national, international, row["rfc3966"])
}

func TestParse(t *testing.T) {
	tests := []struct{ text, e164, ext string }{
		{"0812-3045-7781", "+6281230457781", ""},
		{" +62 812 3045 7781 ", "+6281230457781", ""},
		{"(+62) 812.3045.7781", "+6281230457781", ""},
		{"6281230457781", "+6281230457781", ""},
		{"62 (0)812-3045-7781", "+6281230457781", ""},
		{"+62 (0)812-3045-7781", "+6281230457781", ""},
		{"0062 812 3045 7781", "+6281230457781", ""},
		{"0065 6123 4567", "+6561234567", ""},
		{"81230457781", "+6281230457781", ""},
		{"tel:+62-812-3045-7781", "+6281230457781", ""},
		{"０８１２３０４５７７８１", "+6281230457781", ""},
		{"0812\u00a03045\u00a07781", "+6281230457781", ""},
		{"0812 3045 7781 (Budi)", "+6281230457781", ""},
		{"WA 081230457781", "+6281230457781", ""},
		{"(021) 555-0123 ext. 45", "+62215550123", "45"},
		{"tel:+62-21-5550123;ext=45", "+62215550123", "45"},
		{"+1 800 FLOWERS", "+18003569377", ""},
		{"+44 (0)20 7946 0958", "+442079460958", ""},
	}
	for _, tt := range tests {
		n, err := Parse(tt.text, "ID")
		if err != nil || n.E164 != tt.e164 || n.Ext != tt.ext || !n.Valid || "+"+n.Digits != tt.e164 {
			t.Errorf("Parse(%q) = %+v, %v; want %s ext %q", tt.text, n, err, tt.e164, tt.ext)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "12", "budi", "a1b2c3d4", "ratna@contoh.co.id", "Jl. Sudirman 120", strings.Repeat("1", 300), "+62"} {
		if n, err := Parse(text, "ID"); errs.KindOf(err) != errs.Invalid {
			t.Errorf("Parse(%q) = %+v, %v; want an Invalid error", text, n, err)
		}
	}
	for _, text := range []string{"110", "0812", "99999999999999999999", "+999 123 456"} {
		n, err := Parse(text, "ID")
		if err != nil || n.Valid || n.Kind != Unknown || n.Digits == "" {
			t.Errorf("Parse(%q) = %+v, %v; want digits that are no valid number", text, n, err)
		}
	}
}

// TestFind has a user type a number from its beginning on, in every spelling,
// and wants it found with each digit from the third on.
func TestFind(t *testing.T) {
	tests := []struct {
		e164, region string
		typed        []string
	}{
		{"+6281230457781", "ID", []string{
			"0812-3045-7781", "+62 812 3045 7781", "6281230457781", "81230457781", "62 (0)812 3045 7781",
			"+62 (0)812-3045-7781", "0062 812 3045 7781", "(0812) 3045.7781", "tel:+6281230457781", "０８１２３０４５７７８１",
		}},
		{"+62215550123", "ID", []string{"(021) 555-0123", "+62 21 5550123", "62215550123", "0062215550123"}},
		{"+6561234567", "ID", []string{"+65 6123 4567", "0065 6123 4567", "6561234567"}},
		{"+442079460958", "GB", []string{"020 7946 0958", "+44 (0)20 7946 0958", "+442079460958"}},
		{"+16502530000", "US", []string{"(650) 253-0000", "1 650 253 0000", "+1 650 253 0000"}},
		{"+390236618300", "IT", []string{"02 3661 8300", "+39 02 3661 8300"}},
		{"+62001803011234", "ID", []string{"001803011234", "001 803 011 234"}},
	}
	for _, tt := range tests {
		stored := SearchKeys(tt.e164)[0]
		for _, typed := range tt.typed {
			for i := range typed {
				q := typed[:i] + string([]rune(typed[i:])[:1])
				keys := QueryKeys(q, tt.region)
				if len(onlyDigits(asciiDigits(q))) < 3 || strings.HasSuffix(q, "(0") || strings.HasSuffix(q, "(0)") {
					continue // too little, or the trunk prefix in mid-typing
				}
				if !finds(keys, stored) {
					t.Errorf("typed %q: keys %q don't find %s", q, keys, stored)
				}
			}
		}
	}
	for _, q := range []string{"", "08", "budi", "budi 081", "jl. 123", strings.Repeat("1", 21)} {
		if keys := QueryKeys(q, "ID"); keys != nil {
			t.Errorf("QueryKeys(%q) = %q, want none", q, keys)
		}
	}
	if keys := QueryKeys("0812", "ID"); !slices.Equal(keys, []string{"62812"}) {
		t.Errorf("QueryKeys(0812) = %q", keys)
	}
	if keys := QueryKeys("626", "ID"); !slices.Equal(keys, []string{"626"}) {
		t.Errorf("QueryKeys(626) = %q, want one key, since the other begins with it", keys)
	}
}

func finds(keys []string, stored string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(stored, k) })
}

func TestSplit(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{" 0812-3045-7781 ", []string{"0812-3045-7781"}},
		{"0812-3045-7781 / 0813 1111 2222", []string{"0812-3045-7781", "0813 1111 2222"}},
		{"081230457781,081311112222", []string{"081230457781", "081311112222"}},
		{"081230457781; 081311112222\n\n(021) 5550123", []string{"081230457781", "081311112222", "(021) 5550123"}},
		{"081230457781 ::: 081311112222", []string{"081230457781", "081311112222"}},
		{"0812/3045/7781", []string{"0812/3045/7781"}},
		{"021-5550123/24", []string{"021-5550123/24"}},
		{"tel:+62-21-5550123;ext=45; 081230457781", []string{"tel:+62-21-5550123;ext=45", "081230457781"}},
	}
	for _, tt := range tests {
		if got := Split(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("Split(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestDisplay(t *testing.T) {
	tests := []struct{ e164, region, want string }{
		{"+6281230457781", "ID", "0812-3045-7781"},
		{"+6281230457781", "SG", "+62 812-3045-7781"},
		{"+62215550123", "ID", "(021) 5550123"},
		{"+6561234567", "ID", "+65 6123 4567"},
		{"+6561234567", "sg", "6123 4567"},
		{"", "ID", ""},
		{"110", "ID", "110"},
		{"+62", "ID", "+62"},
	}
	for _, tt := range tests {
		if got := Display(tt.e164, tt.region); got != tt.want {
			t.Errorf("Display(%q, %s) = %q, want %q", tt.e164, tt.region, got, tt.want)
		}
	}
}

// FuzzPhone compares the short way for Indonesian numbers with the library, and
// looks for texts that break the rest.
func FuzzPhone(f *testing.F) {
	for _, s := range []string{
		"0812-3045-7781", "62812345678", "+62 (0)812", "620812345678", "(+62) 812 3045 7781", "81230457781", "0062812345678",
		"+1 650", "tel:+62;phone-context=x", "08123045778112", "..0(8)12345678", "+-62812345678", "1500-888", "0 0812345678",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, region := range []string{"ID", "US", ""} {
			checkFast(t, text, region)
			n, err := Parse(text, region)
			if err != nil {
				continue
			}
			if n.E164 != "" && "+"+n.Digits != n.E164 || n.Valid && !n.Possible && n.Region == "ID" {
				t.Errorf("Parse(%q, %s) = %+v", text, region, n)
			}
			Display(n.E164, region)
		}
		for _, part := range Split(text) {
			if part == "" || strings.TrimSpace(part) != part {
				t.Errorf("Split(%q) has %q", text, part)
			}
		}
		QueryKeys(text, "ID")
	})
}

// FuzzPhoneDigits makes numbers of the usual signs, which random text rarely
// does.
func FuzzPhoneDigits(f *testing.F) {
	f.Add(uint64(81230457781), uint8(0), uint16(3))
	f.Add(uint64(812345678), uint8(2), uint16(0))
	f.Add(uint64(62812345678), uint8(7), uint16(9))
	f.Fuzz(func(t *testing.T, number uint64, prefix uint8, signs uint16) {
		prefixes := []string{"", "0", "62", "620", "+62", "+620", "+", "00", "8", "81", "+628", "628"}
		digits := prefixes[int(prefix)%len(prefixes)] + fmt.Sprint(number)
		var b strings.Builder
		for i, c := range digits {
			if signs>>(i%16)&1 == 1 {
				b.WriteByte(" -.()"[i%5])
			}
			b.WriteRune(c)
		}
		checkFast(t, b.String(), "ID")
		checkFast(t, b.String(), "GB")
	})
}

// checkFast wants the short way, where it answers, to answer as the library.
func checkFast(t *testing.T, text, region string) {
	t.Helper()
	fast, ok := parseIndonesian(text, region)
	if !ok {
		return
	}
	slow, err := parse(text, region)
	if err != nil || fast != slow {
		t.Errorf("%q in %q: the short way says %+v, the library %+v, %v", text, region, fast, slow, err)
	}
	p, err := phonenumbers.Parse(fast.E164, "ZZ")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Display(fast.E164, "ID"), phonenumbers.Format(p, phonenumbers.NATIONAL); got != want {
		t.Errorf("Display(%s) = %q, the library writes %q", fast.E164, got, want)
	}
}

// TestShortWay walks all lengths and beginnings, in each usual spelling.
func TestShortWay(t *testing.T) {
	short := 0
	for _, form := range []string{"%s", "0%s", "62%s", "620%s", "+62%s", "+620%s", "(0%s", "+62 (0)%s", "62-%s"} {
		for head := 70; head < 100; head++ {
			for length := 5; length <= 14; length++ {
				text := fmt.Sprintf(form, fmt.Sprint(head)+"123456789012"[:length-2])
				checkFast(t, text, "ID")
				if _, ok := parseIndonesian(text, "ID"); ok {
					short++
				}
			}
		}
	}
	if short < 200 {
		t.Errorf("only %d texts went the short way", short)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, s := range []string{"0812-3045-7781", "+6281230457781", "(021) 555-0123", "+65 6123 4567"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(s, "ID"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDisplay(b *testing.B) {
	for _, s := range []string{"+6281230457781", "+62215550123", "+6561234567"} {
		b.Run(s, func(b *testing.B) {
			for b.Loop() {
				Display(s, "ID")
			}
		})
	}
}

func BenchmarkQueryKeys(b *testing.B) {
	for b.Loop() {
		QueryKeys("0812-30", "ID")
	}
}

func readCSV(t *testing.T, path string) []map[string]string {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		list = append(list, m)
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
