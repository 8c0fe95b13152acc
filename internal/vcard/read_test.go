package vcard_test

import (
	"encoding/base64"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/vcard"
)

var ignorePlace = cmpopts.IgnoreFields(vcard.Card{}, "N", "Line")

// Lines as programs of all kinds write them, and what they mean.
func TestOddities(t *testing.T) {
	jpeg := base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff\xe0 a small picture"))
	photo := vcard.Photo{Type: "image/jpeg", Data: []byte("\xff\xd8\xff\xe0 a small picture")}
	tests := []struct {
		name  string
		lines []string
		want  vcard.Card
	}{
		{"names in any case, blanks, tabs", []string{"version : 3.0", "Fn\t:Budi", "tel ; type = cell :0812", "n:Santoso;Budi"},
			vcard.Card{Version: "3.0", FormattedName: "Budi", Name: vcard.Name{Family: "Santoso", Given: "Budi"},
				Phones: []vcard.Contact{{Value: "0812", Types: []string{"cell"}}}}},
		{"Apple's groups", []string{"FN:A", "item1.EMAIL;type=INTERNET;type=pref:a@x.example", "item1.X-ABLabel:_$!<Other>!$_",
			"item2.URL:http\\://x.example", "item2.X-ABLabel:Blog", "ITEM3.X-ABDATE;type=pref:2009-08-08", "item3.X-ABLabel:_$!<Anniversary>!$_",
			"item4.X-ABRELATEDNAMES:Ani", "item4.X-ABLabel:_$!<Spouse>!$_", "item5.ADR;type=HOME:;;Jl. A;Solo;;57111;Indonesia", "item5.X-ABADR:id"},
			vcard.Card{FormattedName: "A", Anniversary: "2009-08-08",
				Emails:    []vcard.Contact{{Value: "a@x.example", Pref: true, Label: "Other"}},
				URLs:      []vcard.Contact{{Value: "http://x.example", Label: "Blog"}},
				Addresses: []vcard.Address{{Street: "Jl. A", City: "Solo", Code: "57111", Country: "Indonesia", Types: []string{"home"}}},
				Extra:     []vcard.Property{{Name: "X-ABRELATEDNAMES", Value: "Ani", Label: "Spouse"}}}},
		{"no year of birth, Apple", []string{"FN:A", "BDAY;X-APPLE-OMIT-YEAR=1604;value=date:1604-03-22"}, vcard.Card{FormattedName: "A", Birthday: "--03-22"}},
		{"birthday with time", []string{"FN:A", "BDAY:1980-03-22T00:00:00Z"}, vcard.Card{FormattedName: "A", Birthday: "1980-03-22"}},
		{"leap day", []string{"FN:A", "BDAY:--0229"}, vcard.Card{FormattedName: "A", Birthday: "--02-29"}},
		{"no date", []string{"FN:A", "BDAY:kemarin"}, vcard.Card{FormattedName: "A",
			Extra: []vcard.Property{{Name: "BDAY", Value: "kemarin"}}, Warnings: []*errs.Error{errs.New(errs.Invalid, "vcard.date", "name", "BDAY", "value", "kemarin")}}},
		{"types of 2.1", []string{"VERSION:2.1", "FN:A", "TEL;HOME;VOICE;PREF:021", "EMAIL;INTERNET:a@x.example"},
			vcard.Card{Version: "2.1", FormattedName: "A", Phones: []vcard.Contact{{Value: "021", Types: []string{"home", "voice"}, Pref: true}},
				Emails: []vcard.Contact{{Value: "a@x.example"}}}},
		{"preference of 4.0", []string{"FN:A", "EMAIL;PREF=2:b@x.example", "EMAIL;PREF=1;TYPE=\"home,work\":a@x.example"},
			vcard.Card{FormattedName: "A", Emails: []vcard.Contact{{Value: "b@x.example"}, {Value: "a@x.example", Types: []string{"home", "work"}, Pref: true}}}},
		{"quoted-printable in 3.0", []string{"FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Jos=C3=A9 =", "M=C3=BCller", "NOTE;encoding=quoted-printable:a=0D=0Ab=3D=3Bc"},
			vcard.Card{FormattedName: "José Müller", Notes: []string{"a\nb=;c"}}},
		{"quoted-printable, folded", []string{"NOTE;QUOTED-PRINTABLE:one=20", " two=", "=20three", "FN:A"}, vcard.Card{FormattedName: "A", Notes: []string{"one two three"}}},
		{"quoted-printable with a = too many", []string{"FN:A", "NOTE;ENCODING=QUOTED-PRINTABLE:abc=4=zz="}, vcard.Card{FormattedName: "A", Notes: []string{"abc=4=zz"}}},
		{"semicolon in quoted-printable", []string{"N;ENCODING=QUOTED-PRINTABLE:San=5C=3Btoso;Budi"}, vcard.Card{Name: vcard.Name{Family: "San;toso", Given: "Budi"}}},
		{"character sets", []string{"FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Jos=E9", "N;CHARSET=Windows-1250:\xa3\xf3d\x9f", "NOTE;CHARSET=SHIFT_JIS:\x93\xfa\x96\x7b", "TITLE:Caf\xe9", "ROLE;CHARSET=klingon:Café"},
			vcard.Card{FormattedName: "José", Name: vcard.Name{Family: "Łódź"}, Notes: []string{"日本"}, Title: "Café", Role: "Café"}},
		{"folded in a character", []string{"FN:Jos\xc3", " \xa9"}, vcard.Card{FormattedName: "José"}},
		{"escapes", []string{`FN:A\, B\; C\\ D\n E\: "\"`, `NOTE:C:\Users\budi`}, vcard.Card{FormattedName: "A, B; C\\ D\n E: \"\"", Notes: []string{`C:\Users\budi`}}},
		{"lists", []string{"FN:A", `CATEGORIES:a,b\,c, ,d`, "CATEGORIES:e", "NICKNAME:x,y"}, vcard.Card{FormattedName: "A", Categories: []string{"a", "b,c", "d", "e"}, Nicknames: []string{"x", "y"}}},
		{"photo on indented lines", []string{"FN:A", "PHOTO;TYPE=JPEG;ENCODING=BASE64:", "  " + jpeg[:8], "  " + jpeg[8:], "", "TITLE:T"}, vcard.Card{FormattedName: "A", Photo: photo, Title: "T"}},
		{"photo on plain lines", []string{"FN:A", "PHOTO;JPEG;BASE64:", jpeg[:8], jpeg[8:], "TITLE:T"}, vcard.Card{FormattedName: "A", Photo: photo, Title: "T"}},
		{"photo without padding", []string{"FN:A", "PHOTO;ENCODING=b:" + strings.TrimRight(jpeg, "=")}, vcard.Card{FormattedName: "A", Photo: photo}},
		{"photo in an address", []string{"FN:A", "PHOTO:data:image/png;base64," + jpeg}, vcard.Card{FormattedName: "A", Photo: photo}},
		{"photo elsewhere", []string{"FN:A", "PHOTO;VALUE=URL:http://x.example/a,b.jpg"}, vcard.Card{FormattedName: "A", Photo: vcard.Photo{URL: "http://x.example/a,b.jpg"}}},
		{"no photo", []string{"FN:A", "PHOTO;ENCODING=b:aGVsbG8="}, vcard.Card{FormattedName: "A", Warnings: []*errs.Error{errs.New(errs.Invalid, "vcard.photo")}}},
		{"a key", []string{"FN:A", "KEY;X509;ENCODING=BASE64:", "    aGVsbG8=", ""}, vcard.Card{FormattedName: "A", Warnings: []*errs.Error{errs.New(errs.Invalid, "vcard.binary", "name", "KEY")}}},
		{"agent in 2.1", []string{"FN:A", "AGENT:", "BEGIN:VCARD", "FN:Nested", "TEL:1", "END:VCARD", "TITLE:T"}, vcard.Card{FormattedName: "A", Title: "T"}},
		{"agent on one line", []string{"FN:A", "AGENT:BEGIN:VCARD", "FN:Nested", "END:VCARD", "TITLE:T"}, vcard.Card{FormattedName: "A", Title: "T"}},
		{"agent in 3.0", []string{"FN:A", `AGENT:BEGIN:VCARD\nFN:Nested\nEND:VCARD\n`, "TITLE:T"}, vcard.Card{FormattedName: "A", Title: "T"}},
		{"empty agent", []string{"FN:A", "AGENT:", "TITLE:T"}, vcard.Card{FormattedName: "A", Title: "T"}},
		{"accounts", []string{"FN:A", "IMPP;X-SERVICE-TYPE=Skype;type=HOME;type=pref:skype:budi", "X-JABBER:b@x.example", "X-SOCIALPROFILE;type=twitter;x-user=budi:http://twitter.com/budi",
			"IMPP:x-apple:budi", "X-MS-IMADDRESS:b"}, vcard.Card{FormattedName: "A", IMs: []vcard.Contact{
			{Service: "skype", Value: "budi", Types: []string{"home"}, Pref: true}, {Service: "xmpp", Value: "b@x.example"},
			{Service: "twitter", Value: "budi", Types: []string{}}, {Value: "budi"}, {Value: "b"}}}},
		{"labels of addresses", []string{"FN:A", "ADR;WORK:;;Jl. A;;;;", "ADR;HOME:;;Jl. B;;;;", "LABEL;HOME:Jl. B\\nSolo", "LABEL;WORK;ENCODING=QUOTED-PRINTABLE:Jl. A=0D=0ASolo", "LABEL;PARCEL:Alone"},
			vcard.Card{FormattedName: "A", Addresses: []vcard.Address{
				{Street: "Jl. A", Formatted: "Jl. A\nSolo", Types: []string{"work"}}, {Street: "Jl. B", Formatted: "Jl. B\nSolo", Types: []string{"home"}},
				{Formatted: "Alone", Types: []string{"parcel"}}}}},
		{"label of 4.0", []string{"FN:A", `ADR;LABEL="Jl. A^nSolo; ^'x^'";TYPE=home:;;Jl. A;;;;`},
			vcard.Card{FormattedName: "A", Addresses: []vcard.Address{{Street: "Jl. A", Formatted: "Jl. A\nSolo; \"x\"", Types: []string{"home"}}}}},
		{"kinds", []string{"FN:A", "X-ABShowAs:COMPANY"}, vcard.Card{FormattedName: "A", Kind: vcard.Org}},
		{"gender", []string{"FN:A", "GENDER:f;perempuan"}, vcard.Card{FormattedName: "A", Gender: "F"}},
		{"nonsense", []string{"FN:A", "this is no property", "==:x", ":x"}, vcard.Card{FormattedName: "A", Warnings: []*errs.Error{
			errs.New(errs.Invalid, "vcard.line", "line", 3), errs.New(errs.Invalid, "vcard.line", "line", 4), errs.New(errs.Invalid, "vcard.line", "line", 5)}}},
		{"unmatched quote", []string{`TEL;TYPE="cell:0812`}, vcard.Card{Phones: []vcard.Contact{{Value: "0812", Types: []string{"cell"}}}}},
		{"NUL", []string{"FN:A\x00B"}, vcard.Card{FormattedName: "AB", Warnings: []*errs.Error{errs.New(errs.Invalid, "vcard.encoding", "line", 2)}}},
		{"telephone as address", []string{"TEL;VALUE=uri:tel:+62-812-3045;ext=12", "TEL:TEL:+62"}, vcard.Card{Phones: []vcard.Contact{{Value: "+62-812-3045 ext. 12"}, {Value: "+62"}}}},
		{"second title", []string{"TITLE:A", "TITLE;LANGUAGE=id:B", "FN:C"}, vcard.Card{FormattedName: "C", Title: "A", Extra: []vcard.Property{{Name: "TITLE", Params: []vcard.Param{{Name: "LANGUAGE", Value: "id"}}, Value: "B"}}}},
	}
	for _, tt := range tests {
		got := one(t, tt.lines...)
		if diff := cmp.Diff(&tt.want, got, ignorePlace, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(errs.Error{})); diff != "" {
			t.Errorf("%s (−want +got):\n%s", tt.name, diff)
		}
	}
}

// A broken card costs no other.
func TestBrokenCards(t *testing.T) {
	big := "BEGIN:VCARD\nFN:big\n" + strings.Repeat("NOTE:"+strings.Repeat("x", 1000)+"\n", 9000) + "END:VCARD\n"
	data := "some text before\nBEGIN:VCARD\nFN:one\nEND:VCARD\n\nBEGIN:VCARD\nEND:VCARD\n" + big +
		"BEGIN:VCARD\nFN:no end\nbegin:vcard\nFN:two\nend:vcard\nrubbish\nBEGIN:VCARD\nFN:last\nNOTE;ENCODING=QUOTED-PRINTABLE:x="
	cards, keys := read(t, data)
	var names []string
	for _, c := range cards {
		names = append(names, c.FormattedName)
	}
	if diff := cmp.Diff([]string{"one", "no end", "two", "last"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"vcard.blank", "vcard.too_large"}, keys); diff != "" {
		t.Error(diff)
	}
	if c := cards[1]; c.N != 4 || len(c.Warnings) != 1 || c.Warnings[0].Key != "vcard.no_end" {
		t.Errorf("card without end: number %d, warnings %v", c.N, c.Warnings)
	}
	if cards[0].Line != 2 {
		t.Errorf("first card begins at line %d, want 2", cards[0].Line)
	}

	d := vcard.NewDecoder(strings.NewReader(data))
	if err := d.Skip(3); err != nil {
		t.Fatal(err)
	}
	if c, err := d.Next(); err != nil || c.FormattedName != "no end" || c.N != 4 {
		t.Errorf("after Skip(3): %+v, %v", c, err)
	}
	if err := d.Skip(3); err != io.EOF {
		t.Errorf("Skip beyond the end = %v, want EOF", err)
	}
}

func TestNoCards(t *testing.T) {
	for _, data := range []string{"", "nama,kota\nBudi,Solo\n", "\x00\x01\x02"} {
		if _, keys := read(t, data); !cmp.Equal(keys, []string{"vcard.empty"}) {
			t.Errorf("%q: errors %v", data, keys)
		}
	}
}

// Lines may end in any way, and the file be in any encoding.
func TestFiles(t *testing.T) {
	text := "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:José 日本\r\nTEL:08\r\n 12\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Budi\r\nEND:VCARD"
	wide := func(e unicode.Endianness, b unicode.BOMPolicy) string {
		s, err := unicode.UTF16(e, b).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	latin, _ := charmap.ISO8859_1.NewEncoder().String(strings.ReplaceAll(text, " 日本", ""))
	for name, data := range map[string]string{
		"CRLF": text, "LF": strings.ReplaceAll(text, "\r\n", "\n"), "CR": strings.ReplaceAll(text, "\r\n", "\r"),
		"CRCRLF": strings.ReplaceAll(text, "\r\n", "\r\r\n"), "mark": "\ufeff" + text,
		"UTF-16 LE": wide(unicode.LittleEndian, unicode.UseBOM), "UTF-16 BE": wide(unicode.BigEndian, unicode.UseBOM),
		"UTF-16 LE without mark": wide(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16 BE without mark": wide(unicode.BigEndian, unicode.IgnoreBOM),
		"ISO 8859-1": latin,
	} {
		cards, keys := read(t, data)
		if len(cards) != 2 || len(keys) > 0 {
			t.Errorf("%s: %d cards, errors %v", name, len(cards), keys)
			continue
		}
		if c := cards[0]; !strings.HasPrefix(c.FormattedName, "José") || c.Phones[0].Value != "0812" || cards[1].FormattedName != "Budi" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// endless is a file of one endless line.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 'x'
	}
	e.left -= len(p)
	return len(p), nil
}

func TestHugeLine(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, head := range []string{"BEGIN:VCARD\nFN:A\nNOTE:", "BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:", "BEGIN:VCARD\nFN:A\nNOTE;QUOTED-PRINTABLE:", "BEGIN:VCARD\nFN:A\n", ""} {
		d := vcard.NewDecoder(io.MultiReader(strings.NewReader(head), &endless{200 << 20}, strings.NewReader("\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD\n")))
		last := ""
		for {
			c, err := d.Next()
			if err == io.EOF {
				break
			}
			if c != nil {
				last = c.FormattedName
			}
		}
		if last != "B" {
			t.Errorf("after %q: last card is %q", head, last)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.Sys) - int64(before.Sys); grown > 64<<20 {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
}
