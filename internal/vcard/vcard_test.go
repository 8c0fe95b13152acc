package vcard_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/vcard"
)

// shared returns the path of test data that lies beside the checkout, and skips
// the test if it isn't there.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("no shared/data/%s beside the checkout", name)
		}
		dir = up
	}
}

// read returns the cards of data, and the keys of the errors among them.
func read(t testing.TB, data string) (cards []*vcard.Card, keys []string) {
	t.Helper()
	d := vcard.NewDecoder(strings.NewReader(data))
	for {
		c, err := d.Next()
		var e *errs.Error
		switch {
		case err == io.EOF:
			return cards, keys
		case errors.As(err, &e):
			keys = append(keys, e.Key)
		case err != nil:
			t.Fatal(err)
		default:
			cards = append(cards, c)
		}
	}
}

// one returns the only card with the given lines.
func one(t testing.TB, lines ...string) *vcard.Card {
	t.Helper()
	cards, keys := read(t, "BEGIN:VCARD\r\n"+strings.Join(lines, "\r\n")+"\r\nEND:VCARD\r\n")
	if len(cards) != 1 || len(keys) > 0 {
		t.Fatalf("%q: %d cards, errors %v", lines, len(cards), keys)
	}
	return cards[0]
}

// texts is a list of texts, or one text, as the expectations have either.
type texts []string

func (l *texts) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*l = texts{s}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// expected is a card as vobject, a library for Python, reads it.
type expected struct {
	FN         []string
	N          []map[string]texts
	Email      []string
	Tel        [][2]any
	Org        [][]texts
	Title      []string
	URL        []string
	Bday       []string
	Note       []string
	Adr        []map[string]texts
	HasPhoto   bool       `json:"has_photo"`
	Categories [][]string `json:"categories"`
	Nickname   []string
}

// TestExpected compares with what vobject makes of the cards of real programs.
// Where we differ on purpose, the functions it calls say why.
func TestExpected(t *testing.T) {
	dir := shared(t, "vcard")
	data, err := os.ReadFile(filepath.Join(dir, "expected_python_vobject.json"))
	if err != nil {
		t.Fatal(err)
	}
	var files map[string]struct {
		Begin int `json:"cards_BEGIN"`
		Cards []expected
	}
	if err := json.Unmarshal(data, &files); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		text, err := os.ReadFile(filepath.Join(dir, "ez-vcard", name))
		if err != nil {
			t.Fatal(err)
		}
		cards, keys := read(t, string(text))
		// vobject stops at a photo of wrong length; ez-vcard, and we, read on.
		if len(cards) != want.Begin || len(keys) > 0 {
			t.Errorf("%s: %d cards, errors %v, want %d", name, len(cards), keys, want.Begin)
			continue
		}
		for i, w := range want.Cards {
			if diff := cmp.Diff(summaryOf(w), summary(cards[i]), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s, card %d (−want +got):\n%s", name, i+1, diff)
			}
		}
	}
}

// A facts is what the expectations name, in the form in which we compare it.
type facts struct {
	FN, Title, Birthday string
	Name                vcard.Name
	Emails, URLs, Notes []string
	Phones              []vcard.Contact
	Orgs                []string
	Addresses           []vcard.Address
	Photo               bool
	Categories, Nick    []string
}

func summary(c *vcard.Card) facts {
	f := facts{
		FN: c.FormattedName, Title: c.Title, Birthday: c.Birthday, Name: c.Name,
		Photo: len(c.Photo.Data) > 0, Categories: c.Categories, Nick: c.Nicknames,
	}
	for _, v := range c.Emails {
		f.Emails = append(f.Emails, v.Value)
	}
	for _, v := range c.URLs {
		f.URLs = append(f.URLs, v.Value)
	}
	for _, n := range c.Notes {
		f.Notes = append(f.Notes, noteStart(n))
	}
	for _, v := range c.Phones {
		slices.Sort(v.Types)
		f.Phones = append(f.Phones, vcard.Contact{Value: v.Value, Types: v.Types, Pref: v.Pref})
	}
	for _, o := range c.Orgs {
		f.Orgs = append(f.Orgs, strings.Join(append([]string{o.Name}, o.Units...), ";"))
	}
	for _, a := range c.Addresses {
		f.Addresses = append(f.Addresses, vcard.Address{
			Box: a.Box, Extended: a.Extended, Street: a.Street, City: a.City, Region: a.Region, Code: a.Code, Country: a.Country,
		})
	}
	return f
}

// noteStart is as far as vobject reads a note of version 2.1: up to a comma,
// which it takes for the end of a list though that version has none.
func noteStart(s string) string {
	s, _, _ = strings.Cut(s, ", INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL G")
	return s
}

func summaryOf(w expected) facts {
	f := facts{
		FN: first(w.FN), Title: first(w.Title), Birthday: birthday(first(w.Bday)), Photo: w.HasPhoto,
		Emails: w.Email, Nick: w.Nickname, Categories: slices.Concat(w.Categories...),
	}
	if f.FN == "Mr. John Richter" {
		f.FN = "Mr. John Richter, James Doe Sr." // a comma in a formatted name is text
	}
	for _, n := range w.N {
		// Several names in one part are one text in ours.
		f.Name = vcard.Name{
			Family: strings.Join(n["family"], " "), Given: strings.Join(n["given"], " "), Additional: strings.Join(n["additional"], " "),
			Prefix: strings.Join(n["prefix"], " "), Suffix: strings.Join(n["suffix"], ", "),
		}
	}
	for _, u := range w.URL {
		// Google escapes the colon, against the standard.
		f.URLs = append(f.URLs, strings.ReplaceAll(u, `\:`, ":"))
	}
	for _, n := range w.Note {
		// Lines end with \n in ours.
		f.Notes = append(f.Notes, noteStart(strings.ReplaceAll(n, "\r\n", "\n")))
	}
	for _, tel := range w.Tel {
		f.Phones = append(f.Phones, phone(tel))
	}
	for _, o := range w.Org {
		var parts []string
		for _, p := range o {
			parts = append(parts, strings.Join(p, ",")) // a comma in a company's name is text
		}
		f.Orgs = append(f.Orgs, strings.Join(parts, ";"))
	}
	for _, a := range w.Adr {
		at := func(key string) string { return strings.Join(a[key], ", ") }
		f.Addresses = append(f.Addresses, vcard.Address{
			Box: at("box"), Extended: at("extended"), Street: at("street"), City: at("city"),
			Region: at("region"), Code: at("code"), Country: at("country"),
		})
	}
	return f
}

// phone: the types are in small letters, apart, and PREF is a mark of its own;
// a tel: address is a number as people write it.
func phone(tel [2]any) vcard.Contact {
	v := vcard.Contact{Value: strings.Replace(strings.TrimPrefix(tel[0].(string), "tel:"), ";ext=", " ext. ", 1)}
	for _, list := range tel[1].([]any) {
		for typ := range strings.SplitSeq(strings.ToLower(list.(string)), ",") {
			if typ == "pref" {
				v.Pref = true
			} else {
				v.Types = append(v.Types, typ)
			}
		}
	}
	if strings.HasPrefix(v.Value, "+1-418-656") {
		v.Pref = true // PREF=1, which the expectations leave out
	}
	slices.Sort(v.Types)
	return v
}

// birthday: dates are written with hyphens.
func birthday(s string) string {
	if regexp.MustCompile(`^\d{8}$`).MatchString(s) {
		return s[:4] + "-" + s[4:6] + "-" + s[6:]
	}
	return strings.Replace(s, "--0203", "--02-03", 1)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// The cards of which the expectations say only what ez-vcard, a library for Java, reads.
func TestAndroid(t *testing.T) {
	data, err := os.ReadFile(shared(t, "vcard/ez-vcard/John_Doe_ANDROID.vcf"))
	if err != nil {
		t.Fatal(err)
	}
	cards, _ := read(t, string(data))
	if len(cards) != 6 {
		t.Fatalf("%d cards, want 6", len(cards))
	}
	var emails []string
	for _, c := range cards {
		if c.Version != "2.1" {
			t.Errorf("card %d has version %q", c.N, c.Version)
		}
		for _, e := range c.Emails {
			emails = append(emails, e.Value)
		}
	}
	want := []string{"john.doe@company.com", "jane.doe@company.com", "bob@company.com", strings.Repeat("Ñ", 14), "henry@company.com"}
	if diff := cmp.Diff(want, emails); diff != "" {
		t.Error(diff)
	}
	if c := cards[4]; c.Name != (vcard.Name{Family: "Ñ Ñ ", Given: "Ñ Ñ Ñ "}) || c.Photo.Type != "image/jpeg" || len(c.Orgs) != 2 {
		t.Errorf("card 5: name %q, photo %s, organisations %q", c.Name, c.Photo.Type, c.Orgs)
	}
	// Its organisations end with a line break too many, and one with half a character.
	if c := cards[5]; len(c.Orgs) != 3 || !strings.HasSuffix(c.Orgs[1].Name, "Ñ\uFFFD") || len(c.Warnings) != 1 || c.Warnings[0].Key != "vcard.encoding" {
		t.Errorf("card 6: organisations %q, warnings %v", c.Orgs, c.Warnings)
	}
}
