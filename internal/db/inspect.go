package db

import (
	"context"

	"github.com/akrab-crm/akrab/internal/ids"
)

// A ForeignKey is a column of Table that holds the id of a row of Target.
type ForeignKey struct{ Table, Column, Target string }

// ForeignKeys returns all foreign keys of the schema.
func (tx *Tx) ForeignKeys(ctx context.Context) ([]ForeignKey, error) {
	query := stmt(`
		SELECT m.name, f."from", f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' ORDER BY 1, 2`)
	if tx.Engine() == Postgres {
		query = `
			SELECT t.relname::text, a.attname::text, p.relname::text FROM pg_constraint c
			JOIN pg_class t ON t.oid = c.conrelid
			JOIN pg_class p ON p.oid = c.confrelid
			JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace ORDER BY 1, 2`
	}
	return List(ctx, tx, func(s Scanner, k *ForeignKey) error { return s.Scan(&k.Table, &k.Column, &k.Target) }, query)
}

// Required returns the columns that can't be NULL, as "table.column".
func (tx *Tx) Required(ctx context.Context) (map[string]bool, error) {
	query := stmt(`
		SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND (c."notnull" = 1 OR c.pk > 0)`)
	if tx.Engine() == Postgres {
		query = `
			SELECT table_name::text || '.' || column_name::text FROM information_schema.columns
			WHERE table_schema = current_schema() AND is_nullable = 'NO'`
	}
	list, err := List(ctx, tx, One[string], query)
	set := make(map[string]bool, len(list))
	for _, name := range list {
		set[name] = true
	}
	return set, err
}

// Lock makes every other transaction that would change the given rows, or
// refer to them, wait until tx ends. SQLite, with its one writer, needs no locks.
func (tx *Tx) Lock(ctx context.Context, table Generated, list []ids.ID) error {
	if tx.Engine() == SQLite {
		return nil
	}
	_, err := ExecInGenerated(ctx, tx, list, Generated{"SELECT 1 FROM " + table.text + " WHERE id IN ($list) ORDER BY id FOR UPDATE"})
	return err
}

// LockRecord is Lock of one record of a table whose name is a constant.
func (tx *Tx) LockRecord(ctx context.Context, table stmt, id ids.ID) error {
	return tx.Lock(ctx, Generated{string(table)}, []ids.ID{id})
}
