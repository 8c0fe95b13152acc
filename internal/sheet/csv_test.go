package sheet_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/akrab-crm/akrab/internal/sheet"
)

// withHeader returns f with a header.
func withHeader(f sheet.Format) *sheet.Format {
	f.Header = true
	return &f
}

func TestSpectrum(t *testing.T) {
	dir := shared(t, "csv/spectrum")
	files, _ := filepath.Glob(filepath.Join(dir, "csvs", "*.csv"))
	for _, name := range files {
		base := strings.TrimSuffix(filepath.Base(name), ".csv")
		want := records(t, filepath.Join(dir, "json", base+".json"))
		if base == "location_coordinates" {
			// The JSON has another telephone number than the CSV.
			want[0]["Contact Phone Number"] = "2095257564"
		}
		header, rows := read(t, contents(t, name), nil)
		if diff := cmp.Diff(want, byName(header, rows)); diff != "" {
			t.Errorf("%s (−want +got):\n%s", base, diff)
		}
	}
	if len(files) == 0 {
		t.Error("no files")
	}
}

// records reads a JSON list of objects, or a single object.
func records(t *testing.T, name string) []map[string]string {
	t.Helper()
	var list []map[string]string
	data := []byte(contents(t, name))
	if json.Unmarshal(data, &list) == nil {
		return list
	}
	list = make([]map[string]string, 1)
	if err := json.Unmarshal(data, &list[0]); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return list
}

func byName(header []string, rows [][]string) []map[string]string {
	list := []map[string]string{}
	for _, row := range rows {
		m := map[string]string{}
		for i, c := range row {
			m[header[i]] = c
		}
		list = append(list, m)
	}
	return list
}

func contents(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestCSVTestData(t *testing.T) {
	dir := shared(t, "csv/test-data")
	files, _ := filepath.Glob(filepath.Join(dir, "csv", "*.csv"))
	tested := 0
	for _, name := range files {
		base := strings.TrimSuffix(filepath.Base(name), ".csv")
		if strings.HasPrefix(base, "bad-") {
			continue
		}
		tested++
		expected := filepath.Join(dir, "json", base+".json")
		if strings.HasPrefix(base, "header-") {
			header, rows := read(t, contents(t, name), withHeader(plain))
			if diff := cmp.Diff(records(t, expected), byName(header, rows)); diff != "" {
				t.Errorf("%s (−want +got):\n%s", base, diff)
			}
			continue
		}
		var want [][]string
		if err := json.Unmarshal([]byte(contents(t, expected)), &want); err != nil {
			t.Fatal(err)
		}
		if _, rows := read(t, contents(t, name), &plain); !cmp.Equal(want, rows) {
			t.Errorf("%s (−want +got):\n%s", base, cmp.Diff(want, rows))
		}
	}
	if tested == 0 {
		t.Error("no files")
	}
}

// A broken row is reported where it is, and costs no other row.
func TestBrokenRows(t *testing.T) {
	const end = "\n7,8,9\n"
	tests := []struct {
		name, data string
		want       [][]string
	}{
		{"missing cell", "1,2" + end, [][]string{{"1", "2", "", "sheet.too_few_cells"}, {"7", "8", "9"}}},
		{"surplus cell", "1,2,3,4" + end, [][]string{{"1", "2", "3", "4", "sheet.too_many_cells"}, {"7", "8", "9"}}},
		{"surplus empty cells", "1,2,3,,," + end, [][]string{{"1", "2", "3"}, {"7", "8", "9"}}},
		{"unclosed quote", `1,"open,3` + end, [][]string{{"1", "open,3", "", "sheet.quote_unclosed"}, {"7", "8", "9"}}},
		{"quote within quotes", `1,"a " b",3` + end, [][]string{{"1", `a " b`, "3", "sheet.quote"}, {"7", "8", "9"}}},
		{"text after closing quote", `1,"a"b,3` + end, [][]string{{"1", `a"b,3`, "", "sheet.quote"}, {"7", "8", "9"}}},
		{"quote within plain cell", `1,5" pipe,3` + end, [][]string{{"1", `5" pipe`, "3"}, {"7", "8", "9"}}},
		{"blank after closing quote", `1,"a, b" ,3` + end, [][]string{{"1", "a, b", "3"}, {"7", "8", "9"}}},
		{"two unclosed quotes", "\"a,2,3\n\"b,2,3" + end, [][]string{
			{"a,2,3", "", "", "sheet.quote_unclosed"}, {"b,2,3", "", "", "sheet.quote_unclosed"}, {"7", "8", "9"}}},
		{"NUL", "1,\x00,3" + end, [][]string{{"1", "\x00", "3", "sheet.nul"}, {"7", "8", "9"}}},
		{"NUL in quotes", "1,\"\x00\",3" + end, [][]string{{"1", "\x00", "3", "sheet.nul"}, {"7", "8", "9"}}},
		{"not UTF-8", "1,\xe9,3" + end, [][]string{{"1", "\xe9", "3", "sheet.encoding"}, {"7", "8", "9"}}},
		{"empty lines", "\n\r\n1,2,3\n\n" + end, [][]string{{"1", "2", "3"}, {"7", "8", "9"}}},
		{"no line end", "7,8,\"9\"", [][]string{{"7", "8", "9"}}},
		{"CR before the end", "7,8,9\r", [][]string{{"7", "8", "9"}}},
		{"CR before the end, quoted", "7,8,\"9\"\r", [][]string{{"7", "8", "9"}}},
		{"lone quote at the end", "7,8,9\n\"", [][]string{{"7", "8", "9"}, {"", "", "", "sheet.quote_unclosed"}}},
	}
	for _, tt := range tests {
		_, got := read(t, "a,b,c\n"+tt.data, withHeader(plain))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (−want +got):\n%s", tt.name, diff)
		}
	}
}

func TestTooMuch(t *testing.T) {
	const good = "7,8,9\n"
	long := strings.Repeat("x", sheet.MaxCell+1)
	tests := []struct{ name, row, want string }{
		{"cell", long + ",2,3\n", "sheet.cell_too_large"},
		{"quoted cell", "1,\"" + long + "\",3\n", "sheet.cell_too_large"},
		{"quoted cell of many lines", "1,\"" + strings.Repeat("x,\n", sheet.MaxCell/2) + "\",3\n", "sheet.cell_too_large"},
		{"quoted cell without end in sight", "1,\"" + strings.Repeat(strings.Repeat("x,", 500)+"\n", 12_000) + "\",3\n", "sheet.quote_unclosed"},
		{"columns", strings.Repeat("x,", sheet.MaxColumns) + "y\n", "sheet.too_many_columns"},
		{"quoted columns", strings.Repeat(`"x",`, sheet.MaxColumns) + "y\n", "sheet.too_many_columns"},
		{"line", strings.Repeat(long+",", 12) + "\n", "sheet.cell_too_large"},
		{"line of small cells", strings.Repeat(strings.Repeat("x", 9999)+",", 1200) + "\n", "sheet.row_too_large"},
	}
	for _, tt := range tests {
		_, rows := read(t, "a,b,c\n"+good+tt.row+good, withHeader(plain))
		first, last := rows[1], rows[len(rows)-1]
		if got := first[len(first)-1]; got != tt.want {
			t.Errorf("%s: %.40q, want %q", tt.name, got, tt.want)
		}
		if !cmp.Equal(last, []string{"7", "8", "9"}) {
			t.Errorf("%s: the row after it is %.40q", tt.name, last)
		}
	}
}

// A file of nothing but unclosed quotes must not cost a look at a megabyte for each of its lines.
func TestManyUnclosedQuotes(t *testing.T) {
	line := `a","""` + "\n"
	const n = 200_000
	_, rows := read(t, "x,y\n"+strings.Repeat(line, n), withHeader(plain))
	if len(rows) < n/2 {
		t.Errorf("%d rows of %d", len(rows), n)
	}
}

// A filler is a file of one endless cell.
type filler struct{ left int64 }

func (f *filler) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), f.left)]
	for n := copy(p, "x"); n < len(p); n *= 2 {
		copy(p[n:], p[:n])
	}
	f.left -= int64(len(p))
	return len(p), nil
}

func TestHugeCell(t *testing.T) {
	size := int64(2 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	in := io.MultiReader(strings.NewReader("a,b\n1,2\n"), &filler{size}, strings.NewReader("\n3,4\n"))
	grown := growth(func() {
		r, err := sheet.Open(in, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{{"1", "2"}, {"", "", "sheet.cell_too_large"}, {"3", "4"}}
		if diff := cmp.Diff(want, rows(t, r)); diff != "" {
			t.Error(diff)
		}
	})
	if grown > 64<<20 {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
}

// growth returns by how many bytes f makes the program grow.
func growth(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.Sys) - int64(before.Sys)
}

// A generator writes rows as they are read.
type generator struct {
	rows, n int
	rest    []byte
}

func (g *generator) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		if g.n == g.rows {
			return 0, io.EOF
		}
		for range min(1000, g.rows-g.n) {
			g.n++
			g.rest = fmt.Appendf(g.rest, "%d,Ratna Dewi,ratna.%d@toko.example,\"Jalan Merdeka, No. %d\"\r\n", g.n, g.n, g.n%100)
		}
	}
	n := copy(p, g.rest)
	g.rest = append(g.rest[:0], g.rest[n:]...)
	return n, nil
}

func TestMillionRows(t *testing.T) {
	const n = 1_000_000
	count := 0
	grown := growth(func() {
		r, err := sheet.Open(io.MultiReader(strings.NewReader("id,nama,email,alamat\r\n"), &generator{rows: n}), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		for {
			row, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil || row.Err != nil {
				t.Fatal(err, row.Err)
			}
			count++
			if row.Cells[0] != fmt.Sprint(count) || row.N != count || row.Line != count+1 {
				t.Fatalf("row %d is %+v", count, row)
			}
		}
	})
	if count != n {
		t.Errorf("%d rows, want %d", count, n)
	}
	if grown > 32<<20 {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
}

func TestSkipResumes(t *testing.T) {
	data := "a,b\n1,2\nbad\n\n\"3\n3\",4\n5,6\n7,8\n"
	for n := range 6 {
		all, err := sheet.Open(strings.NewReader(data), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			all.Next()
		}
		r, err := sheet.Open(strings.NewReader(data), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Skip(n); err != nil {
			t.Fatalf("Skip(%d) = %v", n, err)
		}
		want, err1 := all.Next()
		got, err2 := r.Next()
		if err1 != err2 || !cmp.Equal(want.Cells, got.Cells) || want.N != got.N || want.Line != got.Line {
			t.Errorf("after Skip(%d): %+v %v, want %+v %v", n, got, err2, want, err1)
		}
	}
	r, err := sheet.Open(strings.NewReader(data), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Skip(6); err != io.EOF {
		t.Errorf("Skip beyond the end = %v, want EOF", err)
	}
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

func TestGzip(t *testing.T) {
	data := gzipped(string(people(1<<20, true)))
	r, err := sheet.Open(strings.NewReader(data), "people.csv.gz", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Format().Gzip || len(rows(t, r)) < 1000 {
		t.Errorf("format %+v, or too few rows", r.Format())
	}
	if r.Offset() != int64(len(data)) {
		t.Errorf("Offset() = %d at the end of %d bytes", r.Offset(), len(data))
	}

	cut, err := sheet.Open(strings.NewReader(data[:len(data)/2]), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		var row sheet.Row
		if row, err = cut.Next(); row.Err != nil {
			t.Errorf("half a row: %+v", row)
		}
	}
	if key(err) != "sheet.unreadable" {
		t.Errorf("a cut file ends with %v", err)
	}
}

func TestEncodings(t *testing.T) {
	western := "nama,kota\nJosé Müller,Besançon\nRenée Ångström,São Paulo\nL’Oréal,Köln\n"
	polish := "imię,miasto\nŁukasz Wiśniewski,Łódź\nMałgorzata Zając,Kraków\nZbigniew Brzęczyszczykiewicz,Częstochowa\n"
	japanese1 := "名前,都市\n山田太郎さん,とうきょう\n鈴木はなこ,おおさか\n"
	chinese := "姓名,城市\n王小明,北京\n张伟,上海的大学\n李娜,中国人民\n"
	russian := "имя,город\nИван Петров,Москва\nОльга Смирнова,Санкт-Петербург\n"
	indonesian := "nama,kota\nBudi,Bandung\nSiti,Jakarta\n"
	tests := []struct {
		name string
		enc  encoding.Encoding
		text string
	}{
		{"utf-8", encoding.Nop, western},
		{"utf-8", unicode.UTF8BOM, western},
		{"utf-8", encoding.Nop, indonesian},
		{"windows-1252", charmap.Windows1252, western},
		{"windows-1252", charmap.ISO8859_1, strings.ReplaceAll(western, "’", "'")},
		{"macintosh", charmap.Macintosh, western},
		{"iso-8859-2", charmap.ISO8859_2, polish},
		{"windows-1250", charmap.Windows1250, polish},
		{"windows-1251", charmap.Windows1251, russian},
		{"koi8-r", charmap.KOI8R, russian},
		{"shift_jis", japanese.ShiftJIS, japanese1},
		{"gb18030", simplifiedchinese.GB18030, chinese},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), western},
		{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.UseBOM), western},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), western},
		{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), indonesian},
	}
	for _, tt := range tests {
		data, err := tt.enc.NewEncoder().String(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := sheet.Open(strings.NewReader(data), "", nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := r.Format().Encoding; got != tt.name {
			t.Errorf("encoding of %.20q is guessed as %s, want %s", tt.text, got, tt.name)
		}
		lines := strings.Split(strings.TrimSpace(tt.text), "\n")
		want := [][]string{}
		for _, l := range lines[1:] {
			want = append(want, strings.Split(l, ","))
		}
		if tt.enc == charmap.ISO8859_1 {
			lines[0] = strings.ReplaceAll(lines[0], "’", "'")
		}
		if diff := cmp.Diff(strings.Split(lines[0], ","), r.Header()); diff != "" {
			t.Errorf("%s: header %s", tt.name, diff)
		}
		if diff := cmp.Diff(want, rows(t, r)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// Every encoding that is offered can be read.
func TestEncodingsKnown(t *testing.T) {
	for _, name := range sheet.Encodings {
		f := plain
		f.Encoding = name
		if r, err := sheet.Open(strings.NewReader("a,b\x00\x00,c\n"), "", &f); err != nil {
			t.Errorf("%s: %v", name, err)
		} else {
			r.Close()
		}
	}
}

// A byte that the encoding doesn't have makes the row an error, not a question mark.
func TestBytesOutsideEncoding(t *testing.T) {
	f := plain
	f.Encoding = "windows-1252"
	_, got := read(t, "a\x81,b\nc,d\n", &f)
	want := [][]string{{"a\uFFFD", "b", "sheet.encoding"}, {"c", "d"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
