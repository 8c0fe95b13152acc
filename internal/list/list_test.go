package list_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
)

// The tests list the members of a club.
var modules = []db.Module{{
	Name: "club",
	Schema: fstest.MapFS{"schema/001-club.sql": {Data: []byte(`
CREATE TABLE team_user (
  id      UUID PRIMARY KEY,
  team_id UUID
);
CREATE TABLE member (
  id       UUID PRIMARY KEY,
  name     TEXT NOT NULL,
  name_key TEXT NOT NULL,
  city     TEXT NOT NULL,
  city_key TEXT NOT NULL,
  phase    TEXT NOT NULL,
  number   TEXT,
  points   BIGINT,
  fee      BIGINT NOT NULL,
  active   BOOLEAN NOT NULL,
  birthday TEXT,
  seen_at  BIGINT,
  owner_id UUID
);
CREATE INDEX member_name_key ON member (name_key, id, owner_id);
CREATE INDEX member_city_key_name_key ON member (city_key, name_key, id, owner_id);
CREATE INDEX member_phase_seen_at ON member (phase, seen_at, id, owner_id);
CREATE INDEX member_owner_id_name_key ON member (owner_id, name_key, id);
CREATE TABLE member_tag (
  member_id UUID NOT NULL REFERENCES member (id) DEFERRABLE INITIALLY DEFERRED,
  tag       TEXT NOT NULL,
  PRIMARY KEY (member_id, tag)
) WITHOUT ROWID;
CREATE INDEX member_tag_tag ON member_tag (tag, member_id);
CREATE TABLE member_phone (
  member_id UUID NOT NULL REFERENCES member (id) DEFERRABLE INITIALLY DEFERRED,
  n         BIGINT NOT NULL,
  key       TEXT NOT NULL,
  PRIMARY KEY (member_id, n)
) WITHOUT ROWID;
CREATE INDEX member_phone_key ON member_phone (key, member_id);
`)}},
}}

// member is a row of the list.
type member struct {
	ID     ids.ID
	Name   string
	City   string
	Phase  string
	Number *string
	Points *int64
	Fee    int64
	Active bool
	Born   *string
	Seen   time.Time
	Owner  ids.ID
}

func scanMember(s db.Scanner, m *member) error {
	var seen int64
	err := s.Scan(&m.ID, &m.Name, &m.City, &m.Phase, &m.Number, &m.Points, &m.Fee, &m.Active, &m.Born, &seen, &m.Owner)
	m.Seen = db.Time(seen)
	return err
}

var members = list.Def[member]{
	Name:   "member",
	From:   `member m`,
	ID:     `m.id`,
	Owner:  `m.owner_id`,
	Select: `m.id, m.name, m.city, m.phase, m.number, m.points, m.fee, m.active, m.birthday, m.seen_at, m.owner_id`,
	Scan:   scanMember,
	Columns: []list.Column{
		{Key: "name", Label: "member.name", Type: list.Name, SQL: `m.name_key`, Sort: true},
		{Key: "city", Label: "member.city", Type: list.Folded, SQL: `m.city_key`, Sort: true},
		{Key: "phase", Label: "member.phase", Type: list.Choice, SQL: `m.phase`, Choices: []list.Option{
			{Value: "new", Label: "member.phase.new"}, {Value: "old", Label: "member.phase.old"},
		}},
		{Key: "number", Label: "member.number", Type: list.Plain, SQL: `m.number`, Null: true, Sort: true},
		{Key: "points", Label: "member.points", Type: list.Number, SQL: `m.points`, Null: true, Sort: true, Scale: 2},
		{Key: "fee", Label: "member.fee", Type: list.Money, SQL: `m.fee`, Sort: true},
		{Key: "active", Label: "member.active", Type: list.Bool, SQL: `m.active`, Sort: true},
		{Key: "birthday", Label: "member.birthday", Type: list.Date, SQL: `m.birthday`, Null: true, Sort: true},
		{Key: "seen", Label: "member.seen", Type: list.Time, SQL: `m.seen_at`, Null: true, Sort: true},
		{Key: "owner", Label: "member.owner", Type: list.User, SQL: `m.owner_id`, Null: true, Sort: true},
		{Key: "tag", Label: "member.tag", Type: list.Plain, SQL: `t.tag`, From: `member_tag t`, Link: `t.member_id`},
		{Key: "phone", Label: "member.phone", Type: list.Phone, SQL: `p.key`, From: `member_phone p`, Link: `p.member_id`, Filter: true},
	},
	Fast: []list.Pair{
		{Sort: "name"},
		{Filter: "city", Sort: "name"},
		{Filter: "phase", Sort: "seen"},
		{Filter: "owner", Sort: "name"},
	},
	Default: "name",
}

func read(t *testing.T, d *db.DB, who db.Who, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), who, func(tx *db.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// add inserts members.
func add(t *testing.T, d *db.DB, rows []member) {
	t.Helper()
	ctx := t.Context()
	i := 0
	err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		return tx.Copy(ctx, `member`, []string{"id", "name", "name_key", "city", "city_key", "phase", "number", "points",
			"fee", "active", "birthday", "seen_at", "owner_id"}, func() ([]any, bool) {
			if i == len(rows) {
				return nil, false
			}
			m := rows[i]
			i++
			return []any{m.ID, m.Name, fold.SortKey(m.Name), m.City, fold.Text(m.City), m.Phase, m.Number, m.Points,
				m.Fee, m.Active, m.Born, db.Millis(m.Seen), m.Owner}, true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSmoke(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		var rows []member
		for i := range 100 {
			rows = append(rows, member{ID: ids.New(dbtest.Now), Name: fmt.Sprint("Member ", i%7), City: []string{"Bandung", "Medan"}[i%2], Phase: "new"})
		}
		add(t, d, rows)
		read(t, d, db.Who{}, func(ctx context.Context, tx *db.Tx) error {
			q := list.Query{Filters: []list.Filter{{Column: "city", Op: list.Eq, Values: []string{"BANDUNG"}}}, Count: true, Sort: "-name", Limit: 20}
			for {
				p, err := members.Page(ctx, tx, q)
				if err != nil {
					return err
				}
				t.Log(len(p.Rows), p.Count, p.From, p.Next, p.Prev)
				if p.Next == "" {
					return nil
				}
				q.Cursor = p.Next
			}
		})
	})
}
