package sheet_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/akrab-crm/akrab/internal/sheet"
)

// book returns the file that excelize makes of the rows.
func book(t testing.TB, rows ...[]any) *excelize.File {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func bytesOf(t testing.TB, f *excelize.File) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestXLSX(t *testing.T) {
	born := time.Date(1990, 8, 17, 0, 0, 0, 0, time.UTC)
	f := book(t,
		[]any{"Nama", "Lahir", "Nilai", "Aktif", "Telepon", "Rumus"},
		[]any{"Budi & <Co>", born, 0.1 + 0.2, true, 6281234567890, "x"},
		nil,
		[]any{"Siti\nAni", born.Add(10*time.Hour + 5*time.Minute), -12.50, false, "0812"},
		[]any{" ", nil, 1e15, nil, 1e-7},
		[]any{"Ratna", nil, nil, nil, nil, nil, "surplus"},
	)
	f.SetCellRichText("Sheet1", "A5", []excelize.RichTextRun{{Text: "tebal ", Font: &excelize.Font{Bold: true}}, {Text: "tipis"}})
	header, got := read(t, bytesOf(t, f), nil)
	if diff := cmp.Diff([]string{"Nama", "Lahir", "Nilai", "Aktif", "Telepon", "Rumus"}, header); diff != "" {
		t.Error(diff)
	}
	want := [][]string{
		{"Budi & <Co>", "1990-08-17", "0.3", "true", "6281234567890", "x"},
		{"Siti\nAni", "1990-08-17T10:05:00", "-12.5", "false", "0812", ""},
		{"tebal tipis", "", "1000000000000000", "", "0.0000001", ""},
		{"Ratna", "", "", "", "", "", "surplus", "sheet.too_many_cells"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(−want +got):\n%s", diff)
	}
}

func TestXLSXFormats(t *testing.T) {
	const serial = 33102.4212 // 1990-08-17 10:06:32
	tests := []struct{ code, want string }{
		{"dd/mm/yyyy", "1990-08-17T10:06:32"},
		{`[$-421]dd\ mmmm\ yyyy;@`, "1990-08-17T10:06:32"},
		{"mmm yy", "1990-08-17T10:06:32"},
		{"h:mm AM/PM", "1990-08-17T10:06:32"},
		{"[h]:mm:ss", "794458:06:32"},
		{"0.00", "33102.4212"},
		{"General", "33102.4212"},
		{`0.00" days"`, "33102.4212"},
		{`[Red]0.0\d`, "33102.4212"},
		{`#,##0;[Red]-#,##0`, "33102.4212"},
	}
	f := book(t, []any{"a"})
	for i, tt := range tests {
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &tt.code})
		if err != nil {
			t.Fatal(err)
		}
		cell, _ := excelize.CoordinatesToCellName(1, i+2)
		f.SetCellValue("Sheet1", cell, serial)
		f.SetCellStyle("Sheet1", cell, cell, style)
	}
	_, got := read(t, bytesOf(t, f), nil)
	for i, tt := range tests {
		if got[i][0] != tt.want {
			t.Errorf("format %s: %s, want %s", tt.code, got[i][0], tt.want)
		}
	}
}

func TestXLSXDates(t *testing.T) {
	for _, tt := range []struct {
		serial  float64
		date04  bool
		want    string
		meaning string
	}{
		{1, false, "1900-01-01", "first day"},
		{59, false, "1900-02-28", "last day before the leap day that never was"},
		{61, false, "1900-03-01", "first day after it"},
		{45292, false, "2024-01-01", "a day"},
		{45291.999999, false, "2024-01-01", "rounded to the second"},
		{0.5, false, "1899-12-31T12:00:00", "noon of day zero"},
		{43830, true, "2024-01-01", "a day of an old Mac"},
		{-1, false, "-1", "before all days"},
		{3e6, false, "3000000", "after all days"},
	} {
		f := book(t, []any{"a", "b"}, []any{"x"})
		style, _ := f.NewStyle(&excelize.Style{NumFmt: 14})
		f.SetCellValue("Sheet1", "B2", tt.serial)
		f.SetCellStyle("Sheet1", "B2", "B2", style)
		if tt.date04 {
			f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &tt.date04})
		}
		_, got := read(t, bytesOf(t, f), nil)
		if got[0][1] != tt.want {
			t.Errorf("%s: day %v is %s, want %s", tt.meaning, tt.serial, got[0][1], tt.want)
		}
	}
}

func TestXLSXSheets(t *testing.T) {
	f := book(t)
	for _, s := range []string{"Rahasia", "Pelanggan", "Lain"} {
		f.NewSheet(s)
		f.SetSheetRow(s, "A1", &[]any{"Nama", "Kota", "Telepon"})
		f.SetSheetRow(s, "A2", &[]any{s, "Solo", "0812"})
	}
	f.SetSheetVisible("Rahasia", false)
	data := bytesOf(t, f)
	r, err := sheet.Open(strings.NewReader(data), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Sheet1", "Pelanggan", "Lain"}, r.Sheets()); diff != "" {
		t.Error(diff)
	}
	format := r.Format()
	if format.Sheet != "Pelanggan" {
		t.Errorf("sheet %q is read, want the first with rows", format.Sheet)
	}
	format.Sheet = "Lain"
	if _, got := read(t, data, &format); got[0][0] != "Lain" {
		t.Errorf("chosen sheet has %q", got)
	}
	format.Sheet = "Tidak ada"
	if _, err := sheet.Open(strings.NewReader(data), "", &format); key(err) != "sheet.no_sheet" {
		t.Errorf("missing sheet: %v", err)
	}
	if _, err := sheet.Open(strings.NewReader(bytesOf(t, book(t))), "", nil); key(err) != "sheet.empty" {
		t.Errorf("empty file: %v", err)
	}
}

// A file is read where it is, from where it is, or by way of a copy; resumed alike.
func TestXLSXSources(t *testing.T) {
	data := bytesOf(t, book(t, []any{"Nama", "Kota"}, []any{"Budi", "Solo"}, []any{"Siti", "Solo"}))
	seeker := strings.NewReader("before" + data)
	seeker.Seek(6, io.SeekStart)
	for name, in := range map[string]io.Reader{
		"seekable": strings.NewReader(data), "in the middle": seeker,
		"stream": io.MultiReader(strings.NewReader(data)), "gzipped": strings.NewReader(gzipped(data)),
	} {
		r, err := sheet.Open(in, "", nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := r.Skip(1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		row, err := r.Next()
		if err != nil || row.N != 2 || row.Line != 3 || row.Cells[0] != "Siti" {
			t.Errorf("%s: %+v, %v", name, row, err)
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("%s: %v at the end", name, err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: Close() = %v", name, err)
		}
	}
}

func TestXLSXHeaderless(t *testing.T) {
	data := bytesOf(t, book(t, []any{1, "Budi"}, []any{2, "Siti", "Solo"}))
	header, got := read(t, data, nil)
	if diff := cmp.Diff([]string{"A", "B", "C"}, header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"1", "Budi", ""}, {"2", "Siti", "Solo"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestXLSXTitle(t *testing.T) {
	data := bytesOf(t, book(t, []any{"Laporan pelanggan"}, nil, []any{"Nama", "Kota", "Lahir"},
		[]any{"Budi", "Solo", "31/12/1990"}, []any{"Siti", "Solo", "1/2/1985"}))
	r, err := sheet.Open(strings.NewReader(data), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := sheet.Format{Kind: sheet.XLSX, Encoding: "utf-8", Decimal: '.', DateOrder: "dmy", Top: 1, Header: true, Sheet: "Sheet1"}
	if diff := cmp.Diff(want, r.Format()); diff != "" {
		t.Error(diff)
	}
	if got := rows(t, r); len(got) != 2 || r.Header()[0] != "Nama" {
		t.Errorf("header %q, rows %q", r.Header(), got)
	}
}

// archive returns an XLSX file with a sheet of the given XML. Other parts may be
// given as pairs of name and contents.
func archive(t testing.TB, sheetXML string, parts ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	parts = append(parts,
		"xl/workbook.xml", `<workbook xmlns:r="`+rel+`"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="`+rel+`/worksheet" Target="/xl/s.xml"/></Relationships>`,
		"xl/s.xml", sheetXML)
	for i := 0; i < len(parts); i += 2 {
		f, err := w.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, parts[i+1])
	}
	w.Close()
	return b.String()
}

func TestXLSXOddities(t *testing.T) {
	const head = `<worksheet><sheetData><row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>`
	long := strings.Repeat("x", sheet.MaxCell+1)
	tests := []struct {
		name, rows string
		want       []string
	}{
		{"references missing", `<row><c><v>1</v></c><c><v>2</v></c></row>`, []string{"1", "2"}},
		{"references out of order", `<row r="9"><c r="B9"><v>2</v></c><c r="A9"><v>1</v></c></row>`, []string{"1", "2"}},
		{"prefixes", `<x:row xmlns:x="y"><x:c t="inlineStr"><x:is><x:t>p</x:t></x:is></x:c></x:row>`, []string{"p", ""}},
		{"CDATA and comments", `<row><!-- <c><v>9</v></c> --><c t="str"><v>1<![CDATA[<&]]]>2</v></c></row>`, []string{"1<&]2", ""}},
		{"entities", `<row><c t="str"><v>&lt;&amp;&#65;&#x1F600;&quot;&unknown;</v></c></row>`, []string{"<&A😀\"&unknown;", ""}},
		{"> in an attribute", `<row><c x="a>b" t='str'><v>1</v></c></row>`, []string{"1", ""}},
		{"control characters", `<row><c t="str"><v>_x0041__x005F_x0041_ _x00e9_ _x12</v></c></row>`, []string{"A_x0041_ é _x12", ""}},
		{"NUL", `<row><c t="str"><v>_x0000_</v></c></row>`, []string{"\x00", "", "sheet.nul"}},
		{"phonetic help", `<row><c t="inlineStr"><is><t>東京</t><rPh><t>トウキョウ</t></rPh></is></c></row>`, []string{"東京", ""}},
		{"formula with result", `<row><c><f>1+1</f><v>2</v></c></row>`, []string{"2", ""}},
		{"formula that failed", `<row><c t="e"><f>1/0</f><v>#DIV/0!</v></c></row>`, []string{"#DIV/0!", "", "sheet.cell_error"}},
		{"no such text", `<row><c t="s"><v>7</v></c></row>`, []string{"", "", "sheet.cell_error"}},
		{"number in text", `<row><c><v>1.0E+3</v></c><c><v>NaN</v></c></row>`, []string{"1000", "NaN"}},
		{"date as text", `<row><c t="d"><v>2024-01-31T00:00:00.000</v></c></row>`, []string{"2024-01-31", ""}},
		{"far column", `<row><c r="XFD1"><v>1</v></c></row>`, []string{"", "", "sheet.too_many_columns"}},
		{"absurd column", `<row><c r="ZZZZZZZZZZZZZ1"><v>1</v></c></row>`, []string{"", "", "sheet.too_many_columns"}},
		{"long cell", `<row><c t="str"><v>` + long + `</v></c></row>`, []string{"", "", "sheet.cell_too_large"}},
		{"long shared text", `<row><c t="s"><v>1</v></c></row>`, []string{"", "", "sheet.cell_too_large"}},
		{"shared texts", `<row><c t="s"><v>0</v></c><c t="s"><v>2</v></c></row>`, []string{"satu", "dua tiga"}},
	}
	sst := `<sst><si><t>satu</t></si><si><t>` + long + `</t></si><si><r><t>dua</t></r><r><t xml:space="preserve"> tiga</t></r></si></sst>`
	for _, tt := range tests {
		data := archive(t, head+tt.rows+`</sheetData></worksheet>`, "xl/sharedStrings.xml", sst)
		_, got := read(t, data, &sheet.Format{Header: true})
		if len(got) != 1 || !cmp.Equal(got[0], tt.want) {
			t.Errorf("%s: %.80q, want %.80q", tt.name, got, tt.want)
		}
	}
}

func TestXLSXBroken(t *testing.T) {
	whole := bytesOf(t, book(t, []any{"a", "b"}, []any{1, 2}))
	for name, data := range map[string]string{
		"cut":              whole[:len(whole)/2],
		"not a workbook":   gzipZip(t, "hello.txt", "hello"),
		"sheet cut short":  archive(t, `<worksheet><sheetData><row><c><v>1</v></c>`),
		"sheet is no XML":  archive(t, strings.Repeat("a<", 100)),
		"sheet is nothing": archive(t, ``),
		"endless tag":      archive(t, `<worksheet><sheetData><row `+strings.Repeat("x", 1<<20)),
	} {
		r, err := sheet.Open(strings.NewReader(data), "", nil)
		for err == nil {
			_, err = r.Next()
		}
		if key(err) != "sheet.unreadable" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func gzipZip(t testing.TB, name, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.Create(name)
	io.WriteString(f, text)
	w.Close()
	return b.String()
}

// A bomb is refused, whether it declares what it unpacks to or not.
func TestXLSXBomb(t *testing.T) {
	const size = 300 << 20
	var packed bytes.Buffer
	fw, _ := flate.NewWriter(&packed, flate.BestCompression)
	sum := crc32.NewIEEE()
	head := `<worksheet><sheetData><row><c t="str"><v>`
	io.Copy(io.MultiWriter(fw, sum), io.MultiReader(strings.NewReader(head), &filler{size}))
	fw.Close()
	for name, declared := range map[string]uint64{"honest": size + uint64(len(head)), "lying": 1000} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, p := range []struct{ name, text string }{
			{"xl/workbook.xml", `<workbook><sheets><sheet name="A" id="r1"/></sheets></workbook>`},
			{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="s.xml"/></Relationships>`},
		} {
			f, _ := w.Create(p.name)
			io.WriteString(f, p.text)
		}
		f, err := w.CreateRaw(&zip.FileHeader{
			Name: "xl/s.xml", Method: zip.Deflate, CRC32: sum.Sum32(),
			CompressedSize64: uint64(packed.Len()), UncompressedSize64: declared,
		})
		if err != nil {
			t.Fatal(err)
		}
		f.Write(packed.Bytes())
		w.Close()
		_, err = sheet.Open(bytes.NewReader(b.Bytes()), "", nil)
		if k := key(err); k != "sheet.bomb" && !(name == "lying" && k == "sheet.unreadable") {
			t.Errorf("%s bomb: %v", name, err)
		}
	}
}

// An archive with millions of entries is refused before they are all in memory.
func TestXLSXManyEntries(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for range 400_000 {
		w.CreateRaw(&zip.FileHeader{Name: "x"})
	}
	w.Close()
	if _, err := sheet.Open(bytes.NewReader(b.Bytes()), "", nil); key(err) != "sheet.unreadable" {
		t.Errorf("Open = %v", err)
	}
}
