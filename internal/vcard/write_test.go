package vcard_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/vcard"
)

func written(t testing.TB, c *vcard.Card, version string) string {
	t.Helper()
	var b bytes.Buffer
	if err := vcard.Write(&b, c, version); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var sample = vcard.Card{
	FormattedName: "Bu Ratna Dewi", Name: vcard.Name{Family: "Dewi", Given: "Ratna", Prefix: "Bu", Suffix: "S.E., M.M."},
	Orgs: []vcard.Organization{{Name: "CV Maju, Jaya", Units: []string{"Penjualan"}}}, Title: "Manajer",
	Emails:    []vcard.Contact{{Value: "ratna@x.example", Types: []string{"work"}, Pref: true}},
	Phones:    []vcard.Contact{{Value: "+6281230457781", Types: []string{"cell"}, Label: "WA"}},
	Addresses: []vcard.Address{{Street: "Jl. Merdeka 1", City: "Bandung", Formatted: "Jl. Merdeka 1\nBandung", Types: []string{"home"}}},
	IMs:       []vcard.Contact{{Service: "skype", Value: "ratna"}},
	Birthday:  "1985-03-21", Anniversary: "--08-17", Gender: "F", Lang: "id", Kind: vcard.Individual,
	Photo: vcard.Photo{Type: "image/gif", Data: []byte("GIF89a!")},
	Notes: []string{"satu\ndua"}, Categories: []string{"a", "b"},
}

func TestWrite(t *testing.T) {
	tests := map[string][]string{
		"3.0": {"BEGIN:VCARD", "VERSION:3.0", "FN:Bu Ratna Dewi", `N:Dewi;Ratna;;Bu;S.E.\, M.M.`, `ORG:CV Maju\, Jaya;Penjualan`, "TITLE:Manajer",
			"X-GENDER:F", "X-LANG:id", "X-KIND:individual", "EMAIL;TYPE=INTERNET;TYPE=WORK;TYPE=PREF:ratna@x.example",
			"item1.TEL;TYPE=CELL:+6281230457781", "item1.X-ABLabel:WA", "IMPP:skype:ratna",
			"item2.ADR;TYPE=HOME:;;Jl. Merdeka 1;Bandung;;;", `item2.LABEL;TYPE=HOME:Jl. Merdeka 1\nBandung`,
			"BDAY:1985-03-21", "X-ANNIVERSARY:--08-17", `NOTE:satu\ndua`, "CATEGORIES:a,b", "PHOTO;ENCODING=b;TYPE=GIF:R0lGODlhIQ==", "END:VCARD", ""},
		"4.0": {"BEGIN:VCARD", "VERSION:4.0", "FN:Bu Ratna Dewi", `N:Dewi;Ratna;;Bu;S.E.\, M.M.`, `ORG:CV Maju\, Jaya;Penjualan`, "TITLE:Manajer",
			"GENDER:F", "LANG:id", "KIND:individual", "EMAIL;TYPE=work;PREF=1:ratna@x.example",
			"item1.TEL;TYPE=cell:+6281230457781", "item1.X-ABLabel:WA", "IMPP:skype:ratna",
			`ADR;TYPE=home;LABEL="Jl. Merdeka 1^nBandung":;;Jl. Merdeka 1;Bandung;;;`,
			"BDAY:19850321", "ANNIVERSARY:--0817", `NOTE:satu\ndua`, "CATEGORIES:a,b", "PHOTO:data:image/gif;base64,R0lGODlhIQ==", "END:VCARD", ""},
	}
	for version, want := range tests {
		if diff := cmp.Diff(want, strings.Split(written(t, &sample, version), "\r\n")); diff != "" {
			t.Errorf("%s (−want +got):\n%s", version, diff)
		}
	}
	if err := vcard.Write(&bytes.Buffer{}, &sample, "2.1"); err == nil {
		t.Error("version 2.1 is written without error")
	}
	if got := written(t, &vcard.Card{Emails: []vcard.Contact{{Value: "a@x.example"}}}, "3.0"); !strings.Contains(got, "FN:a@x.example\r\n") {
		t.Errorf("a card without name is written as %q", got)
	}
}

// No text can add a line of its own, and lines are no longer than readers expect.
func TestWriteHostile(t *testing.T) {
	evil := "x\r\nEND:VCARD\r\nBEGIN:VCARD\nFN:evil\x00\x1b\xff"
	c := vcard.Card{
		FormattedName: evil, Title: evil, UID: evil, Rev: evil, Gender: evil, Lang: evil, Kind: vcard.Kind(evil), Birthday: evil, Anniversary: "--" + evil,
		Notes: []string{evil}, Categories: []string{evil}, Nicknames: []string{evil}, Orgs: []vcard.Organization{{Name: evil, Units: []string{evil}}},
		Emails: []vcard.Contact{{Value: evil, Types: []string{evil}, Label: evil}}, URLs: []vcard.Contact{{Value: evil}},
		IMs: []vcard.Contact{{Service: evil, Value: evil}}, Photo: vcard.Photo{Type: evil, Data: []byte("GIF89a")},
		Addresses: []vcard.Address{{Street: evil, Formatted: evil, Types: []string{evil}, Label: evil}},
		Extra:     []vcard.Property{{Name: "X-A", Value: evil, Label: evil, Params: []vcard.Param{{Name: "P", Value: evil}}}, {Name: evil, Value: "x"}},
	}
	for _, version := range []string{"3.0", "4.0"} {
		data := written(t, &c, version)
		if cards, keys := read(t, data); len(cards) != 1 || len(keys) > 0 {
			t.Errorf("%s: %d cards, errors %v", version, len(cards), keys)
		}
		for line := range strings.SplitSeq(data, "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x00\x1b") {
				t.Errorf("%s: line %q", version, line)
			}
		}
	}
}

// anyText makes texts without control characters but \n, and not only of blanks.
func anyText(runes string) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringOf(rapid.SampledFrom([]rune(runes))),
		rapid.StringMatching(`[\pL\pM\pN\pP\pS ]{1,40}`),
	).Filter(func(s string) bool { return strings.TrimSpace(s) != "" && utf8.ValidString(s) })
}

var (
	word     = anyText("abé日😀 ,;:\\\"'^%=\n")
	line     = anyText("abé日 ,;:\\\"'^%=")
	typeName = rapid.StringMatching(`[a-z][a-z0-9-]{0,8}`).Filter(func(s string) bool { return s != "pref" && s != "internet" })
	dates    = rapid.SampledFrom([]string{"", "1985-03-21", "--02-29", "2000-12-31"})
)

func maybe(g *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), g)
}

// Where 4.0 has a formatted address, no standard says how a backslash is meant.
var noBackslash = maybe(word.Filter(func(s string) bool { return !strings.Contains(s, `\`) }))

// A plainLabel has no marks of Apple's, which are taken off.
var plainLabel = maybe(word.Filter(func(s string) bool { return !strings.HasPrefix(s, "_$!<") }))

func contacts(value *rapid.Generator[string], service bool) *rapid.Generator[[]vcard.Contact] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) vcard.Contact {
		v := vcard.Contact{
			Value: value.Draw(t, "value"), Types: rapid.SliceOfN(typeName, 0, 2).Draw(t, "types"),
			Pref: rapid.Bool().Draw(t, "pref"), Label: plainLabel.Draw(t, "label"),
		}
		if service {
			v.Service = maybe(typeName).Draw(t, "service")
		}
		return v
	}), 0, 2)
}

var anyCard = rapid.Custom(func(t *rapid.T) *vcard.Card {
	short := func(g *rapid.Generator[string], name string) []string { return rapid.SliceOfN(g, 0, 3).Draw(t, name) }
	c := &vcard.Card{
		FormattedName: word.Draw(t, "fn"), Title: maybe(word).Draw(t, "title"), Role: maybe(word).Draw(t, "role"),
		UID: maybe(word).Draw(t, "uid"), Rev: maybe(line).Draw(t, "rev"), Lang: maybe(typeName).Draw(t, "lang"),
		Kind:   rapid.SampledFrom([]vcard.Kind{"", vcard.Individual, vcard.Org, vcard.Group, vcard.Location}).Draw(t, "kind"),
		Gender: rapid.SampledFrom([]string{"", "M", "F", "O", "N", "U"}).Draw(t, "gender"), Birthday: dates.Draw(t, "bday"), Anniversary: dates.Draw(t, "anniversary"),
		Nicknames: short(word, "nicknames"), Notes: short(word, "notes"), Categories: short(word, "categories"),
		Emails: contacts(word, false).Draw(t, "emails"), Phones: contacts(word, false).Draw(t, "phones"),
		URLs: contacts(line, false).Draw(t, "urls"), IMs: contacts(line, true).Draw(t, "ims"),
	}
	part := maybe(word)
	c.Name = vcard.Name{
		Family: part.Draw(t, "family"), Given: part.Draw(t, "given"), Additional: part.Draw(t, "additional"),
		Prefix: part.Draw(t, "prefix"), Suffix: part.Draw(t, "suffix"),
	}
	c.Orgs = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) vcard.Organization {
		return vcard.Organization{Name: word.Draw(t, "org"), Units: rapid.SliceOfN(word, 0, 2).Draw(t, "units")}
	}), 0, 2).Draw(t, "orgs")
	c.Addresses = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) vcard.Address {
		return vcard.Address{
			Box: part.Draw(t, "box"), Extended: part.Draw(t, "extended"), Street: word.Draw(t, "street"), City: part.Draw(t, "city"),
			Region: part.Draw(t, "region"), Code: part.Draw(t, "code"), Country: part.Draw(t, "country"), Formatted: noBackslash.Draw(t, "formatted"),
			Types: rapid.SliceOfN(typeName, 0, 2).Draw(t, "types"), Pref: rapid.Bool().Draw(t, "pref"), Label: plainLabel.Draw(t, "label"),
		}
	}), 0, 3).Draw(t, "addresses")
	c.Extra = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) vcard.Property {
		return vcard.Property{
			Name: "X-TEST-" + strings.ToUpper(typeName.Draw(t, "name")), Value: line.Draw(t, "value"), Label: plainLabel.Draw(t, "label"),
			Params: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) vcard.Param {
				return vcard.Param{Name: "X-" + strings.ToUpper(typeName.Draw(t, "param")), Value: word.Draw(t, "value")}
			}), 0, 2).Draw(t, "params"),
		}
	}), 0, 2).Draw(t, "extra")
	if rapid.Bool().Draw(t, "photo") {
		c.Photo = vcard.Photo{Type: "image/png", Data: append([]byte("\x89PNG\r\n\x1a\n"), rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")...)}
	}
	return c
})

// Whatever a card says is read again as it was, whichever version it went through.
func TestRoundTrip(t *testing.T) {
	for _, version := range []string{"3.0", "4.0"} {
		rapid.Check(t, func(rt *rapid.T) {
			want := anyCard.Draw(rt, "card")
			want.Version = version
			data := written(t, want, version)
			cards, keys := read(t, data)
			if len(cards) != 1 || len(keys) > 0 {
				rt.Fatalf("%d cards, errors %v of\n%s", len(cards), keys, data)
			}
			if diff := cmp.Diff(want, cards[0], ignorePlace, cmpopts.EquateEmpty()); diff != "" {
				rt.Errorf("(−want +got):\n%s\n%s", diff, data)
			}
			for l := range strings.SplitSeq(data, "\r\n") {
				if len(l) > 75 || !utf8.ValidString(l) {
					rt.Errorf("line of %d bytes: %q", len(l), l)
				}
			}
		})
	}
}
