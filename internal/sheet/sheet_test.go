package sheet_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// shared returns the path of test data that lies beside the checkout, and skips
// the test if it isn't there.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("no shared/data/%s beside the checkout", name)
		}
		dir = up
	}
}

// plain is a format that leaves nothing to guess.
var plain = sheet.Format{Kind: sheet.CSV, Encoding: "utf-8", Comma: ',', Decimal: '.', DateOrder: "dmy"}

// read returns the header and the rows of data. A row with an error ends with the error's key.
func read(t testing.TB, data string, f *sheet.Format) ([]string, [][]string) {
	t.Helper()
	r, err := sheet.Open(strings.NewReader(data), "", f)
	if err != nil {
		t.Fatalf("Open(%.60q) = %v", data, err)
	}
	defer r.Close()
	return r.Header(), rows(t, r)
}

func rows(t testing.TB, r *sheet.Reader) [][]string {
	t.Helper()
	list := [][]string{}
	for {
		row, err := r.Next()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatalf("Next() = %v", err)
		}
		if row.N != len(list)+1 {
			t.Errorf("row %d has number %d", len(list)+1, row.N)
		}
		cells := append([]string(nil), row.Cells...)
		if row.Err != nil {
			cells = append(cells, key(row.Err))
		}
		list = append(list, cells)
	}
}

// key returns the message key of an error for people.
func key(err error) string {
	for _, e := range errs.All(err) {
		return e.Key
	}
	return fmt.Sprint("not for people: ", err)
}
