package customers

import (
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
)

// List describes the list of customers: pages, API, exports, bulk edits and
// saved views all ask it.
var List = list.Def[Customer]{
	Name: "customer", From: `customer c`, ID: `c.id`, Owner: `c.owner_id`,
	Select: customerCols, Scan: scanCustomer,
	Columns: []list.Column{
		{Key: "name", Label: "customer.name", Type: list.Name, SQL: `c.name_key`, Sort: true},
		{Key: "kind", Label: "customer.kind", Type: list.Choice, SQL: `c.kind`, Choices: options("customer.kind.", Kinds), Hidden: true},
		{Key: "phone", Label: "customer.phone", Type: list.Phone, From: `customer_phone p`, Link: `p.customer_id`, SQL: `p.key`},
		{Key: "email", Label: "customer.email", Type: list.Email, From: `customer_email e`, Link: `e.customer_id`, SQL: `e.key`},
		{Key: "city", Label: "customer.city", Type: list.Folded, SQL: `c.city_key`, Sort: true},
		{Key: "phase", Label: "customer.phase", Type: list.Choice, SQL: `c.phase`, Choices: options("customer.phase.", Phases)},
		{Key: "owner", Label: "customer.owner", Type: list.User, SQL: `c.owner_id`, Null: true},
		{Key: "last_at", Label: "customer.last_at", Type: list.Time, SQL: `c.last_at`, Null: true, Sort: true},
		{Key: "tag", Label: "customer.tag", Type: list.Folded, From: `customer_tag t`, Link: `t.customer_id`, SQL: `t.key`},
		{Key: "reseller", Label: "customer.reseller", Type: list.Choice, SQL: `c.reseller`, Choices: options("customer.reseller.", Resellers), Hidden: true},
		{Key: "external_id", Label: "customer.external_id", Type: list.Plain, SQL: `c.external_id`, Sparse: true, Hidden: true},
		{Key: "created", Label: "customer.created", Type: list.Time, SQL: `c.created_at`, Sort: true, Hidden: true},
		{Key: "updated", Label: "customer.updated", Type: list.Time, SQL: `c.updated_at`, Hidden: true},
		{Key: "language", Label: "customer.language", Type: list.Plain, SQL: `c.language`, Hidden: true},
		{Key: "channel", Label: "customer.channel", Type: list.Choice, SQL: `c.channel`, Choices: options("customer.channel.", Channels), Hidden: true},
		{Key: "birthday", Label: "customer.birthday", Type: list.Date, SQL: `c.birthday`, Null: true, Hidden: true},
		{Key: "source", Label: "customer.source", Type: list.Plain, SQL: `c.source`, Hidden: true},
		{Key: "archived", Label: "customer.archived", Type: list.Bool, SQL: `c.archived`, Rare: true, Hidden: true},
		{Key: "parent", Label: "customer.parent", Type: list.Ref, SQL: `c.parent_id`, Null: true, Filter: true},
		{Key: "member_of", Label: "customer.member_of", Type: list.Ref, From: `customer_relation r`, Link: `r.customer_id`, When: `r.kind = 'member'`, SQL: `r.other_id`, Filter: true},
		{Key: "served_by", Label: "customer.served_by", Type: list.Ref, From: `customer_relation r`, Link: `r.customer_id`, When: `r.kind = 'served_by'`, SQL: `r.other_id`, Filter: true},
	},
	Fast: []list.Pair{
		{Sort: "name"}, {Sort: "last_at"}, {Sort: "created"}, {Filter: "external_id"}, {Filter: "parent"}, {Filter: "tag"}, {Filter: "email"}, {Filter: "phone"},
		{Filter: "phase", Sort: "name"}, {Filter: "city", Sort: "name"}, {Filter: "owner", Sort: "name"}, {Filter: "archived", Sort: "name"},
	},
	Default: "name",
	Total: func(ctx context.Context, tx *db.Tx) (int64, bool, error) {
		n, err := Total(ctx, tx)
		return int64(n), err == nil, err
	},
}

// ListWith returns [List] with more columns, which modules above bring: what is
// known of a customer in a table of their own with at most one row for each.
// Those that are shown at first stand right behind the name.
func ListWith(columns []list.Column, fast []list.Pair) *list.Def[Customer] {
	d := List
	shown := func(c list.Column) bool { return !c.Hidden && !c.Filter }
	front := slices.DeleteFunc(slices.Clone(columns), func(c list.Column) bool { return !shown(c) })
	d.Columns = slices.Concat(List.Columns[:1], front, List.Columns[1:], slices.DeleteFunc(slices.Clone(columns), shown))
	d.Fast = slices.Concat(List.Fast, fast)
	return &d
}

func options[T ~string](prefix string, values []T) []list.Option {
	out := make([]list.Option, len(values))
	for i, v := range values {
		out[i] = list.Option{Value: string(v), Label: prefix + string(v)}
	}
	return out
}

// LoadParts completes rows of [List], which have no parts yet.
func LoadParts(ctx context.Context, tx *db.Tx, rows []Customer) error {
	at := make(map[ids.ID]*Customer, len(rows))
	for i := range rows {
		at[rows[i].ID] = &rows[i]
	}
	return loadParts(ctx, tx, at)
}
