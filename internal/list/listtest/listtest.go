// Package listtest checks the declaration of a list on both engines: that it
// is complete, that every filter runs in every order, that pages neither
// repeat nor skip a row, and that the pairs declared fast have an index.
package listtest

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
)

// Exercise checks d. fill adds rows to the empty tables of modules, best some
// that are equal in what they are sorted by and some that lack it.
func Exercise[T any](t *testing.T, modules []db.Module, d *list.Def[T], fill func(ctx context.Context, d *db.DB) error) {
	t.Helper()
	declared(t, d)
	dbtest.Each(t, modules, func(t *testing.T, base *db.DB) {
		if err := fill(t.Context(), base); err != nil {
			t.Fatal(err)
		}
		x := exercise[T]{t, base, d, ids.New(dbtest.Now)}
		t.Run("orders", func(*testing.T) { x.orders() })
		t.Run("filters", func(t *testing.T) { x.t = t; x.filters() })
		t.Run("refusals", func(t *testing.T) { x.t = t; x.refusals() })
		t.Run("indexes", func(t *testing.T) { x.t = t; x.indexes() })
	})
}

// Indexes checks only that an index serves each pair of d that is declared fast.
func Indexes[T any](t *testing.T, modules []db.Module, d *list.Def[T], fill func(ctx context.Context, d *db.DB) error) {
	t.Helper()
	declared(t, d)
	dbtest.Each(t, modules, func(t *testing.T, base *db.DB) {
		if err := fill(t.Context(), base); err != nil {
			t.Fatal(err)
		}
		x := exercise[T]{t, base, d, ids.New(dbtest.Now)}
		x.indexes()
	})
}

// declared checks what needs no database.
func declared[T any](t *testing.T, d *list.Def[T]) {
	t.Helper()
	if d.Name == "" || d.Default == "" {
		t.Error("the list has no name or no order")
	}
	if c, _ := d.Sort(list.Query{}); c == nil {
		t.Errorf("the usual order %q is by no column", d.Default)
	}
	seen := map[string]bool{}
	for i := range d.Columns {
		c := &d.Columns[i]
		switch {
		case seen[c.Key]:
			t.Errorf("column %s stands twice", c.Key)
		case !regexp.MustCompile(`^[a-z][a-z0-9_.]*$`).MatchString(c.Key):
			t.Errorf("column key %q: small letters, digits and _", c.Key)
		case c.Label == "":
			t.Errorf("column %s has no label", c.Key)
		case c.Show != (c.SQL == ""):
			t.Errorf("column %s needs either SQL or Show", c.Key)
		case c.Sort && (c.From != "" && !c.One || c.Show):
			t.Errorf("column %s has not one value to sort by", c.Key)
		case (c.From == "") != (c.Link == ""):
			t.Errorf("column %s has only one of From and Link", c.Key)
		case c.Type == list.Choice && len(c.Choices) == 0:
			t.Errorf("column %s has nothing to choose from", c.Key)
		}
		seen[c.Key] = true
	}
	for _, p := range d.Fast {
		if p.Filter != "" && d.Column(p.Filter) == nil {
			t.Errorf("pair %+v: there is no such column to filter by", p)
		}
		if c := d.Column(p.Sort); p.Sort != "" && (c == nil || !c.Sort) {
			t.Errorf("pair %+v: there is no such column to sort by", p)
		}
		if p.Sort == "" && p.Filter == "" {
			t.Error("a pair of nothing")
		}
	}
}

type exercise[T any] struct {
	t  *testing.T
	db *db.DB
	d  *list.Def[T]
	me ids.ID
}

// read runs f as somebody of the given sight. An error ends the test.
func (x *exercise[T]) read(sight db.Sight, f func(ctx context.Context, tx *db.Tx) error) {
	x.t.Helper()
	ctx := x.t.Context()
	who := db.Who{User: x.me, Team: x.me, Sight: sight}
	if err := x.db.Read(ctx, who, func(tx *db.Tx) error { return f(ctx, tx) }); err != nil {
		x.t.Fatal(err)
	}
}

// sorts returns every order, both ways.
func (x *exercise[T]) sorts() []string {
	all := []string{""}
	for _, c := range x.d.Columns {
		if c.Sort {
			all = append(all, c.Key, "-"+c.Key)
		}
	}
	return all
}

// orders walks through all pages in every order and back, for every sight.
func (x *exercise[T]) orders() {
	for _, sort := range x.sorts() {
		for _, sight := range []db.Sight{db.SeeAll, db.SeeTeam, db.SeeOwn} {
			x.read(sight, func(ctx context.Context, tx *db.Tx) error {
				return x.walk(ctx, tx, list.Query{Sort: sort, Limit: 3, Count: true})
			})
		}
	}
}

func (x *exercise[T]) walk(ctx context.Context, tx *db.Tx, q list.Query) error {
	want, err := x.d.Count(ctx, tx, q)
	if err != nil {
		return fmt.Errorf("count %v: %w", q.Filters, err)
	}
	var pages [][]T
	var rows int64
	for {
		p, err := x.d.Page(ctx, tx, q)
		if err != nil {
			return fmt.Errorf("page %v by %q: %w", q.Filters, q.Sort, err)
		}
		if p.Count >= 0 && p.Count != want {
			x.t.Errorf("%v: page counts %d rows, Count %d", q.Filters, p.Count, want)
		}
		rows += int64(len(p.Rows))
		pages = append(pages, p.Rows)
		if p.Next == "" {
			q.Cursor = p.Prev
			break
		}
		q.Cursor = p.Next
	}
	if rows != want {
		x.t.Errorf("%v by %q: the pages have %d rows, counted are %d", q.Filters, q.Sort, rows, want)
	}
	for i := len(pages) - 2; i >= 0; i-- {
		p, err := x.d.Page(ctx, tx, q)
		if err != nil {
			return fmt.Errorf("page back %v by %q: %w", q.Filters, q.Sort, err)
		}
		if !reflect.DeepEqual(p.Rows, pages[i]) {
			x.t.Errorf("%v by %q: page %d has other rows on the way back", q.Filters, q.Sort, i+1)
		}
		q.Cursor = p.Prev
	}
	return nil
}

// filters runs every operator of every column in every order.
func (x *exercise[T]) filters() {
	x.read(db.SeeAll, func(ctx context.Context, tx *db.Tx) error {
		for i := range x.d.Columns {
			c := &x.d.Columns[i]
			for _, op := range c.Operators() {
				f := list.Filter{Column: c.Key, Op: op, Values: sample(c, op)}
				for _, sort := range x.sorts() {
					if err := x.walk(ctx, tx, list.Query{Filters: []list.Filter{f}, Sort: sort}); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

// sample returns values for an operator of c.
func sample(c *list.Column, op list.Op) []string {
	value := map[list.Type]string{
		list.User: "me", list.Ref: "01900000-0000-7000-8000-000000000001", list.Number: "1", list.Money: "1000",
		list.Bool: "true", list.Date: "2026-01-31", list.Time: "-30d", list.Phone: "0812", list.Email: "a@example.com",
	}[c.Type]
	if value == "" {
		value = "a"
	}
	if c.Type == list.Choice {
		value = c.Choices[0].Value
	}
	switch op.Arity() {
	case 0:
		return nil
	case 1:
		return []string{value}
	}
	return []string{value, value}
}

// refusals checks that what can't be understood is the caller's error.
func (x *exercise[T]) refusals() {
	text := list.Filter{Column: x.d.Columns[0].Key, Op: "like", Values: []string{"x"}}
	for _, q := range []list.Query{
		{Filters: []list.Filter{{Column: "no_such_column", Op: list.Eq, Values: []string{"x"}}}},
		{Filters: []list.Filter{text}},
		{Sort: "no_such_column"},
		{Sort: "name; DROP TABLE"},
		{Cursor: "AQAA"},
		{Limit: -1},
		{Limit: list.MaxLimit + 1},
	} {
		x.read(db.SeeAll, func(ctx context.Context, tx *db.Tx) error {
			_, err := x.d.Page(ctx, tx, q)
			if errs.KindOf(err) != errs.Invalid {
				x.t.Errorf("%+v: %v, want an Invalid error", q, err)
			}
			return nil
		})
	}
}

// indexes checks that an index serves every pair that is declared fast.
func (x *exercise[T]) indexes() {
	for _, pair := range x.d.Fast {
		q := list.Query{Limit: 1}
		if pair.Filter != "" {
			c := x.d.Column(pair.Filter)
			q.Filters = []list.Filter{{Column: c.Key, Op: list.Eq, Values: sample(c, list.Eq)}}
		}
		for _, sort := range []string{pair.Sort, "-" + pair.Sort} {
			if pair.Sort != "" {
				q.Sort = sort
			}
			x.read(db.SeeAll, func(ctx context.Context, tx *db.Tx) error {
				if err := x.explain(ctx, tx, pair, q.First()); err != nil {
					return err
				}
				page, err := x.d.Page(ctx, tx, list.Query{Sort: q.Sort, Limit: 1})
				if err != nil || page.Next == "" {
					return err
				}
				q.Cursor = page.Next
				return x.explain(ctx, tx, pair, q)
			})
		}
	}
}

func (x *exercise[T]) explain(ctx context.Context, tx *db.Tx, pair list.Pair, q list.Query) error {
	page, count, err := x.d.Statements(ctx, tx, q)
	if err != nil {
		return err
	}
	all := append(page, count)
	sorts := pair.Sort != "" && (pair.Filter == "" || x.d.Column(pair.Filter).From == "")
	if !sorts {
		all = []list.Statement{count} // which shows that the index finds rows
	}
	for i, s := range all {
		want := use{
			equal: pair.Filter != "" && !x.d.Column(pair.Filter).Rare || strings.Contains(s.Text.String(), "IS NULL ORDER BY"),
			order: sorts, only: sorts && i == len(page),
		}
		how, ok, err := x.uses(ctx, tx, s, want)
		if err != nil {
			return err
		}
		if !ok {
			x.t.Errorf("pair %+v: no index serves it\n%s\n%s", pair, s.Text, how)
		}
	}
	return nil
}

// A use is what an index has to do.
type use struct {
	equal bool // find what is equal
	order bool // have the rows in order
	only  bool // be all that is read
}

// uses reports whether an index does for s what is wanted, and how the engine
// runs s.
func (x *exercise[T]) uses(ctx context.Context, tx *db.Tx, s list.Statement, want use) (how string, ok bool, err error) {
	if x.db.Engine() == db.SQLite {
		return lite(ctx, tx, s, want)
	}
	return postgres(ctx, tx, s, want)
}

var equalOnIndex = regexp.MustCompile(`USING ((COVERING )?INDEX \w+|PRIMARY KEY) \([^)]*=\?`)

func lite(ctx context.Context, tx *db.Tx, s list.Statement, want use) (how string, ok bool, err error) {
	lines, err := db.ListGenerated(ctx, tx, func(s db.Scanner, v *string) error {
		var skip any
		return s.Scan(&skip, &skip, &skip, v)
	}, db.Generate("EXPLAIN QUERY PLAN "+s.Text.String()), s.Args...)
	how = strings.Join(lines, "\n")
	ok = (!want.equal || equalOnIndex.MatchString(how)) &&
		(!want.order || !strings.Contains(how, "TEMP B-TREE") && strings.Contains(how, "INDEX")) &&
		(!want.only || strings.Contains(how, "COVERING INDEX"))
	return how, ok, err
}

// postgres asks PostgreSQL how it would run s if it could help neither reading
// a whole table nor sorting.
func postgres(ctx context.Context, tx *db.Tx, s list.Statement, want use) (how string, ok bool, err error) {
	for _, name := range []string{"seqscan", "sort", "incremental_sort", "bitmapscan"} {
		if _, err := tx.ExecGenerated(ctx, db.Generate("SET LOCAL enable_"+name+" = off")); err != nil {
			return "", false, err
		}
	}
	lines, err := db.ListGenerated(ctx, tx, db.One[string], db.Generate("EXPLAIN "+s.Text.String()), s.Args...)
	how = strings.Join(lines, "\n")
	ok = (!want.equal || strings.Contains(how, "Index Cond:") && !strings.Contains(how, "Filter:")) &&
		(!want.order || !strings.Contains(how, "Sort")) && !strings.Contains(how, "Seq Scan")
	return how, ok, err
}
