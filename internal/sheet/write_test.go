package sheet_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/sheet"
)

// written returns what a Writer makes of the rows.
func written(t testing.TB, open func(io.Writer) sheet.Writer, rows ...[]string) string {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func csvTo(o sheet.CSVOptions) func(io.Writer) sheet.Writer {
	return func(w io.Writer) sheet.Writer { return sheet.NewCSV(w, o) }
}

func xlsxTo(o sheet.XLSXOptions) func(io.Writer) sheet.Writer {
	return func(w io.Writer) sheet.Writer { return sheet.NewXLSX(w, o) }
}

func TestWriteCSV(t *testing.T) {
	got := written(t, csvTo(sheet.CSVOptions{}), []string{"a", "b, c", `d "e"`, "", "f\ng", " h", "x;y"}, []string{""}, nil, []string{"sep=;"})
	want := "a,\"b, c\",\"d \"\"e\"\"\",,\"f\ng\",\" h\",\"x;y\"\r\n\"\"\r\n\"\"\r\n\"sep=;\"\r\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := written(t, csvTo(sheet.CSVOptions{BOM: true, Comma: ';'}), []string{"a", "b,c"}); got != "\ufeffa;\"b,c\"\r\n" {
		t.Errorf("with options: %q", got)
	}

	var b bytes.Buffer
	w := sheet.NewCSV(&b, sheet.CSVOptions{Comma: ';', Decimal: ','})
	w.WriteCells([]sheet.Cell{{Text: "-1234.50", Type: sheet.Number}, {Text: "=1", Type: sheet.Number}, {Text: "2024-01-31", Type: sheet.Date}, {Text: "12.5"}})
	w.Close()
	if got := b.String(); got != "-1234,50;'=1;2024-01-31;12.5\r\n" {
		t.Errorf("typed cells: %q", got)
	}
}

// What a spreadsheet would run gets an apostrophe; what only looks alike doesn't.
func TestFormulas(t *testing.T) {
	tests := []struct {
		in      string
		escaped bool
	}{
		{"=1+1", true}, {"+1+1", true}, {"-1+1", true}, {"@SUM(1)", true}, {"\t=1", true}, {"\r=1", true}, {"\n=1", true},
		{"  =1", true}, {"\u00a0=1", true}, {"＝1", true}, {"＋1", true}, {"－1", true}, {"＠x", true},
		{"=", true}, {"-", true}, {"-2+3", true}, {"-12.5.1", true}, {"+62 812 3045", true}, {"+0812345678", true}, {"-12.5 ", true},
		{"'=1", true}, {"''=1", true},
		{"-12.5", false}, {"-12,5", false}, {"-5", false}, {"+6281230457781", false}, {"'-12.5", false},
		{"a=1", false}, {"'a", false}, {"", false}, {"Budi", false}, {"1-2", false},
	}
	for _, tt := range tests {
		data := written(t, csvTo(sheet.CSVOptions{}), []string{tt.in, "x"})
		f := plain
		_, got := read(t, data, &f)
		if escaped := got[0][0] == "'"+tt.in; escaped != tt.escaped || !escaped && got[0][0] != tt.in {
			t.Errorf("%q is written as %q", tt.in, got[0][0])
		}
		f.Unescape = true
		if _, got := read(t, data, &f); got[0][0] != tt.in {
			t.Errorf("%q comes back as %q", tt.in, got[0][0])
		}
	}
}

// The known attacks are harmless in what we write, and come back unchanged.
func TestHostileStrings(t *testing.T) {
	lines := strings.Split(contents(t, shared(t, "security/csv-injection.txt")), "\n")
	var naughty []string
	if err := json.Unmarshal([]byte(contents(t, shared(t, "security/blns.json"))), &naughty); err != nil {
		t.Fatal(err)
	}
	lines = append(lines, naughty...)
	lines = slices.DeleteFunc(lines, func(s string) bool { return strings.ContainsRune(s, 0) })
	var rows [][]string
	for _, s := range lines {
		rows = append(rows, []string{s, "x"})
	}
	data := written(t, csvTo(sheet.CSVOptions{}), rows...)

	// What another program sees.
	raw, err := csv.NewReader(strings.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range raw {
		cell := strings.TrimLeft(row[0], " \u00a0")
		if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) && strings.Trim(cell[1:], "0123456789.,") != "" {
			t.Errorf("%q is written as %q", rows[i][0], row[0])
		}
	}
	f := plain
	f.Unescape = true
	if _, got := read(t, data, &f); !cmp.Equal(rows, got) {
		t.Error(cmp.Diff(rows, got))
	}

	x := written(t, xlsxTo(sheet.XLSXOptions{}), rows...)
	if _, got := read(t, x, &sheet.Format{}); !cmp.Equal(rows, got) {
		t.Error(cmp.Diff(rows, got))
	}
	book, err := excelize.OpenReader(strings.NewReader(x))
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if formula, err := book.GetCellFormula("Akrab", cell); formula != "" || err != nil {
			t.Fatalf("%q is a formula in %s, %v", rows[i][0], cell, err)
		}
	}
}

// anyCell makes texts of what is special in either kind of file.
var anyCell = rapid.OneOf(
	rapid.String(),
	rapid.StringOf(rapid.SampledFrom([]rune("a ,;\t\"'\r\n=+-@|1.<&>_x0D\u00a0＝é😀\ufeff\x01\x1f\ufffe"))),
	rapid.SampledFrom([]string{"", "'", "'=", "_x000D_", "sep=;", "-1", "+628123456789"}),
)

// anyTable makes rows of equal length of what is allowed in a cell: text without NUL.
func anyTable(t *rapid.T) [][]string {
	width := rapid.IntRange(1, 5).Draw(t, "width")
	return rapid.SliceOfN(rapid.SliceOfN(anyCell.Filter(func(s string) bool {
		return !strings.ContainsRune(s, 0)
	}), width, width), 1, 6).Draw(t, "rows")
}

func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := anyTable(rt)
		o := sheet.CSVOptions{BOM: rapid.Bool().Draw(rt, "bom"), Comma: rapid.SampledFrom([]rune(",;\t|§ ")).Draw(rt, "comma")}
		f := plain
		f.Comma, f.Unescape = o.Comma, true
		_, got := read(t, written(t, csvTo(o), want...), &f)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("(−want +got):\n%s", diff)
		}
	})
}

func TestXLSXRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := anyTable(rt)
		width := len(want[0])
		want = append(want, slices.Repeat([]string{"end"}, width))
		_, got := read(t, written(t, xlsxTo(sheet.XLSXOptions{}), want...), &sheet.Format{})
		// A row of empty cells is no row.
		full := slices.DeleteFunc(slices.Clone(want), func(row []string) bool {
			return !slices.ContainsFunc(row, func(s string) bool { return s != "" })
		})
		if diff := cmp.Diff(full, got); diff != "" {
			rt.Errorf("(−want +got):\n%s", diff)
		}
	})
}

// Other programs read what we write, with its types.
func TestWriteXLSX(t *testing.T) {
	var b bytes.Buffer
	w := sheet.NewXLSX(&b, sheet.XLSXOptions{Sheet: "Pelanggan/2024: [Bandung] dan sekitarnya sekali", Header: true})
	w.Write([]string{"Nama", "Nilai", "Lahir", "Jam", "Aktif", "Kode"})
	w.WriteCells([]sheet.Cell{
		{Text: "Budi <&> \"x\"\r\n_x000D_ é😀"}, {Text: "-12.50", Type: sheet.Number}, {Text: "1990-08-17", Type: sheet.Date},
		{Text: "2024-01-31T10:05:06", Type: sheet.Date}, {Text: "true", Type: sheet.Bool}, {Text: "0812"},
	})
	w.WriteCells([]sheet.Cell{
		{Text: strings.Repeat("😀", 20_000)}, {Text: "12,5", Type: sheet.Number}, {Text: "kemarin", Type: sheet.Date},
		{Text: "1899-01-01", Type: sheet.Date}, {Text: "ya", Type: sheet.Bool},
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Cut() != 1 {
		t.Errorf("Cut() = %d, want 1", w.Cut())
	}

	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	name := f.GetSheetName(0)
	if name != "Pelanggan 2024   Bandung  dan s" {
		t.Errorf("sheet is named %q", name)
	}
	got, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"Nama", "Nilai", "Lahir", "Jam", "Aktif", "Kode"},
		{"Budi <&> \"x\"\r\n_x000D_ é😀", "-12.5", "08-17-90", "2024-01-31 10:05:06", "TRUE", "0812"},
		{strings.Repeat("😀", 16383), "12,5", "kemarin", "1899-01-01", "ya"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("excelize reads (−want +got):\n%s", diff)
	}

	header, rows := read(t, b.String(), nil)
	if header[0] != "Nama" || !cmp.Equal(rows[0], []string{"Budi <&> \"x\"\r\n_x000D_ é😀", "-12.50", "1990-08-17", "2024-01-31T10:05:06", "true", "0812"}) {
		t.Errorf("we read %q, %q", header, rows[0])
	}
}

func TestXLSXFull(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a million rows")
	}
	w := sheet.NewXLSX(io.Discard, sheet.XLSXOptions{})
	for range 1 << 20 {
		if err := w.Write([]string{"x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write([]string{"x"}); key(err) != "sheet.too_many_rows" {
		t.Errorf("row too many: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// A full disk is noticed at Close at the latest.
func TestWriteFails(t *testing.T) {
	for name, w := range map[string]sheet.Writer{
		"CSV": sheet.NewCSV(brokenWriter{}, sheet.CSVOptions{}), "XLSX": sheet.NewXLSX(brokenWriter{}, sheet.XLSXOptions{}),
	} {
		w.Write([]string{"a"})
		if err := w.Close(); err == nil {
			t.Errorf("%s: Close() = nil", name)
		}
	}
}
