package imports_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/journal"
)

// counts are the numbers of created, updated, skipped, errors, warnings,
// duplicates and organizations.
func counts(j imports.Job) [7]int64 {
	c := j.Counts
	return [7]int64{c.Created, c.Updated, c.Skipped, c.Errors, c.Warnings, c.Duplicates, c.Organizations}
}

func TestEveryRowIsCountedOnce(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []string // files that are imported one after another; all but the last with the number as key
		opt   imports.Options
		want  [7]int64
	}{
		{"created", []string{"Nama,Surel\nBudi,b@x.id\nSiti,\n"}, imports.Options{}, [7]int64{2, 0, 0, 0, 0, 0, 0}},
		{"a bad birthday is left out, a bad address refuses the row", []string{
			"Nama,Surel,Tanggal Lahir\nBudi,b@x.id,19450699\nSiti,siti at x,\nTono,t@x.id,2-3-1980\n"}, imports.Options{}, [7]int64{2, 0, 0, 1, 1, 0, 0}},
		{"a bad telephone refuses the row", []string{"Nama,No HP\nBudi,0812 abc\nSiti,12\n"}, imports.Options{}, [7]int64{0, 0, 0, 2, 0, 0, 0}},
		{"what people write for nothing", []string{"Nama,No HP,Surel\nBudi,-,n/a\nNull,0,\n"}, imports.Options{}, [7]int64{2, 0, 0, 0, 0, 0, 0}},
		{"ragged rows", []string{"Nama,Surel,Kota\nBudi,b@x.id\nSiti,s@x.id,Malang,x\nTono,t@x.id,Solo\n"}, imports.Options{}, [7]int64{1, 0, 0, 2, 0, 0, 0}},
		{"empty rows, and rows of nobody", []string{"Nama,Surel,Kota\n,,\n,,Solo\nBudi,,Solo\n"}, imports.Options{}, [7]int64{1, 0, 1, 1, 0, 0, 0}},
		{"a number twice in one file", []string{"Kode Pelanggan,Nama\nP1,Budi\nP1,Siti\n"}, imports.Options{}, [7]int64{1, 0, 0, 1, 0, 0, 0}},
		{"a number that is there", []string{"Kode Pelanggan,Nama\nP1,Budi\n", "Kode Pelanggan,Nama\nP1,Siti\nP2,Siti\n"}, imports.Options{}, [7]int64{1, 0, 0, 1, 0, 0, 0}},
		{"upsert", []string{"Kode Pelanggan,Nama\nP1,Budi\nP2,Siti\n", "Kode Pelanggan,Nama,Kota\nP1,Budi,Solo\nP2,Siti,\nP3,Tono,\n"}, imports.Options{Keys: []string{"external_id"}}, [7]int64{1, 1, 1, 0, 0, 0, 0}},
		{"upsert, the later row of a key changes the earlier", []string{"Kode Pelanggan,Nama\nP1,Budi\nP1,Budiman\nP1,Budiman\n,Siti\n,Siti\n"}, imports.Options{Keys: []string{"external_id"}}, [7]int64{3, 1, 1, 0, 0, 1, 0}},
		{"create skips the known", []string{"Kode Pelanggan,Nama\nP1,Budi\n", "Kode Pelanggan,Nama\nP1,Siti\nP2,Tono\nP2,Tono\n"}, imports.Options{Keys: []string{"external_id"}, Mode: imports.Create}, [7]int64{1, 0, 2, 0, 0, 0, 0}},
		{"update skips the unknown", []string{"Kode Pelanggan,Nama\nP1,Budi\n", "Kode Pelanggan,Nama\nP1,Siti\nP2,Tono\n,Wati\n"}, imports.Options{Keys: []string{"external_id"}, Mode: imports.Update}, [7]int64{0, 1, 2, 0, 0, 0, 0}},
		{"a key of several customers", []string{"Kode Pelanggan,Nama,Surel\nP1,Budi,sama@x.id\nP2,Siti,SAMA@x.id\n", "Nama,Surel\nBudi,sama@x.id\n"}, imports.Options{Keys: []string{"email"}}, [7]int64{0, 0, 0, 1, 0, 0, 0}},
		{"two keys tell them apart", []string{"Kode Pelanggan,Nama,Surel\nP1,Budi,sama@x.id\nP2,Siti,sama@x.id\n", "Nama,Surel,Kota\nSITI,sama@x.id,Solo\nTono,sama@x.id,Solo\n"}, imports.Options{Keys: []string{"email", "name"}}, [7]int64{1, 1, 0, 0, 0, 1, 0}},
		{"by telephone, however written", []string{"Kode Pelanggan,Nama,No HP\nP1,Budi,0812-3045-7781\n", "Nama,No HP,Kota\nBudi,+62 812 3045 7781,Solo\n"}, imports.Options{Keys: []string{"phone"}}, [7]int64{0, 1, 0, 0, 0, 0, 0}},
		{"likely duplicates are created and counted", []string{"Kode Pelanggan,Nama,Surel,No HP\nP1,Budi Santoso,b@x.id,0812-3045-7781\n",
			"Nama,Surel,No HP\nX,B@X.id,\nY,,62812 3045 7781\nBapak Santoso Budi,,\nZ,,\nZ,,\n"}, imports.Options{}, [7]int64{5, 0, 0, 0, 0, 4, 0}},
		{"organisations are created once", []string{"Nama,Perusahaan,Jabatan\nBudi,PT Maju Jaya,Direktur\nSiti,\"Maju Jaya, PT\",Staf\nTono,CV Lain,\n"}, imports.Options{}, [7]int64{3, 0, 0, 0, 0, 0, 2}},
		{"an organisation with a row of its own", []string{"Nama,Perusahaan,Telepon\nBudi,PT Maju,\n,PT Maju,021 8350123\n,CV Lain,021 8350124\nSiti,CV Lain,\n"}, imports.Options{}, [7]int64{3, 1, 0, 0, 0, 0, 1}},
		{"unknown words", []string{"Nama,Jenis,Tahap,Suka Lewat\nBudi,orang,calon,surel\nSiti,robot,baru,sms\nTono,person,besok,burung\n"},
			imports.Options{Map: []byte(`{"Jenis":"kind","Tahap":"phase","Suka Lewat":"channel"}`)}, [7]int64{2, 0, 0, 1, 2, 0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB) {
				last := len(tt.steps) - 1
				for _, text := range tt.steps[:last] {
					bring(t, d, text, imports.Options{Keys: []string{"external_id"}})
				}
				if got := counts(bring(t, d, tt.steps[last], tt.opt)); got != tt.want {
					t.Errorf("counted %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestUpdateChangesOnlyWhatTheFileSays(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		bring(t, d, "Kode Pelanggan,Nama Depan,Nama Belakang,Surel,Label Surel,No HP,Kota,Kategori,Catatan,Tanggal Lahir\nP1,Budi,Santoso,b@x.id,kantor,0812-3045-7781,Solo,VIP;Grosir,Suka kopi,17-8-1980\n",
			imports.Options{Map: []byte(`{"Label Surel":"emails.1.label"}`)})
		before := only(t, d, "Budi Santoso")
		j := bring(t, d, "Kode Pelanggan,Nama Belakang,Surel,No HP,Kota,Kategori,Catatan\nP1,Hartono,baru@x.id,,,\"vip, Ecer\",\n", imports.Options{Keys: []string{"external_id"}})
		if got := counts(j); got != [7]int64{0, 1, 0, 0, 0, 0, 0} {
			t.Fatalf("counted %v", got)
		}
		c := only(t, d, "Budi Hartono")
		var emails, tags []string
		for _, e := range c.Emails {
			emails = append(emails, e.Value)
		}
		for _, tag := range c.Tags {
			tags = append(tags, tag.Value)
		}
		if !slices.Equal(emails, []string{"b@x.id", "baru@x.id"}) || !slices.Equal(tags, []string{"VIP", "Grosir", "Ecer"}) || c.Emails[0].Label != "work" {
			t.Errorf("lists: %v %v", emails, tags)
		}
		if c.Email != "b@x.id" || len(c.Phones) != 1 || c.City != "Solo" || c.Remember != "Suka kopi" || c.Birthday != "1980-08-17" || c.ID != before.ID {
			t.Errorf("not kept: %+v", c)
		}
		j = bring(t, d, "Kode Pelanggan,Catatan,Tanggal Lahir,Surel\nP1,,,\n", imports.Options{Keys: []string{"external_id"}, Erase: true})
		c = only(t, d, "Budi Hartono")
		if j.Updated != 1 || c.Remember != "" || c.Birthday != "" || len(c.Emails) != 2 {
			t.Errorf("an empty cell shall erase: %+v %q %q", counts(j), c.Remember, c.Birthday)
		}
	})
}

func TestOrganizationsAreLinked(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		bring(t, d, "Nama,Perusahaan,Jabatan,Departemen\nBudi,PT Maju Jaya,Direktur,Pembelian\nSiti,Maju Jaya,Staf,\n", imports.Options{})
		firm := only(t, d, "PT Maju Jaya")
		if firm.Kind != customers.Organization {
			t.Errorf("kind %s", firm.Kind)
		}
		c := only(t, d, "Budi")
		if len(c.Relations) != 1 || c.Relations[0].Other != firm.ID || c.Relations[0].Title != "Direktur" || c.Relations[0].Department != "Pembelian" || !c.Relations[0].Primary {
			t.Errorf("relations %+v", c.Relations)
		}
		if s := only(t, d, "Siti"); len(s.Relations) != 1 || s.Relations[0].Other != firm.ID {
			t.Errorf("relations %+v", s.Relations)
		}
	})
}

func TestStartRefuses(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	for _, tt := range []struct {
		text       string
		opt        imports.Options
		field, key string
	}{
		{"", imports.Options{}, "", "sheet.empty"},
		{"Nama\nBudi\n", imports.Options{Kind: "tickets"}, "kind", "import.unknown_kind"},
		{"Nama\nBudi\n", imports.Options{Keys: []string{"shoe"}}, "key", "import.key.unknown"},
		{"Nama\nBudi\n", imports.Options{Keys: []string{"email"}}, "key", "import.key.column"},
		{"Nama\nBudi\n", imports.Options{Map: []byte(`{"Nama":"nickname"}`)}, "map", "import.map.nothing"},
		{"Nama\nBudi\n", imports.Options{Map: []byte(`{"Nama":"shoe"}`)}, "map", "import.map.field"},
		{"Nama\nBudi\n", imports.Options{Mode: "destroy"}, "mode", "error.choice"},
		{"Nama\n" + strings.Repeat("Budi\n", 1000), imports.Options{MaxBytes: 1000}, "", "import.too_large"},
	} {
		_, err := imports.Start(ctx, d, strings.NewReader(tt.text), "x.csv", tt.opt)
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Field != tt.field || e.Key != tt.key {
			t.Errorf("Start(%.20q, %+v): %v, want %s %s", tt.text, tt.opt, err, tt.field, tt.key)
		}
	}
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Get(ctx, tx, db.One[int], `SELECT (SELECT COUNT(*) FROM import_job) + (SELECT COUNT(*) FROM import_chunk)`)
		if n != 0 {
			t.Errorf("%d rows are left of refused files", n)
		}
		return err
	})
}

// undo takes an operation back.
func undo(t *testing.T, d *db.DB, op ids.ID) journal.Operation {
	t.Helper()
	u, err := journal.Undo(t.Context(), d, importer, op, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUndoOfAnImport(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		bring(t, d, "Kode Pelanggan,Nama,Surel,Kota\nP1,Budi,b@x.id,Solo\nP2,Siti,,Malang\nP3,Tono,,\n", imports.Options{})
		before := dump(t, d)
		j := bring(t, d, "Kode Pelanggan,Nama,Surel,Perusahaan,Tanggal Lahir\nP1,Budiman,b2@x.id,PT Maju,17-8-1980\nP2,Siti,s@x.id,PT Maju,x\nP9,Wati,w@x.id,PT Maju,\n", imports.Options{Keys: []string{"external_id"}})
		if got := counts(j); got != [7]int64{1, 2, 0, 0, 1, 0, 1} {
			t.Fatalf("counted %v", got)
		}
		undo(t, d, j.Op)
		if after := dump(t, d); after != before {
			t.Errorf("after the undo:\n%s\nbefore the import:\n%s", after, before)
		}
	})
}

func TestUndoKeepsWhatSomebodyEditedSince(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		bring(t, d, "Kode Pelanggan,Nama,Catatan\nP1,Budi,lama\nP2,Siti,lama\n", imports.Options{})
		j := bring(t, d, "Kode Pelanggan,Nama,Catatan\nP1,Budiman,baru\nP2,Sitii,baru\nP3,Wati,baru\nP4,Joko,baru\n", imports.Options{Keys: []string{"external_id"}})
		edit := func(name string, change func(c *customers.Customer)) {
			t.Helper()
			id := only(t, d, name).ID
			err := d.Write(ctx, db.Op{Why: "customer.update"}, func(tx *db.Tx) error {
				_, err := customers.Update(ctx, tx, id, 0, func(c *customers.Customer) error { change(c); return nil })
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		edit("Budiman", func(c *customers.Customer) { c.Remember = "dari Rina" })
		edit("Wati", func(c *customers.Customer) { c.Nickname = "Wa" })
		u := undo(t, d, j.Op)
		var got []string
		for _, c := range people(t, d) {
			got = append(got, c.Name+" "+c.Remember)
		}
		// Budi's note was edited since and stays; his name goes back. Wati was
		// edited since and stays; Joko goes.
		if want := []string{"Budi dari Rina", "Siti lama", "Wati baru"}; !slices.Equal(got, want) {
			t.Errorf("after the undo %q, want %q", got, want)
		}
		if len(u.Kept) != 2 {
			t.Errorf("kept %+v", u.Kept)
		}
	})
}

// dump writes all business rows, without revisions and operations.
func dump(t *testing.T, d *db.DB) string {
	t.Helper()
	var b strings.Builder
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		for _, c := range people(t, d) {
			c.Rev = 0
			fmt.Fprintf(&b, "%+v\n", c)
		}
		return nil
	})
	return b.String()
}

func TestRepair(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		before := dump(t, d)
		j := start(t, d, "p.csv", strings.NewReader("Nama,Surel,Tanggal Lahir,Kota\nBudi,b at x.id,17-8-1980,Solo\nSiti,s@x.id,31-2-1990,Malang\nTono,t@x.id,,\n"), imports.Options{})
		j = run(t, d, j.ID, false)
		if got := counts(j); got != [7]int64{2, 0, 0, 1, 1, 0, 0} {
			t.Fatalf("counted %v", got)
		}
		var rows []imports.Row
		read(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
			rows, err = imports.Problems(ctx, tx, j.ID, 0, 10)
			return err
		})
		if len(rows) != 2 || rows[0].State != "refused" || rows[0].Problems[0].Column != 1 || rows[0].Problems[0].Value != "b at x.id" || rows[0].Line != 2 ||
			rows[1].State != "incomplete" || rows[1].Problems[0].Code != "date.invalid" || rows[1].Problems[0].Column != 2 {
			t.Fatalf("problems %+v", rows)
		}

		still, err := imports.Repair(ctx, d, importer, j.ID, 1, []string{"Budi", "b at", "17-8-1980", "Solo"})
		if err != nil || !still.Open() || still.Cells[1] != "b at" {
			t.Fatalf("still wrong: %+v, %v", still, err)
		}
		done, err := imports.Repair(ctx, d, importer, j.ID, 1, []string{"Budi", "b@x.id", "17-8-1980", "Solo"})
		if err != nil || done.Open() || done.Record.IsZero() {
			t.Fatalf("repaired: %+v, %v", done, err)
		}
		if c := only(t, d, "Budi"); c.Email != "b@x.id" || c.Birthday != "1980-08-17" || c.ID != done.Record {
			t.Errorf("repaired: %+v", c)
		}
		// Somebody changed Siti since: only the birthday is taken.
		siti := only(t, d, "Siti")
		err = d.Write(ctx, db.Op{Why: "customer.update"}, func(tx *db.Tx) error {
			_, err := customers.Update(ctx, tx, siti.ID, 0, func(c *customers.Customer) error { c.Name = "Siti Aminah"; return nil })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if done, err = imports.Repair(ctx, d, importer, j.ID, 2, []string{"Siti", "s@x.id", "28-2-1990", "Malang"}); err != nil || done.Open() {
			t.Fatalf("completed: %+v, %v", done, err)
		}
		if c := only(t, d, "Siti Aminah"); c.Birthday != "1990-02-28" {
			t.Errorf("completed: %+v", c)
		}
		if _, err := imports.Repair(ctx, d, importer, j.ID, 2, []string{"Siti", "s@x.id", "", ""}); errs.KindOf(err) != errs.Conflict {
			t.Errorf("repaired twice: %v", err)
		}
		read(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
			j, err = imports.Get(ctx, tx, j.ID)
			if got := counts(j); got != [7]int64{3, 0, 0, 0, 0, 0, 0} || j.Rows() != 3 {
				t.Errorf("counted %v after the repairs", got)
			}
			return err
		})
		// Siti's new name is somebody else's, so she stays; all that the import
		// and its repairs brought goes.
		undo(t, d, j.Op)
		if list := people(t, d); len(list) != 1 || list[0].Name != "Siti Aminah" {
			t.Errorf("after the undo: %+v; before: %s", list, before)
		}
		if _, err := imports.Repair(ctx, d, importer, j.ID, 1, []string{"Budi", "", "", ""}); errs.KindOf(err) != errs.Conflict {
			t.Errorf("repaired after the undo: %v", err)
		}
	})
}

func TestMendBeforeTheImport(t *testing.T) {
	d := open(t)
	j := start(t, d, "p.csv", strings.NewReader("Nama,Surel\nBudi,b at x.id\nSiti,s at x.id\n"), imports.Options{})
	if dry := run(t, d, j.ID, true); dry.Errors != 2 {
		t.Fatalf("counted %v", counts(dry))
	}
	row, err := imports.Repair(t.Context(), d, importer, j.ID, 1, []string{"Budi", "b@x.id"})
	if err != nil || row.Open() {
		t.Fatalf("%+v, %v", row, err)
	}
	if dry := run(t, d, j.ID, true); counts(dry) != [7]int64{1, 0, 0, 1, 0, 0, 0} {
		t.Errorf("dry run after the repair: %v", counts(dry))
	}
	if real := run(t, d, j.ID, false); counts(real) != [7]int64{1, 0, 0, 1, 0, 0, 0} {
		t.Errorf("counted %v", counts(real))
	}
	only(t, d, "Budi")
}

func TestDownloadedProblemsComeIn(t *testing.T) {
	d := open(t)
	text := "Nama,Surel,Catatan\nBudi,b at x.id,=1+1\nSiti,s@x.id,ok\n\"Tono \"\"x\"\"\",t at x.id,\"a, b\nc\"\n"
	j := start(t, d, "p.csv", strings.NewReader(text), imports.Options{})
	j = run(t, d, j.ID, false)
	var out bytes.Buffer
	say := func(p imports.Problem) string { return p.Code }
	if err := imports.WriteProblems(t.Context(), d, j.ID, &out, false, say); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), ",=1+1") || !strings.Contains(out.String(), "mailaddr.invalid") {
		t.Errorf("download:\n%s", out.String())
	}
	j = bring(t, d, strings.ReplaceAll(out.String(), " at x.id", "@x.id"), imports.Options{})
	if got := counts(j); got != [7]int64{2, 0, 0, 0, 0, 0, 0} {
		t.Errorf("counted %v of\n%s", got, out.String())
	}
	if c := only(t, d, "Budi"); c.Remember != "=1+1" || c.Email != "b@x.id" {
		t.Errorf("%+v", c)
	}
	if c := only(t, d, `Tono "x"`); c.Remember != "a, b\nc" {
		t.Errorf("%q", c.Remember)
	}
}

func TestConfigure(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	text := "Nama;Tgl Lahir;Kota\nJos\xe9;03/04/1980;Solo\nZo\xeb;05/06/1981;Malang\n"
	j := start(t, d, "p.csv", strings.NewReader(text), imports.Options{})
	if j.Format.Encoding != "windows-1252" && j.Format.Encoding != "iso-8859-1" || j.Format.Comma != ';' {
		t.Fatalf("guessed %+v", j.Format)
	}
	p, err := j.Preview(ctx, d, 5)
	if err != nil || len(p.Rows) != 2 || p.Drafts[0].Name != "José" || p.Columns[2].Target.String() != "addresses.1.city" {
		t.Fatalf("preview %+v, %v", p, err)
	}
	f := j.Format
	f.DateOrder = "mdy"
	set := j.Settings
	set.Map = imports.Mapping{"Nama": "name", "Tgl Lahir": "birthday", "Kota": ""}
	if j, err = imports.Configure(ctx, d, j.ID, &f, set); err != nil || j.State != imports.Mapped {
		t.Fatal(j, err)
	}
	j = run(t, d, j.ID, false)
	if c := only(t, d, "José"); c.Birthday != "1980-03-04" || c.City != "" {
		t.Errorf("%+v", c)
	}
	if _, err := imports.Configure(ctx, d, j.ID, nil, set); errs.KindOf(err) != errs.Conflict {
		t.Errorf("changed after it ran: %v", err)
	}
	again := start(t, d, "q.csv", strings.NewReader(text), imports.Options{Recall: true})
	if again.Map["Kota"] != "" || again.Map["Nama"] != "name" {
		t.Errorf("not remembered: %v", again.Map)
	}
	bad := again.Format
	bad.Comma = '"'
	if _, err := imports.Configure(ctx, d, again.ID, &bad, set); errs.KindOf(err) != errs.Invalid {
		t.Errorf("an impossible format: %v", err)
	}
	if _, err := imports.Configure(ctx, d, again.ID, nil, imports.Settings{Map: imports.Mapping{"Nama": "nope"}, Mode: imports.Create}); errs.KindOf(err) != errs.Invalid {
		t.Errorf("an unknown field: %v", err)
	}
}

func TestCancel(t *testing.T) {
	d := open(t)
	var text strings.Builder
	text.WriteString("Nama\n")
	for i := range 3000 {
		fmt.Fprintf(&text, "Budi %d\n", i)
	}
	j := start(t, d, "p.csv", strings.NewReader(text.String()), imports.Options{})
	begin(t, d, j.ID, false)
	cancelled := false
	j, err := imports.Run(t.Context(), d, j.ID, func(j imports.Job) {
		if !cancelled && j.State == imports.Running {
			cancelled = true
			if _, err := imports.Cancel(t.Context(), d, j.ID); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || j.State != imports.Cancelled || j.Created == 0 || j.Created == 3000 {
		t.Fatalf("%+v, %v", j, err)
	}
	if n := len(people(t, d)); int64(n) != j.Created {
		t.Errorf("%d customers, %d counted", n, j.Created)
	}
	undo(t, d, j.Op)
	if n := len(people(t, d)); n != 0 {
		t.Errorf("%d customers after the undo", n)
	}
	if _, err := imports.Cancel(t.Context(), d, j.ID); errs.KindOf(err) != errs.Conflict {
		t.Errorf("cancelled twice: %v", err)
	}
}
