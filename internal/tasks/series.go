package tasks

import (
	"context"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/calendar"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

const (
	dayLayout  = time.DateOnly
	timeLayout = "2006-01-02T15:04"
)

// A series is what the occurrences of a repeating task are made from.
type series struct {
	id    ids.ID
	start string // local time of the rule's first
	task  Task   // title, note, kind, place, assignee, role, customer, subject

	minutes int64  // how long an occurrence lasts
	remind  *int64 // minutes before that a reminder comes
}

// start returns when t is due, as slots are written.
func (t *Task) start(z *time.Location) string {
	if t.At.IsZero() {
		return t.Day
	}
	return t.At.In(z).Format(timeLayout)
}

// parseSlot reads a slot; timed says that it has a time of day.
func parseSlot(s string, z *time.Location) (at time.Time, timed bool, err error) {
	if len(s) == len(dayLayout) {
		at, err = time.ParseInLocation(dayLayout, s, z)
		return at, false, err
	}
	at, err = time.ParseInLocation(timeLayout, s, z)
	return at, true, err
}

// due returns the moment that a reminder is counted from: when t is due, or
// the beginning of its day.
func (t *Task) due(z *time.Location) time.Time {
	if !t.At.IsZero() {
		return t.At
	}
	day, err := time.ParseInLocation(dayLayout, t.Day, z)
	if err != nil {
		return time.Time{}
	}
	return day
}

// Start returns when t is due, in z: what [calendar.Rule.Sentence] asks for.
func (t *Task) Start(z *time.Location) time.Time { return t.due(z).In(z) }

// distances returns how long t lasts, and how long before it a reminder comes.
func (t *Task) distances(z *time.Location) (minutes int64, remind *int64) {
	if !t.Ends.IsZero() {
		minutes = int64(t.Ends.Sub(t.At) / time.Minute)
	}
	if !t.Remind.IsZero() {
		before := int64(t.due(z).Sub(t.Remind) / time.Minute)
		remind = &before
	}
	return minutes, remind
}

func insertSeries(ctx context.Context, tx *db.Tx, t *Task, z *time.Location) error {
	minutes, remind := t.distances(z)
	_, err := tx.Exec(ctx, `
		INSERT INTO task_series (id, start, title, note, kind, place, assignee_id, role_id, customer_id, subject_kind, subject_id, minutes, remind, created_op)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		t.Series, t.slot, t.Title, t.Note, t.Kind, t.Place, t.Assignee, t.Role, t.Customer, t.Subject.Kind, t.Subject.ID, minutes, remind, tx.Op)
	return err
}

func getSeries(ctx context.Context, tx *db.Tx, id ids.ID) (series, bool, error) {
	return db.Find(ctx, tx, func(s db.Scanner, v *series) error {
		return s.Scan(&v.id, &v.start, &v.task.Title, &v.task.Note, &v.task.Kind, &v.task.Place, &v.task.Assignee, &v.task.Role,
			&v.task.Customer, &v.task.Subject.Kind, &v.task.Subject.ID, &v.minutes, &v.remind)
	}, `SELECT id, start, title, note, kind, place, assignee_id, role_id, customer_id, subject_kind, subject_id, minutes, remind
		FROM task_series WHERE id = $1`, id)
}

// saveSeries makes the series follow an edit of one of its occurrences. Of a
// task that begins to repeat a series begins; one that no longer repeats is
// alone from here on.
func saveSeries(ctx context.Context, tx *db.Tx, old, t *Task, scope Scope, z *time.Location) error {
	switch {
	case t.Repeat == "":
		t.Series, t.N, t.slot = ids.ID{}, 0, ""
		return nil
	case t.Series.IsZero():
		t.Series, t.N, t.slot = ids.New(tx.Now), 1, t.start(z)
		return insertSeries(ctx, tx, t, z)
	case scope == OnlyThis:
		return nil
	}
	start := ""
	if t.Repeat != old.Repeat || t.start(z) != old.start(z) {
		// The rule begins anew with this occurrence.
		t.slot = t.start(z)
		start = t.slot
	}
	minutes, remind := t.distances(z)
	_, err := tx.Exec(ctx, `
		UPDATE task_series SET start = CASE WHEN $2 = '' THEN start ELSE $2 END, title = $3, note = $4, kind = $5, place = $6, assignee_id = $7,
			role_id = $8, customer_id = $9, subject_kind = $10, subject_id = $11, minutes = $12, remind = $13
		WHERE id = $1`,
		t.Series, start, t.Title, t.Note, t.Kind, t.Place, t.Assignee,
		t.Role, t.Customer, t.Subject.Kind, t.Subject.ID, minutes, remind)
	return err
}

// repeat makes the occurrence behind t, unless it has been made already or the
// rule has ended. Occurrences whose day has passed are left out: nobody does
// last week's call today, and then this week's.
func repeat(ctx context.Context, tx *db.Tx, t *Task, z *time.Location) error {
	if t.Series.IsZero() || t.Repeat == "" {
		return nil
	}
	s, ok, err := getSeries(ctx, tx, t.Series)
	if err != nil || !ok {
		return err
	}
	_, made, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM task WHERE series_id = $1 AND series_n > $2`, t.Series, t.N)
	if err != nil || made {
		return err
	}
	next, ok, err := s.next(t, tx.Now, z)
	if err != nil || !ok {
		return err
	}
	next.ID, next.Creator = ids.New(tx.Now), t.Creator
	next.Guests = slices.Clone(t.Guests)
	for i := range next.Guests {
		next.Guests[i].State = Asked
	}
	if err := insert(ctx, tx, []*Task{&next}); err != nil {
		return err
	}
	if err := insertGuests(ctx, tx, &next); err != nil {
		return err
	}
	next.tell(ctx, tx, t)
	return index(ctx, tx, []Task{next})
}

// next returns the occurrence behind t.
func (s *series) next(t *Task, now time.Time, z *time.Location) (Task, bool, error) {
	rule, err := calendar.ParseRule(t.Repeat, z)
	if err != nil {
		return Task{}, false, nil // of a workspace that another version wrote: it repeats no more
	}
	start, timed, err := parseSlot(s.start, z)
	if err != nil {
		return Task{}, false, err
	}
	slot, _, err := parseSlot(t.slot, z)
	if err != nil {
		return Task{}, false, err
	}
	after := slot
	y, m, d := now.In(z).Date()
	if yesterday := time.Date(y, m, d, 0, 0, 0, 0, z).Add(-1); yesterday.After(after) {
		after = yesterday
	}
	at, ok := rule.After(start, after)
	if !ok {
		return Task{}, false, nil
	}
	n := s.task
	n.Repeat, n.Series, n.N = t.Repeat, t.Series, t.N+1
	n.place(at, timed, s.minutes, s.remind)
	n.slot = n.start(z)
	n.derive(z)
	return n, true, nil
}

// place puts t at a time, or on its day.
func (t *Task) place(at time.Time, timed bool, minutes int64, remind *int64) {
	t.Day, t.At, t.Ends, t.Remind = at.Format(dayLayout), time.Time{}, time.Time{}, time.Time{}
	if timed {
		t.At = at.UTC()
	}
	if timed && minutes > 0 {
		t.Ends = t.At.Add(time.Duration(minutes) * time.Minute)
	}
	if remind != nil {
		t.Remind = at.Add(-time.Duration(*remind) * time.Minute).UTC()
	}
}

// Upcoming returns the days and times at which t, which repeats, falls from a
// time on and before another, without its own.
func (t *Task) Upcoming(ctx context.Context, tx *db.Tx, from, before time.Time, limit int) ([]Task, error) {
	z, err := zone(ctx, tx)
	if err != nil || t.Series.IsZero() || t.Repeat == "" || !t.Done.IsZero() {
		return nil, err
	}
	s, ok, err := getSeries(ctx, tx, t.Series)
	if err != nil || !ok {
		return nil, err
	}
	rule, err := calendar.ParseRule(t.Repeat, z)
	if err != nil {
		return nil, nil
	}
	start, timed, err := parseSlot(s.start, z)
	if err != nil {
		return nil, err
	}
	slot, _, err := parseSlot(t.slot, z)
	if err != nil {
		return nil, err
	}
	if !slot.Before(from) {
		from = slot.Add(time.Nanosecond)
	}
	var list []Task
	for _, at := range rule.Occurrences(start, from, before, limit) {
		n := s.task
		n.ID, n.Repeat, n.Series = t.ID, t.Repeat, t.Series
		n.place(at, timed, s.minutes, s.remind)
		n.derive(z)
		list = append(list, n)
	}
	return list, nil
}

// Rule returns the rule of t from its own occurrence on, and when that falls.
func (t *Task) Rule(ctx context.Context, tx *db.Tx) (rule calendar.Rule, at time.Time, ok bool, err error) {
	z, err := zone(ctx, tx)
	if err != nil || t.Series.IsZero() || t.Repeat == "" {
		return rule, at, false, err
	}
	s, ok, err := getSeries(ctx, tx, t.Series)
	if err != nil || !ok {
		return rule, at, false, err
	}
	if rule, err = calendar.ParseRule(t.Repeat, z); err != nil {
		return calendar.Rule{}, at, false, nil
	}
	start, _, err := parseSlot(s.start, z)
	if err != nil {
		return rule, at, false, err
	}
	if at, _, err = parseSlot(t.slot, z); err != nil {
		return rule, at, false, err
	}
	return rule.From(start, at), at, true, nil
}
