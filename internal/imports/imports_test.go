package imports_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

var modules = []db.Module{
	outbox.Module, jobs.Module, search.Module, journal.Module, workspace.Module, team.Module, customers.Module, activity.Module,
	catalog.Module, orders.Module, imports.Module,
}

// each runs f on both engines.
func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		f(t, d)
	})
}

func open(t testing.TB) *db.DB {
	t.Helper()
	d := dbtest.Open(t, modules...)
	if err := search.Prepare(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

// shared returns the path of a file of the shared data, which stands beside
// the checkout, or skips the test.
func shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", "data", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("shared data %s is not here", name)
		}
		dir = up
	}
}

var importer = db.Who{User: ids.MustParse("01900000-0000-7000-8000-00000000abcd"), Name: "Rina"}

// start begins an import of text and fails the test if it can't be started.
func start(t testing.TB, d *db.DB, name string, r io.Reader, opt imports.Options) imports.Job {
	t.Helper()
	opt.Who = importer
	j, err := imports.Start(t.Context(), d, r, name, opt)
	if err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	return j
}

func begin(t testing.TB, d *db.DB, id ids.ID, dry bool) {
	t.Helper()
	err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
		_, err := imports.Begin(t.Context(), tx, id, dry)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs an import to its end.
func run(t testing.TB, d *db.DB, id ids.ID, dry bool) imports.Job {
	t.Helper()
	begin(t, d, id, dry)
	j, err := imports.Run(t.Context(), d, id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if j.State != imports.Done {
		t.Fatalf("import ended as %s: %v", j.State, j.Reason)
	}
	return j
}

// bring imports text and returns how it went. A dry run before it must count
// the same.
func bring(t testing.TB, d *db.DB, text string, opt imports.Options) imports.Job {
	t.Helper()
	return bringFile(t, d, "people.csv", strings.NewReader(text), opt)
}

func bringFile(t testing.TB, d *db.DB, name string, r io.Reader, opt imports.Options) imports.Job {
	t.Helper()
	j := start(t, d, name, r, opt)
	dry := run(t, d, j.ID, true)
	if !dry.Op.IsZero() {
		t.Errorf("%s: a dry run has an operation", name)
	}
	real := run(t, d, j.ID, false)
	if dry.Counts != real.Counts {
		t.Errorf("%s: the dry run counted %+v, then it was %+v", name, dry.Counts, real.Counts)
	}
	if real.Rows() != real.Place {
		t.Errorf("%s: %d rows, counted %+v", name, real.Place, real.Counts)
	}
	return real
}

// people returns all customers, by name.
func people(t testing.TB, d *db.DB) []customers.Customer {
	t.Helper()
	var list []customers.Customer
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
		all, err := db.List(t.Context(), tx, db.One[ids.ID], `SELECT id FROM customer ORDER BY name_key, id`)
		if err != nil {
			return err
		}
		list, err = customers.GetMany(t.Context(), tx, all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// only returns the one customer with that name.
func only(t testing.TB, d *db.DB, name string) customers.Customer {
	t.Helper()
	var found []customers.Customer
	for _, c := range people(t, d) {
		if c.Name == name {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d customers named %q", len(found), name)
	}
	return found[0]
}

func read(t testing.TB, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error { return f(t.Context(), tx) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestSimple(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		j := bring(t, d, "Nama,No HP,Surel,Kota\nBudi Santoso,0812-3045-7781,budi@example.co.id,Bandung\nSiti,,siti@example.co.id,Malang\n", imports.Options{})
		if j.Created != 2 || j.Rows() != 2 {
			t.Errorf("%+v", j.Counts)
		}
		c := only(t, d, "Budi Santoso")
		if c.Phone != "+6281230457781" || c.City != "Bandung" {
			t.Errorf("%+v", c)
		}
	})
}
