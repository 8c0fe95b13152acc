// Package dbtest opens databases for tests, of both kinds.
package dbtest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/akrab-crm/akrab/internal/db"
)

// Now is the time at which every transaction of a test database starts,
// unless the test sets the database's clock.
var Now = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// Each runs f as a subtest on SQLite and on PostgreSQL, with a new, migrated
// database that is gone when the subtest ends. PostgreSQL is the server at
// AKRAB_TEST_POSTGRES (`make test` starts one); without it that subtest is skipped.
func Each(t *testing.T, modules []db.Module, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, open(t, filepath.Join(t.TempDir(), "test.db"), modules)) })
	t.Run("postgres", func(t *testing.T) { f(t, open(t, Postgres(t), modules)) })
}

// Open returns a new, migrated SQLite database, for tests and benchmarks in
// which the engine does not matter.
func Open(t testing.TB, modules ...db.Module) *db.DB {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "test.db"), modules)
}

// Postgres returns the URL of a new, empty schema that is gone when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	base := os.Getenv("AKRAB_TEST_POSTGRES")
	if base == "" {
		t.Skip("AKRAB_TEST_POSTGRES is not set; make test sets it")
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	name := "t" + strings.ToLower(rand.Text())
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	t.Cleanup(func() {
		ctx := context.Background()
		c, err := pgx.Connect(ctx, base)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close(ctx)
		if _, err := c.Exec(ctx, "DROP SCHEMA IF EXISTS "+name+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	return u.String()
}

func open(t testing.TB, url string, modules []db.Module) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	d.Now = func() time.Time { return Now }
	if err := d.Migrate(t.Context(), modules...); err != nil {
		t.Fatal(err)
	}
	return d
}
