// Package notices tells users what concerns them: the bell in the top bar, the
// names in a text that call somebody, and the mail that sums up what was not
// seen yet.
//
// A notice is bookkeeping, like the time somebody was last seen: it is made
// because of something that history knows already, so it is neither journaled
// nor exported. What it says of a record is read when it is shown, with the
// rights of who reads it.
package notices

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package and of its pages.
//
//go:embed text/*.json
var Text embed.FS

// Module is the tables of the notices.
var Module = db.Module{
	Name:   "notices",
	Schema: schema,
	Tables: []db.Table{
		{Name: "notice", Private: true},
		{Name: "notice_digest", Key: []string{"user_id"}, Private: true},
	},
}

// A Notice is something that one user is told. The message "notice.told." + Kind
// says it; its values are "who", "name" (what Subject is called), "customer",
// and Args.
type Notice struct {
	ID          ids.ID
	User        ids.ID // who is told
	Kind        string // "mention", "task_due"
	Reason      string // why, for example "mention:" and an id: nobody is told twice for the same
	SubjectKind string // table of the record that it is about: "interaction", "task"; "" for none
	Subject     ids.ID
	Customer    ids.ID // whom it concerns; zero for nobody
	WhoID       ids.ID // who caused it; zero for Akrab itself
	Who         string // as they are called
	Args        map[string]string
	Created     time.Time
	Seen        time.Time // zero until then
	Mailed      time.Time // zero unless a digest told it
}

const cols = `id, user_id, kind, reason, subject_kind, subject_id, customer_id, who_id, who, args, created_at, seen_at, mailed_at`

func scan(s db.Scanner, n *Notice) error {
	var created, seen, mailed int64
	var args string
	err := s.Scan(&n.ID, &n.User, &n.Kind, &n.Reason, &n.SubjectKind, &n.Subject, &n.Customer, &n.WhoID, &n.Who, &args, &created, &seen, &mailed)
	if err != nil {
		return err
	}
	n.Created, n.Seen, n.Mailed = db.Time(created), db.Time(seen), db.Time(mailed)
	if err := json.Unmarshal([]byte(args), &n.Args); err != nil {
		return fmt.Errorf("arguments of notice %s: %w", n.ID, err)
	}
	return nil
}

// Add tells n.User something, unless they were told for the same n.Reason
// before, and sets n.ID, and n.Created if that is zero. It reports whether they
// are told now.
func Add(ctx context.Context, tx *db.Tx, n *Notice) (bool, error) {
	if n.User.IsZero() || n.Kind == "" || n.Reason == "" {
		return false, fmt.Errorf("notice of kind %q for reason %q has nobody to tell, or no kind or reason", n.Kind, n.Reason)
	}
	args := []byte("{}")
	if len(n.Args) > 0 {
		var err error
		if args, err = json.Marshal(n.Args); err != nil {
			return false, err
		}
	}
	if n.ID = ids.New(tx.Now); n.Created.IsZero() {
		n.Created = tx.Now
	}
	added, err := tx.Exec(ctx, `
		INSERT INTO notice (id, user_id, kind, reason, subject_kind, subject_id, customer_id, who_id, who, args, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (user_id, reason) DO NOTHING`,
		n.ID, n.User, n.Kind, n.Reason, n.SubjectKind, null(n.Subject), null(n.Customer), null(n.WhoID), n.Who, string(args), n.Created.UnixMilli())
	return added == 1, err
}

func null(id ids.ID) any {
	if id.IsZero() {
		return nil
	}
	return id
}

// Many is the most unseen notices that are counted.
const Many = 100

// Unseen returns how many notices of a user are not seen yet, at most [Many].
// It reads no more entries of one index than it counts, so every page may ask.
func Unseen(ctx context.Context, tx *db.Tx, user ids.ID) (int, error) {
	return db.Get(ctx, tx, db.One[int], `
		SELECT COUNT(*) FROM (SELECT 1 FROM notice WHERE user_id = $1 AND seen_at IS NULL LIMIT 100) n`, user)
}

// A Place is where a page of notices ends; the zero Place is the beginning.
type Place struct {
	At time.Time
	ID ids.ID
}

// Newest returns up to limit notices of a user, the latest first, beginning
// after a place.
func Newest(ctx context.Context, tx *db.Tx, user ids.ID, unseen bool, after Place, limit int) ([]Notice, error) {
	at, id := int64(1)<<62, lastID
	if !after.ID.IsZero() {
		at, id = after.At.UnixMilli(), after.ID
	}
	if unseen {
		return db.List(ctx, tx, scan, `
			SELECT `+cols+` FROM notice
			WHERE user_id = $1 AND seen_at IS NULL AND (created_at, id) < ($2, $3)
			ORDER BY created_at DESC, id DESC LIMIT $4`, user, at, id, limit)
	}
	return db.List(ctx, tx, scan, `
		SELECT `+cols+` FROM notice
		WHERE user_id = $1 AND (created_at, id) < ($2, $3)
		ORDER BY created_at DESC, id DESC LIMIT $4`, user, at, id, limit)
}

// lastID stands after all ids.
var lastID = ids.ID(bytes.Repeat([]byte{0xff}, 16))

// Get returns a notice of a user, or a NotFound error.
func Get(ctx context.Context, tx *db.Tx, user, id ids.ID) (Notice, error) {
	return db.Get(ctx, tx, scan, `SELECT `+cols+` FROM notice WHERE id = $1 AND user_id = $2`, id, user)
}

// See marks a notice of a user as seen, or as unseen again. It returns a
// NotFound error if they have no such notice.
func See(ctx context.Context, tx *db.Tx, user, id ids.ID, seen bool) error {
	var at time.Time
	if seen {
		at = tx.Now
	}
	n, err := tx.Exec(ctx, `UPDATE notice SET seen_at = $3 WHERE id = $1 AND user_id = $2`, id, user, db.Millis(at))
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "error.not_found")
	}
	return err
}

// SeeAll marks the notices of a user as seen that were there at a time, so
// that one that came while they read the others stays.
func SeeAll(ctx context.Context, tx *db.Tx, user ids.ID, until time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE notice SET seen_at = $2
		WHERE user_id = $1 AND seen_at IS NULL AND created_at <= $3`, user, tx.Now.UnixMilli(), until.UnixMilli())
	return err
}

// Keep is how long notices are kept.
const Keep = 400 * 24 * time.Hour

// Purge deletes up to a thousand notices that are older than [Keep], and
// reports whether there may be more.
func Purge(ctx context.Context, tx *db.Tx) (more bool, err error) {
	n, err := tx.Exec(ctx, `
		DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE created_at < $1 ORDER BY created_at LIMIT 1000)`, tx.Now.Add(-Keep).UnixMilli())
	return n == 1000, err
}
