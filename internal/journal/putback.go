package journal

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A lost row is one that the operation deleted.
type lost struct {
	id     rowID
	n      int64 // of the journal row
	was    row
	seen   bool // it has been tried, or is being
	pulled bool // another lost row needs it: its own turn comes, or was
	failed bool // it can't be put back
	back   bool // it has been
}

// putBack inserts rows again that the operation deleted.
func (s *slice) putBack(ctx context.Context, events []event) error {
	list, err := s.lostRows(ctx, events)
	if err != nil {
		return err
	}
	there, err := s.pull(ctx, &list)
	if err != nil {
		return err
	}
	used, err := s.usedKeys(ctx, list)
	if err != nil {
		return err
	}
	records := map[record]*lost{}
	for _, l := range list {
		if l.id.t.single() {
			records[record{l.id.t, l.id.subject}] = l
		}
	}
	for _, l := range list {
		if err := s.putBackOne(ctx, l, there, records, used); err != nil {
			return err
		}
	}
	return s.noteBack(ctx, list)
}

// noteBack writes into the journal which rows are back.
func (s *slice) noteBack(ctx context.Context, list []*lost) error {
	cols := []string{"op", "tbl", "kind", "subject", "key", "was", "now"}
	return s.tx.Copy(ctx, `journal_change`, cols, func() ([]any, bool) {
		for len(list) > 0 {
			l := list[0]
			list = list[1:]
			if l.back {
				key := appendObject(nil, l.was, l.id.t.key)
				return []any{s.undo, l.id.t.Name, putBack, l.id.subject, string(key), "{}", "{}"}, true
			}
		}
		return nil, false
	})
}

// putBackOne puts back l, after the lost records that it refers to.
func (s *slice) putBackOne(ctx context.Context, l *lost, there map[*table]set, records map[record]*lost, used map[rowID]row) error {
	if l.seen {
		return nil
	}
	l.seen = true
	for col, target := range l.id.t.refs {
		if id, ok := l.was[col].(ids.ID); ok && !there[target][id] && records[record{target, id}] != nil {
			if err := s.putBackOne(ctx, records[record{target, id}], there, records, used); err != nil {
				return err
			}
		}
	}
	if s.keep {
		l.fail(s, "", InUse, 0)
		return nil
	}
	if !s.bind(l, there, records) {
		return nil
	}
	return s.insert(ctx, l, used)
}

// fail lists a row that can't be put back.
func (l *lost) fail(s *slice, col string, why Reason, change int64) {
	l.failed = true
	if !l.pulled {
		s.keepRow(l.id.t, l.id.subject, col, why, l.was, change)
	}
}

// lostRows returns the rows that journal rows stand for, and the others of
// the same records, so that each record is put back, and refreshed, at once.
// Left out are those that the operation itself had created and those that are
// back already.
func (s *slice) lostRows(ctx context.Context, events []event) ([]*lost, error) {
	past, err := s.past(ctx, events)
	if err != nil {
		return nil, err
	}
	turn, subjects := map[int64]bool{}, set{}
	for _, e := range events {
		turn[e.n], subjects[e.subject] = true, true
	}
	var list []*lost
	for _, subject := range subjects.list() {
		for _, e := range slices.Backward(past.recs[subject]) {
			id, ok := past.byN[e.n]
			if !ok || e.kind != deleted || past.back(id) {
				continue
			}
			f, err := past.sum(id)
			if err != nil {
				return nil, err
			}
			if f.kind == deleted && f.n == e.n && f.was["created_op"] != s.op.ID {
				list = append(list, &lost{id: id, n: e.n, was: f.was, pulled: !turn[e.n]})
			}
		}
	}
	return s.withoutOwn(ctx, list)
}

// withoutOwn leaves out rows that the operation created together with their
// parents, which are still there.
func (s *slice) withoutOwn(ctx context.Context, list []*lost) ([]*lost, error) {
	parents := map[*table]set{}
	for _, l := range list {
		if l.id.t.parent != nil && l.was["created_op"] == nil {
			mark(parents, l.id.t.parent, l.id.subject)
		}
	}
	for t, subjects := range parents {
		by, err := s.creators(ctx, t, subjects.list())
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(l *lost) bool {
			return l.id.t.parent == t && l.was["created_op"] == nil && by[l.id.subject] == s.op.ID
		})
	}
	return list, nil
}

// pull adds to list the records that its rows refer to and that the operation
// deleted too, and returns which of the records referred to exist.
func (s *slice) pull(ctx context.Context, list *[]*lost) (map[*table]set, error) {
	there, asked := map[*table]set{}, map[*table]set{}
	for fresh := *list; len(fresh) > 0; {
		want := map[*table]set{}
		for _, l := range fresh {
			for col, target := range l.id.t.refs {
				if id, ok := l.was[col].(ids.ID); ok && !asked[target][id] {
					mark(want, target, id)
					mark(asked, target, id)
				}
			}
		}
		found, err := s.existing(ctx, want)
		if err != nil {
			return nil, err
		}
		var missing []event
		for t, wanted := range want {
			for _, id := range wanted.list() {
				if found[t][id] {
					mark(there, t, id)
				} else if !slices.ContainsFunc(*list, func(l *lost) bool { return l.id.t == t && l.id.subject == id }) {
					missing = append(missing, event{tbl: t.Name, subject: id})
				}
			}
		}
		fresh, err = s.lostRecords(ctx, missing)
		if err != nil {
			return nil, err
		}
		*list = append(*list, fresh...)
	}
	return there, nil
}

// lostRecords returns those of the given records that the operation deleted.
func (s *slice) lostRecords(ctx context.Context, missing []event) ([]*lost, error) {
	if len(missing) == 0 {
		return nil, nil
	}
	past, err := s.past(ctx, missing)
	if err != nil {
		return nil, err
	}
	var list []*lost
	for _, e := range missing {
		t := s.layout.byName[e.tbl]
		id := rowID{t, e.subject, string(e.subject[:])}
		f, err := past.sum(id)
		if err != nil {
			return nil, err
		}
		if f.kind != deleted {
			continue
		}
		l := &lost{id: id, n: f.n, was: f.was, pulled: true}
		// One that the operation had created itself stays away, and so does what belonged to it.
		l.failed = f.was["created_op"] == s.op.ID
		list = append(list, l)
	}
	return list, nil
}

// usedKeys returns the keys that are in use in the child tables of list.
func (s *slice) usedKeys(ctx context.Context, list []*lost) (map[rowID]row, error) {
	parents := map[*table]set{}
	for _, l := range list {
		if !l.id.t.single() {
			mark(parents, l.id.t, l.id.subject)
		}
	}
	used := map[rowID]row{}
	for t, list := range parents {
		rows, err := s.rows(ctx, t, list.list())
		if err != nil {
			return nil, err
		}
		for id, r := range rows {
			used[id] = r
		}
	}
	return used, nil
}

// bind checks that everything that l refers to exists. What is gone for good
// is left empty in l if it may be; otherwise l can't be put back.
func (s *slice) bind(l *lost, there map[*table]set, records map[record]*lost) bool {
	if l.failed {
		return false
	}
	t := l.id.t
	for _, c := range t.cols {
		target := t.refs[c.Name]
		id, ok := l.was[c.Name].(ids.ID)
		if target == nil || !ok || there[target][id] {
			continue
		}
		other := records[record{target, id}]
		switch {
		case other != nil && !other.failed:
			continue // it has been put back, or will be, if the two refer to each other
		case other != nil && other.was["created_op"] == s.op.ID:
			l.failed = true // both were the operation's own
			return false
		case other != nil && !s.final():
			l.fail(s, "", Gone, l.n) // it may come back yet
			return false
		case slices.Contains(t.key, c.Name) || t.required[t.Name+"."+c.Name]:
			l.fail(s, "", Gone, 0)
			return false
		}
		s.keepRow(t, l.id.subject, c.Name, Gone, l.was, 0)
		l.was[c.Name] = nil
	}
	return true
}

// insert inserts l, under the next free number if its own is in use.
func (s *slice) insert(ctx context.Context, l *lost, used map[rowID]row) error {
	t, r := l.id.t, l.was
	if now, ok := used[rowID{t, l.id.subject, t.rowKey(r)}]; ok {
		if !t.numbered() {
			if !sameRow(t, now, r) {
				l.fail(s, "", Taken, 0)
			}
			return nil
		}
		r[t.key[1]] = nextNumber(t, l.id.subject, used)
	}
	cols := make([]string, 0, len(t.cols)+1)
	args := make([]any, 0, len(t.cols)+1)
	for _, c := range t.cols {
		if v, ok := r[c.Name]; ok {
			cols = append(cols, c.Name)
			args = append(args, v)
		}
	}
	if t.hasRev {
		// Above any number that the record had, so that no old ETag passes.
		cols = append(cols, "rev")
		args = append(args, s.tx.Now.UnixMilli())
	}
	n, err := s.tx.ExecGenerated(ctx, insertText(t, cols), args...)
	if err != nil {
		return err
	}
	if n == 0 {
		l.fail(s, "", Taken, l.n)
		return nil
	}
	if !t.single() {
		used[rowID{t, l.id.subject, t.rowKey(r)}] = r
	}
	l.back = true
	s.touch(t, l.id.subject)
	s.touchRefs(t, r)
	return nil
}

func insertText(t *table, cols []string) db.Generated {
	var marks strings.Builder
	for i := range cols {
		if i > 0 {
			marks.WriteString(", ")
		}
		marks.WriteString("$" + strconv.Itoa(i+1))
	}
	return db.Generate(`INSERT INTO ` + t.Name + ` (` + strings.Join(cols, ", ") + `) VALUES (` + marks.String() + `) ON CONFLICT DO NOTHING`)
}

// sameRow reports whether two rows of t hold the same, whoever made them.
func sameRow(t *table, a, b row) bool {
	return !slices.ContainsFunc(t.cols, func(c db.Column) bool {
		return c.Name != "created_op" && !same(a[c.Name], b[c.Name])
	})
}

// nextNumber returns the first number after those of a record's rows.
func nextNumber(t *table, subject ids.ID, used map[rowID]row) int64 {
	var most int64
	for id, r := range used {
		if n, ok := r[t.key[1]].(int64); ok && id.t == t && id.subject == subject {
			most = max(most, n)
		}
	}
	return most + 1
}
