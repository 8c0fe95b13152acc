package tasks

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// lateReminders is how long after its time a reminder is still given, by a
// program that did not run.
const lateReminders = 48 * time.Hour

// Remind calls tell for the tasks whose reminder is due, each once for its
// time, and reports whether there are more.
func Remind(ctx context.Context, tx *db.Tx, tell func(ctx context.Context, tx *db.Tx, t *Task, users []ids.ID) error) (more bool, err error) {
	const slice = 100
	due, err := db.List(ctx, tx, scanTask, `
		SELECT `+taskCols+` FROM task t
		WHERE t.remind_at <= $1 AND t.remind_at > $2 AND t.done = FALSE
			AND NOT EXISTS (SELECT 1 FROM task_reminded r WHERE r.task_id = t.id AND r.remind_at = t.remind_at)
		ORDER BY t.remind_at LIMIT $3`, tx.Now.UnixMilli(), tx.Now.Add(-lateReminders).UnixMilli(), slice)
	if err != nil {
		return false, err
	}
	for i := range due {
		t := &due[i]
		who, err := t.doers(ctx, tx)
		if err != nil {
			return false, err
		}
		if err := tell(ctx, tx, t, who); err != nil {
			return false, err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO task_reminded (task_id, remind_at) VALUES ($1, $2)
			ON CONFLICT (task_id) DO UPDATE SET remind_at = $2`, t.ID, t.Remind.UnixMilli()); err != nil {
			return false, err
		}
	}
	return len(due) == slice, nil
}

// doers returns who is reminded of t: its assignee, else those of its role,
// else who made it.
func (t *Task) doers(ctx context.Context, tx *db.Tx) ([]ids.ID, error) {
	switch {
	case !t.Assignee.IsZero():
		return []ids.ID{t.Assignee}, nil
	case !t.Role.IsZero():
		return db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM team_user WHERE role_id = $1 AND active = TRUE`, t.Role)
	case !t.Creator.IsZero():
		return []ids.ID{t.Creator}, nil
	}
	return nil, nil
}

// Purge forgets reminders of tasks that are done or gone, and invitations to
// meetings of which nothing is left.
func Purge(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM task_reminded WHERE remind_at < $1`, tx.Now.Add(-2*lateReminders).UnixMilli()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		DELETE FROM task_invitation WHERE sent_at < $1 AND NOT EXISTS (SELECT 1 FROM task t WHERE t.id = task_invitation.task_id)`,
		tx.Now.Add(-400*24*time.Hour).UnixMilli())
	return err
}
