package sheet

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"path"
	"slices"
	"strings"
	"unicode"
)

// Guess says how a file that begins with head should be read. The name, which
// may be empty, helps where the contents leave doubt. Of an XLSX file no more
// than the kind is seen: Open guesses the rest from its rows.
func Guess(head []byte, name string) Format {
	var f Format
	if gz, err := gzip.NewReader(bytes.NewReader(head)); err == nil {
		f.Gzip = true
		// The head ends somewhere within the archive: what comes out before is enough.
		head, _ = io.ReadAll(io.LimitReader(gz, headSize))
	}
	whole := len(head) < headSize
	head = head[:min(len(head), headSize)]
	if f.Kind = guessKind(head); f.Kind == XLSX {
		f.guessXLSX()
		f.Header = true
		return f
	}
	f.guessCSV(head, whole, name, true)
	return f
}

// guessXLSX sets the fields that are the same for all XLSX files, and the order
// of dates written as text that holds without better knowledge.
func (f *Format) guessXLSX() {
	f.Encoding, f.Comma, f.Decimal = "utf-8", 0, '.'
	if f.DateOrder == "" {
		f.DateOrder = "dmy"
	}
}

// guessCSV fills the empty fields of f from the head of a CSV file, and also the
// others if all is set.
func (f *Format) guessCSV(head []byte, whole bool, name string, all bool) {
	if f.Encoding == "" {
		f.Encoding = guessEncoding(head, whole)
	}
	if decoding(f.Encoding) == nil {
		return // check will say so
	}
	text := decodeHead(head, f.Encoding)
	if f.Comma == 0 {
		f.Comma = guessComma(text, whole, name)
	}
	rows := headRows(text, whole, f.Comma)
	if all {
		f.Top = guessTop(rows)
	}
	rows = rows[max(0, min(f.Top, len(rows))):]
	if all {
		f.Header = guessHeader(rows)
	}
	f.guessValues(rows)
	if f.Decimal == 0 {
		f.Decimal = '.'
		if f.Comma == ';' {
			f.Decimal = ',' // why else would a semicolon separate
		}
	}
}

// guessValues fills in DateOrder, and Decimal if there is evidence, from the cells of rows.
func (f *Format) guessValues(rows [][]string) {
	var dates [noDate]int
	var decimals [3]int
	for _, row := range rows {
		for _, cell := range row {
			switch o := dateEvidence(cell); {
			case o != noDate:
				dates[o]++
			default:
				decimals[decimalEvidence(cell)]++
			}
		}
	}
	if f.DateOrder == "" {
		f.DateOrder = dateOrder(dates)
	}
	if f.Decimal == 0 && decimals[1] != decimals[2] {
		f.Decimal = '.'
		if decimals[2] > decimals[1] {
			f.Decimal = ','
		}
	}
}

// notTable reports whether a text is a page or a document of another kind, or not
// a text at all. (Some programs write web pages and call them .xls.)
func notTable(text []byte) bool {
	text = text[:min(len(text), 8<<10)]
	start := bytes.ToLower(bytes.TrimLeft(text[:min(len(text), 100)], " \t\r\n"))
	for _, s := range []string{"<!doctype", "<html", "<table", "<?xml", "%pdf-", "{\\rtf", "begin:vcard", "begin:vcalendar"} {
		if bytes.HasPrefix(start, []byte(s)) {
			return true
		}
	}
	controls := 0
	for _, b := range text {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\x01' && b != '\x1f' {
			controls++
		}
	}
	return controls > 8 && 20*controls > len(text)
}

// headRows returns up to guessRows rows of the head of a CSV file. The last is
// left out if it may be cut.
func headRows(text []byte, whole bool, comma rune) [][]string {
	c := newTokens(bytes.NewReader(text), comma)
	c.eol = lineEnd(text)
	c.skipSepLine()
	var rows [][]string
	for len(rows) < guessRows+1 {
		row, err := c.next()
		if err != nil {
			break
		}
		rows = append(rows, slices.Clone(row.cells))
	}
	if len(rows) > guessRows || !whole && len(rows) > 1 {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// widest returns the number of cells in the widest row of the head of a CSV
// file, or 1 if it has none.
func widest(text []byte, comma rune) int {
	n := 1
	for _, row := range headRows(text, true, comma) {
		n = max(n, len(row))
	}
	return n
}

// commas are the likely separators, and how much likelier a file with as many
// columns of it is than of the comma: a comma is often part of text.
var commas = []struct {
	r      rune
	weight float64
}{
	{',', 1}, {';', 1.2}, {'\t', 1.4}, {'|', 1.2},
	{'\x1f', 1.4}, {'\x01', 1.4}, {'¦', 1.2}, {'§', 1}, {'¬', 1}, {'；', 1}, {'，', 0.9}, {'、', 0.5},
	{'~', 0.7}, {'^', 0.8}, {'#', 0.5}, {':', 0.3}, {'*', 0.3},
}

// guessComma returns the separator by which rows come out equally wide.
func guessComma(text []byte, whole bool, name string) rune {
	line, _, _ := bytes.Cut(text, []byte{lineEnd(text)})
	if r, ok := sepLine(bytes.TrimSuffix(line, []byte("\r"))); ok {
		return r
	}
	best, bestScore := ',', 0.0
	if ext := strings.ToLower(path.Ext(strings.TrimSuffix(name, ".gz"))); ext == ".tsv" || ext == ".tab" {
		best = '\t'
	}
	for _, c := range commas {
		if !bytes.ContainsRune(text, c.r) {
			continue
		}
		if s := scoreComma(headRows(text, whole, c.r)) * c.weight; s > bestScore {
			best, bestScore = c.r, s
		}
	}
	return best
}

// scoreComma returns 0 for rows of one column, and the more, the more rows have
// the same number of columns and the more columns these are.
func scoreComma(rows [][]string) float64 {
	width, share := usualWidth(rows)
	if width < 2 {
		return 0
	}
	s := share * share * (1 + math.Log2(float64(width)))
	if len(rows[guessTop(rows)]) != width {
		s /= 2
	}
	return s
}

// usualWidth returns the number of cells that most rows have, and the share of
// rows that do.
func usualWidth(rows [][]string) (width int, share float64) {
	count := map[int]int{}
	for _, row := range rows {
		count[len(row)]++
	}
	for w, n := range count {
		if n > count[width] || n == count[width] && w > width {
			width = w
		}
	}
	if len(rows) == 0 {
		return 0, 0
	}
	return width, float64(count[width]) / float64(len(rows))
}

// guessTop returns how many rows stand above the table: titles and notes, which
// fill at most one cell where the rows below fill three or more.
func guessTop(rows [][]string) int {
	counts := map[int]int{}
	for _, row := range rows {
		counts[filled(row)]++
	}
	usual := 0
	for n, k := range counts {
		if k > counts[usual] || k == counts[usual] && n > usual {
			usual = n
		}
	}
	if usual < 3 {
		return 0
	}
	for i, row := range rows[:min(len(rows), 20)] {
		if filled(row) > 1 {
			return i
		}
	}
	return 0
}

func filled(row []string) int {
	n := 0
	for _, c := range row {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// guessHeader reports whether the first row names the columns. It does, unless
// something in it looks like data: names of columns are short, differ, and are
// neither numbers nor dates nor addresses.
func guessHeader(rows [][]string) bool {
	if len(rows) == 0 {
		return false
	}
	first := rows[0]
	if filled(first) == 0 {
		return false
	}
	seen := map[string]int{}
	for i, c := range first {
		c = strings.TrimSpace(c)
		if looksLikeData(c) && !isPeriod(c, i) {
			return false
		}
		if c != "" {
			seen[strings.ToLower(c)]++
		}
	}
	if known(first) {
		return true
	}
	return !repeatsBelow(rows) && 2*len(seen) > filled(first)
}

// isPeriod reports whether a cell is a year over a column of figures.
func isPeriod(cell string, column int) bool {
	return column > 0 && len(cell) == 4 && (strings.HasPrefix(cell, "19") || strings.HasPrefix(cell, "20"))
}

// looksLikeData reports whether a cell is a number, date, telephone number,
// e-mail address or web address, or too long for the name of a column.
func looksLikeData(c string) bool {
	if c == "" {
		return false
	}
	if strings.Contains(c, "@") && strings.Contains(c, ".") || strings.Contains(c, "://") || len(c) > 200 {
		return true
	}
	digits, letters := 0, 0
	for _, r := range c {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > 0 && letters == 0 || dateEvidence(c) != noDate
}

// headerWords are words that name columns of customers in English and Indonesian.
var headerWords = strings.Fields(`
	id no name nama first last middle family given nickname email e-mail mail surel phone telephone telepon telp tel
	hp mobile handphone whatsapp wa address alamat street jalan city kota kabupaten province provinsi kecamatan
	kelurahan state region country negara zip postal postcode kode pos company perusahaan organization organisasi
	title jabatan birthday lahir tanggal date notes catatan note customer pelanggan date_of_birth gender
	status type jenis kategori category tags value label price harga amount jumlah total code number nomor`)

// known reports whether at least a third of the cells contain such a word.
func known(row []string) bool {
	n := 0
	for _, c := range row {
		words := strings.FieldsFunc(strings.ToLower(c), func(r rune) bool { return r == ' ' || r == '_' || r == '.' || r == '/' || r == ':' })
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(headerWords, w) }) {
			n++
		}
	}
	return n > 0 && 3*n >= filled(row)
}

// repeatsBelow reports whether texts of the first row are found again in their
// column, as data would be.
func repeatsBelow(rows [][]string) bool {
	n := 0
	for _, row := range rows[1:] {
		for i, c := range row {
			if i < len(rows[0]) && c != "" && c == rows[0][i] {
				n++
			}
		}
	}
	return n > len(rows)/4
}
