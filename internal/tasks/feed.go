package tasks

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A Feed is what is known of a user's secret calendar address. The address
// itself is not: only its hash is stored.
type Feed struct {
	Created time.Time
	Seen    time.Time // when a calendar program fetched it last; zero if none did
}

// NewFeed makes a secret for a user's calendar. An earlier one opens nothing
// any more.
func NewFeed(ctx context.Context, tx *db.Tx, user ids.ID) (secret string, err error) {
	secret = strings.ToLower(rand.Text() + rand.Text()[:6])
	_, err = tx.Exec(ctx, `
		INSERT INTO task_feed (user_id, hash, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (user_id) DO UPDATE SET hash = $2, created_at = $3, seen_at = NULL`, user, hash(secret), tx.Now.UnixMilli())
	return secret, err
}

// EndFeed makes a user's calendar address open nothing.
func EndFeed(ctx context.Context, tx *db.Tx, user ids.ID) error {
	_, err := tx.Exec(ctx, `DELETE FROM task_feed WHERE user_id = $1`, user)
	return err
}

// FeedOf returns the feed of a user, and whether there is one.
func FeedOf(ctx context.Context, tx *db.Tx, user ids.ID) (Feed, bool, error) {
	return db.Find(ctx, tx, func(s db.Scanner, f *Feed) error {
		var created, seen int64
		err := s.Scan(&created, &seen)
		f.Created, f.Seen = db.Time(created), db.Time(seen)
		return err
	}, `SELECT created_at, COALESCE(seen_at, 0) FROM task_feed WHERE user_id = $1`, user)
}

// FeedUser returns whose calendar a secret opens and when it was fetched last,
// or a NotFound error.
func FeedUser(ctx context.Context, tx *db.Tx, secret string) (user ids.ID, seen time.Time, err error) {
	type row struct {
		user ids.ID
		seen int64
	}
	r, ok, err := db.Find(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.user, &r.seen) },
		`SELECT user_id, COALESCE(seen_at, 0) FROM task_feed WHERE hash = $1`, hash(secret))
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "error.not_found")
	}
	return r.user, db.Time(r.seen), err
}

// FeedSeen notes that a calendar program fetched a user's calendar.
func FeedSeen(ctx context.Context, tx *db.Tx, user ids.ID) error {
	_, err := tx.Exec(ctx, `UPDATE task_feed SET seen_at = $2 WHERE user_id = $1`, user, tx.Now.UnixMilli())
	return err
}

func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Scheduled returns what is due from one day on and until another, both
// included: of one user and of their role where nobody has it, or of everybody
// that tx's actor sees if user is zero. Done tasks are among them. Guests are
// not loaded.
func Scheduled(ctx context.Context, tx *db.Tx, user ids.ID, from, until string, limit int) ([]Task, error) {
	if user.IsZero() {
		all, err := db.List(ctx, tx, scanTask, `
			SELECT `+taskCols+` FROM task t
			WHERE t.due_date >= $1 AND t.due_date <= $2 ORDER BY t.due_date, t.due_at NULLS FIRST, t.id LIMIT $3`, from, until, limit)
		return seen(ctx, tx, all, err)
	}
	return db.List(ctx, tx, scanTask, `
		SELECT `+taskCols+` FROM task t
		WHERE t.due_date >= $2 AND t.due_date <= $3
			AND (t.assignee_id = $1 OR t.assignee_id IS NULL AND t.role_id = (SELECT role_id FROM team_user WHERE id = $1))
		ORDER BY t.due_date, t.due_at NULLS FIRST, t.id LIMIT $4`, user, from, until, limit)
}

// Repeating returns the open tasks that repeat, of whom [Scheduled] says.
func Repeating(ctx context.Context, tx *db.Tx, user ids.ID, limit int) ([]Task, error) {
	if user.IsZero() {
		all, err := db.List(ctx, tx, scanTask, `
			SELECT `+taskCols+` FROM task t WHERE t.series_id IS NOT NULL AND t.done = FALSE ORDER BY t.due_by, t.id LIMIT $1`, limit)
		return seen(ctx, tx, all, err)
	}
	return db.List(ctx, tx, scanTask, `
		SELECT `+taskCols+` FROM task t
		WHERE t.series_id IS NOT NULL AND t.done = FALSE
			AND (t.assignee_id = $1 OR t.assignee_id IS NULL AND t.role_id = (SELECT role_id FROM team_user WHERE id = $1))
		ORDER BY t.due_by, t.id LIMIT $2`, user, limit)
}

// seen returns those of the tasks that tx's actor sees.
func seen(ctx context.Context, tx *db.Tx, all []Task, err error) ([]Task, error) {
	if err != nil || tx.Who.Sight == db.SeeAll {
		return all, err
	}
	known := map[ids.ID]bool{}
	out := all[:0]
	for i := range all {
		of := all[i].Assignee
		ok, asked := known[of]
		if !asked {
			if ok, err = visible(ctx, tx, &all[i]); err != nil {
				return nil, err
			}
			known[of] = ok
		}
		if ok {
			out = append(out, all[i])
		}
	}
	return out, nil
}
