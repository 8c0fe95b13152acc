// Package views keeps what people ask of lists again and again: a view is a
// query with a title, of its owner alone, of a team, or of everybody.
//
// A view holds its query as the address of the list has it, so it is also a
// segment and a question to the API. It may name columns that the list has no
// more; whoever opens it says so and asks for the rest.
package views

import (
	"context"
	"embed"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/team"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the views' part of the database. Where each user keeps them is
// their own affair: it is neither journaled nor exported.
var Module = db.Module{Name: "views", Schema: schema, Tables: []db.Table{
	{Name: "saved_view", Journal: true, Refresh: Refresh},
	{Name: "view_place", Key: []string{"user_id", "list", "view"}, Private: true},
}}

// PermShare is the right to share views, and to change those that are shared.
// Everybody may keep views of their own.
const PermShare team.Perm = "views.share"

// Permissions declares it, with the built-in roles that have it.
var Permissions = []team.Permission{
	{Key: PermShare, Label: "perm.views.share", Group: "views.permissions", Roles: []string{"manager"}},
}

// A Shared says who sees a view.
type Shared string

// Who sees a view.
const (
	Private Shared = "private" // its owner
	Team    Shared = "team"    // its owner and those of the team that they are in
	All     Shared = "all"     // everybody
)

// Everyone lists the values of Shared.
var Everyone = []Shared{Private, Team, All}

const (
	maxTitle = 80    // characters
	maxQuery = 8_000 // bytes
	most     = 500   // views of one list that somebody may have
)

// A View is a query of a list with a title.
type View struct {
	ID      ids.ID
	List    string // name of the list: "customer"
	Title   string
	Query   string // as the address has it, without a cursor
	Owner   ids.ID // zero if a program made it
	Shared  Shared
	Team    ids.ID // of a view that is shared with a team
	Created time.Time
	Updated time.Time
	Rev     int64
}

// ETag returns the tag of this version.
func (v *View) ETag() string { return `"` + strconv.FormatInt(v.Rev, 36) + `"` }

const cols = `v.id, v.list, v.title, v.query, v.owner_id, v.shared, v.team_id, v.created_at, v.updated_at, v.rev`

func scan(s db.Scanner, v *View) error {
	var created, updated int64
	err := s.Scan(&v.ID, &v.List, &v.Title, &v.Query, &v.Owner, &v.Shared, &v.Team, &created, &updated, &v.Rev)
	v.Created, v.Updated = db.Time(created), db.Time(updated)
	return err
}

// seen is the condition that the user $1 of the team $2 sees a view.
const seen = `(v.owner_id = $1 OR v.shared = 'all' OR v.shared = 'team' AND v.team_id = $2)`

// Of returns the views of a list that tx's actor sees, in order of their titles.
func Of(ctx context.Context, tx *db.Tx, list string) ([]View, error) {
	return db.List(ctx, tx, scan, `
		SELECT `+cols+` FROM saved_view v
		WHERE `+seen+` AND v.list = $3
		ORDER BY v.title_key, v.id LIMIT 500`, tx.Who.User, tx.Who.Team, list)
}

// Each returns the views of all lists that tx's actor sees, list by list.
func Each(ctx context.Context, tx *db.Tx) ([]View, error) {
	return db.List(ctx, tx, scan, `
		SELECT `+cols+` FROM saved_view v
		WHERE `+seen+`
		ORDER BY v.list, v.title_key, v.id LIMIT 2000`, tx.Who.User, tx.Who.Team)
}

// Get returns a view. It is NotFound too if tx's actor does not see it.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (View, error) {
	return db.Get(ctx, tx, scan, `SELECT `+cols+` FROM saved_view v WHERE `+seen+` AND v.id = $3`, tx.Who.User, tx.Who.Team, id)
}

// Lock keeps others from changing a view until tx ends.
func Lock(ctx context.Context, tx *db.Tx, id ids.ID) error {
	return tx.LockRecord(ctx, `saved_view`, id)
}

// Names returns the titles of views.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	rows, err := db.ListIn(ctx, tx, scan, list, `SELECT `+cols+` FROM saved_view v WHERE v.id IN ($list) AND `+seen, tx.Who.User, tx.Who.Team)
	names := make(map[ids.ID]string, len(rows))
	for _, v := range rows {
		names[v.ID] = v.Title
	}
	return names, err
}

// Allowed returns a Forbidden error if who may not make old, nil for a new
// view, into now, nil for none. share says whether they have [PermShare].
func Allowed(who db.Who, old, now *View, share bool) error {
	theirs := old == nil || !old.Owner.IsZero() && old.Owner == who.User
	switch {
	case share && (theirs || old.Shared != Private):
		return nil
	case !theirs:
	case now == nil || now.Shared == Private || old != nil && old.Shared == now.Shared:
		return nil
	}
	return errs.New(errs.Forbidden, "view.share.forbidden")
}

// Create adds a view of tx's actor, and sets its ID.
func Create(ctx context.Context, tx *db.Tx, v *View) error {
	v.ID, v.Owner, v.Created, v.Updated, v.Rev = ids.New(tx.Now), tx.Who.User, tx.Now, tx.Now, 1
	if err := v.normalize(tx, nil); err != nil {
		return err
	}
	n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM saved_view WHERE list = $1 AND owner_id IS NOT DISTINCT FROM $2`, v.List, v.Owner)
	if err != nil {
		return err
	}
	if n >= most {
		return errs.InvalidField("title", "view.too_many", "max", most)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO saved_view (id, list, title, title_key, query, owner_id, shared, team_id, created_at, updated_at, created_op)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)`,
		v.ID, v.List, v.Title, fold.SortKey(v.Title), v.Query, v.Owner, v.Shared, v.Team, tx.Now.UnixMilli(), tx.Op)
	return err
}

// Update changes a view; change may set Title, Query and Shared. Without any
// change nothing is stored and Rev stays.
func Update(ctx context.Context, tx *db.Tx, id ids.ID, change func(*View) error) (View, error) {
	if err := Lock(ctx, tx, id); err != nil {
		return View{}, err
	}
	old, err := Get(ctx, tx, id)
	if err != nil {
		return old, err
	}
	v := old
	if err := change(&v); err != nil {
		return old, err
	}
	v.ID, v.List, v.Owner, v.Created, v.Rev = old.ID, old.List, old.Owner, old.Created, old.Rev
	if err := v.normalize(tx, &old); err != nil {
		return old, err
	}
	if v == old {
		return old, nil
	}
	n, err := tx.Exec(ctx, `
		UPDATE saved_view SET title = $3, title_key = $4, query = $5, shared = $6, team_id = $7, updated_at = $8, rev = rev + 1
		WHERE id = $1 AND rev = $2`,
		id, old.Rev, v.Title, fold.SortKey(v.Title), v.Query, v.Shared, v.Team, tx.Now.UnixMilli())
	if err != nil {
		return old, err
	}
	if n == 0 {
		return old, errs.New(errs.Stale, "error.stale")
	}
	v.Updated, v.Rev = tx.Now, old.Rev+1
	return v, nil
}

// Delete removes a view. Undo brings it back, to the place where each had it.
func Delete(ctx context.Context, tx *db.Tx, id ids.ID) error {
	if _, err := Get(ctx, tx, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM saved_view WHERE id = $1`, id)
	return err
}

// Refresh makes the keys anew by which titles are sorted.
func Refresh(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	rows, err := db.ListIn(ctx, tx, scan, list, `SELECT `+cols+` FROM saved_view v WHERE v.id IN ($list)`)
	if err != nil {
		return err
	}
	for _, v := range rows {
		_, err := tx.Exec(ctx, `UPDATE saved_view SET title_key = $2 WHERE id = $1 AND title_key <> $2`, v.ID, fold.SortKey(v.Title))
		if err != nil {
			return err
		}
	}
	return nil
}

// normalize checks v and fills in what follows from the rest. old is the view
// as it was, nil if it is new.
func (v *View) normalize(tx *db.Tx, old *View) error {
	var bad errs.List
	v.Title = strings.Join(strings.Fields(v.Title), " ")
	switch _, err := fold.Clean(v.Title); {
	case v.Title == "":
		bad.Add(errs.InvalidField("title", "error.required"))
	case err != nil:
		bad.Add(errs.InvalidField("title", "error.text_invalid"))
	case utf8.RuneCountInString(v.Title) > maxTitle:
		bad.Add(errs.InvalidField("title", "error.too_long", "max", maxTitle))
	}
	if v.List == "" || len(v.List) > 60 {
		bad.Add(errs.InvalidField("list", "error.required"))
	}
	if q, err := Parse(v.Query); err != nil {
		bad.Add(errs.InvalidField("query", "view.query").Because(err))
	} else if v.Query = TextOf(q); len(v.Query) > maxQuery {
		bad.Add(errs.InvalidField("query", "error.too_long", "max", maxQuery))
	}
	bad = append(bad, v.share(tx, old)...)
	return bad.Err()
}

// share sets the team that sees v.
func (v *View) share(tx *db.Tx, old *View) (bad errs.List) {
	switch v.Shared {
	case "", Private:
		if v.Shared = Private; v.Owner.IsZero() {
			bad.Add(errs.InvalidField("shared", "view.nobody"))
		}
	case All:
	case Team:
		if old != nil && old.Shared == Team {
			v.Team = old.Team
			return nil
		}
		if v.Team = tx.Who.Team; v.Team.IsZero() {
			bad.Add(errs.InvalidField("shared", "view.no_team"))
		}
		return bad
	default:
		bad.Add(errs.InvalidField("shared", "error.choice"))
	}
	v.Team = ids.ID{}
	return bad
}

// Parse reads a query as a view holds it.
func Parse(text string) (list.Query, error) {
	v, err := url.ParseQuery(strings.TrimPrefix(text, "?"))
	if err != nil {
		return list.Query{}, errs.InvalidField("query", "view.query").Because(err)
	}
	q, err := list.Parse(v)
	return q.First(), err
}

// TextOf writes a query as a view holds it: without the page and the count.
func TextOf(q list.Query) string {
	q.Cursor, q.Count = "", false
	return readable.Replace(q.Values().Encode())
}

var readable = strings.NewReplacer("%3A", ":", "%2C", ",")
