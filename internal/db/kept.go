package db

import (
	"context"
	"regexp"
	"strings"
	"sync"
)

// maxKept is how many values [Kept] keeps.
const maxKept = 4096

// kept are values computed from tables, each with the version of its table.
type kept struct {
	mu   sync.Mutex
	list map[string]keptValue
}

type keptValue struct {
	version int64
	value   any
}

// Kept returns what make makes of one table alone, which is kept until
// something is written to the table, by whatever process. key says what is
// made. Only tables with Counted set are kept from, on SQLite, by those who
// only read: else it is made each time.
func Kept[T any](ctx context.Context, tx *Tx, table, key string, make func() (T, error)) (T, error) {
	t := tx.db.Table(table)
	if t == nil || !t.Counted || tx.write || tx.Engine() != SQLite {
		return make()
	}
	version, _, err := Find(ctx, tx, One[int64], `SELECT n FROM table_version WHERE tbl = $1`, table)
	if err != nil {
		var zero T
		return zero, err
	}
	key = table + "\x00" + key
	k := &tx.db.kept
	k.mu.Lock()
	found, ok := k.list[key]
	k.mu.Unlock()
	if v, same := found.value.(T); ok && same && found.version == version {
		return v, nil
	}
	v, err := make()
	if err != nil {
		return v, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.list) >= maxKept || k.list == nil {
		k.list = map[string]keptValue{} // seldom, and soon full again
	}
	k.list[key] = keptValue{version, v}
	return v, nil
}

var writing = regexp.MustCompile("(?i)\\b(?:INTO|UPDATE|DELETE\\s+FROM)\\s+[\"`]?(\\w+)")

// writes returns the tables to which a statement writes.
func writes(text string) []string {
	if strings.HasPrefix(strings.TrimSpace(text), "SELECT") {
		return nil
	}
	var list []string
	for _, m := range writing.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}
