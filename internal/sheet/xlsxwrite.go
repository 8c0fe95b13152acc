package sheet

import (
	"archive/zip"
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/errs"
)

// Limits of Excel.
const (
	maxSheetRows = 1 << 20
	maxCellUnits = 32767 // UTF-16 units of one cell
)

// XLSXOptions say how an XLSX file is to be written.
type XLSXOptions struct {
	Sheet  string // name of the sheet; empty means "Akrab"
	Header bool   // whether the first row names the columns: it is bold and stays in view
}

// An XLSXWriter writes an XLSX file of one sheet straight to its destination.
// Texts are written as texts, so that none is run as a formula.
type XLSXWriter struct {
	zip  *zip.Writer
	w    *bufio.Writer
	opt  XLSXOptions
	rows int
	cut  int
	err  error
}

// styleHeader and the others are the indices of the styles in xlsxStyles.
const (
	styleHeader   = 1
	styleDate     = 2
	styleDateTime = 3
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

const (
	nsMain = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	nsRel  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	nsPkg  = `http://schemas.openxmlformats.org/package/2006/`
	mime   = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
)

const xlsxTypes = xmlHead + `<Types xmlns="` + nsPkg + `content-types">` +
	`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
	`<Default Extension="xml" ContentType="application/xml"/>` +
	`<Override PartName="/xl/workbook.xml" ContentType="` + mime + `sheet.main+xml"/>` +
	`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + mime + `worksheet+xml"/>` +
	`<Override PartName="/xl/styles.xml" ContentType="` + mime + `styles+xml"/></Types>`

const xlsxRels = xmlHead + `<Relationships xmlns="` + nsPkg + `relationships">` +
	`<Relationship Id="rId1" Type="` + nsRel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`

const xlsxBookRels = xmlHead + `<Relationships xmlns="` + nsPkg + `relationships">` +
	`<Relationship Id="rId1" Type="` + nsRel + `/worksheet" Target="worksheets/sheet1.xml"/>` +
	`<Relationship Id="rId2" Type="` + nsRel + `/styles" Target="styles.xml"/></Relationships>`

const xlsxBook = xmlHead + `<workbook ` + nsMain + ` xmlns:r="` + nsRel + `">` +
	`<sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>`

const xlsxStyles = xmlHead + `<styleSheet ` + nsMain + `>` +
	`<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>` +
	`<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

const xlsxFrozen = `<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`

// NewXLSX returns a Writer of XLSX to w.
func NewXLSX(w io.Writer, o XLSXOptions) *XLSXWriter {
	x := &XLSXWriter{zip: zip.NewWriter(w), opt: o}
	for _, p := range []struct{ name, text string }{
		{"[Content_Types].xml", xlsxTypes},
		{"_rels/.rels", xlsxRels},
		{"xl/workbook.xml", fmt.Sprintf(xlsxBook, escapeXML(sheetName(o.Sheet)))},
		{"xl/_rels/workbook.xml.rels", xlsxBookRels},
		{"xl/styles.xml", xlsxStyles},
		{"xl/worksheets/sheet1.xml", ""},
	} {
		part, err := x.zip.Create(p.name)
		if err == nil {
			_, err = io.WriteString(part, p.text)
		}
		if err != nil {
			x.err = err
			part = io.Discard
		}
		x.w = bufio.NewWriterSize(part, 64<<10)
	}
	frozen := ""
	if o.Header {
		frozen = xlsxFrozen
	}
	x.w.WriteString(xmlHead + `<worksheet ` + nsMain + `><sheetViews><sheetView workbookViewId="0">` + frozen +
		`</sheetView></sheetViews><sheetFormatPr defaultColWidth="18" defaultRowHeight="15"/><sheetData>`)
	return x
}

// sheetName returns a name that Excel accepts.
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || r < ' ' {
			return ' '
		}
		return r
	}, s)
	runes := []rune(strings.Trim(s, " '"))
	return cmp.Or(strings.TrimRight(string(runes[:min(len(runes), 31)]), " '"), "Akrab")
}

// Write writes a row of texts. It returns a TooLarge error, sheet.too_many_rows,
// when the sheet is full, at 1,048,576 rows.
func (x *XLSXWriter) Write(cells []string) error {
	if err := x.beginRow(); err != nil {
		return err
	}
	for i, s := range cells {
		x.text(i, s)
	}
	return x.endRow()
}

// WriteCells writes a row of texts, numbers and dates. It fails like Write.
func (x *XLSXWriter) WriteCells(cells []Cell) error {
	if err := x.beginRow(); err != nil {
		return err
	}
	for i, c := range cells {
		x.cell(i, c)
	}
	return x.endRow()
}

// Cut returns how many texts were shortened to the 32,767 characters that a
// cell of Excel can hold.
func (x *XLSXWriter) Cut() int { return x.cut }

// Close completes the file.
func (x *XLSXWriter) Close() error {
	x.w.WriteString(`</sheetData></worksheet>`)
	return errors.Join(x.err, x.w.Flush(), x.zip.Close())
}

func (x *XLSXWriter) beginRow() error {
	if x.err != nil {
		return x.err
	}
	if x.rows == maxSheetRows {
		return errs.New(errs.TooLarge, "sheet.too_many_rows", "max", maxSheetRows)
	}
	x.rows++
	x.w.WriteString(`<row r="`)
	x.w.WriteString(strconv.Itoa(x.rows))
	x.w.WriteString(`">`)
	return nil
}

func (x *XLSXWriter) endRow() error {
	_, err := x.w.WriteString(`</row>`)
	return err
}

func (x *XLSXWriter) cell(i int, c Cell) {
	switch c.kind() {
	case Number:
		x.value(i, "n", 0, c.Text)
	case Bool:
		v := "0"
		if c.Text == "true" {
			v = "1"
		}
		x.value(i, "b", 0, v)
	case Date:
		t, _ := parseMoment(c.Text)
		days, ok := serial(t)
		switch {
		case !ok:
			x.text(i, c.Text)
		case len(c.Text) > len("2006-01-02"):
			x.value(i, "n", styleDateTime, days)
		default:
			x.value(i, "n", styleDate, days)
		}
	default:
		x.text(i, c.Text)
	}
}

func (x *XLSXWriter) begin(i int, kind string, style int) {
	x.w.WriteString(`<c r="`)
	x.w.WriteString(columnLetter(i))
	x.w.WriteString(strconv.Itoa(x.rows))
	if x.rows == 1 && x.opt.Header {
		style = styleHeader
	}
	if style > 0 {
		x.w.WriteString(`" s="`)
		x.w.WriteString(strconv.Itoa(style))
	}
	x.w.WriteString(`" t="`)
	x.w.WriteString(kind)
}

func (x *XLSXWriter) value(i int, kind string, style int, v string) {
	x.begin(i, kind, style)
	x.w.WriteString(`"><v>`)
	x.w.WriteString(v)
	x.w.WriteString(`</v></c>`)
}

func (x *XLSXWriter) text(i int, s string) {
	if s == "" {
		return
	}
	if len(s) > maxCellUnits {
		s = x.shorten(s)
	}
	x.begin(i, "inlineStr", 0)
	x.w.WriteString(`"><is><t xml:space="preserve">`)
	x.w.WriteString(escapeXML(s))
	x.w.WriteString(`</t></is></c>`)
}

// shorten cuts s to what a cell can hold.
func (x *XLSXWriter) shorten(s string) string {
	units := 0
	for i, r := range s {
		units++
		if r > 0xFFFF {
			units++
		}
		if units > maxCellUnits {
			x.cut++
			return s[:i]
		}
	}
	return s
}

// escapeXML returns s as text in XML. What XML can't hold is written as _xHHHH_,
// and a text that looks like that has its first underscore written so.
func escapeXML(s string) string {
	plain := true
	for i := range len(s) {
		if b := s[i]; b < ' ' || b == '<' || b == '>' || b == '&' || b == '"' || b == '_' || b >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '_' && isControlNumber(s[i:]), r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			fmt.Fprintf(&b, "_x%04X_", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControlNumber(s string) bool {
	_, ok := controlNumber(s)
	return ok
}
