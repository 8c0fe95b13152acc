package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"
)

// CheckFile reports what SQLite finds wrong in a database file, which nobody
// may have open: nothing if the list is empty.
func CheckFile(ctx context.Context, file string) ([]string, error) {
	c, err := openLiteConn(file, "", sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	list, err := c.integrity(ctx)
	return list, errors.Join(err, c.close())
}

// integrity asks SQLite to look through the whole database.
func (c *liteConn) integrity(ctx context.Context) ([]string, error) {
	c.watch(ctx)
	defer c.conn.SetInterrupt(nil)
	var list []string
	for _, query := range []string{`PRAGMA integrity_check(100)`, `PRAGMA foreign_key_check`} {
		st, _, err := c.conn.PrepareTransient(query)
		if err != nil {
			return nil, liteErr(err)
		}
		for {
			more, err := st.Step()
			if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultCorrupt {
				// So damaged that the looking itself can't go on.
				list = append(list, err.Error())
				_ = st.Finalize() // repeats the error
				return list, nil
			}
			if err != nil {
				return nil, errors.Join(liteErr(err), st.Finalize())
			}
			if !more {
				break
			}
			line := st.ColumnText(0)
			if st.ColumnCount() > 1 {
				line = fmt.Sprintf("%s: row %d refers to nothing in %s", line, st.ColumnInt64(1), st.ColumnText(2))
			}
			if line != "ok" && len(list) < 100 {
				list = append(list, line)
			}
		}
		if err := st.Finalize(); err != nil {
			return nil, liteErr(err)
		}
	}
	return list, nil
}

// Sound reports, before it is migrated, whether d is a database of this or of
// an older program: nil, or [ErrNoBackup] or [ErrNewer].
func (d *DB) Sound(ctx context.Context, modules ...Module) error {
	return d.Read(ctx, Who{}, func(tx *Tx) error {
		applied, err := tx.applied(ctx)
		if err != nil {
			return err
		}
		if len(applied) == 0 {
			return ErrNoBackup
		}
		return only(modules, slices.Sorted(maps.Keys(applied)))
	})
}

// Integrity looks through the whole database for damage, on a connection of
// its own while others work, and returns what is wrong. PostgreSQL watches
// over itself: there the list is always empty.
func (d *DB) Integrity(ctx context.Context) ([]string, error) {
	l, ok := d.back.(*lite)
	if !ok {
		return nil, nil
	}
	c, err := openLiteConn(l.path, `PRAGMA query_only = on;`, sqlite.OpenReadWrite|sqlite.OpenWAL)
	if err != nil {
		return nil, err
	}
	list, err := c.integrity(ctx)
	return list, errors.Join(err, c.close())
}

// Unused reports whether there is nothing at an address yet: no file, or no tables.
func Unused(ctx context.Context, address string) (bool, error) {
	if !isPostgres(address) {
		_, err := os.Stat(address)
		if errors.Is(err, fs.ErrNotExist) {
			return true, nil
		}
		return false, err
	}
	p, err := openPostgres(ctx, address)
	if err != nil {
		return false, err
	}
	defer p.close()
	s, err := p.begin(ctx, manner{})
	if err != nil {
		return false, err
	}
	defer s.rollback()
	var n int
	err = s.(*pgTx).conn.QueryRow(ctx, `SELECT COUNT(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`).Scan(&n)
	return n == 0, pgErr(err)
}

// splitURL returns the address of a server, and the name of the workspace's schema there.
func splitURL(address string) (*url.URL, string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, "", errors.New("the address of the database can't be read") // its text may hold a password
	}
	name := u.Query().Get("search_path")
	if name == "" {
		name = "akrab"
	}
	return u, name, nil
}

// Beside returns the address of the schema whose name is that of the one at
// address with end appended.
func Beside(address, end string) (string, error) {
	u, name, err := splitURL(address)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("search_path", name+end)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Replace makes the schema at fresh that at address, which may be empty or absent.
// A workspace that is there is kept under its name with "_old" at the end.
func Replace(ctx context.Context, address, fresh string) error {
	from, err := openPostgres(ctx, fresh)
	if err != nil {
		return err
	}
	defer from.close()
	to, err := openPostgres(ctx, address)
	if err != nil {
		return err
	}
	defer to.close()
	unused, err := Unused(ctx, address)
	if err != nil {
		return err
	}
	text := "BEGIN; DROP SCHEMA " + to.schema + " CASCADE; "
	if !unused {
		_, name, err := splitURL(address)
		if err != nil {
			return err
		}
		old := pgx.Identifier{name + "_old"}.Sanitize()
		text = "BEGIN; DROP SCHEMA IF EXISTS " + old + " CASCADE; ALTER SCHEMA " + to.schema + " RENAME TO " + old + "; "
	}
	text += "ALTER SCHEMA " + from.schema + " RENAME TO " + to.schema + "; COMMIT"
	conn, err := to.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err = conn.Conn().PgConn().Exec(ctx, text).ReadAll(); err != nil {
		_, _ = conn.Conn().PgConn().Exec(context.WithoutCancel(ctx), "ROLLBACK").ReadAll() // what failed is what is reported
	}
	return pgErr(err)
}

// Discard removes a schema of PostgreSQL with everything in it.
func Discard(ctx context.Context, address string) error {
	p, err := openPostgres(ctx, address)
	if err != nil {
		return err
	}
	defer p.close()
	_, err = p.pool.Exec(ctx, "DROP SCHEMA "+p.schema+" CASCADE")
	return pgErr(err)
}

// Busy reports whether another process has the SQLite file open, by trying to
// get it for oneself.
func Busy(file string) (bool, error) {
	c, err := openLiteConn(file, "PRAGMA busy_timeout = 200;", sqlite.OpenReadWrite)
	if err != nil {
		return false, err
	}
	// In WAL mode even a reader keeps others from leaving that mode.
	c.conn.SetBusyTimeout(200 * time.Millisecond)
	err = c.script(`PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = delete;`)
	busy := err != nil && sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy
	if busy {
		err = nil
	}
	return busy, errors.Join(err, c.close())
}

func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}
