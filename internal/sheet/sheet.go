// Package sheet reads and writes tables of text: CSV (also gzipped) and XLSX.
//
// Files come from anywhere, so the format is guessed, may be corrected by a
// person, and nothing in a file can stop the reading of the rest of it: a row
// that can't be read is a Row with an Err, and the next row is the next line.
// Reading streams; memory doesn't depend on the size of a CSV file, and of an
// XLSX file only on the size of its table of shared texts.
//
// The tokenizer for CSV is our own, since encoding/csv gives up the rest of a
// file after an unclosed quote and is several times slower. XLSX files are read
// and written by code of our own too: the rows of excelize don't tell dates from
// numbers and hold a cell of any size, and its writer needs a temporary file and
// loses control characters. The tests check one against the other.
package sheet

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/errs"
)

// A Kind is a kind of file.
type Kind string

// The kinds.
const (
	CSV  Kind = "csv"
	XLSX Kind = "xlsx"
)

// Limits that keep hostile input harmless.
const (
	MaxCell    = 1 << 20 // bytes of one cell
	MaxColumns = 4096    // cells of one row
	maxRow     = 8 << 20 // bytes of one row

	headSize  = 256 << 10 // bytes from which a format is guessed
	guessRows = 200       // rows from which the rest is guessed

	maxText     = 16 << 30 // bytes of a gzipped file, uncompressed
	maxRatio    = 200      // uncompressed to compressed bytes …
	ratioFreely = 50 << 20 // … beyond this many uncompressed bytes
)

// A Format says how a file is to be read. As JSON its keys are lower-case and
// stable, and the separators are strings of one character.
type Format struct {
	Kind     Kind   `json:"kind"`
	Gzip     bool   `json:"gzip"`
	Encoding string `json:"encoding"` // one of Encodings; "utf-8" for XLSX
	Comma    rune   `json:"-"`        // between cells; 0 for XLSX
	Decimal  rune   `json:"-"`        // decimal sign of numbers: '.' or ','

	// DateOrder is the order of day, month and year in dates that aren't
	// written year first: "dmy" or "mdy", or "ymd" if there are none of those.
	DateOrder string `json:"date_order"`

	Top    int    `json:"top"`    // rows above the header (or first data row) that are not read
	Header bool   `json:"header"` // whether the first row names the columns
	Sheet  string `json:"sheet"`  // name of the sheet of an XLSX file; empty means its first visible one

	// Unescape removes the apostrophe that NewCSV puts before a text that a
	// spreadsheet would run as a formula. It is for files written by Akrab.
	Unescape bool `json:"unescape"`
}

// jsonFormat holds the fields of a Format that JSON knows as text.
type jsonFormat struct {
	Comma   string `json:"comma"`
	Decimal string `json:"decimal"`
}

// MarshalJSON writes the separators as strings.
func (f Format) MarshalJSON() ([]byte, error) {
	type fields Format
	return json.Marshal(struct {
		fields
		jsonFormat
	}{fields(f), jsonFormat{runeText(f.Comma), runeText(f.Decimal)}})
}

// UnmarshalJSON reads what MarshalJSON wrote. It returns an error if a
// separator is more than one character; absent keys leave their field alone.
func (f *Format) UnmarshalJSON(data []byte) error {
	type fields Format
	v := struct {
		*fields
		jsonFormat
	}{(*fields)(f), jsonFormat{runeText(f.Comma), runeText(f.Decimal)}}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	var err1, err2 error
	f.Comma, err1 = textRune("comma", v.jsonFormat.Comma)
	f.Decimal, err2 = textRune("decimal", v.jsonFormat.Decimal)
	return errors.Join(err1, err2)
}

func runeText(r rune) string {
	if r == 0 {
		return ""
	}
	return string(r)
}

func textRune(field, s string) (rune, error) {
	if s == "" {
		return 0, nil
	}
	r, n := utf8.DecodeRuneInString(s)
	if n < len(s) {
		return 0, errs.InvalidField(field, "sheet.format")
	}
	return r, nil
}

// check returns an Invalid error for the first field that can't be used.
func (f *Format) check() error {
	switch {
	case f.Kind != CSV && f.Kind != XLSX:
		return errs.InvalidField("kind", "sheet.format")
	case f.Kind == CSV && decoding(f.Encoding) == nil:
		return errs.InvalidField("encoding", "sheet.format")
	case f.Kind == CSV && (f.Comma == 0 || f.Comma == '"' || f.Comma == '\n' || f.Comma == '\r' || !utf8.ValidRune(f.Comma) || f.Comma == utf8.RuneError):
		return errs.InvalidField("comma", "sheet.format")
	case f.Decimal != '.' && f.Decimal != ',':
		return errs.InvalidField("decimal", "sheet.format")
	case f.DateOrder != "dmy" && f.DateOrder != "mdy" && f.DateOrder != "ymd":
		return errs.InvalidField("date_order", "sheet.format")
	case f.Top < 0:
		return errs.InvalidField("top", "sheet.format")
	}
	return nil
}

// A Row is one row of data.
type Row struct {
	N    int // number among the rows of data, from 1
	Line int // line of the file (CSV) or row of the sheet (XLSX) where it begins, from 1

	// Cells has as many cells as the header, or more if Err says so.
	// Next overwrites the slice, but not the strings in it.
	Cells []string

	// Err is nil or says what is wrong with this row alone, as an Invalid
	// error: sheet.too_few_cells, sheet.too_many_cells, sheet.too_many_columns,
	// sheet.quote (a quote in the middle of a quoted cell),
	// sheet.quote_unclosed, sheet.nul, sheet.encoding (bytes that the encoding
	// doesn't have), sheet.cell_too_large, sheet.row_too_large or
	// sheet.cell_error (a formula that failed). Cells then holds what could be
	// made out, for showing.
	Err error
}

// A rowSource is a file of one kind.
type rowSource interface {
	// next returns the next row. It reads into the memory of the row before.
	// At the end it returns io.EOF; other errors end the file, too.
	next() (rawRow, error)
	// offset returns how many bytes of the input are used.
	offset() int64
	close() error
}

// A rawRow is a row before it is compared with the header.
type rawRow struct {
	line  int
	cells []string
	err   *errs.Error
	fixed bool // whether the kind of file tells empty cells at the end from missing ones
}

// A Reader reads the rows of one file.
type Reader struct {
	format Format
	sheets []string
	header []string
	width  int
	n      int
	src    rowSource
	ahead  []rawRow // rows that were read to learn the width
	err    error    // what ended the file
}

// Open starts to read a file. The name, which may be empty, helps to guess
// when the contents leave doubt. If f is nil, the format is guessed; otherwise
// it is used as it is, except that an empty Kind, Encoding, Comma, Decimal or
// DateOrder is guessed, and Gzip is always seen from the contents.
//
// It returns an Invalid error whose key is sheet.empty, sheet.unreadable,
// sheet.encrypted, sheet.old_excel (a file of Excel 97), sheet.no_sheet,
// sheet.bomb, sheet.too_large or sheet.format (an impossible Format, with its
// field). The Reader must be closed.
//
// An XLSX file is read through r if it is an io.ReaderAt and io.Seeker, such as a
// file, and is otherwise copied to a temporary file first.
func Open(r io.Reader, name string, f *Format) (*Reader, error) {
	in, err := newInput(r)
	if err != nil {
		return nil, err
	}
	var format Format
	if f != nil {
		format = *f
	}
	format.Gzip = in.gz != nil
	if format.Kind == "" {
		format.Kind = guessKind(in.head)
	}
	rd := &Reader{format: format}
	if format.Kind == XLSX {
		err = rd.openXLSX(in, f == nil)
	} else {
		err = rd.openCSV(in, name, f == nil)
	}
	if err == nil {
		err = rd.begin()
	}
	if err != nil {
		if rd.src != nil {
			rd.src.close()
		}
		return nil, err
	}
	return rd, nil
}

// begin skips the rows above the header and reads the header.
func (r *Reader) begin() error {
	for range r.format.Top {
		if _, err := r.raw(); err != nil {
			return emptyAtEOF(err)
		}
	}
	if r.format.Header {
		row, err := r.raw()
		if err != nil {
			return emptyAtEOF(err)
		}
		r.header = headerNames(row.cells)
		r.width = len(r.header)
		return nil
	}
	if err := r.peekWidth(); err != nil {
		return emptyAtEOF(err)
	}
	r.header = headerNames(make([]string, r.width))
	return nil
}

// peekWidth sets the width of a table without header: that of its first row, or if
// rows were read ahead, that of the widest of them.
func (r *Reader) peekWidth() error {
	if len(r.ahead) == 0 {
		row, err := r.raw()
		if err != nil {
			return err
		}
		row.cells = slices.Clone(row.cells)
		r.ahead = append(r.ahead, row)
	}
	for _, row := range r.ahead {
		r.width = max(r.width, len(row.cells))
	}
	return nil
}

func emptyAtEOF(err error) error {
	if err == io.EOF {
		return errs.New(errs.Invalid, "sheet.empty")
	}
	return err
}

// headerNames returns the names of columns: trimmed, on one line, and unique
// without regard to case. A column without a name has its letter: A … Z, AA ….
func headerNames(cells []string) []string {
	seen := make(map[string]bool, len(cells))
	names := make([]string, len(cells))
	for i, c := range cells {
		name := strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(c, "\x00", ""), "\uFFFD")), " ")
		name = strings.TrimPrefix(name, "\uFEFF")
		if name == "" {
			name = columnLetter(i)
		}
		base := name
		for k := 2; seen[strings.ToLower(name)]; k++ {
			name = fmt.Sprintf("%s %d", base, k)
		}
		seen[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}

// columnLetter returns the letters by which spreadsheets call the column with index i.
func columnLetter(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

// Format returns the format in use, with everything that was guessed.
func (r *Reader) Format() Format { return r.format }

// Sheets returns the names of the visible sheets of an XLSX file.
func (r *Reader) Sheets() []string { return r.sheets }

// Header returns the names of the columns, which are unique and not empty:
// letters, if the file has no header.
func (r *Reader) Header() []string { return r.header }

// Offset returns how many bytes of the input are used, for showing progress.
// It runs ahead of the rows by up to a buffer; of an XLSX file it is estimated.
func (r *Reader) Offset() int64 { return r.src.offset() }

// Close releases what the Reader holds, but does not close the input.
func (r *Reader) Close() error { return r.src.close() }

// raw returns the next row as it stands in the file.
func (r *Reader) raw() (rawRow, error) {
	if len(r.ahead) > 0 {
		row := r.ahead[0]
		r.ahead = r.ahead[1:]
		return row, nil
	}
	if r.err != nil {
		return rawRow{}, r.err
	}
	row, err := r.src.next()
	r.err = err
	return row, err
}

// Next returns the next row, or io.EOF at the end. Any other error ends the
// file: sheet.bomb, sheet.unreadable (for example, a broken archive) or that of
// the input. What concerns only one row is in the row's Err.
func (r *Reader) Next() (Row, error) {
	raw, err := r.raw()
	if err != nil {
		return Row{}, err
	}
	r.n++
	row := Row{N: r.n, Line: raw.line, Cells: raw.cells}
	if raw.err == nil {
		raw.err = r.fit(&row, raw.fixed)
	}
	if raw.err != nil {
		row.Err = raw.err
	}
	for len(row.Cells) < r.width {
		row.Cells = append(row.Cells, "")
	}
	if r.format.Unescape {
		for i, c := range row.Cells {
			row.Cells[i] = unescapeFormula(c)
		}
	}
	return row, nil
}

// fit makes the row as wide as the header. Surplus cells that are empty do no
// harm and are dropped.
func (r *Reader) fit(row *Row, fixed bool) *errs.Error {
	got := len(row.Cells)
	if got < r.width && fixed {
		return errs.New(errs.Invalid, "sheet.too_few_cells", "want", r.width, "got", got)
	}
	for len(row.Cells) > r.width && row.Cells[len(row.Cells)-1] == "" {
		row.Cells = row.Cells[:len(row.Cells)-1]
	}
	if len(row.Cells) > r.width {
		return errs.New(errs.Invalid, "sheet.too_many_cells", "want", r.width, "got", got)
	}
	return nil
}

// Skip passes over n rows, so that the next row is number n+1 of those that
// would have followed. It returns io.EOF if there are fewer.
func (r *Reader) Skip(n int) error {
	for range n {
		if _, err := r.raw(); err != nil {
			return err
		}
		r.n++
	}
	return nil
}

// Sample reads up to n rows for a preview. A nil f is guessed, as in Open. Rows
// with an Err are among them, with what could be made out.
func Sample(r io.Reader, name string, f *Format, n int) (Format, []string, [][]string, error) {
	rd, err := Open(r, name, f)
	if err != nil {
		return Format{}, nil, nil, err
	}
	defer rd.Close()
	var rows [][]string
	for len(rows) < n {
		row, err := rd.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return Format{}, nil, nil, err
		}
		rows = append(rows, append([]string(nil), row.Cells...))
	}
	return rd.Format(), rd.Header(), rows, nil
}

// An input is the file to read, with its head already seen.
type input struct {
	raw   io.Reader // as it was given
	count *countReader
	gz    *gzip.Reader  // nil unless gzipped
	body  *bufio.Reader // unzipped
	head  []byte        // beginning of body
	whole bool          // whether head is all there is
}

// newInput looks into r. It returns sheet.unreadable for broken gzip.
func newInput(r io.Reader) (*input, error) {
	in := &input{raw: r, count: &countReader{r: r}}
	in.body = bufio.NewReaderSize(in.count, headSize)
	if magic, _ := in.body.Peek(2); string(magic) == "\x1f\x8b" {
		gz, err := gzip.NewReader(in.body)
		if err != nil {
			return nil, errs.New(errs.Invalid, "sheet.unreadable").Because(err)
		}
		in.gz = gz
		in.body = bufio.NewReaderSize(&gunzip{gz: gz, in: in.count}, headSize)
	}
	head, err := in.body.Peek(headSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	in.head, in.whole = head, err == io.EOF
	return in, nil
}

// A countReader counts what it reads.
type countReader struct {
	r io.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// A gunzip limits what comes out of a gzipped file.
type gunzip struct {
	gz  *gzip.Reader
	in  *countReader
	out int64
}

func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.gz.Read(p)
	g.out += int64(n)
	switch {
	case g.out > maxText:
		return 0, errs.New(errs.Invalid, "sheet.bomb")
	case err != nil && err != io.EOF:
		return n, errs.New(errs.Invalid, "sheet.unreadable").Because(err)
	}
	return n, err
}

// guessKind tells an XLSX file (a zip archive, or what only Excel reads) by its first bytes.
func guessKind(head []byte) Kind {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) || bytes.HasPrefix(head, oleMagic) {
		return XLSX
	}
	return CSV
}
