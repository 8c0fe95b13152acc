// Package tasks keeps what is to be done: tasks, calls to make, meetings and
// visits, due on a day or at a time, once or again and again, for a person or
// for whoever of a role takes them, about a customer or any other record.
//
// A repeating task is a series of which one occurrence is open at a time:
// doing it makes the next one, once. Days are those of the workspace's zone.
package tasks

import (
	"context"
	"embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/outbox"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the tasks' part of the database.
var Module = db.Module{
	Name: "tasks", Schema: schema,
	Tables: []db.Table{
		{Name: "task_series", Journal: true},
		{Name: "task", Journal: true, Refresh: Refresh, Omit: []string{"done", "due_by"}},
		{Name: "task_guest", Key: []string{"task_id", "n"}, Parent: "task", Journal: true},
		{Name: "task_invitation", Key: []string{"task_id", "key"}, Private: true},
		{Name: "task_reminded", Key: []string{"task_id"}, Private: true},
		{Name: "task_feed", Key: []string{"user_id"}, Private: true},
	},
}

// A Kind says what is to be done.
type Kind string

// The kinds.
const (
	Plain   Kind = "task"
	Call    Kind = "call"
	Message Kind = "message"
	Meeting Kind = "meeting"
	Visit   Kind = "visit"
)

// Kinds lists the kinds, the commonest first.
var Kinds = []Kind{Plain, Call, Message, Meeting, Visit}

// A Subject is a record that a task is about, besides a customer. Which kinds
// of records there are is known where the program is put together.
type Subject struct {
	Kind string // "order"; empty for none
	ID   ids.ID
}

// A Task is something to be done.
type Task struct {
	ID    ids.ID
	Title string // at most 300 characters
	Note  string
	Kind  Kind
	Place string

	Day    string    // on which it is due, 2006-01-02 in the workspace's zone; "" if it is not due
	At     time.Time // when it is due on that day; zero for any time
	Ends   time.Time // when it is over; zero if that is not said
	Remind time.Time // when its assignee is reminded; zero for never

	Repeat string // rule of a repeating task, as package calendar writes it
	Series ids.ID // zero if it doesn't repeat
	N      int64  // which occurrence of the series, from 1
	slot   string

	Assignee ids.ID // who does it; zero for nobody in particular
	Role     ids.ID // or whoever has this role
	Customer ids.ID
	Subject  Subject
	Guests   []Guest // in order

	Done    time.Time // when it was done; zero if it is open
	DoneBy  ids.ID
	Creator ids.ID
	Created time.Time
	Updated time.Time
	Rev     int64

	by int64 // due_by
}

// A Guest is asked to come to a meeting.
type Guest struct {
	Name  string
	Email string
	State State
	key   string
}

// A State is what a guest answered.
type State string

// The states.
const (
	Asked State = "asked"
	Yes   State = "yes"
	No    State = "no"
	Maybe State = "maybe"
)

// States lists the states, the first one first.
var States = []State{Asked, Yes, No, Maybe}

// ETag names the state in which t is.
func (t *Task) ETag() string { return `"` + strconv.FormatInt(t.Rev, 36) + `"` }

// farAway is due_by of open tasks that are never due: the last day of the year
// 9999, in Unix milliseconds. Those that are done come behind it.
const farAway = 253402214400000

// Overdue reports whether t should have been done by now.
func (t *Task) Overdue(now time.Time) bool {
	return t.Done.IsZero() && t.by < farAway && t.by < now.UnixMilli()
}

// By returns the last moment at which t is not overdue, or the zero time if it
// is not due or done.
func (t *Task) By() time.Time {
	if t.by >= farAway {
		return time.Time{}
	}
	return db.Time(t.by)
}

const taskCols = `t.id, t.title, t.note, t.kind, t.place, COALESCE(t.due_date, ''), t.due_at, t.ends_at, t.remind_at,
	t.repeat, t.series_id, t.series_n, t.slot, t.assignee_id, t.role_id, t.customer_id, t.subject_kind, t.subject_id,
	t.done_at, t.done_by, t.creator_id, t.created_at, t.updated_at, t.rev, t.due_by`

func scanTask(s db.Scanner, t *Task) error {
	var at, ends, remind, done, created, updated int64
	err := s.Scan(&t.ID, &t.Title, &t.Note, &t.Kind, &t.Place, &t.Day, &at, &ends, &remind,
		&t.Repeat, &t.Series, &t.N, &t.slot, &t.Assignee, &t.Role, &t.Customer, &t.Subject.Kind, &t.Subject.ID,
		&done, &t.DoneBy, &t.Creator, &created, &updated, &t.Rev, &t.by)
	t.At, t.Ends, t.Remind, t.Done = db.Time(at), db.Time(ends), db.Time(remind), db.Time(done)
	t.Created, t.Updated = db.Time(created), db.Time(updated)
	return err
}

// Changed is published when something changed that guests of a task are told.
type Changed struct {
	Task ids.ID `json:"task"`
}

// EventName implements [outbox.Event].
func (Changed) EventName() string { return "invitations.task" }

// EventSubject implements [outbox.Event].
func (e Changed) EventSubject() ids.ID { return e.Task }

// Touched is published when a task with a customer came, changed or went.
type Touched struct {
	Customer ids.ID `json:"customer"`
}

// EventName implements [outbox.Event].
func (Touched) EventName() string { return "touches.task" }

// EventSubject implements [outbox.Event].
func (e Touched) EventSubject() ids.ID { return e.Customer }

// touch publishes that tasks with customers are others than before.
func touch(ctx context.Context, tx *db.Tx, of ...ids.ID) {
	for _, id := range of {
		if !id.IsZero() {
			outbox.Publish(ctx, tx, Touched{id})
		}
	}
}

// Assigned is published when somebody gave a task to somebody else.
type Assigned struct {
	Task     ids.ID `json:"task"`
	Assignee ids.ID `json:"assignee"`
	Customer ids.ID `json:"customer"` // zero for none
	Title    string `json:"title"`
	By       ids.ID `json:"by"`
	ByName   string `json:"by_name"`
}

// EventName implements [outbox.Event].
func (Assigned) EventName() string { return "assignments.task" }

// EventSubject implements [outbox.Event].
func (e Assigned) EventSubject() ids.ID { return e.Task }

// Mentioned is published when somebody wrote a task whose text may name
// colleagues.
type Mentioned struct {
	Task     ids.ID `json:"task"`
	Customer ids.ID `json:"customer"` // zero for none
	By       ids.ID `json:"by"`
	ByName   string `json:"by_name"`
}

// EventName implements [outbox.Event].
func (Mentioned) EventName() string { return "mentions.task" }

// EventSubject implements [outbox.Event].
func (e Mentioned) EventSubject() ids.ID { return e.Task }

// zone returns the workspace's zone.
func zone(ctx context.Context, tx *db.Tx) (*time.Location, error) {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return nil, err
	}
	return set.Locale().Zone, nil
}

// visible reports whether tx's actor may see t. Who made a task sees it too.
func visible(ctx context.Context, tx *db.Tx, t *Task) (bool, error) {
	return list.Sees(ctx, tx, t.Assignee)
}

// Get returns the task with the given ID and its guests, or a NotFound error,
// also if the transaction's actor may not see it.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Task, error) {
	t, err := db.Get(ctx, tx, scanTask, `SELECT `+taskCols+` FROM task t WHERE t.id = $1`, id)
	if err != nil {
		return t, err
	}
	if ok, err := visible(ctx, tx, &t); err != nil || !ok {
		if err == nil {
			err = errs.New(errs.NotFound, "error.not_found")
		}
		return Task{}, err
	}
	t.Guests, err = guests(ctx, tx, id)
	return t, err
}

func guests(ctx context.Context, tx *db.Tx, id ids.ID) ([]Guest, error) {
	return db.List(ctx, tx, func(s db.Scanner, g *Guest) error { return s.Scan(&g.Name, &g.Email, &g.State, &g.key) }, `
		SELECT name, email, state, key FROM task_guest WHERE task_id = $1 ORDER BY n`, id)
}

// LoadGuests completes rows of [List], which have no guests yet.
func LoadGuests(ctx context.Context, tx *db.Tx, rows []Task) error {
	type of struct {
		task  ids.ID
		guest Guest
	}
	at := make(map[ids.ID]*Task, len(rows))
	keys := make([]ids.ID, len(rows))
	for i := range rows {
		at[rows[i].ID], keys[i] = &rows[i], rows[i].ID
	}
	all, err := db.ListIn(ctx, tx, func(s db.Scanner, v *of) error {
		return s.Scan(&v.task, &v.guest.Name, &v.guest.Email, &v.guest.State, &v.guest.key)
	}, keys, `SELECT task_id, name, email, state, key FROM task_guest WHERE task_id IN ($list) ORDER BY task_id, n`)
	for _, v := range all {
		at[v.task].Guests = append(at[v.task].Guests, v.guest)
	}
	return err
}

// Names returns the titles of those of the given tasks that exist.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	type title struct {
		id   ids.ID
		text string
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, t *title) error { return s.Scan(&t.id, &t.text) }, list,
		`SELECT id, title FROM task WHERE id IN ($list)`)
	names := make(map[ids.ID]string, len(rows))
	for _, r := range rows {
		names[r.id] = r.text
	}
	return names, err
}

// Lock makes others who would change a task wait until tx ends. What is read
// after it is what they left.
func Lock(ctx context.Context, tx *db.Tx, id ids.ID) error {
	return tx.LockRecord(ctx, `task`, id)
}

// Create adds t with its guests and sets t.ID. A zero Creator is the
// transaction's actor. It returns Invalid errors for what is wrong with
// fields, all of them at once.
func Create(ctx context.Context, tx *db.Tx, t *Task) error {
	z, err := zone(ctx, tx)
	if err != nil {
		return err
	}
	if t.Creator.IsZero() {
		t.Creator = tx.Who.User
	}
	if err := t.normalize(ctx, tx, z); err != nil {
		return err
	}
	if t.ID.IsZero() {
		t.ID = ids.New(tx.Now)
	}
	if t.Repeat != "" {
		t.Series, t.N, t.slot = ids.New(tx.Now), 1, t.start(z)
		if err := insertSeries(ctx, tx, t, z); err != nil {
			return err
		}
	}
	if err := insert(ctx, tx, []*Task{t}); err != nil {
		return err
	}
	if err := insertGuests(ctx, tx, t); err != nil {
		return err
	}
	t.tell(ctx, tx, nil)
	return index(ctx, tx, []Task{*t})
}

// Insert adds many tasks that are known to be right and don't repeat, with
// their guests, without telling anybody.
func Insert(ctx context.Context, tx *db.Tx, many []*Task) error {
	z, err := zone(ctx, tx)
	if err != nil {
		return err
	}
	plain := make([]Task, len(many))
	for i, t := range many {
		if t.ID.IsZero() {
			t.ID = ids.New(tx.Now)
		}
		t.derive(z)
		plain[i] = *t
	}
	if err := insert(ctx, tx, many); err != nil {
		return err
	}
	for _, t := range many {
		touch(ctx, tx, t.Customer)
		if err := insertGuests(ctx, tx, t); err != nil {
			return err
		}
	}
	return index(ctx, tx, plain)
}

func insert(ctx context.Context, tx *db.Tx, many []*Task) error {
	cols := []string{"id", "title", "note", "kind", "place", "due_date", "due_at", "ends_at", "remind_at", "repeat", "series_id", "series_n", "slot",
		"assignee_id", "role_id", "customer_id", "subject_kind", "subject_id", "done_at", "done_by", "creator_id", "done", "due_by",
		"created_at", "updated_at", "created_op"}
	n, row := 0, make([]any, len(cols))
	return tx.Copy(ctx, `task`, cols, func() ([]any, bool) {
		if n == len(many) {
			return nil, false
		}
		t := many[n]
		n++
		if t.Created.IsZero() {
			t.Created = tx.Now
		}
		t.Updated, t.Rev = tx.Now, 1
		row = append(row[:0], t.ID, t.Title, t.Note, t.Kind, t.Place, orNull(t.Day), db.Millis(t.At), db.Millis(t.Ends), db.Millis(t.Remind),
			t.Repeat, t.Series, t.N, t.slot, t.Assignee, t.Role, t.Customer, t.Subject.Kind, t.Subject.ID,
			db.Millis(t.Done), t.DoneBy, t.Creator, !t.Done.IsZero(), t.by, t.Created.UnixMilli(), t.Updated.UnixMilli(), tx.Op)
		return row, true
	})
}

func insertGuests(ctx context.Context, tx *db.Tx, t *Task) error {
	for i := range t.Guests {
		if err := insertGuest(ctx, tx, t.ID, int64(i+1), &t.Guests[i], ids.ID{}); err != nil {
			return err
		}
	}
	return nil
}

// insertGuest adds a guest; op is zero if the guest comes with the task.
func insertGuest(ctx context.Context, tx *db.Tx, task ids.ID, n int64, g *Guest, op ids.ID) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO task_guest (task_id, n, name, email, key, state, created_op) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		task, n, g.Name, g.Email, g.key, g.State, op)
	return err
}

// A Scope says what an edit of a repeating task is about.
type Scope int

// The scopes.
const (
	Following Scope = iota // this occurrence and all that follow
	OnlyThis               // this occurrence only
)

// Update changes the task with the given ID: change gets it as it is and makes
// of it what it shall be. Whether it is done stays; see [Done]. If rev is not
// zero it must be the task's present Rev, else the error is Stale. It returns
// the task as stored.
func Update(ctx context.Context, tx *db.Tx, id ids.ID, rev int64, scope Scope, change func(*Task) error) (Task, error) {
	if err := Lock(ctx, tx, id); err != nil {
		return Task{}, err
	}
	old, err := Get(ctx, tx, id)
	if err != nil {
		return old, err
	}
	if rev != 0 && rev != old.Rev {
		return old, errs.New(errs.Stale, "error.stale")
	}
	t := old
	t.Guests = slices.Clone(old.Guests)
	if err := change(&t); err != nil {
		return old, err
	}
	return t, Save(ctx, tx, &old, &t, scope)
}

// Save stores t over old, which was read in tx. Nothing is written if nothing
// changed. It returns Invalid errors as [Create] does.
func Save(ctx context.Context, tx *db.Tx, old, t *Task, scope Scope) error {
	z, err := zone(ctx, tx)
	if err != nil {
		return err
	}
	t.ID, t.Creator, t.Created, t.Updated, t.Rev = old.ID, old.Creator, old.Created, old.Updated, old.Rev
	t.Done, t.DoneBy, t.Series, t.N, t.slot = old.Done, old.DoneBy, old.Series, old.N, old.slot
	if scope == OnlyThis && !t.Series.IsZero() {
		t.Repeat = old.Repeat
	}
	if err := t.normalize(ctx, tx, z); err != nil {
		return err
	}
	if err := saveSeries(ctx, tx, old, t, scope, z); err != nil {
		return err
	}
	changed, err := syncGuests(ctx, tx, old, t)
	if err != nil {
		return err
	}
	if !changed && t.sameRow(old) {
		return nil
	}
	if err := update(ctx, tx, t); err != nil {
		return err
	}
	t.tell(ctx, tx, old)
	return index(ctx, tx, []Task{*t})
}

// update writes the row of t, of which t.Rev is the present revision.
func update(ctx context.Context, tx *db.Tx, t *Task) error {
	n, err := tx.Exec(ctx, `
		UPDATE task SET title = $2, note = $3, kind = $4, place = $5, due_date = $6, due_at = $7, ends_at = $8, remind_at = $9,
			repeat = $10, series_id = $11, series_n = $12, slot = $13, assignee_id = $14, role_id = $15, customer_id = $16,
			subject_kind = $17, subject_id = $18, done_at = $19, done_by = $20, done = $21, due_by = $22, updated_at = $23, rev = rev + 1
		WHERE id = $1 AND rev = $24`,
		t.ID, t.Title, t.Note, t.Kind, t.Place, orNull(t.Day), db.Millis(t.At), db.Millis(t.Ends), db.Millis(t.Remind),
		t.Repeat, t.Series, t.N, t.slot, t.Assignee, t.Role, t.Customer,
		t.Subject.Kind, t.Subject.ID, db.Millis(t.Done), t.DoneBy, !t.Done.IsZero(), t.by, tx.Now.UnixMilli(), t.Rev)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Stale, "error.stale")
	}
	t.Updated, t.Rev = tx.Now, t.Rev+1
	return nil
}

// sameRow reports whether the row of t is that of old.
func (t *Task) sameRow(old *Task) bool {
	return t.values() == old.values()
}

// values returns what the row of t holds that people change.
func (t *Task) values() [18]any {
	return [...]any{
		t.Title, t.Note, t.Kind, t.Place, t.Day, t.At.UnixMilli(), t.Ends.UnixMilli(), t.Remind.UnixMilli(), t.Repeat, t.Series, t.N, t.slot,
		t.Assignee, t.Role, t.Customer, t.Subject.Kind, t.Subject.ID, t.Done.UnixMilli(),
	}
}

// syncGuests makes the stored guests those of t, and reports whether that
// changed anything. A guest who was there keeps what they answered.
func syncGuests(ctx context.Context, tx *db.Tx, old, t *Task) (bool, error) {
	if slices.Equal(old.Guests, t.Guests) {
		return false, nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM task_guest WHERE task_id = $1 AND n > $2`, t.ID, len(t.Guests)); err != nil {
		return false, err
	}
	for i := range t.Guests {
		g := &t.Guests[i]
		if i >= len(old.Guests) {
			if err := insertGuest(ctx, tx, t.ID, int64(i+1), g, tx.Op); err != nil {
				return false, err
			}
			continue
		}
		if *g == old.Guests[i] {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE task_guest SET name = $3, email = $4, key = $5, state = $6 WHERE task_id = $1 AND n = $2`,
			t.ID, i+1, g.Name, g.Email, g.key, g.State); err != nil {
			return false, err
		}
	}
	return true, nil
}

// tell publishes what others want to know: guests of what changed, and an
// assignee of a task that somebody else gave them. old is nil for a new task.
func (t *Task) tell(ctx context.Context, tx *db.Tx, old *Task) {
	if len(t.Guests) > 0 || old != nil && len(old.Guests) > 0 {
		outbox.Publish(ctx, tx, Changed{Task: t.ID})
	}
	was := ids.ID{}
	if old != nil {
		was = old.Assignee
	}
	touch(ctx, tx, t.Customer)
	if old != nil && old.Customer != t.Customer {
		touch(ctx, tx, old.Customer)
	}
	if strings.Contains(t.Note, "@") && (old == nil || old.Note != t.Note) {
		outbox.Publish(ctx, tx, Mentioned{Task: t.ID, Customer: t.Customer, By: tx.Who.User, ByName: tx.Who.Name})
	}
	if !t.Assignee.IsZero() && t.Assignee != was && t.Assignee != tx.Who.User && t.Done.IsZero() {
		outbox.Publish(ctx, tx, Assigned{Task: t.ID, Assignee: t.Assignee, Customer: t.Customer, Title: t.Title, By: tx.Who.User, ByName: tx.Who.Name})
	}
}

// Delete removes tasks. Undo brings them back. Series that they belong to end.
func Delete(ctx context.Context, tx *db.Tx, many []ids.ID) error {
	told, err := db.ListIn(ctx, tx, db.One[ids.ID], many, `SELECT DISTINCT task_id FROM task_guest WHERE task_id IN ($list)`)
	if err != nil {
		return err
	}
	with, err := db.ListIn(ctx, tx, db.One[ids.ID], many, `SELECT DISTINCT customer_id FROM task WHERE id IN ($list) AND customer_id IS NOT NULL`)
	if err != nil {
		return err
	}
	touch(ctx, tx, with...)
	if _, err := db.ExecIn(ctx, tx, many, `DELETE FROM task_guest WHERE task_id IN ($list)`); err != nil {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, many, `DELETE FROM task WHERE id IN ($list)`); err != nil {
		return err
	}
	for _, id := range told {
		outbox.Publish(ctx, tx, Changed{Task: id})
	}
	return unindex(ctx, tx, many)
}

// Leave deletes the tasks with customers who are deleted, and what would make
// further ones.
func Leave(ctx context.Context, tx *db.Tx, of []ids.ID) error {
	many, err := db.ListIn(ctx, tx, db.One[ids.ID], of, `SELECT id FROM task WHERE customer_id IN ($list)`)
	if err != nil {
		return err
	}
	if err := Delete(ctx, tx, many); err != nil {
		return err
	}
	_, err = db.ExecIn(ctx, tx, of, `UPDATE task_series SET customer_id = NULL WHERE customer_id IN ($list)`)
	return err
}

// LeaveRole lets go of a role that is to be deleted: tasks that are done are
// nobody's from then on. It returns a Conflict error if there are open ones,
// which somebody else has to be given first.
func LeaveRole(ctx context.Context, tx *db.Tx, r team.Role) error {
	n, err := db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM task WHERE role_id = $1 AND done = FALSE`, r.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		return errs.New(errs.Conflict, "task.role_has_tasks", "name", r.Name, "n", n)
	}
	if _, err := tx.Exec(ctx, `UPDATE task SET role_id = NULL, rev = rev + 1 WHERE role_id = $1`, r.ID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE task_series SET role_id = NULL, rev = rev + 1 WHERE role_id = $1`, r.ID)
	return err
}

// Open returns what a user has to do until a time, the first due first: their
// own tasks and those of their role that nobody has. What is not due is left
// out.
func Open(ctx context.Context, tx *db.Tx, user ids.ID, until time.Time, limit int) ([]Task, error) {
	own, err := db.List(ctx, tx, scanTask, `
		SELECT `+taskCols+` FROM task t
		WHERE t.assignee_id = $1 AND t.due_by <= $2 ORDER BY t.due_by, t.id LIMIT $3`, user, until.UnixMilli(), limit)
	if err != nil {
		return nil, err
	}
	shared, err := db.List(ctx, tx, scanTask, `
		SELECT `+taskCols+` FROM task t
		WHERE t.role_id = (SELECT role_id FROM team_user WHERE id = $1) AND t.assignee_id IS NULL AND t.due_by <= $2
		ORDER BY t.due_by, t.id LIMIT $3`, user, until.UnixMilli(), limit)
	if err != nil {
		return nil, err
	}
	all := append(own, shared...)
	slices.SortStableFunc(all, dueFirst)
	return all[:min(len(all), limit)], nil
}

func dueFirst(a, b Task) int {
	if a.by != b.by {
		if a.by < b.by {
			return -1
		}
		return 1
	}
	return strings.Compare(a.ID.String(), b.ID.String())
}

// OfCustomer returns the open tasks with a customer, the first due first.
func OfCustomer(ctx context.Context, tx *db.Tx, customer ids.ID, limit int) ([]Task, error) {
	all, err := db.List(ctx, tx, scanTask, `
		SELECT `+taskCols+` FROM task t
		WHERE t.customer_id = $1 AND t.due_by <= $2 ORDER BY t.due_by, t.id LIMIT $3`, customer, int64(farAway), limit)
	if err != nil || tx.Who.Sight == db.SeeAll {
		return all, err
	}
	seen := all[:0]
	for _, t := range all {
		ok, err := visible(ctx, tx, &t)
		if err != nil {
			return nil, err
		}
		if ok {
			seen = append(seen, t)
		}
	}
	return seen, nil
}

// Overdue returns how many tasks of a user should have been done.
func Overdue(ctx context.Context, tx *db.Tx, user ids.ID) (int64, error) {
	return db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM task WHERE assignee_id = $1 AND due_by < $2`, user, tx.Now.UnixMilli())
}

// Any reports whether there is a task at all.
func Any(ctx context.Context, tx *db.Tx) (bool, error) {
	_, ok, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM task LIMIT 1`)
	return ok, err
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
