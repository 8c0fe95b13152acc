package tasks

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Done marks a task as done, or as open again. The next occurrence of a
// repeating task is made when it is done for the first time.
func Done(ctx context.Context, tx *db.Tx, id ids.ID, done bool) error {
	if err := Lock(ctx, tx, id); err != nil {
		return err
	}
	t, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if done == !t.Done.IsZero() {
		return nil
	}
	z, err := zone(ctx, tx)
	if err != nil {
		return err
	}
	t.Done, t.DoneBy = time.Time{}, ids.ID{}
	if done {
		t.Done, t.DoneBy = tx.Now, tx.Who.User
	}
	t.derive(z)
	if err := update(ctx, tx, &t); err != nil {
		return err
	}
	touch(ctx, tx, t.Customer)
	if done {
		return repeat(ctx, tx, &t, z)
	}
	return nil
}

// Skip removes an occurrence of a repeating task and makes the next one.
func Skip(ctx context.Context, tx *db.Tx, id ids.ID) error {
	if err := Lock(ctx, tx, id); err != nil {
		return err
	}
	t, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	z, err := zone(ctx, tx)
	if err != nil {
		return err
	}
	if t.Done.IsZero() {
		if err := repeat(ctx, tx, &t, z); err != nil {
			return err
		}
	}
	return Delete(ctx, tx, []ids.ID{id})
}

// Postpone moves a task by a number of days, at least to today if it is
// overdue and to what lies n days behind that. Its time of day, length and
// reminder move with it. What is not due becomes due.
func Postpone(ctx context.Context, tx *db.Tx, id ids.ID, days int) error {
	z, err := zone(ctx, tx)
	if err != nil {
		return err
	}
	_, err = Update(ctx, tx, id, 0, OnlyThis, func(t *Task) error {
		today := tx.Now.In(z).Format(dayLayout)
		from := max(t.Day, today)
		day, err := time.ParseInLocation(dayLayout, from, z)
		if err != nil {
			return err
		}
		t.Move(day.AddDate(0, 0, days), z)
		return nil
	})
	return err
}

// Move moves t to another day, which is the beginning of one in z.
func (t *Task) Move(day time.Time, z *time.Location) {
	minutes, remind := t.distances(z)
	timed := !t.At.IsZero()
	if timed {
		at := t.At.In(z)
		y, m, d := day.In(z).Date()
		day = time.Date(y, m, d, at.Hour(), at.Minute(), 0, 0, z)
	}
	if t.Day == "" {
		remind = nil
	}
	t.place(day.In(z), timed, minutes, remind)
}

// Assign gives tasks to a user, or to nobody if that is zero.
func Assign(ctx context.Context, tx *db.Tx, id, user, role ids.ID) error {
	_, err := Update(ctx, tx, id, 0, Following, func(t *Task) error {
		t.Assignee, t.Role = user, role
		return nil
	})
	return err
}
