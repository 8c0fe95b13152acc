package db

import (
	"context"
	"errors"
)

// Unindexed runs fill, which writes most rows of a table anew, while the table
// has no indexes but those that keep something unique, and makes the others
// afterwards from what is there then. An index on what has no order among rows
// is otherwise written over and over: SQLite, with few pages in memory, wrote
// thirty times as much. Until the end, statements that read the table are
// slow; to make an index of a million rows holds other writers for about two
// seconds. What a process that dies leaves undone, the next Unindexed or
// [DB.Migrate] does. PostgreSQL needs none of this: there it only runs fill.
func (d *DB) Unindexed(ctx context.Context, table stmt, fill func(context.Context) error) error {
	if _, ok := d.back.(*lite); !ok {
		return fill(ctx)
	}
	err := d.Write(ctx, Op{Background: true}, func(tx *Tx) error { return tx.dropIndexes(ctx, string(table)) })
	if err != nil {
		return err
	}
	return errors.Join(fill(ctx), d.restoreIndexes(ctx))
}

// dropIndexes removes the indexes of a table that keep nothing unique, and
// remembers them.
func (tx *Tx) dropIndexes(ctx context.Context, table string) error {
	names, err := List(ctx, tx, One[string], `
		SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql LIKE 'CREATE INDEX %'`, table)
	if err != nil {
		return err
	}
	for _, name := range names {
		_, err := tx.Exec(ctx, `INSERT INTO index_due (name, sql) SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name = $1`, name)
		if err != nil {
			return err
		}
		if err := tx.script(ctx, `DROP INDEX `+name); err != nil {
			return err
		}
	}
	return nil
}

// restoreIndexes makes the indexes that are missing, each for itself, so that
// others write in between.
func (d *DB) restoreIndexes(ctx context.Context) error {
	for {
		more := false
		err := d.Write(ctx, Op{Background: true, Lazy: true}, func(tx *Tx) (err error) { more, err = tx.restoreIndex(ctx); return err })
		if err != nil || !more {
			return err
		}
	}
}

// restoreIndex makes one index that is missing; false if there is none.
func (tx *Tx) restoreIndex(ctx context.Context) (bool, error) {
	type index struct{ name, sql string }
	i, ok, err := Find(ctx, tx, func(s Scanner, i *index) error { return s.Scan(&i.name, &i.sql) }, `SELECT name, sql FROM index_due ORDER BY name LIMIT 1`)
	if !ok || err != nil {
		return false, err
	}
	if err := tx.script(ctx, i.sql); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `DELETE FROM index_due WHERE name = $1`, i.name)
	return true, err
}
