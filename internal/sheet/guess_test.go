package sheet_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/sheet"
)

func TestGuess(t *testing.T) {
	tests := []struct {
		name, data string
		comma      rune
		decimal    rune
		order      string
		top        int
		header     bool
	}{
		{"plain", "nama,kota\nBudi,Bandung\nSiti,Solo\n", ',', '.', "dmy", 0, true},
		{"semicolon and decimal comma", "nama;harga\nKopi;12,5\nTeh;1.250,75\n", ';', ',', "dmy", 0, true},
		{"decimal commas in every cell", "1,5;2,5;3,5\n4,5;5,5;6,5\n", ';', ',', "dmy", 0, false},
		{"tab", "name\tnote\nAnn\ta, b, c\nBob\td, e, f\n", '\t', '.', "dmy", 0, true},
		{"pipe", "id|nama|kota\n1|Budi|Solo\n", '|', '.', "dmy", 0, true},
		{"quoted separators", "name;note\nAnn;\"a;b\n;;;\"\nBob;\"c;d;e\"\n", ';', ',', "dmy", 0, true},
		{"sep line", "sep=;\na,b;c\n1,2;3\n", ';', ',', "dmy", 0, true},
		{"one column", "email\na@example.com\nb@example.com\n", ',', '.', "dmy", 0, true},
		{"month first", "name,born\nAnn,3/14/1980\nBob,1/2/1990\n", ',', '.', "mdy", 0, true},
		{"day first", "name,born\nAnn,3/4/1980\nBob,21/2/1990\n", ',', '.', "dmy", 0, true},
		{"year first", "name,born\nAnn,1980-03-14\n", ',', '.', "ymd", 0, true},
		{"rupiah", "barang,harga\nKopi,Rp 12.500.000\nTeh,\"Rp 1.250.000,-\"\n", ',', ',', "dmy", 0, true},
		{"thousands by comma", "item,price\nTea,\"1,250,000\"\nCoffee,\"$12.50\"\n", ',', '.', "dmy", 0, true},
		{"no header", "Budi,0812-3045-7781,12/08/1990\nSiti,0813-1111-2222,30/01/1985\n", ',', '.', "dmy", 0, false},
		{"no header, mail", "budi@example.com,Budi\nsiti@example.com,Siti\n", ',', '.', "dmy", 0, false},
		{"title above", "Daftar pelanggan,,\n,,\nnama,kota,telepon\nBudi,Solo,0812\nSiti,Solo,0813\n", ',', '.', "dmy", 2, true},
		{"old Mac", "nama,kota\rBudi,Solo\rSiti,Solo\r", ',', '.', "dmy", 0, true},
		{"header alone", "nama,kota,telepon", ',', '.', "dmy", 0, true},
	}
	for _, tt := range tests {
		got := sheet.Guess([]byte(tt.data), "")
		want := sheet.Format{Kind: sheet.CSV, Encoding: "utf-8", Comma: tt.comma, Decimal: tt.decimal, DateOrder: tt.order, Top: tt.top, Header: tt.header}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (−want +got):\n%s", tt.name, diff)
		}
	}
}

func TestGuessByName(t *testing.T) {
	if got := sheet.Guess([]byte("one\ntwo\n"), "list.TSV"); got.Comma != '\t' {
		t.Errorf("separator of a .tsv file is %q", got.Comma)
	}
	if got := sheet.Guess([]byte(gzipped("a;b\n1;2\n")), "x.csv.gz"); !got.Gzip || got.Comma != ';' {
		t.Errorf("Guess of a gzipped file = %+v", got)
	}
}

// What the guess got wrong, a person can set right.
func TestOverride(t *testing.T) {
	data := "a,b;c\nd,e;f\n"
	f := sheet.Guess([]byte(data), "")
	f.Comma, f.Header = ',', false
	header, rows := read(t, data, &f)
	if diff := cmp.Diff([]string{"A", "B"}, header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"a", "b;c"}, {"d", "e;f"}}, rows); diff != "" {
		t.Error(diff)
	}

	// Only the separator is known, the rest is guessed.
	r, err := sheet.Open(strings.NewReader("x\xe9|y\n"), "", &sheet.Format{Comma: '|'})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Format(); f.Encoding != "windows-1252" || f.Comma != '|' {
		t.Errorf("format %+v", f)
	}
}

func TestHeaderNames(t *testing.T) {
	header, _ := read(t, "\ufeff Nama ,nama,,E-mail\nutama,\u00a0Kota\n1,2,3,4,5\n", &sheet.Format{
		Kind: sheet.CSV, Encoding: "utf-8", Comma: ',', Decimal: '.', DateOrder: "dmy", Header: true,
	})
	if diff := cmp.Diff([]string{"Nama", "nama 2", "C", "E-mail"}, header); diff != "" {
		t.Error(diff)
	}
	header, _ = read(t, "x;y\n\"E-mail\nutama\";z\n", &sheet.Format{
		Kind: sheet.CSV, Encoding: "utf-8", Comma: ';', Decimal: '.', DateOrder: "dmy", Header: true, Top: 1,
	})
	if diff := cmp.Diff([]string{"E-mail utama", "z"}, header); diff != "" {
		t.Error(diff)
	}
}

func TestFormatJSON(t *testing.T) {
	f := sheet.Format{Kind: sheet.CSV, Encoding: "utf-8", Comma: '\t', Decimal: ',', DateOrder: "dmy", Header: true}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	json.Unmarshal(data, &m)
	want := map[string]any{"kind": "csv", "gzip": false, "encoding": "utf-8", "comma": "\t", "decimal": ",",
		"date_order": "dmy", "top": 0.0, "header": true, "sheet": "", "unescape": false}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	var back sheet.Format
	if err := json.Unmarshal(data, &back); err != nil || back != f {
		t.Errorf("%s read as %+v, %v", data, back, err)
	}
	if err := json.Unmarshal([]byte(`{"header": false}`), &back); err != nil || back.Comma != '\t' || back.Header {
		t.Errorf("a change of one key gives %+v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"comma": "ab"}`), &back); key(err) != "sheet.format" {
		t.Errorf("a separator of two characters: %v", err)
	}
}

func TestImpossibleFormats(t *testing.T) {
	for field, change := range map[string]func(*sheet.Format){
		"kind":       func(f *sheet.Format) { f.Kind = "pdf" },
		"encoding":   func(f *sheet.Format) { f.Encoding = "klingon" },
		"comma":      func(f *sheet.Format) { f.Comma = '"' },
		"decimal":    func(f *sheet.Format) { f.Decimal = 'x' },
		"date_order": func(f *sheet.Format) { f.DateOrder = "ydm" },
		"top":        func(f *sheet.Format) { f.Top = -1 },
	} {
		f := plain
		change(&f)
		if _, err := sheet.Open(strings.NewReader("a,b\n"), "", &f); err == nil || err.Error() != field+": sheet.format" {
			t.Errorf("impossible %s: %v", field, err)
		}
	}
}

func TestNoTable(t *testing.T) {
	for name, tt := range map[string]struct{ data, want string }{
		"empty":        {"", "sheet.empty"},
		"only a mark":  {"\ufeff", "sheet.empty"},
		"page":         {"<html><table><tr><td>1</td></tr></table>", "sheet.unreadable"},
		"pdf":          {"%PDF-1.7\n%...", "sheet.unreadable"},
		"picture":      {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00\x5c\x72\xa8\x66\x01\x02\x03\x04\x05\x06\x07", "sheet.unreadable"},
		"contacts":     {"BEGIN:VCARD\nEND:VCARD\n", "sheet.unreadable"},
		"broken gzip":  {"\x1f\x8b\x08\x00garbage", "sheet.unreadable"},
		"broken zip":   {"PK\x03\x04garbage", "sheet.unreadable"},
		"old Excel":    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600), "sheet.old_excel"},
		"locked Excel": {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600) + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", "sheet.encrypted"},
	} {
		if _, err := sheet.Open(strings.NewReader(tt.data), "x.csv", nil); key(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestSample(t *testing.T) {
	f, header, rows, err := sheet.Sample(strings.NewReader("nama;kota\nBudi;Solo\nSiti\nAni;Medan\n"), "", nil, 2)
	if err != nil || f.Comma != ';' {
		t.Fatalf("format %+v, %v", f, err)
	}
	if diff := cmp.Diff([]string{"nama", "kota"}, header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"Budi", "Solo"}, {"Siti", ""}}, rows); diff != "" {
		t.Error(diff)
	}
}

func TestDate(t *testing.T) {
	tests := []struct{ order, in, want string }{
		{"dmy", "17/08/1945", "1945-08-17"},
		{"dmy", "7.8.45", "1945-08-07"},
		{"dmy", "07-08-29", "2029-08-07"},
		{"mdy", "08/17/1945", "1945-08-17"},
		{"mdy", "17/08/1945", "1945-08-17"},
		{"dmy", "08/17/1945", "1945-08-17"},
		{"mdy", "3/4/2020", "2020-03-04"},
		{"dmy", "3/4/2020", "2020-04-03"},
		{"ymd", "45/08/17", "1945-08-17"},
		{"dmy", "1945-08-17", "1945-08-17"},
		{"mdy", "1945/8/17", "1945-08-17"},
		{"dmy", "19450817", "1945-08-17"},
		{"dmy", "17 Agustus 1945", "1945-08-17"},
		{"dmy", "17 Agu 1945", "1945-08-17"},
		{"dmy", "August 17, 1945", "1945-08-17"},
		{"dmy", "17-Aug-45", "1945-08-17"},
		{"dmy", "1945-08-17T10:00:00Z", "1945-08-17T10:00:00"},
		{"dmy", "17/08/1945 10:05", "1945-08-17T10:05:00"},
		{"mdy", "8/17/1945, 1:05 PM", "1945-08-17T13:05:00"},
		{"dmy", "31/02/2020", ""},
		{"dmy", "2020-13-01", ""},
		{"dmy", "99999999", ""},
		{"dmy", "0812-3045-7781", ""},
		{"dmy", "1.250.000", ""},
		{"dmy", "kemarin", ""},
		{"dmy", "", ""},
	}
	for _, tt := range tests {
		got, ok := sheet.Format{DateOrder: tt.order}.Date(tt.in)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: Date(%q) = %q, %v, want %q", tt.order, tt.in, got, ok, tt.want)
		}
	}
}

func TestNumber(t *testing.T) {
	tests := []struct {
		decimal  rune
		in, want string
	}{
		{',', "1.234.567,50", "1234567.50"},
		{'.', "1,234,567.50", "1234567.50"},
		{',', "Rp 12.500.000", "12500000"},
		{',', "Rp12.500.000,-", "12500000"},
		{',', "IDR 5.000", "5000"},
		{'.', "$1,250.75", "1250.75"},
		{'.', "(1,250)", "-1250"},
		{'.', "-12.5", "-12.5"},
		{',', "−12,5", "-12.5"},
		{',', "-Rp 5.000", "-5000"},
		{'.', "1 234 567", "1234567"},
		{'.', "1\u00a0234.5", "1234.5"},
		{'.', ".5", "0.5"},
		{'.', "12.", "12"},
		{'.', "0.001", "0.001"},
		{'.', "1.234.567", ""},
		{'.', "12,34", ""},
		{'.', "1,2345", ""},
		{'.', "12 buah", ""},
		{'.', "Rp", ""},
		{'.', "--5", ""},
		{'.', "", ""},
		{'.', "1e5", ""},
	}
	for _, tt := range tests {
		got, ok := sheet.Format{Decimal: tt.decimal}.Number(tt.in)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Number(%q) with %q = %q, %v, want %q", tt.in, tt.decimal, got, ok, tt.want)
		}
	}
}
