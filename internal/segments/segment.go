package segments

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	maxName = 80    // characters
	maxNote = 2_000 // characters
	most    = 200   // segments: each of them is asked about every customer who is touched
)

const cols = `s.id, s.name, s.note, s.cond, s.owner_id, s.size, s.counted_at, s.created_at, s.updated_at, s.rev, s.asked <> s.looked`

func scan(s db.Scanner, g *Segment) error {
	var counted, created, updated int64
	var cond string
	err := s.Scan(&g.ID, &g.Name, &g.Note, &cond, &g.Owner, &g.Size, &counted, &created, &updated, &g.Rev, &g.Pending)
	if err != nil {
		return err
	}
	g.Counted, g.Created, g.Updated = db.Time(counted), db.Time(created), db.Time(updated)
	g.Cond = list.Tree{}
	if err := json.Unmarshal([]byte(cond), &g.Cond); err != nil {
		return fmt.Errorf("condition of segment %s: %w", g.ID, err)
	}
	return nil
}

// List describes the list of segments.
var List = list.Def[Segment]{
	Name: "segment", From: `segment s`, ID: `s.id`,
	Select: cols, Scan: scan,
	Columns: []list.Column{
		{Key: "name", Label: "segment.name", Type: list.Name, SQL: `s.name_key`, Sort: true},
		{Key: "cond", Label: "segment.cond", Type: list.Plain, Show: true},
		{Key: "size", Label: "segment.size", Type: list.Number, SQL: `s.size`, Sort: true},
		{Key: "owner", Label: "segment.owner", Type: list.User, SQL: `s.owner_id`, Null: true},
		{Key: "created", Label: "segment.created", Type: list.Time, SQL: `s.created_at`, Sort: true, Hidden: true},
		{Key: "updated", Label: "segment.updated", Type: list.Time, SQL: `s.updated_at`, Sort: true, Hidden: true},
	},
	Fast:    []list.Pair{{Sort: "name"}, {Filter: "owner", Sort: "name"}},
	Default: "name",
}

// Get returns a segment, or a NotFound error.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Segment, error) {
	return db.Get(ctx, tx, scan, `SELECT `+cols+` FROM segment s WHERE s.id = $1`, id)
}

// Each returns all segments in order of their names.
func Each(ctx context.Context, tx *db.Tx) ([]Segment, error) {
	return db.List(ctx, tx, scan, `SELECT `+cols+` FROM segment s ORDER BY s.name_key, s.id`)
}

// Names returns the names of segments.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	type row struct {
		id   ids.ID
		name string
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.id, &r.name) }, list, `SELECT id, name FROM segment WHERE id IN ($list)`)
	names := make(map[ids.ID]string, len(rows))
	for _, r := range rows {
		names[r.id] = r.name
	}
	return names, err
}

// Create adds a segment of tx's actor, sets its ID, and arranges for its
// members to be found. It returns Invalid errors for what is wrong with fields.
func Create(ctx context.Context, tx *db.Tx, g *Segment) error {
	g.ID, g.Created, g.Updated, g.Rev = ids.New(tx.Now), tx.Now, tx.Now, 1
	if g.Owner.IsZero() {
		g.Owner = tx.Who.User
	}
	if err := g.normalize(ctx, tx); err != nil {
		return err
	}
	n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM segment`)
	if err != nil {
		return err
	}
	if n >= most {
		return errs.InvalidField("name", "segment.too_many", "max", most)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO segment (id, name, name_key, note, cond, owner_id, created_at, updated_at, created_op)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)`,
		g.ID, g.Name, fold.SortKey(g.Name), g.Note, text(g.Cond), g.Owner, tx.Now.UnixMilli(), tx.Op)
	if err != nil {
		return err
	}
	return look(ctx, tx)
}

// Update changes a segment; change may set Name, Note, Cond and Owner. If rev
// is not zero it must be the segment's present Rev, else the error is Stale.
// Without any change nothing is stored and Rev stays.
func Update(ctx context.Context, tx *db.Tx, id ids.ID, rev int64, change func(*Segment) error) (Segment, error) {
	if err := tx.LockRecord(ctx, `segment`, id); err != nil {
		return Segment{}, err
	}
	old, err := Get(ctx, tx, id)
	if err != nil {
		return old, err
	}
	if rev != 0 && rev != old.Rev {
		return old, errs.New(errs.Stale, "error.stale")
	}
	g := old
	if err := change(&g); err != nil {
		return old, err
	}
	if err := g.normalize(ctx, tx); err != nil {
		return old, err
	}
	if reflect.DeepEqual(g, old) {
		return old, nil
	}
	_, err = tx.Exec(ctx, `
		UPDATE segment SET name = $2, name_key = $3, note = $4, cond = $5, owner_id = $6, updated_at = $7, rev = rev + 1 WHERE id = $1`,
		id, g.Name, fold.SortKey(g.Name), g.Note, text(g.Cond), g.Owner, tx.Now.UnixMilli())
	if err != nil {
		return old, err
	}
	g.Updated, g.Rev = tx.Now, old.Rev+1
	if text(g.Cond) == text(old.Cond) && g.Owner == old.Owner {
		return g, nil
	}
	return g, anew(ctx, tx, []ids.ID{id})
}

// Copy adds a copy of a segment with another name.
func Copy(ctx context.Context, tx *db.Tx, id ids.ID, name string) (Segment, error) {
	g, err := Get(ctx, tx, id)
	if err != nil {
		return g, err
	}
	g.Name = name
	return g, Create(ctx, tx, &g)
}

// Delete removes a segment. It returns a Conflict error if another segment or
// a plan that runs is about it.
func Delete(ctx context.Context, tx *db.Tx, id ids.ID) error {
	g, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	all, err := Each(ctx, tx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID != id && slices.Contains(references(&other.Cond), id) {
			return errs.New(errs.Conflict, "segment.used", "name", other.Name)
		}
	}
	_, used, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM plan WHERE subject = $1 AND status = 'running' LIMIT 1`, "segment:"+g.ID.String())
	if err != nil {
		return err
	}
	if used {
		return errs.New(errs.Conflict, "segment.planned")
	}
	if _, err := tx.Exec(ctx, `DELETE FROM segment WHERE id = $1`, id); err != nil {
		return err
	}
	return Refresh(ctx, tx, []ids.ID{id})
}

// Check returns Invalid errors about a condition: those of its parts.
func Check(ctx context.Context, tx *db.Tx, cond list.Tree) error {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	return Customers.Check(tx, list.Query{Where: cond, In: set.Locale()})
}

// normalize checks g and tidies it.
func (g *Segment) normalize(ctx context.Context, tx *db.Tx) error {
	var bad errs.List
	g.Name, g.Note = strings.Join(strings.Fields(g.Name), " "), strings.TrimSpace(g.Note)
	checkText(&bad, "name", g.Name, maxName)
	checkText(&bad, "note", g.Note, maxNote)
	if g.Name == "" {
		bad.Add(errs.InvalidField("name", "error.required"))
	}
	if !Asks(&g.Cond) {
		bad.Add(errs.InvalidField("where", "segment.everybody"))
	} else if err := Check(ctx, tx, g.Cond); errs.KindOf(err) == errs.Invalid {
		bad = append(bad, errs.All(err)...)
	} else if err != nil {
		return err
	}
	if bad.Err() == nil {
		g.Cond = g.Cond.Tidy() // only now: errors name its parts as they were given
		all, err := Each(ctx, tx)
		if err != nil {
			return err
		}
		if circular(g, all) {
			bad.Add(errs.InvalidField("where", "segment.circular"))
		}
	}
	return bad.Err()
}

// Asks reports whether a tree asks anything: one that doesn't describes everybody.
func Asks(t *list.Tree) bool {
	n := 0
	t.Leaves(func(string, list.Filter) { n++ })
	return n > 0 || hasKid(t)
}

func hasKid(t *list.Tree) bool {
	return t.Has != "" || slices.ContainsFunc(t.Parts, func(p list.Tree) bool { return hasKid(&p) })
}

func checkText(bad *errs.List, field, text string, limit int) {
	if _, err := fold.Clean(text); err != nil {
		bad.Add(errs.InvalidField(field, "error.text_invalid"))
	} else if utf8.RuneCountInString(text) > limit {
		bad.Add(errs.InvalidField(field, "error.too_long", "max", limit))
	}
}

// text returns a condition as it is stored.
func text(t list.Tree) string {
	b, err := json.Marshal(t)
	if err != nil {
		return `{"all":[]}` // a tree can always be written
	}
	return string(b)
}

// references returns the segments that a condition asks for.
func references(t *list.Tree) (found []ids.ID) {
	t.Leaves(func(kid string, f list.Filter) {
		if kid != "" || f.Column != Column {
			return
		}
		for _, v := range f.Values {
			if id, err := ids.Parse(v); err == nil {
				found = append(found, id)
			}
		}
	})
	return found
}

// circular reports whether g asks, perhaps by way of others, for itself.
func circular(g *Segment, all []Segment) bool {
	at := map[ids.ID]*Segment{}
	for i := range all {
		at[all[i].ID] = &all[i]
	}
	at[g.ID] = g
	seen := map[ids.ID]bool{}
	var visit func(s *Segment) bool
	visit = func(s *Segment) bool {
		for _, id := range references(&s.Cond) {
			if id == g.ID {
				return true
			}
			if next := at[id]; next != nil && !seen[id] {
				seen[id] = true
				if visit(next) {
					return true
				}
			}
		}
		return false
	}
	return visit(g)
}

// sorted returns segments such that each comes after those that it asks for.
func sorted(all []Segment) []Segment {
	at := map[ids.ID]int{}
	for i := range all {
		at[all[i].ID] = i
	}
	done := make([]bool, len(all))
	out := make([]Segment, 0, len(all))
	var visit func(i int)
	visit = func(i int) {
		if done[i] {
			return
		}
		done[i] = true
		for _, id := range references(&all[i].Cond) {
			if j, ok := at[id]; ok {
				visit(j)
			}
		}
		out = append(out, all[i])
	}
	for i := range all {
		visit(i)
	}
	return out
}
