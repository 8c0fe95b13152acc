package journal

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// dropAdded removes rows that the operation added to records that others had created.
func (s *slice) dropAdded(ctx context.Context) error {
	t, list := s.nextCreated(false)
	if t == nil {
		return nil
	}
	past, err := s.pastOf(ctx, list)
	if err != nil {
		return err
	}
	rows, err := s.rows(ctx, t, list)
	if err != nil {
		return err
	}
	for id, r := range rows {
		if r["created_op"] != s.op.ID {
			delete(rows, id)
		}
	}
	s.done += len(rows)
	return s.dropRowsOf(ctx, t, past, rows)
}

// nextCreated returns the next table, of records or of other rows, and the
// next records of it in which the operation created something. At the end of
// the phase the table is nil.
func (s *slice) nextCreated(single bool) (*table, []ids.ID) {
	for _, t := range s.layout.journaled(func(t *table) bool { return t.single() == single }) {
		if at := s.layout.byName[s.place.Table]; at == nil || t.pos < at.pos {
			s.place.Table, s.place.ID = t.Name, last
		} else if t != at {
			continue // has been gone through
		}
		list := s.created[t]
		from, _ := slices.BinarySearchFunc(list, s.place.ID, func(id, place ids.ID) int {
			if compare(id, place) < 0 {
				return 0
			}
			return -1
		})
		if from < len(list) {
			list = list[from:min(from+s.limit(), len(list))]
			s.place.ID = list[len(list)-1]
			return t, slices.Clone(list)
		}
	}
	s.place.next()
	return nil, nil
}

// dropRows removes rows of child tables that the operation, an undo, put back.
func (s *slice) dropRows(ctx context.Context, events []event) error {
	past, err := s.past(ctx, events)
	if err != nil {
		return err
	}
	for t, subjects := range s.byTable(events) {
		if t.single() {
			continue
		}
		rows, err := s.rows(ctx, t, subjects.list())
		if err != nil {
			return err
		}
		mine := map[rowID]row{}
		for _, e := range events {
			id := past.byN[e.n]
			f, err := past.sum(id)
			if err != nil {
				return err
			}
			if r := rows[id]; r != nil && f.made == e.n && past.sameRow(id, f.made) {
				mine[id] = r
			}
		}
		if err := s.dropRowsOf(ctx, t, past, mine); err != nil {
			return err
		}
	}
	return nil
}

// dropRowsOf removes rows, each of which is of the operation's making, unless
// they belong to a record that is too (they go with it) or have been changed since.
func (s *slice) dropRowsOf(ctx context.Context, t *table, past *past, rows map[rowID]row) error {
	subjects := set{}
	for id := range rows {
		subjects[id.subject] = true
	}
	if err := s.lock(ctx, t.record(), subjects.list()); err != nil {
		return err
	}
	by := map[ids.ID]ids.ID{}
	if t.parent != nil {
		var err error
		if by, err = s.creators(ctx, t.parent, subjects.list()); err != nil {
			return err
		}
	}
	text := `DELETE FROM ` + t.Name
	for i, k := range t.key {
		word := ` AND `
		if i == 0 {
			word = ` WHERE `
		}
		text += word + k + ` = $` + strconv.Itoa(i+1)
	}
	for _, id := range sortedRows(rows) {
		r := rows[id]
		if t.parent != nil {
			f, err := past.sum(rowID{t.parent, id.subject, string(id.subject[:])})
			if err != nil {
				return err
			}
			if by[id.subject] == s.op.ID || f.made != 0 {
				continue
			}
		}
		f, err := past.sum(id)
		if err != nil {
			return err
		}
		switch {
		case s.keep:
			s.keepRow(t, id.subject, "", InUse, r, 0)
			continue
		case past.rowChanged(id, f.made):
			s.keepRow(t, id.subject, "", ChangedSince, r, 0)
			continue
		}
		args := make([]any, len(t.key))
		for i, k := range t.key {
			args[i] = r[k]
		}
		if _, err := s.tx.ExecGenerated(ctx, db.Generate(text), args...); err != nil {
			return err
		}
		s.touch(t, id.subject)
		s.touchRefs(t, r)
	}
	return nil
}

// sortedRows returns the ids of rows of one table in the order of their keys.
func sortedRows(rows map[rowID]row) []rowID {
	return slices.SortedFunc(maps.Keys(rows), func(a, b rowID) int {
		return cmp.Or(compare(a.subject, b.subject), cmp.Compare(a.key, b.key))
	})
}

// dropCreated removes records that the operation created.
func (s *slice) dropCreated(ctx context.Context) error {
	t, list := s.nextCreated(true)
	if t == nil {
		return nil
	}
	// Some may have gone together with others.
	there, err := s.existing(ctx, map[*table]set{t: toSet(list)})
	if err != nil {
		return err
	}
	s.done += len(list)
	return s.dropRecordsOf(ctx, t, there[t].list())
}

// dropRecords removes records that the operation, an undo, put back.
func (s *slice) dropRecords(ctx context.Context, events []event) error {
	past, err := s.past(ctx, events)
	if err != nil {
		return err
	}
	for _, t := range s.layout.journaled((*table).single) {
		var list []ids.ID
		for _, e := range events {
			id := past.byN[e.n]
			if id.t != t {
				continue
			}
			f, err := past.sum(id)
			if err != nil {
				return err
			}
			if f.made == e.n {
				list = append(list, e.subject)
			}
		}
		there, err := s.existing(ctx, map[*table]set{t: toSet(list)})
		if err != nil {
			return err
		}
		if err := s.dropRecordsOf(ctx, t, there[t].list()); err != nil {
			return err
		}
	}
	return nil
}

func toSet(list []ids.ID) set {
	m := make(set, len(list))
	for _, id := range list {
		m[id] = true
	}
	return m
}

// A record is one of any table.
type record struct {
	t  *table
	id ids.ID
}

// A herd is records of the operation's making that refer to one another and
// therefore go together or not at all.
type herd struct {
	s       *slice
	members map[*table]set
	blocked map[record]Reason
	users   map[record][]record // who refers to each
	fresh   map[*table][]ids.ID // members not yet looked at
}

// dropRecordsOf removes records of the operation's making with their rows,
// unless others have changed them or refer to them.
func (s *slice) dropRecordsOf(ctx context.Context, t *table, list []ids.ID) error {
	if len(list) == 0 {
		return nil
	}
	h := &herd{s: s, members: map[*table]set{}, blocked: map[record]Reason{}, users: map[record][]record{}, fresh: map[*table][]ids.ID{}}
	for _, id := range list {
		h.add(record{t, id})
	}
	if s.keep {
		for _, id := range list {
			h.blocked[record{t, id}] = InUse
		}
	} else if err := h.gather(ctx); err != nil {
		return err
	}
	h.spread()
	var blocked []ids.ID
	for _, id := range list {
		if _, ok := h.blocked[record{t, id}]; ok {
			blocked = append(blocked, id)
		}
	}
	if len(blocked) > 0 {
		rows, err := s.rows(ctx, t, blocked)
		if err != nil {
			return err
		}
		for _, id := range blocked {
			s.keepRow(t, id, "", h.blocked[record{t, id}], rows[rowID{t, id, string(id[:])}], 0)
		}
	}
	return h.drop(ctx)
}

func (h *herd) add(r record) {
	if !h.members[r.t][r.id] {
		mark(h.members, r.t, r.id)
		h.fresh[r.t] = append(h.fresh[r.t], r.id)
	}
}

// gather looks at every member, and adds those that refer to members and are
// of the operation's making.
func (h *herd) gather(ctx context.Context) error {
	for len(h.fresh) > 0 {
		for t, list := range h.fresh {
			delete(h.fresh, t)
			if err := h.s.lock(ctx, t, toSet(list).list()); err != nil {
				return err
			}
			past, err := h.s.pastOf(ctx, list)
			if err != nil {
				return err
			}
			for _, id := range list {
				f, err := past.sum(rowID{t, id, string(id[:])})
				if err != nil {
					return err
				}
				if past.recordChanged(id, max(f.made, past.begin(record{t, id}))) {
					h.blocked[record{t, id}] = ChangedSince
				}
			}
			for _, u := range t.users {
				if err := h.look(ctx, t, list, u, past); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// look finds out who refers to members of t through one column.
func (h *herd) look(ctx context.Context, t *table, list []ids.ID, u user, past *past) error {
	switch {
	case t.own(u):
		return h.lookOwn(ctx, t, list, u, past)
	case u.follows():
		return nil
	case !u.t.Journal:
		found, err := db.ListInGenerated(ctx, h.s.tx, db.One[ids.ID], list,
			db.Generate(`SELECT DISTINCT `+u.col+` FROM `+u.name+` WHERE `+u.col+` IN ($list)`))
		for _, id := range found {
			h.blocked[record{t, id}] = InUse
		}
		return err
	}
	return h.lookOthers(ctx, t, list, u)
}

// follows reports whether rows of u, which are bookkeeping or derived, go
// with what they refer to.
func (u user) follows() bool { return u.t == nil || u.t.Private && !u.t.Journal }

// lookOwn blocks records to which others have added rows.
func (h *herd) lookOwn(ctx context.Context, t *table, list []ids.ID, u user, past *past) error {
	if !u.t.Journal {
		return nil
	}
	found, err := db.ListInGenerated(ctx, h.s.tx, u.t.scan(u.t.cols), list, db.Generate(
		`SELECT `+names(u.t.cols, "")+` FROM `+u.name+` WHERE `+u.col+` IN ($list) AND created_op <> $1`), h.s.op.ID)
	if err != nil {
		return err
	}
	for _, r := range found {
		subject, _ := r[u.col].(ids.ID)
		id := rowID{u.t, subject, u.t.rowKey(r)}
		f, err := past.sum(id)
		if err != nil {
			return err
		}
		if f.made == 0 || !past.sameRow(id, f.made) {
			h.blocked[record{t, subject}] = ChangedSince
		}
	}
	return nil
}

// A use is a row that refers to a record.
type use struct {
	target ids.ID
	owner  ids.ID // record that the row belongs to
	maker  ids.ID // operation that created that record
}

// lookOthers blocks records that rows of others refer to, and adds the
// records of the operation's making that do.
func (h *herd) lookOthers(ctx context.Context, t *table, list []ids.ID, u user) error {
	from, owner, made, maker := u.name+` u`, `u.`+u.t.key[0], `u.created_op`, `u.created_op`
	if u.t.parent != nil && u.t.parent.Journal {
		from += ` JOIN ` + u.t.parent.Name + ` p ON p.` + u.t.parent.key[0] + ` = ` + owner
		made, maker = `COALESCE(u.created_op, p.created_op)`, `p.created_op`
	}
	uses := `SELECT u.` + u.col + `, ` + owner + `, ` + maker + ` FROM ` + from + ` WHERE u.` + u.col + ` IN ($list)`
	scan := func(s db.Scanner, x *use) error { return s.Scan(&x.target, &x.owner, &x.maker) }
	if !h.s.op.UndoOf.IsZero() {
		found, err := db.ListInGenerated(ctx, h.s.tx, scan, list, db.Generate(uses))
		if err != nil || len(found) == 0 {
			return err
		}
		return h.usesAfterUndo(ctx, t, u, found)
	}
	// Of those by others one is enough, and there may be very many.
	others, err := db.ListInGenerated(ctx, h.s.tx, db.One[ids.ID], list, db.Generate(`
		SELECT x.`+t.key[0]+` FROM `+t.Name+` x WHERE x.`+t.key[0]+` IN ($list) AND EXISTS (
		  SELECT 1 FROM `+from+` WHERE u.`+u.col+` = x.`+t.key[0]+` AND `+made+` <> $1)`), h.s.op.ID)
	if err != nil {
		return err
	}
	for _, id := range others {
		h.blocked[record{t, id}] = InUse
	}
	// CASE keeps SQLite from going through everything that the operation created.
	mine, err := db.ListInGenerated(ctx, h.s.tx, scan, list,
		db.Generate(uses+` AND CASE WHEN `+made+` = $1 THEN 1 ELSE 0 END = 1`), h.s.op.ID)
	if err != nil {
		return err
	}
	for _, x := range mine {
		h.use(t, x, u, x.maker == h.s.op.ID)
	}
	return nil
}

// usesAfterUndo is the part of lookOthers for an operation that is an undo:
// what it put back still has the creator that it had at first.
func (h *herd) usesAfterUndo(ctx context.Context, t *table, u user, uses []use) error {
	owners := make([]ids.ID, len(uses))
	for i, x := range uses {
		owners[i] = x.owner
	}
	past, err := h.s.pastOf(ctx, owners)
	if err != nil {
		return err
	}
	for _, x := range uses {
		f, err := past.sum(rowID{u.t.record(), x.owner, string(x.owner[:])})
		if err != nil {
			return err
		}
		h.use(t, x, u, f.made != 0)
	}
	return nil
}

// use notes that a record refers to a member of t. One of the operation's
// making goes with it; any other keeps it.
func (h *herd) use(t *table, x use, u user, mine bool) {
	owner := record{u.t.record(), x.owner}
	if !mine || !owner.t.single() {
		h.blocked[record{t, x.target}] = InUse
		return
	}
	h.users[record{t, x.target}] = append(h.users[record{t, x.target}], owner)
	h.add(owner)
}

// spread blocks what blocked members refer to.
func (h *herd) spread() {
	for more := true; more; {
		more = false
		for target, list := range h.users {
			if _, ok := h.blocked[target]; ok {
				continue
			}
			for _, r := range list {
				if _, ok := h.blocked[r]; ok {
					h.blocked[target] = InUse
					more = true
					break
				}
			}
		}
	}
}

// drop deletes the members that are not blocked.
func (h *herd) drop(ctx context.Context) error {
	for i := len(h.s.layout.tables) - 1; i >= 0; i-- {
		t := h.s.layout.tables[i]
		var list []ids.ID
		for _, id := range h.members[t].list() {
			if _, ok := h.blocked[record{t, id}]; !ok {
				list = append(list, id)
			}
		}
		if len(list) == 0 {
			continue
		}
		for _, u := range t.users {
			if !t.own(u) && !u.follows() {
				continue
			}
			if err := h.findRefs(ctx, u.t, u.col, list); err != nil {
				return err
			}
			if _, err := db.ExecInGenerated(ctx, h.s.tx, list, db.Generate(`DELETE FROM `+u.name+` WHERE `+u.col+` IN ($list)`)); err != nil {
				return err
			}
		}
		if err := h.findRefs(ctx, t, t.key[0], list); err != nil {
			return err
		}
		if _, err := db.ExecInGenerated(ctx, h.s.tx, list, db.Generate(`DELETE FROM `+t.Name+` WHERE `+t.key[0]+` IN ($list)`)); err != nil {
			return err
		}
		for _, id := range list {
			mark(h.s.touched, t, id)
		}
	}
	return nil
}

// findRefs notes which records the rows of t that are about to go refer to,
// since what is derived from those must follow.
func (h *herd) findRefs(ctx context.Context, t *table, key string, list []ids.ID) error {
	if t == nil {
		return nil
	}
	for _, c := range t.cols {
		target := t.refs[c.Name]
		if target == nil || target.Refresh == nil || c.Name == key {
			continue
		}
		found, err := db.ListInGenerated(ctx, h.s.tx, db.One[ids.ID], list, db.Generate(
			`SELECT DISTINCT `+c.Name+` FROM `+t.Name+` WHERE `+key+` IN ($list) AND `+c.Name+` IS NOT NULL`))
		if err != nil {
			return err
		}
		for _, id := range found {
			mark(h.s.touched, target, id)
		}
	}
	return nil
}
