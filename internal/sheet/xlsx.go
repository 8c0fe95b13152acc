package sheet

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"io"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/errs"
)

// Limits of XLSX files.
const (
	maxArchive   = 1 << 30   // bytes of the file
	maxUnzipped  = 2 << 30   // bytes of all its parts
	maxDirectory = 16 << 20  // bytes of the archive's directory
	maxShared    = 256 << 20 // bytes of the table of shared texts, in memory
	maxItems     = 1 << 14   // parts, styles and the like
)

// oleMagic begins files of Excel 97, and encrypted ones of later versions.
var oleMagic = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")

// openXLSX prepares to read in as XLSX. If all is set, the top, the header and
// the order of dates are guessed from the first rows.
func (r *Reader) openXLSX(in *input, all bool) error {
	if bytes.HasPrefix(in.head, oleMagic) {
		return oleError(in)
	}
	r.format.guessXLSX()
	if err := r.format.check(); err != nil {
		return err
	}
	x, err := newXLSX(in)
	if err != nil {
		return err
	}
	r.src = x
	if err := x.openBook(); err != nil {
		return unreadable(err)
	}
	for _, s := range x.book {
		r.sheets = append(r.sheets, s.name)
	}
	if err := r.chooseSheet(x); err != nil {
		return err
	}
	if all {
		r.guessAhead()
	}
	return nil
}

// chooseSheet opens the sheet that the format names, or else the first that has rows.
func (r *Reader) chooseSheet(x *xlsx) error {
	for _, s := range x.book {
		if r.format.Sheet != "" && s.name != r.format.Sheet {
			continue
		}
		if err := x.openSheet(s); err != nil {
			return unreadable(err)
		}
		r.readAhead()
		if len(r.ahead) > 0 || r.format.Sheet != "" || r.err != io.EOF {
			r.format.Sheet = s.name
			return nil
		}
	}
	if r.format.Sheet != "" {
		return errs.New(errs.Invalid, "sheet.no_sheet", "sheet", r.format.Sheet)
	}
	return errs.New(errs.Invalid, "sheet.empty")
}

// readAhead reads the first rows, from which to guess.
func (r *Reader) readAhead() {
	r.err = nil
	for len(r.ahead) < guessRows {
		row, err := r.src.next()
		if err != nil {
			r.err = err
			return
		}
		row.cells = slices.Clone(row.cells)
		r.ahead = append(r.ahead, row)
	}
}

func (r *Reader) guessAhead() {
	var rows [][]string
	for _, row := range r.ahead {
		rows = append(rows, row.cells)
	}
	r.format.Top = guessTop(rows)
	rows = rows[min(r.format.Top, len(rows)):]
	r.format.Header = guessHeader(rows)
	r.format.DateOrder = ""
	r.format.guessValues(rows)
}

// oleError tells an encrypted file from one of Excel 97.
func oleError(in *input) error {
	mark := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	var tail []byte
	buf := make([]byte, 64<<10)
	for range maxArchive / len(buf) {
		n, err := in.body.Read(buf)
		tail = append(tail, buf[:n]...)
		if bytes.Contains(tail, mark) {
			return errs.New(errs.Invalid, "sheet.encrypted")
		}
		if err != nil {
			break
		}
		tail = append(tail[:0], tail[max(0, len(tail)-len(mark)):]...)
	}
	return errs.New(errs.Invalid, "sheet.old_excel")
}

// unreadable turns what the archive or its XML is found to be wrong with into
// an error for people.
func unreadable(err error) error {
	if err == nil || err == io.EOF || errs.KindOf(err) != errs.Internal {
		return err
	}
	return errs.New(errs.Invalid, "sheet.unreadable").Because(err)
}

// An xlsx is an open XLSX file.
type xlsx struct {
	zip  *zip.Reader
	size int64    // of the file
	temp *os.File // where the file was copied, or nil
	out  int64    // bytes unzipped so far

	book    []bookSheet
	epoch   time.Time
	styles  []style
	shared  string       // the shared texts, one after another …
	ends    []uint32     // … and where each ends
	tooLong map[int]bool // those that are longer than a cell may be

	part    io.ReadCloser // the open sheet
	partAll uint64        // its declared size
	partOut *unzipped
	xml     *xmlScanner
	row     int // number of the last row
	cells   []string
	bytes   int // of the texts that stand in the row itself
	rowErr  *errs.Error
}

// A bookSheet is a visible sheet of the workbook.
type bookSheet struct{ name, path string }

// newXLSX opens the archive, through in itself or through a temporary copy.
func newXLSX(in *input) (*xlsx, error) {
	x := &xlsx{}
	at, size, err := x.readerAt(in)
	if err != nil {
		x.close()
		return nil, err
	}
	x.size = size
	// zip.NewReader holds the whole directory: an archive of nothing but
	// directory would fill the memory.
	budget := &budgetAt{at, maxDirectory + 128<<10}
	x.zip, err = zip.NewReader(budget, size)
	if err == nil {
		budget.left = math.MaxInt64
		err = x.checkBomb()
	}
	if err != nil {
		x.close()
		return nil, unreadable(err)
	}
	return x, nil
}

// readerAt returns random access to the file, and its size.
func (x *xlsx) readerAt(in *input) (io.ReaderAt, int64, error) {
	type seekerAt interface {
		io.ReaderAt
		io.Seeker
	}
	if s, ok := in.raw.(seekerAt); ok && in.gz == nil {
		pos, err1 := s.Seek(0, io.SeekCurrent)
		end, err2 := s.Seek(0, io.SeekEnd)
		if start := pos - in.count.n; err1 == nil && err2 == nil && start >= 0 {
			if end-start > maxArchive {
				return nil, 0, errs.New(errs.TooLarge, "sheet.too_large")
			}
			return io.NewSectionReader(s, start, end-start), end - start, nil
		}
	}
	var err error
	if x.temp, err = os.CreateTemp("", "akrab-*.xlsx"); err != nil {
		return nil, 0, err
	}
	n, err := io.Copy(x.temp, io.LimitReader(in.body, maxArchive+1))
	if err == nil && n > maxArchive {
		err = errs.New(errs.TooLarge, "sheet.too_large")
	}
	return x.temp, n, err
}

// A budgetAt fails when more than a number of bytes are read.
type budgetAt struct {
	io.ReaderAt
	left int64
}

func (b *budgetAt) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errors.New("archive directory too large")
	}
	return b.ReaderAt.ReadAt(p, off)
}

// checkBomb refuses an archive by the sizes that it declares. Those that lie
// are refused while reading, by unzipped.
func (x *xlsx) checkBomb() error {
	var sum uint64
	for _, f := range x.zip.File {
		if f.UncompressedSize64 > maxUnzipped {
			return errs.New(errs.Invalid, "sheet.bomb")
		}
		if sum += f.UncompressedSize64; isBomb(sum, uint64(x.size)) {
			return errs.New(errs.Invalid, "sheet.bomb")
		}
	}
	return nil
}

func isBomb(out, in uint64) bool {
	return out > maxUnzipped || out > ratioFreely && out/maxRatio > in
}

// An unzipped is a part of the archive, limited to what it may unzip to.
type unzipped struct {
	io.Reader
	x       *xlsx
	in, out uint64
}

func (u *unzipped) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	u.out += uint64(n)
	u.x.out += int64(n)
	if isBomb(u.out, u.in) || u.x.out > 2*maxUnzipped {
		return 0, errs.New(errs.Invalid, "sheet.bomb")
	}
	if err == io.ErrUnexpectedEOF {
		err = errXML // so that no reader takes it for the end
	}
	return n, err
}

// open opens the part with the given path. It returns nil if there is none.
func (x *xlsx) open(name string) (io.ReadCloser, *unzipped, error) {
	for _, f := range x.zip.File {
		if !strings.EqualFold(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"), name) {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, nil, errs.New(errs.Invalid, "sheet.encrypted")
		}
		rc, err := f.Open()
		if err != nil {
			return nil, nil, err
		}
		x.partAll = f.UncompressedSize64
		return rc, &unzipped{Reader: rc, x: x, in: f.CompressedSize64}, nil
	}
	return nil, nil, nil
}

// each calls f at each start tag of a part. A part that isn't there has none.
func (x *xlsx) each(name string, f func(s *xmlScanner)) error {
	rc, part, err := x.open(name)
	if rc == nil {
		return err
	}
	defer rc.Close()
	s := newXMLScanner(part)
	for {
		kind, err := s.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if kind == xmlStart {
			f(s)
		}
	}
}

// openBook reads everything but the sheets.
func (x *xlsx) openBook() error {
	bookPath := "xl/workbook.xml"
	if err := x.each("_rels/.rels", func(s *xmlScanner) {
		if s.is("Relationship") && strings.HasSuffix(s.attr("Type"), "/officeDocument") {
			bookPath = strings.TrimPrefix(s.attr("Target"), "/")
		}
	}); err != nil {
		return err
	}
	dir, base := path.Split(bookPath)
	sheets, other, err := x.relations(path.Join(dir, "_rels", base+".rels"), dir)
	if err != nil {
		return err
	}
	if err := x.readBook(bookPath, sheets); err != nil {
		return err
	}
	if err := x.readStyles(cmp.Or(other["styles"], "xl/styles.xml")); err != nil {
		return err
	}
	return x.readShared(cmp.Or(other["sharedStrings"], "xl/sharedStrings.xml"))
}

// relations returns the paths of the sheets by id, and those of other parts by kind.
func (x *xlsx) relations(name, dir string) (sheets, other map[string]string, err error) {
	sheets, other = map[string]string{}, map[string]string{}
	err = x.each(name, func(s *xmlScanner) {
		if len(sheets)+len(other) > maxItems {
			return
		}
		target := s.attr("Target")
		if strings.HasPrefix(target, "/") {
			target = target[1:]
		} else {
			target = path.Join(dir, target)
		}
		if kind := path.Base(s.attr("Type")); kind == "worksheet" {
			sheets[s.attr("Id")] = target
		} else {
			other[kind] = target
		}
	})
	return sheets, other, err
}

// readBook lists the visible sheets.
func (x *xlsx) readBook(name string, paths map[string]string) error {
	x.epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	err := x.each(name, func(s *xmlScanner) {
		switch {
		case s.is("workbookPr") && isTrue(s.attr("date1904")):
			x.epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
		case s.is("sheet"):
			if p := paths[s.attr("id")]; p != "" && s.attr("state") != "hidden" && s.attr("state") != "veryHidden" && len(x.book) < 1000 {
				x.book = append(x.book, bookSheet{s.attr("name"), p})
			}
		}
	})
	if err == nil && len(x.book) == 0 {
		err = errors.New("no sheets")
	}
	return err
}

func isTrue(s string) bool { return s == "1" || s == "true" }

// readStyles learns which styles of cells show numbers as dates or times.
func (x *xlsx) readStyles(name string) error {
	codes := map[int]string{}
	inXfs := false
	return x.each(name, func(s *xmlScanner) {
		switch {
		case s.is("numFmt") && len(codes) < maxItems && len(s.attrs) < 4096:
			codes[atoi(s.attr("numFmtId"))] = s.attr("formatCode")
		case s.is("cellStyleXfs"):
			inXfs = false
		case s.is("cellXfs"):
			inXfs = true
		case s.is("cellStyles"), s.is("dxfs"):
			inXfs = false
		case s.is("xf") && inXfs && len(x.styles) < 4*maxItems:
			id := atoi(s.attr("numFmtId"))
			st, ok := builtinStyle(id)
			if code, has := codes[id]; has && !ok {
				st = styleOf(code)
			}
			x.styles = append(x.styles, st)
		}
	})
}

// readShared reads the table of texts that cells refer to by number.
func (x *xlsx) readShared(name string) error {
	rc, part, err := x.open(name)
	if rc == nil {
		return err
	}
	defer rc.Close()
	s := newXMLScanner(part)
	var text strings.Builder
	phonetic := false
	x.tooLong = map[int]bool{}
	for {
		kind, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch {
		case s.is("rPh"):
			phonetic = kind == xmlStart
		case s.is("si") && kind == xmlStart:
			s.keep()
			s.collect = false
		case s.is("t") && !phonetic:
			s.collect = kind == xmlStart
		case s.is("si"):
			if s.tooLong {
				x.tooLong[len(x.ends)] = true
				s.text = s.text[:0]
			}
			if bytes.Contains(s.text, []byte("_x")) {
				text.WriteString(unescapeControls(string(s.text)))
			} else {
				text.Write(s.text)
			}
			x.ends = append(x.ends, uint32(text.Len()))
			if text.Len()+4*len(x.ends) > maxShared {
				return errs.New(errs.TooLarge, "sheet.too_large")
			}
		}
	}
	x.shared = text.String()
	return nil
}

// sharedText returns the shared text with the given number.
func (x *xlsx) sharedText(i int) string {
	start := uint32(0)
	if i > 0 {
		start = x.ends[i-1]
	}
	return x.shared[start:x.ends[i]]
}

// unescapeControls replaces _x000D_ by the character of that number, in the way
// in which XLSX holds what XML can't.
func unescapeControls(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		n, ok := controlNumber(s)
		if !ok {
			b.WriteString(s[:2])
			s = s[2:]
			continue
		}
		b.WriteRune(n)
		s = s[7:]
	}
}

// controlNumber returns the number in the _xHHHH_ with which s begins.
func controlNumber(s string) (rune, bool) {
	if len(s) < 7 || s[:2] != "_x" || s[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}

// openSheet goes to the beginning of a sheet.
func (x *xlsx) openSheet(s bookSheet) error {
	if x.part != nil {
		x.part.Close()
		x.part = nil
	}
	rc, part, err := x.open(s.path)
	if err != nil {
		return err
	}
	if rc == nil {
		return errors.New("sheet is missing")
	}
	x.part, x.partOut, x.xml, x.row = rc, part, newXMLScanner(part), 0
	for {
		kind, err := x.xml.next()
		switch {
		case err == io.EOF:
			return errXML
		case err != nil:
			return err
		case kind == xmlStart && x.xml.is("sheetData"):
			return nil
		}
	}
}

func (x *xlsx) offset() int64 {
	if x.partOut == nil || x.partAll == 0 {
		return 0
	}
	return int64(float64(x.size) * min(1, float64(x.partOut.out)/float64(x.partAll)))
}

func (x *xlsx) close() error {
	if x.part != nil {
		x.part.Close()
		x.part = nil
	}
	if x.temp == nil {
		return nil
	}
	t := x.temp
	x.temp = nil
	return errors.Join(t.Close(), os.Remove(t.Name()))
}

// next returns the next row that isn't empty.
func (x *xlsx) next() (rawRow, error) {
	for {
		kind, err := x.xml.next()
		if err == io.EOF {
			err = errXML // sheetData has not ended
		}
		if err != nil {
			return rawRow{}, unreadable(err)
		}
		switch {
		case kind == xmlEnd && x.xml.is("sheetData"):
			return rawRow{}, io.EOF
		case kind == xmlStart && x.xml.is("row"):
			if err := x.readRow(); err != nil {
				return rawRow{}, unreadable(err)
			}
			if x.rowErr != nil || slices.ContainsFunc(x.cells, func(s string) bool { return s != "" }) {
				return rawRow{line: x.row, cells: x.cells, err: x.rowErr}, nil
			}
		}
	}
}

// readRow reads from a row's start to its end, into cells and rowErr.
func (x *xlsx) readRow() error {
	x.row++
	if n := atoi(x.xml.attr("r")); n > 0 {
		x.row = n
	}
	x.cells, x.bytes, x.rowErr = x.cells[:0], 0, nil
	for {
		kind, err := x.xml.next()
		if err == io.EOF {
			err = errXML
		}
		switch {
		case err != nil:
			return err
		case kind == xmlEnd && x.xml.is("row"):
			return nil
		case kind == xmlStart && x.xml.is("c"):
			if err := x.readCell(); err != nil {
				return err
			}
		}
	}
}

// readCell reads from a cell's start to its end.
func (x *xlsx) readCell() error {
	column := columnOf(x.xml.attrBytes("r"))
	if column < 0 {
		column = len(x.cells)
	}
	kind := x.xml.attr("t")
	st := style{}
	if s := atoi(x.xml.attr("s")); s > 0 && s < len(x.styles) {
		st = x.styles[s]
	} else if len(x.styles) > 0 {
		st = x.styles[0]
	}
	if err := x.readValue(); err != nil {
		return err
	}
	if column >= MaxColumns {
		if len(x.xml.text) > 0 {
			x.fail(errs.New(errs.Invalid, "sheet.too_many_columns", "max", MaxColumns))
		}
		return nil
	}
	for len(x.cells) <= column {
		x.cells = append(x.cells, "")
	}
	x.cells[column] = x.value(column, kind, st)
	return nil
}

// readValue collects the text of the value that is in a cell, up to the cell's end.
func (x *xlsx) readValue() error {
	s := x.xml
	s.keep()
	s.collect = false
	phonetic := false
	for {
		tag, err := s.next()
		if err == io.EOF {
			err = errXML
		}
		switch {
		case err != nil:
			return err
		case s.is("rPh"):
			phonetic = tag == xmlStart
		case (s.is("v") || s.is("t")) && !phonetic:
			s.collect = tag == xmlStart
		case tag == xmlEnd && s.is("c"):
			s.collect = false
			return nil
		}
	}
}

// fail notes the first thing that is wrong with the row.
func (x *xlsx) fail(e *errs.Error) {
	if x.rowErr == nil {
		x.rowErr = e
	}
}

// value returns the collected value of a cell of the given type as text.
func (x *xlsx) value(column int, kind string, st style) string {
	if x.xml.tooLong {
		x.fail(cellTooLarge(column))
		return ""
	}
	raw := x.xml.text
	var text string
	switch kind {
	case "s":
		text = x.lookUp(column, raw)
	case "str", "inlineStr":
		if x.bytes += len(raw); x.bytes > maxRow {
			x.fail(rowTooLarge())
			return ""
		}
		text = unescapeControls(string(raw))
	case "b":
		return strconv.FormatBool(isTrue(string(raw)))
	case "e":
		text = string(raw)
		x.fail(errs.New(errs.Invalid, "sheet.cell_error", "column", columnLetter(column), "value", text))
	case "d":
		text = isoCell(string(raw))
	default:
		return x.number(string(raw), st)
	}
	if e := textFault(text, column); e != nil {
		x.fail(e)
	}
	return text
}

// lookUp returns the shared text whose number is written in raw.
func (x *xlsx) lookUp(column int, raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	i, err := strconv.Atoi(string(bytes.TrimSpace(raw)))
	if err != nil || i < 0 || i >= len(x.ends) {
		x.fail(errs.New(errs.Invalid, "sheet.cell_error", "column", columnLetter(column), "value", "?"))
		return ""
	}
	if x.tooLong[i] {
		x.fail(cellTooLarge(column))
	}
	return x.sharedText(i)
}

// textFault returns what makes a text unfit to be kept, or nil.
func textFault(text string, column int) *errs.Error {
	switch {
	case len(text) > MaxCell:
		return cellTooLarge(column)
	case strings.IndexByte(text, 0) >= 0:
		return errs.New(errs.Invalid, "sheet.nul", "column", columnLetter(column))
	case !utf8.ValidString(text):
		return errs.New(errs.Invalid, "sheet.encoding", "column", columnLetter(column))
	}
	return nil
}

// isoCell shortens a date with the time of midnight to the date.
func isoCell(s string) string {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "Z"), ".000")
	return strings.TrimSuffix(s, "T00:00:00")
}

// columnOf returns the index of the column in a reference such as "AB12", or −1.
func columnOf(ref []byte) int {
	n := 0
	for _, b := range ref {
		switch {
		case b >= 'a' && b <= 'z':
			b -= 'a' - 'A'
			fallthrough
		case b >= 'A' && b <= 'Z':
			if n = n*26 + int(b-'A') + 1; n > 1<<20 {
				return 1 << 20
			}
			continue
		}
		break
	}
	return n - 1
}
