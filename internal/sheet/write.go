package sheet

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// A Type says what the text of a Cell means.
type Type int

// The types. A text that isn't of the form of its type is written as String.
const (
	String Type = iota
	Number      // decimal digits, with optional minus sign and decimal point: -12.50
	Date        // YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss
	Bool        // true or false
)

// A Cell is a cell to be written.
type Cell struct {
	Text string
	Type Type
}

// kind returns the type as which the cell can be written.
func (c Cell) kind() Type {
	ok := false
	switch c.Type {
	case Number:
		whole, fraction, has := strings.Cut(strings.TrimPrefix(c.Text, "-"), ".")
		ok = len(c.Text) < 100 && isDigits(whole) && (!has || isDigits(fraction))
	case Date:
		_, ok = parseMoment(c.Text)
	case Bool:
		ok = c.Text == "true" || c.Text == "false"
	}
	if !ok {
		return String
	}
	return c.Type
}

// parseMoment reads the text of a Date.
func parseMoment(s string) (time.Time, bool) {
	layout := time.DateOnly
	if len(s) > len(layout) {
		layout = "2006-01-02T15:04:05"
	}
	t, err := time.Parse(layout, s)
	return t, err == nil
}

// A Writer writes a table row by row. Writers are buffered: the table is
// complete only when Close has returned nil. Close doesn't close what is written to.
type Writer interface {
	// Write writes a row of texts.
	Write(cells []string) error
	// WriteCells writes a row of texts, numbers and dates.
	WriteCells(cells []Cell) error
	Close() error
}

// CSVOptions say how a CSV file is to be written. The zero value is what most programs read.
type CSVOptions struct {
	BOM     bool // begin with the mark by which Excel knows UTF-8
	Comma   rune // between cells; 0 means ','
	Decimal rune // decimal sign of Number cells; 0 means '.'
}

// A CSVWriter writes CSV in UTF-8 as RFC 4180 has it, with lines that end with CRLF.
//
// A text that a spreadsheet would run as a formula gets an apostrophe before it;
// a Reader with Format.Unescape takes it off again. Numbers (-12.5) and telephone
// numbers (+6281234567890) stay as they are. Texts with any of the usual
// separators are quoted, so that no other separator makes a formula of their rest.
type CSVWriter struct {
	w       *bufio.Writer
	comma   string
	decimal string
	quote   string // characters that make quotes necessary
}

// NewCSV returns a Writer of CSV to w.
func NewCSV(w io.Writer, o CSVOptions) *CSVWriter {
	c := &CSVWriter{w: bufio.NewWriterSize(w, 64<<10), comma: ",", decimal: "."}
	if o.Comma != 0 {
		c.comma = string(o.Comma)
	}
	if o.Decimal != 0 {
		c.decimal = string(o.Decimal)
	}
	c.quote = "\",;|\t\r\n" + c.comma
	if o.BOM {
		c.w.WriteString("\uFEFF")
	}
	return c
}

// Write writes a row of texts.
func (c *CSVWriter) Write(cells []string) error {
	c.lone(len(cells), func() string { return cells[0] })
	for i, s := range cells {
		c.separate(i)
		c.text(s)
	}
	return c.endRow()
}

// WriteCells writes a row of texts, numbers and dates.
func (c *CSVWriter) WriteCells(cells []Cell) error {
	c.lone(len(cells), func() string { return cells[0].Text })
	for i, cell := range cells {
		c.separate(i)
		if cell.kind() == Number {
			s := strings.Replace(cell.Text, ".", c.decimal, 1)
			if c.decimal == c.comma {
				s = `"` + s + `"`
			}
			c.w.WriteString(s)
		} else {
			c.text(cell.Text)
		}
	}
	return c.endRow()
}

// lone writes quotes for a row of nothing but an empty cell, which would else be
// an empty line, and so no row.
func (c *CSVWriter) lone(n int, first func() string) {
	if n == 0 || n == 1 && first() == "" {
		c.w.WriteString(`""`)
	}
}

func (c *CSVWriter) separate(i int) {
	if i > 0 {
		c.w.WriteString(c.comma)
	}
}

func (c *CSVWriter) endRow() error {
	_, err := c.w.WriteString("\r\n")
	return err
}

func (c *CSVWriter) text(s string) {
	if s == "" {
		return
	}
	s = escapeFormula(s)
	if !c.mustQuote(s) {
		c.w.WriteString(s)
		return
	}
	c.w.WriteByte('"')
	c.w.WriteString(strings.ReplaceAll(s, `"`, `""`))
	c.w.WriteByte('"')
}

// mustQuote reports whether s means something else without quotes: blanks at its
// ends, which some trim, and what stands for itself at the beginning of a file.
func (c *CSVWriter) mustQuote(s string) bool {
	return strings.ContainsAny(s, c.quote) || s[0] == ' ' || s[len(s)-1] == ' ' ||
		len(s) > 4 && strings.EqualFold(s[:4], "sep=") || strings.HasPrefix(s, "\uFEFF")
}

// Close writes what is buffered.
func (c *CSVWriter) Close() error { return c.w.Flush() }

// date1900 is day 0 of XLSX.
var date1900 = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// serial returns a moment as XLSX counts it, in days. ok is false before
// March 1900, where Excel's calendar is wrong.
func serial(t time.Time) (s string, ok bool) {
	days := t.Sub(date1900).Hours() / 24
	return strconv.FormatFloat(days, 'f', -1, 64), days > 60
}
