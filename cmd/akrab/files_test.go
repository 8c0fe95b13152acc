package main

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/sheet"
)

// sharedFile returns a file of the shared data, or skips the test.
func sharedFile(t *testing.T, name string) string {
	t.Helper()
	dir, ok := findShared()
	if !ok {
		t.Skip("the shared data are not beside this checkout")
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// TestFilesOfPrograms imports what telephones and mail programs export. A dry
// run counts what the import then does, and the undo of all leaves nothing.
func TestFilesOfPrograms(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		var list []string
		for _, pattern := range []string{"contact-csv/*.csv", "vcard/ez-vcard/*.vcf"} {
			found, err := filepath.Glob(sharedFile(t, pattern))
			if err != nil || len(found) == 0 {
				t.Fatalf("no files %s: %v", pattern, err)
			}
			list = append(list, found...)
		}
		akrab(t, "token", "create", "--name", "x", "--role", "viewer", at) // makes the workspace
		before := export(t, at)
		var ops []string
		for _, name := range list {
			dry := decode[summary](t, akrab(t, "import", "customers", name, "--dry-run", "--json", at))
			got := decode[summary](t, akrab(t, "import", "customers", name, "--json", at))
			if got.State != "done" || got.Created == 0 || got.Errors > 0 || got.Created != got.Rows {
				t.Errorf("%s: %+v", filepath.Base(name), got)
			}
			if dry.counts() != got.counts() || dry.Warnings != got.Warnings {
				t.Errorf("%s: the dry run counted %+v, the import %+v", filepath.Base(name), dry, got)
			}
			ops = append(ops, got.Operation)
		}
		akrab(t, "check", at)
		for i := len(ops) - 1; i >= 0; i-- {
			akrab(t, "undo", ops[i], at)
		}
		alike(t, "after the undos", export(t, at), before)
	})
}

// TestFiveThousandPeople imports them as CSV, as gzipped CSV and as XLSX,
// which is all the same.
func TestFiveThousandPeople(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		source := sharedFile(t, "dedupe/febrl/dataset2.csv")
		at := fresh()
		want := [5]int{5000, 5000, 0, 0, 0}
		dry := decode[summary](t, akrab(t, "import", "customers", source, "--key", "external_id", "--dry-run", "--json", at))
		got := bring(t, at, source)
		if got.counts() != want || got.Warnings != 10 || dry.counts() != want || dry.Warnings != 10 {
			t.Errorf("counted %+v, the dry run %+v", got, dry)
		}
		whole := export(t, at)
		for _, f := range []struct {
			name  string
			write func(w io.Writer, text string) error
		}{{"people.csv.gz", gzipped}, {"people.xlsx", asXLSX}} {
			name := filepath.Join(t.TempDir(), f.name)
			text, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			out, err := os.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.write(out, string(text)); err != nil {
				t.Fatal(err)
			}
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
			if again := bring(t, at, name); again.counts() != [5]int{5000, 0, 0, 5000, 0} {
				t.Errorf("%s, again: %+v", f.name, again)
			}
		}
		alike(t, "after the same again", export(t, at), whole)
	})
}

func gzipped(w io.Writer, text string) error {
	z := gzip.NewWriter(w)
	if _, err := io.WriteString(z, text); err != nil {
		return err
	}
	return z.Close()
}

func asXLSX(w io.Writer, text string) error {
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace, r.FieldsPerRecord = true, -1
	rows, err := r.ReadAll()
	if err != nil {
		return err
	}
	x := sheet.NewXLSX(w, sheet.XLSXOptions{})
	for _, row := range rows {
		if err := x.Write(row); err != nil {
			return err
		}
	}
	return x.Close()
}
