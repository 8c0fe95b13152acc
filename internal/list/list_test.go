package list_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/list/listtest"
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
  owner_id UUID,
  badge    TEXT NOT NULL DEFAULT '',
  gone     BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX member_gone ON member (name_key, id, owner_id, gone) WHERE gone;
CREATE TABLE member_fact (
  member_id UUID PRIMARY KEY,
  visits    BIGINT NOT NULL,
  rhythm    BIGINT
) WITHOUT ROWID;
CREATE INDEX member_fact_visits ON member_fact (visits, member_id);
CREATE INDEX member_badge ON member (badge) WHERE badge <> '';
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
CREATE TABLE good (
  id   UUID PRIMARY KEY,
  sort TEXT NOT NULL
);
CREATE TABLE deal (
  id        UUID PRIMARY KEY,
  member_id UUID,
  sum       BIGINT NOT NULL,
  void      BOOLEAN NOT NULL
);
CREATE INDEX deal_sum ON deal (sum, id);
CREATE INDEX deal_member ON deal (member_id, sum, void);
CREATE TABLE deal_item (
  deal_id UUID NOT NULL,
  n       BIGINT NOT NULL,
  good_id UUID,
  pieces  BIGINT NOT NULL,
  PRIMARY KEY (deal_id, n)
) WITHOUT ROWID;
CREATE INDEX deal_item_good ON deal_item (good_id, deal_id, pieces) WHERE good_id IS NOT NULL;
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
	Tags   []string // not read
	Phone  string   // not read
	Gone   bool     // not read
	Visits *int64   // not read; nil if nothing is known of them
	Rhythm *int64   // not read; nil if that is not known
	Deals  []deal   // not read
}

// A deal is what a member bought at once.
type deal struct {
	Sum   int64
	Void  bool
	Items []item
}

type item struct {
	Good   int // of goods; -1 if it is none of them
	Pieces int64
}

// goods are what members buy, each of a sort.
var goods = []struct {
	id   ids.ID
	sort string
}{
	{ids.MustParse("01900000-0000-7000-8000-0000000000a1"), "tea"}, {ids.MustParse("01900000-0000-7000-8000-0000000000a2"), "tea"},
	{ids.MustParse("01900000-0000-7000-8000-0000000000a3"), "rice"}, {ids.MustParse("01900000-0000-7000-8000-0000000000a4"), ""},
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
		{Key: "badge", Label: "member.badge", Type: list.Plain, SQL: `m.badge`, Sparse: true, Hidden: true},
		{Key: "tag", Label: "member.tag", Type: list.Plain, SQL: `t.tag`, From: `member_tag t`, Link: `t.member_id`},
		{Key: "gone", Label: "member.gone", Type: list.Bool, SQL: `m.gone`, Rare: true, Hidden: true},
		{Key: "visits", Label: "member.visits", Type: list.Number, SQL: `f.visits`, From: `member_fact f`, Link: `f.member_id`, One: true, Sort: true, Hidden: true},
		{Key: "rhythm", Label: "member.rhythm", Type: list.Number, SQL: `f.rhythm`, From: `member_fact f`, Link: `f.member_id`, One: true, Sort: true, Hidden: true},
		{Key: "phone", Label: "member.phone", Type: list.Phone, SQL: `p.key`, From: `member_phone p`, Link: `p.member_id`, Filter: true},
	},
	Kids: []list.Kid{{
		Key: "mark", Label: "member.tag", From: `member_tag k`, Link: `k.member_id`,
		Columns: []list.Column{{Key: "word", Label: "member.tag", Type: list.Plain, SQL: `k.tag`}}, Fast: []list.Way{{Column: "word"}},
	}, {
		Key: "deal", Label: "member.tag", From: `deal d`, Link: `d.member_id`, When: `d.member_id IS NOT NULL AND NOT d.void`,
		Columns: []list.Column{{Key: "sum", Label: "member.fee", Type: list.Number, SQL: `d.sum`}}, Covered: true,
	}, {
		Key: "buy", Label: "member.tag", From: `deal_item i JOIN deal d ON d.id = i.deal_id LEFT JOIN good g ON g.id = i.good_id`, Link: `d.member_id`,
		When: `d.member_id IS NOT NULL AND NOT d.void AND i.pieces > 0`,
		Columns: []list.Column{
			{Key: "good", Label: "member.tag", Type: list.Ref, SQL: `i.good_id`, Null: true},
			{Key: "sort", Label: "member.tag", Type: list.Plain, SQL: `g.sort`, Null: true},
			{Key: "sum", Label: "member.fee", Type: list.Number, SQL: `d.sum`},
			{Key: "pieces", Label: "member.fee", Type: list.Number, SQL: `i.pieces`},
		},
		Fast: []list.Way{{Column: "good", Of: `deal_item i`}, {Column: "sum", Of: `deal d`}},
		Apart: &list.Apart{
			Item: `deal_item i`, ItemWhen: `i.pieces > 0`, ItemHead: `i.deal_id`, ItemThing: `i.good_id`,
			Head: `deal d`, HeadWhen: `d.member_id IS NOT NULL AND NOT d.void`, HeadID: `d.id`, Thing: `good g`, ThingID: `g.id`,
			Heads: func(ctx context.Context, tx *db.Tx) (int64, error) {
				return db.Get(ctx, tx, db.One[int64], `SELECT COUNT(*) FROM deal`)
			},
		},
	}},
	Fast: []list.Pair{
		{Sort: "name"},
		{Filter: "city", Sort: "name"},
		{Filter: "phase", Sort: "seen"},
		{Filter: "owner", Sort: "name"},
		{Filter: "gone", Sort: "name"},
		{Sort: "visits"},
		{Filter: "badge"},
		{Filter: "tag"},
		{Filter: "phone"},
	},
	Default: "name",
}

func read(t *testing.T, d *db.DB, who db.Who, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), who, func(tx *db.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// add stores members.
func add(t *testing.T, d *db.DB, rows []member) {
	t.Helper()
	err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error { return insert(t.Context(), tx, rows) })
	if err != nil {
		t.Fatal(err)
	}
}

func insert(ctx context.Context, tx *db.Tx, rows []member) error {
	var tags, phones, facts [][]any
	i := -1
	err := tx.Copy(ctx, `member`, []string{"id", "name", "name_key", "city", "city_key", "phase", "number", "points",
		"fee", "active", "birthday", "seen_at", "owner_id", "gone"}, func() ([]any, bool) {
		if i++; i == len(rows) {
			return nil, false
		}
		m := rows[i]
		for _, tag := range m.Tags {
			tags = append(tags, []any{m.ID, tag})
		}
		if m.Phone != "" {
			phones = append(phones, []any{m.ID, 1, m.Phone})
		}
		if m.Visits != nil {
			facts = append(facts, []any{m.ID, *m.Visits, m.Rhythm})
		}
		return []any{m.ID, m.Name, fold.SortKey(m.Name), m.City, fold.Text(m.City), m.Phase, m.Number, m.Points,
			m.Fee, m.Active, m.Born, db.Millis(m.Seen), m.Owner, m.Gone}, true
	})
	if err != nil {
		return err
	}
	if err := tx.Copy(ctx, `member_tag`, []string{"member_id", "tag"}, each(tags)); err != nil {
		return err
	}
	if err := tx.Copy(ctx, `member_fact`, []string{"member_id", "visits", "rhythm"}, each(facts)); err != nil {
		return err
	}
	if err := tx.Copy(ctx, `member_phone`, []string{"member_id", "n", "key"}, each(phones)); err != nil {
		return err
	}
	return insertDeals(ctx, tx, rows)
}

// insertDeals adds the members' deals, and one of nobody.
func insertDeals(ctx context.Context, tx *db.Tx, rows []member) error {
	var sorts, deals, items [][]any
	for _, g := range goods {
		sorts = append(sorts, []any{g.id, g.sort})
	}
	add := func(of any, d deal) {
		id := ids.New(dbtest.Now)
		deals = append(deals, []any{id, of, d.Sum, d.Void})
		for n, i := range d.Items {
			var good any
			if i.Good >= 0 {
				good = goods[i.Good].id
			}
			items = append(items, []any{id, n + 1, good, i.Pieces})
		}
	}
	add(nil, deal{Sum: 2, Items: []item{{Good: 0, Pieces: 1}}})
	for _, m := range rows {
		for _, d := range m.Deals {
			add(m.ID, d)
		}
	}
	if err := tx.Copy(ctx, `good`, []string{"id", "sort"}, each(sorts)); err != nil {
		return err
	}
	if err := tx.Copy(ctx, `deal`, []string{"id", "member_id", "sum", "void"}, each(deals)); err != nil {
		return err
	}
	return tx.Copy(ctx, `deal_item`, []string{"deal_id", "n", "good_id", "pieces"}, each(items))
}

func each(rows [][]any) func() ([]any, bool) {
	return func() ([]any, bool) {
		if len(rows) == 0 {
			return nil, false
		}
		row := rows[0]
		rows = rows[1:]
		return row, true
	}
}

func TestDeclaration(t *testing.T) {
	listtest.Exercise(t, modules, &members, func(ctx context.Context, d *db.DB) error {
		r := rand.New(rand.NewPCG(1, 2))
		return d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			return insert(ctx, tx, randomMembers(r, 40, ids.New(dbtest.Now)))
		})
	})
}

// randomMembers returns members who are equal in much.
func randomMembers(r *rand.Rand, n int, user ids.ID) []member {
	var rows []member
	for range n {
		m := member{
			ID:     ids.New(dbtest.Now),
			Name:   pick(r, "Budi", "budi", "José", "Jose", "Jo", "Zoë", "zoe", "Ahmad Ma'ruf", "🙂", "", "Budi Santoso", "O\\'Neil 100%_"),
			City:   pick(r, "", "Bandung", "BANDUNG", "Kota Bandung", "Malmö"),
			Phase:  pick(r, "new", "old"),
			Fee:    r.Int64N(4),
			Active: r.IntN(2) == 0,
		}
		if r.IntN(3) > 0 {
			m.Number = ptr(pick(r, "", "A-1", "a-1", "A-10", "100%", "x_y"))
		}
		if r.IntN(3) > 0 {
			m.Points = ptr(r.Int64N(500) - 250)
		}
		if r.IntN(3) > 0 {
			m.Born = ptr(pick(r, "1990-02-28", "2026-03-01", "2026-03-02", "2025-12-31"))
		}
		if r.IntN(3) > 0 {
			m.Seen = dbtest.Now.Add(-time.Duration(r.IntN(100)) * 12 * time.Hour).Truncate(time.Millisecond)
		}
		if r.IntN(3) > 0 {
			m.Owner = user
		} else if r.IntN(2) == 0 {
			m.Owner = ids.MustParse("01900000-0000-7000-8000-0000000000ff")
		}
		for _, tag := range []string{"gold", "vip", "new"} {
			if r.IntN(3) == 0 {
				m.Tags = append(m.Tags, tag)
			}
		}
		if r.IntN(2) == 0 {
			m.Phone = pick(r, "6281230457781", "6281230457782", "622155501", "6561234567")
		}
		m.Gone = r.IntN(9) == 0
		if r.IntN(3) > 0 {
			m.Visits = ptr(r.Int64N(5))
			if r.IntN(3) > 0 {
				m.Rhythm = ptr(r.Int64N(4))
			}
		}
		m.Deals = randomDeals(rand.New(rand.NewPCG(uint64(len(rows)), 9)))
		rows = append(rows, m)
	}
	return rows
}

func randomDeals(r *rand.Rand) (list []deal) {
	for range r.IntN(4) {
		d := deal{Sum: r.Int64N(4), Void: r.IntN(5) == 0}
		for range r.IntN(4) {
			d.Items = append(d.Items, item{Good: r.IntN(len(goods)+1) - 1, Pieces: r.Int64N(4) - 1})
		}
		list = append(list, d)
	}
	return list
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func ptr[T any](v T) *T { return &v }

// The order of all members is that of their values, those without one last,
// and of their ids where they are equal; every page walk shows it, whatever the
// size of pages, and every way back.
func TestPagesShowEachRowOnce(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		rows := randomMembers(rand.New(rand.NewPCG(3, 4)), 60, me)
		add(t, d, rows)
		rapid.Check(t, func(rt *rapid.T) {
			sort := rapid.SampledFrom([]string{"", "name", "-name", "number", "-number", "points", "-points", "fee", "-fee",
				"active", "-active", "birthday", "-birthday", "seen", "-seen", "owner", "-owner", "visits", "-visits", "rhythm", "-rhythm"}).Draw(rt, "sort")
			q := list.Query{Sort: sort, Limit: rapid.IntRange(1, 70).Draw(rt, "limit")}
			want := slices.Clone(rows)
			for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(filterTests)-1), 0, 2).Draw(rt, "filters") {
				q = q.With(parse(t, filterTests[i].filter))
				want = only(want, filterTests[i].want)
			}
			if len(want) == 0 {
				return
			}
			slices.SortFunc(want, order(sort))
			read(t, d, db.Who{User: me}, func(ctx context.Context, tx *db.Tx) error {
				var got []member
				var last string
				for {
					p, err := members.Page(ctx, tx, q)
					if err != nil {
						return err
					}
					if len(p.Rows) > 0 && p.From != int64(len(got))+1 {
						rt.Errorf("page begins with row %d, want %d", p.From, len(got)+1)
					}
					got = append(got, p.Rows...)
					if last = p.Prev; p.Next == "" {
						break
					}
					q.Cursor = p.Next
				}
				if g, w := names(got), names(want); g != w {
					rt.Fatalf("%v, order %q\n got %s\nwant %s", q.Filters, sort, g, w)
				}
				rest := want[:(len(want)-1)/q.Limit*q.Limit]
				for last != "" {
					q.Cursor = last
					p, err := members.Page(ctx, tx, q)
					if err != nil {
						return err
					}
					if len(p.Rows) != q.Limit || names(p.Rows) != names(rest[len(rest)-q.Limit:]) {
						rt.Fatalf("order %q back\n got %s\nwant end of %s", sort, names(p.Rows), names(rest))
					}
					rest, last = rest[:len(rest)-q.Limit], p.Prev
				}
				if len(rest) > 0 {
					rt.Errorf("the way back ends %d rows early", len(rest))
				}
				return nil
			})
		})
	})
}

func names(rows []member) string {
	var b strings.Builder
	for _, m := range rows {
		fmt.Fprintf(&b, "%s(%s) ", m.Name, m.ID.String()[24:])
	}
	return b.String()
}

// order is what a list promises, told without SQL.
func order(sort string) func(a, b member) int {
	key, down := strings.CutPrefix(sort, "-")
	return func(a, b member) int {
		c := 0
		switch key {
		case "", "name":
			c = cmp.Compare(fold.SortKey(a.Name), fold.SortKey(b.Name))
		case "number":
			c = comparePtr(a.Number, b.Number, down)
		case "points":
			c = comparePtr(a.Points, b.Points, down)
		case "fee":
			c = cmp.Compare(a.Fee, b.Fee)
		case "active":
			c = cmp.Compare(fmt.Sprint(a.Active), fmt.Sprint(b.Active))
		case "birthday":
			c = comparePtr(a.Born, b.Born, down)
		case "seen":
			var x, y *int64
			if !a.Seen.IsZero() {
				x = ptr(a.Seen.UnixMilli())
			}
			if !b.Seen.IsZero() {
				y = ptr(b.Seen.UnixMilli())
			}
			c = comparePtr(x, y, down)
		case "visits":
			c = comparePtr(a.Visits, b.Visits, down)
		case "rhythm":
			c = comparePtr(a.Rhythm, b.Rhythm, down)
		case "owner":
			var x, y *string
			if !a.Owner.IsZero() {
				x = ptr(a.Owner.String())
			}
			if !b.Owner.IsZero() {
				y = ptr(b.Owner.String())
			}
			c = comparePtr(x, y, down)
		}
		if c == 0 {
			c = bytes.Compare(a.ID[:], b.ID[:])
		}
		if down {
			return -c
		}
		return c
	}
}

// comparePtr puts nil last, also when the order is turned around.
func comparePtr[T cmp.Ordered](a, b *T, down bool) int {
	last := 1
	if down {
		last = -1
	}
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return last
	case b == nil:
		return -last
	}
	return cmp.Compare(*a, *b)
}

// Each filter with what it means, told without SQL. The clock stands at
// Monday, 2 March 2026, 10:00 WIB.
var filterTests = []struct {
	filter string
	want   func(m member) bool
}{
	{"name:eq:JOSÉ", func(m member) bool { return m.Name == "José" || m.Name == "Jose" }},
	{"name:ne:jose", func(m member) bool { return m.Name != "José" && m.Name != "Jose" }},
	{"name:eq:🙂", func(m member) bool { return m.Name == "🙂" }},
	{"name:eq:", func(m member) bool { return m.Name == "" }},
	{"name:starts:bud", func(m member) bool { return strings.HasPrefix(strings.ToLower(m.Name), "bud") }},
	{"name:starts:🙂", func(m member) bool { return m.Name == "🙂" }},
	{"name:contains:maruf", func(m member) bool { return m.Name == "Ahmad Ma'ruf" }},
	{"name:contains:100", func(m member) bool { return strings.Contains(m.Name, "100") }},
	{"name:empty", func(m member) bool { return m.Name == "" }},
	{"name:filled", func(m member) bool { return m.Name != "" }},
	{"city:eq:bandung", func(m member) bool { return strings.EqualFold(m.City, "bandung") }},
	{"city:ne:bandung", func(m member) bool { return !strings.EqualFold(m.City, "bandung") }},
	{"city:in:bandung,malmo", func(m member) bool { return strings.EqualFold(m.City, "bandung") || m.City == "Malmö" }},
	{"city:nin:bandung,malmo", func(m member) bool { return m.City == "" || m.City == "Kota Bandung" }},
	{"city:contains:dung", func(m member) bool { return strings.Contains(strings.ToLower(m.City), "dung") }},
	{"city:empty", func(m member) bool { return m.City == "" }},
	{"phase:eq:old", func(m member) bool { return m.Phase == "old" }},
	{"phase:in:old,new", func(m member) bool { return true }},
	{"phase:nin:old", func(m member) bool { return m.Phase == "new" }},
	{"number:eq:A-1", func(m member) bool { return m.Number != nil && *m.Number == "A-1" }},
	{"number:ne:A-1", func(m member) bool { return m.Number == nil || *m.Number != "A-1" }},
	{"number:nin:A-1,a-1", func(m member) bool { return m.Number == nil || !strings.EqualFold(*m.Number, "a-1") }},
	{"number:starts:A-1", func(m member) bool { return m.Number != nil && strings.HasPrefix(*m.Number, "A-1") }},
	{"number:contains:a-1", func(m member) bool { return m.Number != nil && strings.Contains(strings.ToLower(*m.Number), "a-1") }},
	{"number:contains:%", func(m member) bool { return m.Number != nil && *m.Number == "100%" }},
	{"number:contains:_", func(m member) bool { return m.Number != nil && *m.Number == "x_y" }},
	{"number:empty", func(m member) bool { return m.Number == nil || *m.Number == "" }},
	{"number:filled", func(m member) bool { return m.Number != nil && *m.Number != "" }},
	{"points:eq:1.5", func(m member) bool { return m.Points != nil && *m.Points == 150 }},
	{"points:ne:1.5", func(m member) bool { return m.Points == nil || *m.Points != 150 }},
	{"points:lt:0", func(m member) bool { return m.Points != nil && *m.Points < 0 }},
	{"points:lte:-1", func(m member) bool { return m.Points != nil && *m.Points <= -100 }},
	{"points:gt:0.01", func(m member) bool { return m.Points != nil && *m.Points > 1 }},
	{"points:gte:0.01", func(m member) bool { return m.Points != nil && *m.Points >= 1 }},
	{"points:between:-0.5,0.5", func(m member) bool { return m.Points != nil && *m.Points >= -50 && *m.Points <= 50 }},
	{"points:empty", func(m member) bool { return m.Points == nil }},
	{"fee:gte:2", func(m member) bool { return m.Fee >= 2 }},
	{"active:eq:true", func(m member) bool { return m.Active }},
	{"active:eq:false", func(m member) bool { return !m.Active }},
	{"birthday:eq:1990-02-28", func(m member) bool { return m.Born != nil && *m.Born == "1990-02-28" }},
	{"birthday:within:1990", func(m member) bool { return m.Born != nil && *m.Born == "1990-02-28" }},
	{"birthday:eq:yesterday", func(m member) bool { return m.Born != nil && *m.Born == "2026-03-01" }},
	{"birthday:within:this-week", func(m member) bool { return m.Born != nil && *m.Born == "2026-03-02" }},
	{"birthday:within:last-week", func(m member) bool { return m.Born != nil && *m.Born == "2026-03-01" }},
	{"birthday:before:2026-03-02", func(m member) bool { return m.Born != nil && *m.Born < "2026-03-02" }},
	{"birthday:after:2025", func(m member) bool { return m.Born != nil && *m.Born >= "2026" }},
	{"birthday:lte:2026-03-01", func(m member) bool { return m.Born != nil && *m.Born <= "2026-03-01" }},
	{"birthday:between:2025-12-31,2026-03-01", func(m member) bool {
		return m.Born != nil && *m.Born >= "2025-12-31" && *m.Born <= "2026-03-01"
	}},
	{"birthday:filled", func(m member) bool { return m.Born != nil }},
	{"seen:within:today", func(m member) bool { return !m.Seen.Before(wib(2026, 3, 2)) }},
	{"seen:within:-7d", func(m member) bool { return !m.Seen.Before(wib(2026, 2, 23)) }},
	{"seen:within:-1m", func(m member) bool { return !m.Seen.Before(wib(2026, 2, 2)) }},
	{"seen:before:-30d", func(m member) bool { return !m.Seen.IsZero() && m.Seen.Before(wib(2026, 1, 31)) }},
	{"seen:within:2026-02", func(m member) bool { return !m.Seen.Before(wib(2026, 2, 1)) && m.Seen.Before(wib(2026, 3, 1)) }},
	{"seen:within:last-quarter", func(m member) bool { return false }},
	{"seen:after:this-month", func(m member) bool { return false }},
	{"seen:gte:2026-03-02T00:00:00+07:00", func(m member) bool { return !m.Seen.Before(wib(2026, 3, 2)) }},
	{"seen:lt:2026-03-02T00:00:00+07:00", func(m member) bool { return !m.Seen.IsZero() && m.Seen.Before(wib(2026, 3, 2)) }},
	{"seen:empty", func(m member) bool { return m.Seen.IsZero() }},
	{"owner:eq:me", func(m member) bool { return m.Owner == me }},
	{"owner:ne:me", func(m member) bool { return m.Owner != me }},
	{"owner:nin:me,01900000-0000-7000-8000-0000000000ff", func(m member) bool { return m.Owner.IsZero() }},
	{"owner:empty", func(m member) bool { return m.Owner.IsZero() }},
	{"badge:eq:", func(m member) bool { return true }},
	{"badge:in:B1,", func(m member) bool { return true }},
	{"badge:eq:B1", func(m member) bool { return false }},
	{"badge:starts:B", func(m member) bool { return false }},
	{"tag:eq:vip", func(m member) bool { return slices.Contains(m.Tags, "vip") }},
	{"tag:ne:vip", func(m member) bool { return !slices.Contains(m.Tags, "vip") }},
	{"tag:in:vip,gold", func(m member) bool { return slices.Contains(m.Tags, "vip") || slices.Contains(m.Tags, "gold") }},
	{"tag:nin:vip,gold", func(m member) bool { return !slices.Contains(m.Tags, "vip") && !slices.Contains(m.Tags, "gold") }},
	{"tag:starts:go", func(m member) bool { return slices.Contains(m.Tags, "gold") }},
	{"tag:empty", func(m member) bool { return len(m.Tags) == 0 }},
	{"tag:filled", func(m member) bool { return len(m.Tags) > 0 }},
	{"phone:eq:0812-3045-7781", func(m member) bool { return m.Phone == "6281230457781" }},
	{"phone:ne:0812-3045-7781", func(m member) bool { return m.Phone != "6281230457781" }},
	{"phone:starts:+62 812", func(m member) bool { return strings.HasPrefix(m.Phone, "62812") }},
	{"phone:starts:021", func(m member) bool { return strings.HasPrefix(m.Phone, "6221") }},
	{"active:in:true,false", func(m member) bool { return true }},
	{"active:in:true", func(m member) bool { return m.Active }},
	{"gone:eq:true", func(m member) bool { return m.Gone }},
	{"gone:eq:false", func(m member) bool { return !m.Gone }},
	{"gone:in:true,false", func(m member) bool { return true }},
	{"visits:eq:2", func(m member) bool { return m.Visits != nil && *m.Visits == 2 }},
	{"visits:ne:2", func(m member) bool { return m.Visits == nil || *m.Visits != 2 }},
	{"visits:gte:2", func(m member) bool { return m.Visits != nil && *m.Visits >= 2 }},
	{"visits:between:1,3", func(m member) bool { return m.Visits != nil && *m.Visits >= 1 && *m.Visits <= 3 }},
	{"visits:empty", func(m member) bool { return m.Visits == nil }},
	{"visits:filled", func(m member) bool { return m.Visits != nil }},
	{"rhythm:lte:1", func(m member) bool { return m.Rhythm != nil && *m.Rhythm <= 1 }},
	{"rhythm:ne:1", func(m member) bool { return m.Rhythm == nil || *m.Rhythm != 1 }},
	{"rhythm:empty", func(m member) bool { return m.Rhythm == nil }},
	{"rhythm:filled", func(m member) bool { return m.Rhythm != nil }},
	{"phone:empty", func(m member) bool { return m.Phone == "" }},
}

var me = ids.MustParse("01900000-0000-7000-8000-00000000aaaa")

func wib(y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, time.FixedZone("WIB", 7*3600))
}

func TestFiltersMeanWhatTheySay(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		rows := randomMembers(rand.New(rand.NewPCG(5, 6)), 80, me)
		add(t, d, rows)
		slices.SortFunc(rows, order("name"))
		who := db.Who{User: me}
		ask := func(name string, q list.Query, want []member) {
			t.Helper()
			q.Limit, q.Count = list.MaxLimit, true
			read(t, d, who, func(ctx context.Context, tx *db.Tx) error {
				p, err := members.Page(ctx, tx, q)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return nil
				}
				if names(p.Rows) != names(want) {
					t.Errorf("%s\n got %s\nwant %s", name, names(p.Rows), names(want))
				}
				n, err := members.Count(ctx, tx, q)
				if int(n) != len(want) || p.Count >= 0 && p.Count != n {
					t.Errorf("%s: Count = %d, on the page %d, want %d", name, n, p.Count, len(want))
				}
				return err
			})
		}
		for i, a := range filterTests {
			fa, err := list.ParseFilter(a.filter)
			if err != nil {
				t.Fatal(err)
			}
			ask(a.filter, list.Query{Filters: []list.Filter{fa}}, only(rows, a.want))
			b := filterTests[(i*7+3)%len(filterTests)]
			fb, err := list.ParseFilter(b.filter)
			if err != nil {
				t.Fatal(err)
			}
			both := only(only(rows, a.want), b.want)
			ask(a.filter+" and "+b.filter, list.Query{Filters: []list.Filter{fa, fb}}, both)
		}
	})
}

func parse(t *testing.T, text string) list.Filter {
	t.Helper()
	f, err := list.ParseFilter(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func only(rows []member, f func(member) bool) []member {
	return slices.DeleteFunc(slices.Clone(rows), func(m member) bool { return !f(m) })
}

// However a value's frequency makes a list look for it, the rows are the same.
func TestCommonValuesAreFoundAnotherWay(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		rows := randomMembers(rand.New(rand.NewPCG(7, 8)), 12_000, me)
		add(t, d, rows)
		for _, text := range []string{"phase:eq:new", "owner:eq:me", "tag:eq:vip", "city:eq:Bandung", "phone:starts:0812", "visits:gte:2", "gone:eq:false", "gone:eq:true"} {
			f := parse(t, text)
			i := slices.IndexFunc(filterTests, func(ft struct {
				filter string
				want   func(m member) bool
			}) bool {
				return ft.filter == text
			})
			var want []member
			switch {
			case i >= 0:
				want = only(rows, filterTests[i].want)
			case text == "phase:eq:new":
				want = only(rows, func(m member) bool { return m.Phase == "new" })
			case text == "city:eq:Bandung":
				want = only(rows, func(m member) bool { return strings.EqualFold(m.City, "Bandung") })
			default:
				want = only(rows, func(m member) bool { return strings.HasPrefix(m.Phone, "62812") })
			}
			slices.SortFunc(want, order("name"))
			read(t, d, db.Who{User: me}, func(ctx context.Context, tx *db.Tx) error {
				q := list.Query{Filters: []list.Filter{f}, Count: true}
				p, err := members.Page(ctx, tx, q)
				if err != nil {
					return err
				}
				if names(p.Rows) != names(want[:50]) {
					t.Errorf("%s: another first page", text)
				}
				n, err := members.Count(ctx, tx, q)
				if int(n) != len(want) {
					t.Errorf("%s: Count = %d, want %d", text, n, len(want))
				}
				return err
			})
		}
	})
}

func TestEachIDsAndRows(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		rows := randomMembers(rand.New(rand.NewPCG(9, 10)), 600, me)
		add(t, d, rows)
		for _, sort := range []string{"name", "-fee", "points", "-points"} {
			want := slices.Clone(rows)
			slices.SortFunc(want, order(sort))
			read(t, d, db.Who{User: me}, func(ctx context.Context, tx *db.Tx) error {
				var got []member
				err := members.Each(ctx, tx, list.Query{Sort: sort}, func(part []member) error {
					got = append(got, part...)
					return nil
				})
				if names(got) != names(want) {
					t.Errorf("Each in order %s shows other rows than there are", sort)
				}
				return err
			})
		}
		read(t, d, db.Who{User: me}, func(ctx context.Context, tx *db.Tx) error {
			q := list.Query{Filters: []list.Filter{{Column: "phase", Op: list.Eq, Values: []string{"new"}}}, Sort: "-name", Cursor: "is not looked at"}
			all, err := members.IDs(ctx, tx, q, ids.ID{}, 0)
			if err != nil {
				return err
			}
			var sliced []ids.ID
			for {
				var after ids.ID
				if len(sliced) > 0 {
					after = sliced[len(sliced)-1]
				}
				part, err := members.IDs(ctx, tx, q, after, 100)
				if err != nil {
					return err
				}
				if len(part) == 0 {
					break
				}
				sliced = append(sliced, part...)
			}
			if want := only(rows, func(m member) bool { return m.Phase == "new" }); len(all) != len(want) || !slices.Equal(all, sliced) {
				t.Errorf("IDs gave %d and in slices %d, want %d", len(all), len(sliced), len(want))
			}
			slices.Reverse(all)
			some, err := members.Rows(ctx, tx, append(all, ids.New(dbtest.Now)))
			if len(some) != len(all) {
				t.Errorf("Rows of %d ids and one that isn't there gave %d", len(all), len(some))
			}
			for i := range some {
				if some[i].ID != all[i] {
					t.Fatalf("row %d is not that of id %d", i, i)
				}
			}
			return err
		})
	})
}

// Whoever may not see a row finds it in no page, count, export or bulk edit.
func TestVisibility(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		colleague, stranger, team := ids.New(dbtest.Now), ids.New(dbtest.Now), ids.New(dbtest.Now)
		var rows []member
		for i, owner := range []ids.ID{me, colleague, stranger, {}} {
			rows = append(rows, member{ID: ids.New(dbtest.Now), Name: fmt.Sprint(i), Phase: "new", Owner: owner, Tags: []string{"vip"}})
		}
		add(t, d, rows)
		err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO team_user (id, team_id) VALUES ($1, $4), ($2, $4), ($3, NULL)`, me, colleague, stranger, team)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			who  db.Who
			want string
		}{
			{db.Who{User: me}, "[0 1 2 3]"},
			{db.Who{User: me, Sight: db.SeeTeam, Team: team}, "[0 1 3]"},
			{db.Who{User: me, Sight: db.SeeTeam}, "[0 3]"},
			{db.Who{User: me, Sight: db.SeeOwn, Team: team}, "[0 3]"},
			{db.Who{Sight: db.SeeOwn}, "[3]"},
		} {
			read(t, d, tt.who, func(ctx context.Context, tx *db.Tx) error {
				for _, q := range []list.Query{
					{},
					{Sort: "-fee"},
					{Filters: []list.Filter{{Column: "phase", Op: list.Eq, Values: []string{"new"}}}},
					{Filters: []list.Filter{{Column: "tag", Op: list.Eq, Values: []string{"vip"}}}},
				} {
					q.Count = true
					check := func(what string, rows []member) {
						t.Helper()
						var list []string
						for _, m := range rows {
							list = append(list, m.Name)
						}
						slices.Sort(list)
						if got := fmt.Sprint(list); got != tt.want {
							t.Errorf("%+v %s of %+v shows %s, want %s", tt.who, what, q, got, tt.want)
						}
					}
					p, err := members.Page(ctx, tx, q)
					if err != nil {
						return err
					}
					check("Page", p.Rows)
					n, err := members.Count(ctx, tx, q)
					if err != nil {
						return err
					}
					if want := int64(len(p.Rows)); n != want || p.Count >= 0 && p.Count != want {
						t.Errorf("%+v: Count = %d and %d, want %d", tt.who, n, p.Count, want)
					}
					var each []member
					if err := members.Each(ctx, tx, q, func(part []member) error { each = append(each, part...); return nil }); err != nil {
						return err
					}
					check("Each", each)
					list, err := members.IDs(ctx, tx, q, ids.ID{}, 0)
					if err != nil {
						return err
					}
					byID, err := members.Rows(ctx, tx, list)
					if err != nil {
						return err
					}
					check("IDs", byID)
					all := []ids.ID{rows[3].ID, rows[0].ID, rows[0].ID, rows[1].ID, rows[2].ID, ids.New(dbtest.Now)}
					seen, err := members.Seen(ctx, tx, all)
					if err != nil {
						return err
					}
					byID, err = members.Rows(ctx, tx, seen)
					if err != nil {
						return err
					}
					check("Seen", byID)
				}
				for _, m := range rows {
					sees, err := list.Sees(ctx, tx, m.Owner)
					if err != nil {
						return err
					}
					if got := strings.Contains(tt.want, m.Name); got != sees {
						t.Errorf("%+v: Sees(%s) = %v", tt.who, m.Name, sees)
					}
				}
				return nil
			})
		}
	})
}

func TestBadQueriesAreRefused(t *testing.T) {
	d := dbtest.Open(t, modules...)
	add(t, d, randomMembers(rand.New(rand.NewPCG(1, 1)), 9, me))
	var cursor string
	read(t, d, db.Who{}, func(ctx context.Context, tx *db.Tx) error {
		p, err := members.Page(ctx, tx, list.Query{Limit: 2})
		cursor = p.Next
		return err
	})
	for _, tt := range []struct{ query, field, key string }{
		{"f=city", "f", "list.filter.form"},
		{"f=:eq:x", "f", "list.filter.form"},
		{"f=CITY:eq:x", "f", "list.filter.form"},
		{"f=town:eq:x", "f", "list.filter.column"},
		{"f=city:like:x", "f", "list.filter.operator"},
		{"f=city:between:a,b", "f", "list.filter.operator"},
		{"f=phase:empty", "f", "list.filter.operator"},
		{"f=city:eq", "f", "list.filter.values"},
		{"f=points:between:1", "f", "list.filter.values"},
		{"f=city:in", "f", "list.filter.values"},
		{"f=city:eq:" + strings.Repeat("x", 501), "f", "list.filter.value"},
		{"f=city:eq:a%00b", "f", "list.filter.value"},
		{"f=city:eq:%ff", "f", "list.filter.value"},
		{"f=city:in:" + strings.Repeat("a,", 300), "f", "list.filter.many"},
		{"f=phase:eq:dead", "f", "list.filter.value"},
		{"f=points:gt:many", "f", "list.filter.value"},
		{"f=points:gt:0.001", "f", "list.filter.value"},
		{"f=points:gt:1e30", "f", "list.filter.value"},
		{"f=points:gt:99999999999999999", "f", "list.filter.value"},
		{"f=fee:gt:1.5", "f", "list.filter.value"},
		{"f=active:eq:maybe", "f", "list.filter.value"},
		{"f=owner:eq:you", "f", "list.filter.value"},
		{"f=owner:eq:", "f", "list.filter.value"},
		{"f=seen:within:soon", "f", "list.filter.date"},
		{"f=seen:eq:2026-02-30", "f", "list.filter.date"},
		{"f=seen:eq:0001-01-01", "f", "list.filter.date"},
		{"f=birthday:eq:2026-03-02T00:00:00Z", "f", "list.filter.date"},
		{"f=birthday:within:-99999y", "f", "list.filter.date"},
		{"f=phone:eq:ab", "f", "list.filter.phone"},
		{"f=phone:starts:08", "f", "list.filter.phone"},
		{"sort=phase", "sort", "list.sort"},
		{"sort=--name", "sort", "list.sort"},
		{"sort=name;", "sort", "list.sort"},
		{"limit=0", "limit", "list.limit"},
		{"limit=201", "limit", "list.limit"},
		{"limit=ten", "limit", "list.limit"},
		{"count=maybe", "count", "list.count"},
		{"cursor=x", "cursor", "list.cursor"},
		{"cursor=" + cursor + "&sort=-name", "cursor", "list.cursor"},
		{"cursor=" + cursor[:len(cursor)-1] + "_", "cursor", "list.cursor"},
		{"cursor=" + cursor[1:], "cursor", "list.cursor"},
		{strings.Repeat("f=city:eq:x&", 21), "f", "list.filter.too_many"},
	} {
		v, err := url.ParseQuery(tt.query)
		if err != nil && !strings.Contains(tt.query, ";") {
			t.Fatal(err)
		}
		if strings.Contains(tt.query, ";") {
			v = url.Values{"sort": {"name;"}}
		}
		q, err := list.Parse(v)
		if err == nil {
			err = d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
				_, err := members.Page(t.Context(), tx, q)
				return err
			})
		}
		all := errs.All(err)
		if errs.KindOf(err) != errs.Invalid || len(all) != 1 || all[0].Field != tt.field || all[0].Key != tt.key {
			t.Errorf("%s: %v, want %s at %s", tt.query, err, tt.key, tt.field)
		}
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	d := dbtest.Open(t, modules...)
	q := list.Query{Sort: "x", Filters: []list.Filter{{Column: "x", Op: list.Eq, Values: []string{"1"}}, {Column: "fee", Op: list.Eq, Values: []string{"y"}}}}
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
		_, err := members.Count(t.Context(), tx, q)
		return err
	})
	if n := len(errs.All(err)); n != 3 {
		t.Errorf("%d errors, want 3: %v", n, err)
	}
}

func TestTotalIsAskedOnlyForAll(t *testing.T) {
	d := dbtest.Open(t, modules...)
	counted := members
	counted.Total = func(context.Context, *db.Tx) (int64, bool, error) { return 1234, true, nil }
	for _, tt := range []struct {
		who  db.Who
		q    list.Query
		want int64
	}{
		{db.Who{}, list.Query{}, 1234},
		{db.Who{User: me, Sight: db.SeeOwn}, list.Query{}, 0},
		{db.Who{}, list.Query{Filters: []list.Filter{{Column: "city", Op: list.Eq, Values: []string{"x"}}}}, 0},
	} {
		read(t, d, tt.who, func(ctx context.Context, tx *db.Tx) error {
			n, err := counted.Count(ctx, tx, tt.q)
			if n != tt.want {
				t.Errorf("Count of %+v by %+v = %d, want %d", tt.q, tt.who, n, tt.want)
			}
			return err
		})
	}
}
