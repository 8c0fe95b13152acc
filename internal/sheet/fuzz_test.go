package sheet_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// FuzzSheet reads anything: no input may panic, hang, or yield rows that a
// caller can't rely on.
func FuzzSheet(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"), "x.csv")
	f.Add([]byte("a;\"b\n\"\"c\";d\r\n\r\n1\n"), "")
	f.Add([]byte("\xff\xfea\x00,\x00b\x00\n\x00"), "")
	f.Add([]byte("caf\xe9\tna\xefve\n"), "x.tsv")
	f.Add([]byte("sep=|\n\"a\"b|\"\n"), "")
	f.Add([]byte(gzipped("a,b\r1,2\r")), "x.csv.gz")
	f.Add([]byte(archive(f, `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c t="b"><v>1</v></c></row></sheetData></worksheet>`,
		"xl/sharedStrings.xml", `<sst><si><t>a</t></si></sst>`)), "x.xlsx")
	f.Add([]byte(bytesOf(f, book(f, []any{"a", 1.5, true}))), "")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		sheet.Guess(data, name)
		r, err := sheet.Open(bytes.NewReader(data), name, nil)
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Errorf("Open fails with %v, which people don't understand", err)
			}
			return
		}
		defer r.Close()
		width, last := len(r.Header()), 0
		for {
			row, err := r.Next()
			if err != nil {
				if err != io.EOF && errs.KindOf(err) == errs.Internal {
					t.Errorf("Next fails with %v, which people don't understand", err)
				}
				return
			}
			if row.Err == nil && len(row.Cells) != width || len(row.Cells) < width || row.Line < last {
				t.Fatalf("row %+v of a table with %d columns, after line %d", row, width, last)
			}
			last = row.Line
		}
	})
}

// FuzzStrict compares with encoding/csv: what that accepts we read alike.
func FuzzStrict(f *testing.F) {
	f.Add("a,b\n1,2\n")
	f.Add("\"a\"\"b\",\r\n\"x\ny\",z")
	f.Add("a\n\n\"\"\n")
	f.Fuzz(func(t *testing.T, data string) {
		// A carriage return means different things to the two.
		if strings.ContainsAny(data, "\r\x00") || strings.HasPrefix(data, "\ufeff") || strings.HasPrefix(strings.ToLower(data), "sep=") {
			t.Skip()
		}
		want, err := csv.NewReader(strings.NewReader(data)).ReadAll()
		if err != nil || len(want) == 0 || len(want[0]) == 1 || strings.ToValidUTF8(data, "") != data {
			t.Skip()
		}
		if _, got := read(t, data, &plain); !cmp.Equal(want, got) {
			t.Error(cmp.Diff(want, got))
		}
	})
}
