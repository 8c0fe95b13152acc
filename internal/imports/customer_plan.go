package imports

import (
	"context"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A customerPlan is what is to be done for a batch of rows.
type customerPlan struct {
	outcome
	add    []*customers.Customer // organisations before those who belong to them
	change []*entry
	orgs   []newOrg
	filled []string // keys of organisations that got a row of their own
}

type newOrg struct {
	key    string
	id     ids.ID
	filled bool
}

// An entry is a customer that rows of the batch are about.
type entry struct {
	old *customers.Customer // as stored; nil if the batch adds it
	cur *customers.Customer // as the rows so far leave it
	org bool                // an organisation added because somebody belongs to it
}

type keyRef struct {
	kind customers.KeyKind
	key  string
}

// A customerPlanner decides what is to be done for the rows of a batch, one after
// another, as if each were stored before the next is looked at.
type customerPlanner struct {
	p      *customerProgram
	mode   Mode
	job    ids.ID
	now    time.Time
	dry    *ledger // what earlier batches of a dry run would have stored; nil otherwise
	plan   *customerPlan
	drafts []*customerDraft

	known   map[customers.KeyKind]map[string]ids.ID // in the database
	second  map[customers.KeyKind]map[string]ids.ID // others with the same key
	orgs    map[string]orgRef
	entries map[ids.ID]*entry
	byKey   map[keyRef][]*entry // of entries that the batch adds or changes
}

type orgRef struct {
	id     ids.ID
	filled bool // whether it is more than a name that this import brought
}

// A customerWork is rows about customers that are handled together.
type customerWork struct {
	p      *customerProgram
	drafts []*customerDraft
}

// plan decides what is to be done. It only reads.
func (w *customerWork) plan(ctx context.Context, tx *db.Tx, job ids.ID, mode Mode) (change, error) {
	l := &customerPlanner{
		p: w.p, mode: mode, job: job, now: tx.Now, dry: w.p.dry, plan: &customerPlan{}, drafts: w.drafts,
		known: map[customers.KeyKind]map[string]ids.ID{}, second: map[customers.KeyKind]map[string]ids.ID{},
		orgs: map[string]orgRef{}, entries: map[ids.ID]*entry{}, byKey: map[keyRef][]*entry{},
	}
	if err := l.lookUp(ctx, tx); err != nil {
		return nil, err
	}
	for _, d := range w.drafts {
		if err := l.row(ctx, tx, d); err != nil {
			return nil, err
		}
	}
	if l.dry != nil {
		l.dry.rememberOrgs(l)
	}
	return l.plan, nil
}

// lookUp asks once for all rows which of their keys are known, and loads the
// customers that they may be about.
func (l *customerPlanner) lookUp(ctx context.Context, tx *db.Tx) error {
	for _, kind := range keyKinds {
		keys := l.keysOf(kind)
		found, err := customers.Holders(ctx, tx, kind, keys)
		if err != nil {
			return err
		}
		l.known[kind] = found
		if slices.Contains(l.p.keys, kind) && len(found) > 0 {
			keys = slices.DeleteFunc(keys, func(k string) bool { return found[k].IsZero() })
			if l.second[kind], err = customers.SecondHolders(ctx, tx, kind, keys); err != nil {
				return err
			}
		}
	}
	if err := l.lookUpOrgs(ctx, tx); err != nil {
		return err
	}
	return l.load(ctx, tx)
}

// keysOf returns all keys of a kind that rows of the batch have.
func (l *customerPlanner) keysOf(kind customers.KeyKind) []string {
	list := make([]string, 0, len(l.drafts))
	for _, d := range l.drafts {
		if d.refused || d.empty {
			continue
		}
		switch kind { // without making a list for each row
		case customers.KeyNumber:
			if d.c.ExternalID != "" {
				list = append(list, d.c.ExternalID)
			}
		case customers.KeyEmail:
			for i := range d.c.Emails {
				list = append(list, d.c.Emails[i].Key)
			}
		case customers.KeyPhone:
			for i := range d.c.Phones {
				if d.c.Phones[i].Key != "" {
					list = append(list, d.c.Phones[i].Key)
				}
			}
		case customers.KeyName:
			if d.nameKey != "" {
				list = append(list, d.nameKey)
			}
		}
	}
	return list
}

// lookUpOrgs finds the organisations that rows name.
func (l *customerPlanner) lookUpOrgs(ctx context.Context, tx *db.Tx) error {
	var keys []string
	for _, d := range l.drafts {
		if key := d.orgLookup(); key != "" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	found, err := customers.OrganizationsNamed(ctx, tx, slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k[0] == '=' }))
	if err != nil {
		return err
	}
	for key, id := range found {
		l.orgs[key] = orgRef{id: id, filled: true}
	}
	own, err := madeOrgs(ctx, tx, l.job, keys)
	if err != nil {
		return err
	}
	for _, o := range own {
		if known, ok := l.orgs[o.key]; !ok && o.key[0] == '=' || known.id == o.id {
			l.orgs[o.key] = orgRef{id: o.id, filled: o.filled}
		}
	}
	return nil
}

// orgLookup returns the key of the organisation to which a row belongs, or
// that it may be itself.
func (d *customerDraft) orgLookup() string {
	switch {
	case d.refused || d.empty:
		return ""
	case d.org != "":
		return d.orgKey
	case d.c.Kind == customers.Organization && d.c.Name != "":
		return orgKey(d.c.Name)
	}
	return ""
}

// load reads the customers that rows may be about.
func (l *customerPlanner) load(ctx context.Context, tx *db.Tx) error {
	var want []ids.ID
	for _, d := range l.drafts {
		list, err := l.candidates(ctx, tx, d)
		if err != nil {
			return err
		}
		want = append(want, list...)
		if ref, ok := l.orgs[d.orgLookup()]; ok && d.org == "" && !ref.filled {
			want = append(want, ref.id)
		}
	}
	slices.SortFunc(want, compareIDs)
	want = slices.Compact(want)
	if len(want) == 0 {
		return nil
	}
	list, err := customers.GetMany(ctx, tx, want)
	if err != nil {
		return err
	}
	for i := range list {
		c := &list[i]
		l.entries[c.ID] = &entry{old: c, cur: c}
	}
	return nil
}

// newID returns an ID for a customer that is added.
func (l *customerPlanner) newID() ids.ID { return ids.New(l.now) }

func compareIDs(a, b ids.ID) int { return slices.Compare(a[:], b[:]) }

// mainKey returns the kind of key that tells the customers apart best, and
// what the row has of it. ok is false if the row lacks a key.
func (l *customerPlanner) mainKey(d *customerDraft) (kind customers.KeyKind, keys []string, ok bool) {
	if len(l.p.keys) == 0 || d.refused || d.empty {
		return "", nil, false
	}
	for _, k := range l.p.keys[1:] {
		if len(d.keys(k)) == 0 {
			return "", nil, false
		}
	}
	kind = l.p.keys[0]
	keys = d.keys(kind)
	return kind, keys, len(keys) > 0
}

// candidatesKept is how many customers with the same key are compared by the
// other keys of an import.
const candidatesKept = 200

// candidates returns the stored customers that a row may be about.
func (l *customerPlanner) candidates(ctx context.Context, tx *db.Tx, d *customerDraft) ([]ids.ID, error) {
	kind, keys, ok := l.mainKey(d)
	if !ok {
		return nil, nil
	}
	var list []ids.ID
	for _, key := range keys {
		id, ok := l.known[kind][key]
		if !ok {
			continue
		}
		list = append(list, id)
		second, several := l.second[kind][key]
		switch {
		case !several || second == id:
		case len(l.p.keys) == 1:
			list = append(list, second)
		default:
			all, err := customers.WithKey(ctx, tx, kind, key, candidatesKept)
			if err != nil {
				return nil, err
			}
			list = append(list, all...)
		}
	}
	if l.dry != nil {
		for _, key := range keys {
			list = append(list, l.dry.find(kind, key)...)
		}
	}
	return list, nil
}

// has reports whether a customer has, of each kind of key, one that the row has.
func (l *customerPlanner) has(c *customers.Customer, d *customerDraft) bool {
	for _, kind := range l.p.keys {
		mine := d.keys(kind)
		if !slices.ContainsFunc(c.Keys(kind), func(k string) bool { return slices.Contains(mine, k) }) {
			return false
		}
	}
	return true
}

// find returns the customer that a row is about, or nil if nobody is. The
// error says why it can't be told.
func (l *customerPlanner) find(ctx context.Context, tx *db.Tx, d *customerDraft) (*entry, error) {
	kind, keys, ok := l.mainKey(d)
	if !ok {
		return nil, nil
	}
	list, err := l.candidates(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	var found []*entry
	for _, id := range list {
		e, err := l.entry(id)
		if err != nil {
			return nil, err
		}
		if e == nil {
			return nil, errs.New(errs.Invalid, "import.key.hidden")
		}
		if l.has(e.cur, d) && !slices.Contains(found, e) {
			found = append(found, e)
		}
	}
	for _, key := range keys {
		for _, e := range l.byKey[keyRef{kind, key}] {
			if l.has(e.cur, d) && !slices.Contains(found, e) {
				found = append(found, e)
			}
		}
	}
	if len(found) > 1 {
		return nil, errs.New(errs.Invalid, "import.key.several")
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found[0], nil
}

// entry returns the customer with an ID as the rows so far leave it, or nil if
// the actor may not see it.
func (l *customerPlanner) entry(id ids.ID) (*entry, error) {
	e := l.entries[id]
	if l.dry == nil || e != nil && e.cur != e.old {
		return e, nil
	}
	c, err := l.dry.load(id)
	if err != nil || c == nil {
		return e, err
	}
	e = &entry{old: c, cur: c}
	l.entries[id] = e
	return e, nil
}

// row decides about one row.
func (l *customerPlanner) row(ctx context.Context, tx *db.Tx, d *customerDraft) error {
	switch {
	case d.empty:
		l.plan.Skipped++
		return nil
	case d.refused:
		l.plan.refuse(&d.record, d.problems)
		return nil
	}
	e, err := l.find(ctx, tx, d)
	if err == nil {
		err = l.settle(ctx, tx, d, e)
	}
	if errs.KindOf(err) == errs.Invalid {
		l.plan.refuseFor(&d.record, err)
		return nil
	}
	return err
}

// settle adds, changes or skips.
func (l *customerPlanner) settle(ctx context.Context, tx *db.Tx, d *customerDraft, e *entry) error {
	if e == nil {
		var err error
		if e, err = l.ownName(d); err != nil {
			return err
		}
	}
	switch {
	case e == nil && l.mode == Update, e != nil && l.mode == Create && !e.org:
		l.plan.Skipped++
		return nil
	case e == nil:
		return l.create(ctx, tx, d)
	}
	return l.update(ctx, tx, d, e)
}

// ownName returns the organisation that this import brought as a name only,
// if the row tells the rest about it.
func (l *customerPlanner) ownName(d *customerDraft) (*entry, error) {
	if d.org != "" || d.c.Kind != customers.Organization {
		return nil, nil
	}
	ref, ok := l.orgNamed(d.orgLookup())
	if !ok || ref.filled {
		return nil, nil
	}
	e, err := l.entry(ref.id)
	if e != nil {
		e.org = true
	}
	return e, err
}

// orgNamed returns the organisation with the given key.
func (l *customerPlanner) orgNamed(key string) (orgRef, bool) {
	ref, ok := l.orgs[key]
	if l.dry != nil && (!ok || !ref.filled) {
		if r, known := l.dry.orgs[hashKey("", key)]; known {
			l.orgs[key] = r
			return r, true
		}
	}
	return ref, ok
}

// create adds the customer of a row.
func (l *customerPlanner) create(ctx context.Context, tx *db.Tx, d *customerDraft) error {
	if taken, err := l.taken(ctx, tx, d.c.ExternalID, ids.ID{}); taken || err != nil {
		return orTaken(err, d.c.ExternalID)
	}
	other, reason, again, err := l.resembles(ctx, tx, d)
	if err != nil {
		return err
	}
	c := d.c.Clone() // the row may be planned again
	c.ID = l.newID()
	if d.org != "" {
		org, err := l.organization(d)
		if err != nil {
			return err
		}
		mergeOrganization(&c, d, org)
	}
	e := &entry{cur: &c}
	if again {
		l.plan.Duplicates++
		l.plan.repeats = append(l.plan.repeats, repeat{row: d.row, made: c.ID, other: other, reason: Key(reason)})
	}
	if key := d.orgLookup(); d.org == "" && key != "" {
		if _, ok := l.orgNamed(key); !ok {
			l.orgs[key] = orgRef{id: c.ID, filled: true}
			if key[0] == '=' || l.dry != nil { // else it is found by its name
				l.plan.orgs = append(l.plan.orgs, newOrg{key: key, id: c.ID, filled: true})
			}
		}
	}
	l.plan.add = append(l.plan.add, &c)
	l.plan.Created++
	l.plan.imported(&d.record, c.ID)
	return l.enter(e)
}

// update changes the customer whom a row is about.
func (l *customerPlanner) update(ctx context.Context, tx *db.Tx, d *customerDraft, e *entry) error {
	var org ids.ID
	var err error
	if d.org != "" {
		if org, err = l.organization(d); err != nil {
			return err
		}
	}
	c, err := l.p.merge(e.cur, d, org)
	if err != nil {
		return err
	}
	if c.ExternalID != e.cur.ExternalID {
		if taken, err := l.taken(ctx, tx, c.ExternalID, c.ID); taken || err != nil {
			return orTaken(err, c.ExternalID)
		}
	}
	if e.org {
		l.fill(e)
	}
	if customers.Same(e.cur, &c) {
		l.plan.Skipped++
		l.plan.imported(&d.record, c.ID)
		return nil
	}
	l.plan.Updated++
	l.plan.imported(&d.record, c.ID)
	if e.old == nil {
		*e.cur = c // it is added as it is in the end
	} else {
		if e.cur == e.old {
			l.plan.change = append(l.plan.change, e)
		}
		e.cur = &c
	}
	return l.enter(e)
}

// enter makes a customer known to the rows that follow.
func (l *customerPlanner) enter(e *entry) error {
	l.entries[e.cur.ID] = e
	for _, kind := range keyKinds {
		for _, key := range e.cur.Keys(kind) {
			ref := keyRef{kind, key}
			if !slices.Contains(l.byKey[ref], e) {
				l.byKey[ref] = append(l.byKey[ref], e)
			}
		}
	}
	if l.dry == nil {
		return nil
	}
	return l.dry.put(e.cur, len(l.p.keys) > 0 || e.org)
}

// orTaken returns err, or else that a number belongs to another customer.
func orTaken(err error, number string) error {
	if err != nil {
		return err
	}
	return errs.New(errs.Invalid, "import.number_taken", "number", number)
}

// taken reports whether a customer other than the given one has a number.
func (l *customerPlanner) taken(ctx context.Context, tx *db.Tx, number string, but ids.ID) (bool, error) {
	if number == "" {
		return false, nil
	}
	id, ok, err := l.holder(ctx, tx, customers.KeyNumber, number)
	if !ok || err != nil || !id.IsZero() {
		return ok && id != but, err
	}
	for _, id := range l.dry.find(customers.KeyNumber, number) {
		e, err := l.entry(id)
		if err != nil {
			return false, err
		}
		if e != nil && e.cur.ID != but && e.cur.ExternalID == number {
			return true, nil
		}
	}
	return len(l.dry.kinds) == 0, nil // then nobody is changed, and what was seen is another's
}

// resembles reports whether the customer of a row is likely there already.
func (l *customerPlanner) resembles(ctx context.Context, tx *db.Tx, d *customerDraft) (other ids.ID, reason customers.KeyKind, ok bool, err error) {
	for _, kind := range []customers.KeyKind{customers.KeyEmail, customers.KeyPhone, customers.KeyName} {
		for _, key := range d.keys(kind) {
			if other, ok, err = l.holder(ctx, tx, kind, key); ok || err != nil {
				return other, kind, ok, err
			}
		}
	}
	return ids.ID{}, "", false, nil
}

// holder returns a customer who has a key by now. In a dry run it may be the
// zero ID.
func (l *customerPlanner) holder(ctx context.Context, tx *db.Tx, kind customers.KeyKind, key string) (ids.ID, bool, error) {
	for _, e := range l.byKey[keyRef{kind, key}] {
		if slices.Contains(e.cur.Keys(kind), key) {
			return e.cur.ID, true, nil
		}
	}
	if l.dry != nil && l.dry.seen(kind, key) {
		return ids.ID{}, true, nil
	}
	id, ok := l.known[kind][key]
	if !ok {
		return id, false, nil
	}
	list := []ids.ID{id}
	for i := 0; i < len(list); i++ {
		e, err := l.touched(list[i])
		if err != nil {
			return id, false, err
		}
		if e == nil || slices.Contains(e.cur.Keys(kind), key) {
			return list[i], true, nil
		}
		if i == 0 { // a row changed that: are there others?
			others, err := customers.WithKey(ctx, tx, kind, key, candidatesKept)
			if err != nil {
				return id, false, err
			}
			list = append(list, others...)
		}
	}
	return ids.ID{}, false, nil
}

// touched returns a stored customer whom a row has changed, or nil.
func (l *customerPlanner) touched(id ids.ID) (*entry, error) {
	if e := l.entries[id]; e != nil && e.cur != e.old || l.dry == nil {
		if e != nil && e.cur == e.old {
			e = nil
		}
		return e, nil
	}
	c, err := l.dry.load(id)
	if c == nil || err != nil {
		return nil, err
	}
	return &entry{cur: c}, nil
}

// organization returns the organisation that a row names, which is added if
// there is none.
func (l *customerPlanner) organization(d *customerDraft) (ids.ID, error) {
	if ref, ok := l.orgNamed(d.orgKey); ok {
		return ref.id, nil
	}
	c := &customers.Customer{ID: l.newID(), Kind: customers.Organization, Name: d.org, Phase: customers.Prospect}
	l.plan.add = append(l.plan.add, c)
	l.plan.orgs = append(l.plan.orgs, newOrg{key: d.orgKey, id: c.ID})
	l.plan.Organizations++
	l.orgs[d.orgKey] = orgRef{id: c.ID}
	return c.ID, l.enter(&entry{cur: c, org: true})
}

// fill notes that an organisation has got a row of its own.
func (l *customerPlanner) fill(e *entry) {
	e.org = false
	for key, ref := range l.orgs {
		if ref.id == e.cur.ID && !ref.filled {
			l.orgs[key] = orgRef{id: ref.id, filled: true}
			l.plan.filled = append(l.plan.filled, key)
		}
	}
}

// apply stores what was planned.
func (p *customerPlan) apply(ctx context.Context, tx *db.Tx, job ids.ID) error {
	if len(p.add) > 0 {
		if err := customers.Insert(ctx, tx, p.add); err != nil {
			return err
		}
	}
	for _, e := range p.change {
		if err := customers.Save(ctx, tx, e.old, e.cur); err != nil {
			return err
		}
	}
	return p.noteOrgs(ctx, tx, job)
}

// noteOrgs stores which organisations were added because somebody belongs to them.
func (p *customerPlan) noteOrgs(ctx context.Context, tx *db.Tx, job ids.ID) error {
	for _, o := range p.orgs {
		_, err := tx.Exec(ctx, `INSERT INTO import_org (import_id, key, customer_id, filled) VALUES ($1, $2, $3, $4)`, job, o.key, o.id, o.filled)
		if err != nil {
			return err
		}
	}
	_, err := db.ExecIn(ctx, tx, p.filled, `UPDATE import_org SET filled = TRUE WHERE import_id = $1 AND key IN ($list)`, job)
	return err
}

// madeOrgs returns those of the given organisations that the import brought.
func madeOrgs(ctx context.Context, tx *db.Tx, job ids.ID, keys []string) ([]newOrg, error) {
	return db.ListIn(ctx, tx, func(s db.Scanner, o *newOrg) error { return s.Scan(&o.key, &o.id, &o.filled) }, keys,
		`SELECT key, customer_id, filled FROM import_org WHERE import_id = $1 AND key IN ($list)`, job)
}
