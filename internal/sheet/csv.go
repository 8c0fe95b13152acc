package sheet

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/transform"

	"github.com/akrab-crm/akrab/internal/errs"
)

// openCSV prepares to read in as CSV. If all is set, the whole format is
// guessed, otherwise only its empty fields.
func (r *Reader) openCSV(in *input, name string, all bool) error {
	if len(in.head) == 0 {
		return errs.New(errs.Invalid, "sheet.empty")
	}
	guessed := r.format.Encoding == ""
	r.format.guessCSV(in.head, in.whole, name, all)
	if err := r.format.check(); err != nil {
		return err
	}
	if guessed && notTable(decodeHead(in.head, r.format.Encoding)) {
		return errs.New(errs.Invalid, "sheet.unreadable")
	}
	skipBOM(in)
	src := io.Reader(in.body)
	if r.format.Encoding != "utf-8" {
		src = transform.NewReader(src, decoding(r.format.Encoding).NewDecoder())
	}
	head := decodeHead(in.head, r.format.Encoding)
	c := newTokens(src, r.format.Comma)
	c.count = in.count
	c.eol = lineEnd(head)
	c.single = widest(head, r.format.Comma) == 1
	c.lossy = r.format.Encoding != "utf-8" && !strings.HasPrefix(r.format.Encoding, "utf-")
	c.skipSepLine()
	r.src = c
	return nil
}

// skipBOM passes over the mark of byte order, whatever the encoding is said to be.
func skipBOM(in *input) {
	_, n := bom(in.head)
	in.body.Discard(n)
}

// tokens is the CSV tokenizer. It follows RFC 4180, and also accepts a quote in
// a cell that doesn't begin with one, blanks after a closing quote, and lines
// that end with LF, CRLF or, if that is how the file does it, CR alone.
type tokens struct {
	src   io.Reader
	count *countReader
	sep   []byte
	eol   byte // '\n', or '\r' for old Macs

	single bool // whether there is only one column, so that an empty line is a row
	lossy  bool // whether U+FFFD means a byte that the encoding doesn't have

	// buf[pos:end] is read and not yet used. Methods hold offsets from pos,
	// which stay right when more is read.
	buf      []byte
	pos, end int
	srcErr   error // why src gives no more
	line     int   // number of the line at pos

	cells  []string
	text   []byte // the cells of a row with quotes, one after another
	ends   []int  // where each of them ends in text
	first  int    // length of the first line of a row with quotes
	eolAt  int    // offset of a line end of it: there is none between here and there
	wasted int64  // bytes looked at in vain for the end of a quoted cell
	used   int64  // bytes passed
}

func newTokens(src io.Reader, comma rune) *tokens {
	return &tokens{
		src: src, sep: []byte(string(comma)), eol: '\n', line: 1,
		buf: make([]byte, 128<<10),
	}
}

func (c *tokens) offset() int64 { return c.count.n }
func (c *tokens) close() error  { return nil }

// more reads more and reports whether there was any.
func (c *tokens) more() bool {
	if c.srcErr != nil {
		return false
	}
	if c.pos > 0 {
		copy(c.buf, c.buf[c.pos:c.end])
		c.end -= c.pos
		c.pos = 0
	}
	if c.end == len(c.buf) {
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	for range 100 {
		n, err := c.src.Read(c.buf[c.end:])
		c.end += n
		c.srcErr = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	c.srcErr = io.ErrNoProgress
	return false
}

// rest returns what is read and not used, from offset i.
func (c *tokens) rest(i int) []byte { return c.buf[c.pos+i : c.end] }

// has reports whether at least n bytes follow offset i, reading if needed.
func (c *tokens) has(i, n int) bool {
	for c.end-c.pos-i < n {
		if !c.more() {
			return false
		}
	}
	return true
}

// lineAt returns the length of the physical line that begins at offset i, and of
// its end (0 if the file ends). ok is false if it is longer than a row may be.
func (c *tokens) lineAt(i int) (n, end int, ok bool) {
	seen := 0
	for {
		if k := bytes.IndexByte(c.rest(i+seen), c.eol); k >= 0 {
			return seen + k, 1, seen+k <= maxRow
		}
		seen = c.end - c.pos - i
		if seen > maxRow {
			return seen, 0, false
		}
		if !c.more() {
			return seen, 0, true
		}
	}
}

// advance passes n bytes with the given number of line ends.
func (c *tokens) advance(n, lines int) {
	c.pos += n
	c.line += lines
	c.used += int64(n)
}

// next returns the next row. An empty line is none, unless there is only one column.
func (c *tokens) next() (rawRow, error) {
	for {
		n, end, ok := c.lineAt(0)
		if !ok {
			return c.skipLongLine(), nil
		}
		if end == 0 && (n == 0 || c.srcErr != io.EOF) {
			return rawRow{}, c.srcErr // a line that an error cuts is no row
		}
		text := c.trimCR(c.rest(0)[:n])
		if len(text) == 0 && !c.single {
			c.advance(n+end, end)
			continue
		}
		row := rawRow{line: c.line, fixed: true}
		if bytes.IndexByte(text, '"') < 0 {
			row.err = c.plain(text)
			c.advance(n+end, end)
		} else {
			row.err = c.quoted(n, end)
		}
		row.cells = c.cells
		return row, nil
	}
}

func (c *tokens) trimCR(line []byte) []byte {
	if c.eol == '\n' && len(line) > 0 && line[len(line)-1] == '\r' {
		return line[:len(line)-1]
	}
	return line
}

// plain reads a line without quotes.
func (c *tokens) plain(line []byte) *errs.Error {
	c.split(line)
	if c.clean(line) {
		return nil
	}
	return c.fault()
}

// split cuts a line without quotes into cells.
func (c *tokens) split(line []byte) {
	c.cells = c.cells[:0]
	text := string(line) // one allocation for all the cells
	if len(c.sep) == 1 {
		sep := c.sep[0]
		for len(c.cells) < MaxColumns {
			i := strings.IndexByte(text, sep)
			if i < 0 {
				break
			}
			c.cells = append(c.cells, text[:i])
			text = text[i+1:]
		}
	} else {
		sep := string(c.sep)
		for len(c.cells) < MaxColumns {
			i := strings.Index(text, sep)
			if i < 0 {
				break
			}
			c.cells = append(c.cells, text[:i])
			text = text[i+len(sep):]
		}
	}
	c.cells = append(c.cells, text)
}

// quoted reads a row with quotes, whose first physical line is n bytes and an
// end of the given length. If the row is malformed, it takes only that line,
// so that a forgotten quote doesn't swallow the rows after it.
func (c *tokens) quoted(n, end int) *errs.Error {
	c.first, c.eolAt = n, n
	length, err := c.strict()
	if err == nil {
		c.cut()
		row := c.rest(0)[:length]
		c.advance(length, bytes.Count(row, []byte{c.eol}))
		if c.clean(row) {
			return nil
		}
		return c.fault()
	}
	c.wasted += int64(length)
	c.lenient(c.trimCR(c.rest(0)[:n]))
	c.cut()
	c.advance(n+end, end)
	return err
}

// add copies b to the current cell.
func (c *tokens) add(b []byte) { c.text = append(c.text, b...) }

func (c *tokens) endCell() { c.ends = append(c.ends, len(c.text)) }

// cut makes cells of text and ends.
func (c *tokens) cut() {
	c.cells = c.cells[:0]
	text, start := string(c.text), 0
	for _, end := range c.ends {
		c.cells = append(c.cells, text[start:end])
		start = end
	}
}

// strict reads the row at pos into text and ends. It returns how many bytes it
// looked at, which is the length of the row if there is no error.
func (c *tokens) strict() (int, *errs.Error) {
	c.text, c.ends = c.text[:0], c.ends[:0]
	i := 0
	for {
		if len(c.ends) > MaxColumns {
			return i, errs.New(errs.Invalid, "sheet.too_many_columns", "max", MaxColumns)
		}
		if c.has(i, 1) && c.rest(i)[0] == '"' {
			n, err := c.quotedCell(i + 1)
			i = n
			if err != nil {
				return i, err
			}
		} else {
			n, err := c.plainCell(i)
			i += n
			if err != nil {
				return i, err
			}
		}
		if c.tooFar(i) {
			return i, errs.New(errs.Invalid, "sheet.quote_unclosed")
		}
		c.endCell()
		sep, n := c.boundary(i)
		i += n
		if !sep {
			return i, nil
		}
	}
}

// boundary looks at what ends a cell at offset i: a separator, or else the end of
// the row. n is its length, or −1 if there is neither.
func (c *tokens) boundary(i int) (sep bool, n int) {
	c.has(i, max(2, len(c.sep)))
	b := c.rest(i)
	switch {
	case len(b) == 0:
		return false, 0
	case bytes.HasPrefix(b, c.sep):
		return true, len(c.sep)
	case b[0] == c.eol:
		return false, 1
	case b[0] == '\r' && (len(b) == 1 && c.srcErr != nil || len(b) > 1 && b[1] == '\n'):
		return false, min(2, len(b))
	}
	return false, -1
}

// plainCell reads a cell without quotes around it and returns its length.
func (c *tokens) plainCell(i int) (int, *errs.Error) {
	if i > c.eolAt {
		n, _, ok := c.lineAt(i)
		if !ok {
			return n, rowTooLarge()
		}
		c.eolAt = i + n
	}
	cell := c.rest(i)[:c.eolAt-i]
	if k := bytes.Index(cell, c.sep); k >= 0 {
		cell = cell[:k]
	} else {
		cell = c.trimCR(cell)
	}
	c.add(cell)
	return len(cell), nil
}

// quotedCell reads the cell whose text begins at offset i, after the quote. It
// returns the offset of what follows the closing quote.
func (c *tokens) quotedCell(i int) (int, *errs.Error) {
	seen := i
	for {
		k := bytes.IndexByte(c.rest(seen), '"')
		if k < 0 {
			seen = c.end - c.pos
			if c.tooFar(seen) || !c.more() {
				return seen, errs.New(errs.Invalid, "sheet.quote_unclosed")
			}
			continue
		}
		c.add(c.rest(i)[:seen+k-i])
		i = seen + k + 1
		seen = i
		if c.has(i, 1) && c.rest(i)[0] == '"' {
			c.add([]byte{'"'})
			i++
			seen = i
			continue
		}
		for c.has(i, 1) && c.rest(i)[0] == ' ' && c.sep[0] != ' ' {
			i++
		}
		switch _, n := c.boundary(i); {
		case n >= 0:
			return i, nil
		case i > c.first:
			// The quote on another line is more likely to open a cell there.
			return i, errs.New(errs.Invalid, "sheet.quote_unclosed")
		}
		return i, errs.New(errs.Invalid, "sheet.quote")
	}
}

// tooFar reports whether the end of a row with quotes is no longer looked for at
// offset i. A file made of unclosed quotes would otherwise cost a look at
// megabytes for each of its lines.
func (c *tokens) tooFar(i int) bool {
	return i > c.first && (i > maxRow || c.wasted > 32<<20+4*c.used)
}

// lenient reads one line with malformed quotes: a quote inside of a quoted cell
// is taken as text, unless it ends the cell.
func (c *tokens) lenient(line []byte) {
	c.text, c.ends = c.text[:0], c.ends[:0]
	for len(c.ends) < MaxColumns {
		n := bytes.Index(line, c.sep)
		if len(line) > 0 && line[0] == '"' {
			line = line[1:]
			n = bytes.Index(line, append([]byte{'"'}, c.sep...))
			if n >= 0 {
				c.add(line[:n])
				line = line[n+1:]
				n = 0
			} else {
				line = bytes.TrimSuffix(line, []byte{'"'})
			}
		}
		if n < 0 {
			break
		}
		c.add(line[:n])
		c.endCell()
		line = line[n+len(c.sep):]
	}
	c.add(line)
	c.endCell()
}

func rowTooLarge() *errs.Error {
	return errs.New(errs.Invalid, "sheet.row_too_large", "max", maxRow>>20)
}

func cellTooLarge(column int) *errs.Error {
	return errs.New(errs.Invalid, "sheet.cell_too_large", "column", columnLetter(column), "max", MaxCell>>20)
}

// skipLongLine passes over a line that is longer than a row may be.
func (c *tokens) skipLongLine() rawRow {
	row := rawRow{line: c.line, fixed: true, err: rowTooLarge()}
	c.cells = c.cells[:0]
	for i, cell := range bytes.SplitN(c.rest(0), c.sep, MaxColumns) {
		if len(cell) > MaxCell {
			row.err = cellTooLarge(i)
			break
		}
	}
	for {
		b := c.rest(0)
		if k := bytes.IndexByte(b, c.eol); k >= 0 {
			c.advance(k+1, 1)
			return row
		}
		c.advance(len(b), 0)
		if !c.more() {
			return row
		}
	}
}

// clean reports that the row made of the given bytes needs no closer look.
func (c *tokens) clean(row []byte) bool {
	return len(row) <= MaxCell && len(c.cells) <= MaxColumns && bytes.IndexByte(row, 0) < 0 &&
		utf8.Valid(row) && !(c.lossy && bytes.Contains(row, []byte("\uFFFD")))
}

// fault returns what makes the cells unfit to be kept, or nil.
func (c *tokens) fault() *errs.Error {
	if len(c.cells) > MaxColumns {
		return errs.New(errs.Invalid, "sheet.too_many_columns", "max", MaxColumns)
	}
	for i, s := range c.cells {
		switch {
		case len(s) > MaxCell:
			return cellTooLarge(i)
		case strings.IndexByte(s, 0) >= 0:
			return errs.New(errs.Invalid, "sheet.nul", "column", columnLetter(i))
		case !utf8.ValidString(s) || c.lossy && strings.Contains(s, "\uFFFD"):
			return errs.New(errs.Invalid, "sheet.encoding", "column", columnLetter(i))
		}
	}
	return nil
}

// skipSepLine passes over the line "sep=;" by which Excel is told the separator.
func (c *tokens) skipSepLine() {
	n, end, ok := c.lineAt(0)
	if !ok {
		return
	}
	if _, ok := sepLine(c.trimCR(c.rest(0)[:n])); ok {
		c.advance(n+end, end)
	}
}

// sepLine returns the separator that the line "sep=;" names.
func sepLine(line []byte) (rune, bool) {
	if len(line) < 5 || !bytes.EqualFold(line[:4], []byte("sep=")) {
		return 0, false
	}
	r, n := utf8.DecodeRune(line[4:])
	return r, n == len(line)-4 && r != utf8.RuneError && r != '"'
}

// lineEnd returns the last byte of the lines of a file with the given head.
func lineEnd(head []byte) byte {
	inside := false
	cr := false
	for i, b := range head {
		switch b {
		case '"':
			inside = !inside
		case '\n':
			if !inside {
				return '\n'
			}
		case '\r':
			if !inside && i+1 < len(head) && head[i+1] != '\n' {
				cr = true
			}
		}
	}
	if cr {
		return '\r'
	}
	return '\n'
}
