package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Exec runs a statement that returns no rows and reports how many it changed.
func (tx *Tx) Exec(ctx context.Context, query stmt, args ...any) (int64, error) {
	return tx.exec(ctx, string(query), false, args)
}

// Aside is Exec for what is no part of the operation, but only noted beside it.
func (tx *Tx) Aside(ctx context.Context, query stmt, args ...any) (int64, error) {
	return tx.s.exec(ctx, string(query), false, args)
}

func (tx *Tx) exec(ctx context.Context, text string, generated bool, args []any) (int64, error) {
	n, err := tx.s.exec(ctx, text, generated, args)
	if n > 0 && !strings.HasPrefix(strings.TrimSpace(text), "SELECT") { // which only locks
		tx.changed = true
	}
	return n, err
}

func (tx *Tx) query(ctx context.Context, text string, generated bool, args []any) (rows, error) {
	tx.changed = tx.changed || tx.write && strings.Contains(text, "RETURNING")
	return tx.s.query(ctx, text, generated, args)
}

// ExecMany runs a statement that returns no rows with many arguments, the
// fastest way that the engine has. next returns the arguments of the next run,
// or false; the slice may be reused, what it holds may not.
func (tx *Tx) ExecMany(ctx context.Context, query stmt, next func() ([]any, bool)) error {
	tx.changed = true
	return tx.s.execMany(ctx, string(query), next)
}

// A Generated statement was put together at run time from constant pieces.
// Only packages that compile declarations to SQL make them (list, journal,
// search, portable); a test checks who does.
type Generated struct{ text string }

// Generate joins constant pieces to a statement.
func Generate(text string) Generated { return Generated{text} }

// String returns the text of the statement.
func (g Generated) String() string { return g.text }

// ExecGenerated is Exec for a generated statement.
func (tx *Tx) ExecGenerated(ctx context.Context, query Generated, args ...any) (int64, error) {
	return tx.exec(ctx, query.text, true, args)
}

// Script runs several statements without parameters, of a schema file.
func (tx *Tx) script(ctx context.Context, text string) error {
	return tx.s.script(ctx, text)
}

// Scanner is a row of a result.
//
// Scan copies its columns into dest: pointers to integers, floats, strings,
// booleans, byte slices, ids.ID, or to named types of these. NULL becomes the
// zero value, or a nil pointer where dest points to a pointer.
type Scanner interface{ Scan(dest ...any) error }

// Get returns the one row of query. If there is none, it returns a NotFound error.
func Get[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, query stmt, args ...any) (T, error) {
	return get(ctx, tx, scan, string(query), false, args)
}

// GetGenerated is Get for a generated statement.
func GetGenerated[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, query Generated, args ...any) (T, error) {
	return get(ctx, tx, scan, query.text, true, args)
}

func get[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, query string, generated bool, args []any) (T, error) {
	var v T
	r, err := tx.query(ctx, query, generated, args)
	if err != nil {
		return v, err
	}
	defer r.close()
	if !r.next() {
		if err := r.err(); err != nil {
			return v, err
		}
		return v, errs.New(errs.NotFound, "error.not_found")
	}
	if err := scan(row{r}, &v); err != nil {
		return v, err
	}
	// An INSERT … RETURNING has done its work only when it has been stepped to its end.
	for r.next() {
	}
	return v, r.err()
}

// Find is Get that reports absence as false instead of as an error.
func Find[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, query stmt, args ...any) (v T, ok bool, err error) {
	v, err = get(ctx, tx, scan, string(query), false, args)
	if errs.KindOf(err) == errs.NotFound {
		return v, false, nil
	}
	return v, err == nil, err
}

// List returns all the rows of query.
func List[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, query stmt, args ...any) ([]T, error) {
	return all(ctx, tx, scan, string(query), false, args)
}

// ListGenerated is List for a generated statement.
func ListGenerated[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, query Generated, args ...any) ([]T, error) {
	return all(ctx, tx, scan, query.text, true, args)
}

func all[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, query string, generated bool, args []any) ([]T, error) {
	var list []T
	err := each(ctx, tx, scan, func(v *T) error {
		list = append(list, *v)
		return nil
	}, query, generated, args)
	return list, err
}

// Each calls f for every row of query, which may be many: it holds one at a
// time. f must not change what it iterates over. The value is reused.
func Each[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, f func(*T) error, query stmt, args ...any) error {
	return each(ctx, tx, scan, f, string(query), false, args)
}

// EachGenerated is Each for a generated statement.
func EachGenerated[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, f func(*T) error, query Generated, args ...any) error {
	return each(ctx, tx, scan, f, query.text, true, args)
}

func each[T any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, f func(*T) error, query string, generated bool, args []any) error {
	r, err := tx.query(ctx, query, generated, args)
	if err != nil {
		return err
	}
	defer r.close()
	var v, zero T
	s := Scanner(row{r})
	for r.next() {
		v = zero
		if err := scan(s, &v); err != nil {
			return err
		}
		if err := f(&v); err != nil {
			return err
		}
	}
	return r.err()
}

// A Row is a row of a result whose columns are taken one by one, without
// allocating: for the few that read a whole table of millions.
type Row struct{ r rows }

// Int returns a BIGINT or BOOLEAN; NULL and anything else is 0.
func (w Row) Int(i int) int64 { return w.r.int(i) }

// ID copies a UUID to id; NULL is the zero ID.
func (w Row) ID(i int, id *ids.ID) { w.r.id(i, id) }

// Null reports whether a column is NULL.
func (w Row) Null(i int) bool { return w.r.null(i) }

// Text returns a TEXT; NULL is empty.
func (w Row) Text(i int) string { return w.r.cell(i).text() }

// Stream calls f for every row of query, as Each does.
func Stream(ctx context.Context, tx *Tx, f func(Row) error, query stmt, args ...any) error {
	return stream(ctx, tx, f, string(query), false, args)
}

// StreamGenerated is Stream for a generated statement.
func StreamGenerated(ctx context.Context, tx *Tx, f func(Row) error, query Generated, args ...any) error {
	return stream(ctx, tx, f, query.text, true, args)
}

func stream(ctx context.Context, tx *Tx, f func(Row) error, text string, generated bool, args []any) error {
	r, err := tx.query(ctx, text, generated, args)
	if err != nil {
		return err
	}
	defer r.close()
	w := Row{r}
	for r.next() {
		if err := f(w); err != nil {
			return err
		}
	}
	return r.err()
}

// StreamIn is Stream with the values of list put in place of the mark $list, as
// ListIn does it: rows come chunk by chunk.
func StreamIn[V any](ctx context.Context, tx *Tx, f func(Row) error, list []V, query stmt, args ...any) error {
	return inChunks(query, list, args, func(text string, args []any) error {
		return stream(ctx, tx, f, text, true, args)
	})
}

// listMark stands in a statement where ListIn puts its list.
const listMark = "$list"

// listSizes are the lengths to which ListIn and ExecIn pad lists, so that few
// texts are prepared.
var listSizes = []int{1, 8, 64, 256}

// ListIn runs query once or more, with the values of list in place of the
// mark $list in `… IN ($list)`, and returns all rows. $1, $2 … are args.
func ListIn[T, V any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, list []V, query stmt, args ...any) ([]T, error) {
	var out []T
	err := inChunks(query, list, args, func(text string, args []any) error {
		if out == nil {
			out = make([]T, 0, len(list))
		}
		return each(ctx, tx, scan, func(v *T) error {
			out = append(out, *v)
			return nil
		}, text, true, args)
	})
	if len(out) == 0 {
		out = nil
	}
	return out, err
}

// ExecIn runs a statement that returns no rows for all values of list, put in
// place of the mark $list, and reports how many rows changed.
func ExecIn[V any](ctx context.Context, tx *Tx, list []V, query stmt, args ...any) (int64, error) {
	return execIn(ctx, tx, list, query, args)
}

// ListInGenerated is ListIn for a generated statement.
func ListInGenerated[T, V any](ctx context.Context, tx *Tx, scan func(Scanner, *T) error, list []V, query Generated, args ...any) ([]T, error) {
	return ListIn(ctx, tx, scan, list, stmt(query.text), args...)
}

// ExecInGenerated is ExecIn for a generated statement.
func ExecInGenerated[V any](ctx context.Context, tx *Tx, list []V, query Generated, args ...any) (int64, error) {
	return execIn(ctx, tx, list, stmt(query.text), args)
}

func execIn[V any](ctx context.Context, tx *Tx, list []V, query stmt, args []any) (int64, error) {
	var sum int64
	err := inChunks(query, list, args, func(text string, args []any) error {
		n, err := tx.exec(ctx, text, true, args)
		sum += n
		return err
	})
	return sum, err
}

// inChunks calls f with query's text and arguments for each chunk of list.
// The last value is repeated to fill a chunk.
func inChunks[V any](query stmt, list []V, args []any, f func(string, []any) error) error {
	for len(list) > 0 {
		size := listSizes[len(listSizes)-1]
		for _, s := range listSizes {
			if s >= len(list) {
				size = s
				break
			}
		}
		n := min(size, len(list))
		all := append(make([]any, 0, len(args)+size), args...)
		for i := range size {
			all = append(all, list[min(i, n-1)])
		}
		if err := f(listText(query, len(args), size), all); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// listTexts are the texts that listText made, by what it made them of.
var listTexts sync.Map

// madeOf is what the text of a statement with a list is made of.
type madeOf struct {
	query      stmt
	args, size int
}

// listText returns query with that many parameters in place of its list,
// numbered behind those of args. Statements are constants, so they are few.
func listText(query stmt, args, size int) string {
	key := madeOf{query, args, size}
	if text, ok := listTexts.Load(key); ok {
		return text.(string)
	}
	var b strings.Builder
	for i := range size {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(args + i + 1))
	}
	text := strings.ReplaceAll(string(query), listMark, b.String())
	listTexts.Store(key, text)
	return text
}

// Copy inserts many rows into a table, the fastest way that the engine has.
// next returns the values of the next row in the order of cols, or false.
// The slice that it returns may be reused.
func (tx *Tx) Copy(ctx context.Context, table stmt, cols []string, next func() ([]any, bool)) error {
	tx.changed = true
	return tx.s.copyFrom(ctx, string(table), cols, next)
}

// One scans a row of one column.
func One[T any](s Scanner, v *T) error { return s.Scan(v) }

type row struct{ r rows }

func (w row) Scan(dest ...any) error {
	for i, d := range dest {
		if err := assign(d, w.r.cell(i)); err != nil {
			cols := w.r.columns()
			name := strconv.Itoa(i)
			if i < len(cols) {
				name = cols[i]
			}
			return fmt.Errorf("db: column %s: %w", name, err)
		}
	}
	return nil
}

// errRetry marks errors after which a transaction may succeed if repeated.
var errRetry = errors.New("db: transaction refused because of another")

func retryable(err error) bool { return errors.Is(err, errRetry) }
