package imports_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/sheet"
)

func TestHostileNamesAreKeptVerbatim(t *testing.T) {
	data, err := os.ReadFile(shared(t, "security/blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write([]string{"Kode Pelanggan", "Nama", "Catatan"})
	refused := int64(0)
	for i, s := range list {
		_ = w.Write([]string{fmt.Sprintf("K%04d", i), s, s})
		if utf8.RuneCountInString(strings.TrimSpace(s)) > 300 || strings.Contains(s, "\x00") || !utf8.ValidString(s) {
			refused++
			continue
		}
		want[strings.TrimSpace(s)]++
	}
	w.Flush()
	each(t, func(t *testing.T, d *db.DB) {
		j := bring(t, d, text.String(), imports.Options{})
		if j.Created != int64(len(list))-refused || j.Errors != refused {
			t.Errorf("counted %v of %d, %d too long: %+v", counts(j), len(list), refused, problems(t, d, j))
		}
		got := map[string]int{}
		for _, c := range people(t, d) {
			got[c.Name]++
			if c.Remember != c.Name && c.Name != "" {
				t.Errorf("note %q, name %q", c.Remember, c.Name)
			}
		}
		for s, n := range want {
			// encoding/csv reads and writes \r\n as \n.
			if got[s] != n && got[strings.ReplaceAll(s, "\r\n", "\n")] != n {
				t.Errorf("%q is there %d times, want %d", s, got[s], n)
			}
		}
	})
}

func TestHostileEmailAddresses(t *testing.T) {
	for file, good := range map[string]bool{"fuzzdb_valid-email-addresses.txt": true, "fuzzdb_invalid-email-addresses.txt": false} {
		data, err := os.ReadFile(shared(t, "security/"+file))
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		w := csv.NewWriter(&text)
		_ = w.Write([]string{"Nama", "E-mail"})
		n := int64(0)
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				_ = w.Write([]string{fmt.Sprintf("N %d", n), line})
				n++
			}
		}
		w.Flush()
		d := open(t)
		j := bring(t, d, text.String(), imports.Options{Map: []byte(`{"E-mail":"email"}`)})
		if share := float64(j.Created) / float64(n); good && share < 0.8 || !good && share > 0.4 {
			t.Errorf("%s: %d of %d came in", file, j.Created, n)
		}
	}
}

func TestFormulasAreTextInAndHarmlessOut(t *testing.T) {
	data, err := os.ReadFile(shared(t, "security/csv-injection.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write([]string{"Nama", "Surel", "Catatan"})
	var lines []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
			_ = w.Write([]string{"X", "no mail", line})
		}
	}
	w.Flush()
	d := open(t)
	j := bring(t, d, text.String(), imports.Options{Map: []byte(`{"Surel":"email"}`)})
	if j.Errors != int64(len(lines)) {
		t.Fatalf("counted %v", counts(j))
	}
	var out bytes.Buffer
	if err := imports.WriteProblems(t.Context(), d, j.ID, &out, true, func(p imports.Problem) string { return p.Code }); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
				t.Errorf("a spreadsheet runs %q", cell)
			}
		}
	}
	fixed := strings.ReplaceAll(out.String(), "no mail", "")
	if j = bring(t, d, fixed, imports.Options{}); j.Created != int64(len(lines)) {
		t.Fatalf("counted %v", counts(j))
	}
	got := map[string]bool{}
	for _, c := range people(t, d) {
		got[c.Remember] = true
	}
	for _, line := range lines {
		if !got[line] {
			t.Errorf("%q came back otherwise", line)
		}
	}
}

// zeros is an endless cell.
type zeros struct{ b byte }

func (z zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = z.b
	}
	return len(p), nil
}

func TestHugeCellIsRefusedWithoutBeingHeld(t *testing.T) {
	// 2 GB in a cell, zipped as it would be sent; a sixteenth of it in a quick test.
	size := int64(2 << 30)
	if testing.Short() || os.Getenv("AKRAB_TEST_HUGE") == "" {
		size /= 16
	}
	var zipped bytes.Buffer
	gz := gzip.NewWriter(&zipped)
	fmt.Fprint(gz, "Nama,Surel,Catatan\nBudi,b@x.id,ok\nSiti,s@x.id,\"")
	if _, err := io.CopyN(gz, zeros{'x'}, size); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(gz, "\"\nTono,t@x.id,ok\n")
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	d := open(t)
	j := start(t, d, "p.csv.gz", bytes.NewReader(zipped.Bytes()), imports.Options{})
	begin(t, d, j.ID, false)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	j, err := imports.Run(t.Context(), d, j.ID, nil)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if j.State != imports.Done || j.Created != 2 || j.Errors != 1 {
		t.Errorf("%s %v %v: %v", j.State, counts(j), j.Reason, len(problems(t, d, j)))
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 100<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

func TestBombsAndRubbishAreRefused(t *testing.T) {
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	for name, text := range map[string]string{
		"[Content_Types].xml": `<Types/>`, "_rels/.rels": `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook><sheets><sheet name="A" r:id="b"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="b" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
	} {
		w, _ := z.Create(name)
		fmt.Fprint(w, text)
	}
	w, _ := z.Create("xl/worksheets/sheet1.xml")
	fmt.Fprint(w, "<worksheet><sheetData>")
	if _, err := io.CopyN(w, zeros{' '}, 128<<20); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	d := open(t)
	for name, file := range map[string][]byte{
		"bomb.xlsx": bomb.Bytes(), "broken.xlsx": bomb.Bytes()[:1000], "page.csv": []byte("<!DOCTYPE html><html><body>no table</body></html>"),
		"broken.gz": []byte("\x1f\x8b\x08\x00rubbish"), "empty.csv": nil, "cards.vcf": []byte("BEGIN:NOTHING\n"),
		"old.xls": []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)),
	} {
		j, err := imports.Start(t.Context(), d, bytes.NewReader(file), name, imports.Options{})
		if errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.TooLarge {
			t.Errorf("%s: %v %v", name, j.State, err)
		}
	}
	// An archive that is cut off is noticed only on the way: what came before stays.
	var zipped bytes.Buffer
	gz := gzip.NewWriter(&zipped)
	if err := writePeople(gz, 4000); err != nil {
		t.Fatal(err)
	}
	gz.Close()
	j := start(t, d, "cut.csv.gz", bytes.NewReader(zipped.Bytes()[:zipped.Len()*3/4]), imports.Options{})
	begin(t, d, j.ID, false)
	j, err := imports.Run(t.Context(), d, j.ID, nil)
	if err != nil || j.State != imports.Failed || j.Reason == nil || j.Reason.Key != "sheet.unreadable" || j.Created == 0 {
		t.Fatalf("%s %v %v %v", j.State, j.Reason, counts(j), err)
	}
	undo(t, d, j.Op)
	if n := len(people(t, d)); n != 0 {
		t.Errorf("%d customers after the undo", n)
	}
}

func TestRubbishBetweenGoodRows(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		text := "Nama,Surel,Catatan\n" +
			"Budi,b@x.id,ok\n" +
			"Siti,\"s@x.id,never closed\n" +
			"Tono,t@x.id,\"a \"quote\" inside\"\n" +
			"Nul\x00a,n@x.id,x\n" +
			"Bad\xff\xfe,u@x.id,x\n" +
			strings.Repeat(",", 5000) + "\n" +
			"Wati,w@x.id,ok\n"
		j := bring(t, d, text, imports.Options{})
		var names []string
		for _, c := range people(t, d) {
			names = append(names, c.Name)
		}
		if !slices.Contains(names, "Budi") || !slices.Contains(names, "Wati") || j.Errors < 3 {
			t.Errorf("%v: %v", names, counts(j))
		}
	})
}

func TestJobsRunAndReviveImports(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		r := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
		imports.Register(r, d)
		j := start(t, d, "p.csv", strings.NewReader(crowd(600)), imports.Options{})
		err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			j, err := imports.Begin(ctx, tx, j.ID, false)
			if err != nil {
				return err
			}
			return imports.Queue(ctx, tx, &j)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		state := func() imports.Job {
			read(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
				j, err = imports.Get(ctx, tx, j.ID)
				return err
			})
			return j
		}
		if state().State != imports.Done || j.Created == 0 {
			t.Errorf("%+v", j)
		}

		// A command that was killed leaves an import that nobody runs.
		j = start(t, d, "q.csv", strings.NewReader("Nama\nWati\n"), imports.Options{})
		begin(t, d, j.ID, false)
		if err := imports.Revive(ctx, d); err != nil {
			t.Fatal(err)
		}
		if err := r.Drain(ctx); err != nil || state().State != imports.Running {
			t.Errorf("revived too early: %s, %v", j.State, err)
		}
		now := d.Now()
		d.Now = func() time.Time { return now.Add(time.Minute) }
		if err := imports.Revive(ctx, d); err != nil {
			t.Fatal(err)
		}
		if err := r.Drain(ctx); err != nil || state().State != imports.Done {
			t.Errorf("not revived: %s, %v", j.State, err)
		}

		d.Now = func() time.Time { return now.Add(40 * 24 * time.Hour) }
		if err := imports.Purge(ctx, d); err != nil {
			t.Fatal(err)
		}
		read(t, d, func(ctx context.Context, tx *db.Tx) error {
			n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM import_chunk`)
			if n != 0 {
				t.Errorf("%d chunks of old files are left", n)
			}
			return err
		})
		if state(); j.Created != 1 {
			t.Errorf("the import itself was forgotten: %+v", j)
		}
	})
}

func TestBrokenUploadLeavesNothing(t *testing.T) {
	d := open(t)
	broken := io.MultiReader(strings.NewReader("Nama\nBudi\n"+strings.Repeat("x", 3<<20)), errReader{})
	if _, err := imports.Start(t.Context(), d, broken, "p.csv", imports.Options{}); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Get(ctx, tx, db.One[int], `SELECT (SELECT COUNT(*) FROM import_job) + (SELECT COUNT(*) FROM import_chunk)`)
		if n != 0 {
			t.Errorf("%d rows are left", n)
		}
		return err
	})
}

var errBroken = errors.New("the line broke")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errBroken }

func TestExcel(t *testing.T) {
	var file bytes.Buffer
	x := sheet.NewXLSX(&file, sheet.XLSXOptions{})
	_ = x.Write([]string{"Nama", "No HP", "Tanggal Lahir", "Kode Pos"})
	_ = x.WriteCells([]sheet.Cell{{Text: "Budi"}, {Text: "81230457781", Type: sheet.Number}, {Text: "1980-08-17", Type: sheet.Date}, {Text: "40115"}})
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	d := open(t)
	j := bringFile(t, d, "p.xlsx", bytes.NewReader(file.Bytes()), imports.Options{})
	c := only(t, d, "Budi")
	if j.Created != 1 || c.Phone != "+6281230457781" || c.Birthday != "1980-08-17" || c.Addresses[0].Postcode != "40115" {
		t.Errorf("%v %+v", counts(j), c)
	}
}
