package orders

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/search"
)

const orderCols = `o.id, o.number, o.customer_id, o.ordered_at, o.currency, o.rate, o.is_return, o.returns_id, o.channel, o.shop, o.status, o.note,
	o.owner_id, o.discount, o.tax, o.total, o.lines, o.created_at, o.updated_at, o.rev, o.created_op`

func scanOrder(s db.Scanner, o *Order) error {
	var at, created, updated int64
	err := s.Scan(&o.ID, &o.Number, &o.Customer, &at, &o.Currency, &o.Rate, &o.Return, &o.Returns, &o.Channel, &o.Shop, &o.Status, &o.Note,
		&o.Owner, &o.Discount, &o.Tax, &o.Total, &o.Count, &created, &updated, &o.Rev, &o.CreatedOp)
	o.At, o.Created, o.Updated = db.Time(at), db.Time(created), db.Time(updated)
	return err
}

// Get returns the order with the given ID, or a NotFound error, also if the
// transaction's actor may not see it.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Order, error) {
	list, err := GetMany(ctx, tx, []ids.ID{id})
	if err != nil {
		return Order{}, err
	}
	if len(list) == 0 {
		return Order{}, errs.New(errs.NotFound, "order.not_found")
	}
	return list[0], nil
}

// GetMany returns those of the given orders that exist and are visible, with
// their lines, in the order of list.
func GetMany(ctx context.Context, tx *db.Tx, list []ids.ID) ([]Order, error) {
	found, err := Heads(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	return found, LoadLines(ctx, tx, found)
}

// Heads is GetMany without the lines.
func Heads(ctx context.Context, tx *db.Tx, list []ids.ID) ([]Order, error) {
	found, err := db.ListIn(ctx, tx, scanOrder, list, `SELECT `+orderCols+` FROM sales_order o WHERE o.id IN ($list)`)
	if err != nil {
		return nil, err
	}
	at := make(map[ids.ID]*Order, len(found))
	for i := range found {
		if visible(tx, &found[i]) {
			at[found[i].ID] = &found[i]
		}
	}
	out := make([]Order, 0, len(at))
	for _, id := range list {
		if o := at[id]; o != nil {
			out = append(out, *o)
			delete(at, id)
		}
	}
	return out, nil
}

// visible reports whether tx's actor may see o. It says in Go what
// list.Visible says in SQL.
func visible(tx *db.Tx, o *Order) bool {
	return tx.Who.Sight == db.SeeAll || o.Owner.IsZero() || o.Owner == tx.Who.User
}

type lineOf struct {
	of ids.ID
	l  Line
}

func scanLine(s db.Scanner, r *lineOf) error {
	return s.Scan(&r.of, &r.l.N, &r.l.Product, &r.l.Code, &r.l.Name, &r.l.Quantity, &r.l.Price, &r.l.Discount, &r.l.Tax, &r.l.Amount)
}

// LoadLines reads the lines of orders.
func LoadLines(ctx context.Context, tx *db.Tx, list []Order) error {
	at := make(map[ids.ID]*Order, len(list))
	want := make([]ids.ID, len(list))
	for i := range list {
		at[list[i].ID], want[i] = &list[i], list[i].ID
		list[i].Lines = make([]Line, 0, list[i].Count)
	}
	rows, err := db.ListIn(ctx, tx, scanLine, want, `
		SELECT order_id, n, product_id, code, name, quantity, unit_price, discount, tax, amount FROM order_line
		WHERE order_id IN ($list) ORDER BY order_id, n`)
	for i := range rows {
		o := at[rows[i].of]
		o.Lines = append(o.Lines, rows[i].l)
	}
	return err
}

// ByNumber returns the ID of the order with that number, whoever may see it.
func ByNumber(ctx context.Context, tx *db.Tx, number string) (ids.ID, bool, error) {
	if number == "" {
		return ids.ID{}, false, nil
	}
	return db.Find(ctx, tx, db.One[ids.ID], `SELECT id FROM sales_order WHERE number = $1 AND number <> ''`, number)
}

type numbered struct {
	number string
	id     ids.ID
}

// ByNumbers returns the IDs of the orders with the given numbers.
func ByNumbers(ctx context.Context, tx *db.Tx, numbers []string) (map[string]ids.ID, error) {
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *numbered) error { return s.Scan(&r.number, &r.id) }, numbers,
		`SELECT number, id FROM sales_order WHERE number IN ($list) AND number <> ''`)
	found := make(map[string]ids.ID, len(rows))
	for _, r := range rows {
		found[r.number] = r.id
	}
	return found, err
}

// Names returns what those of the given orders are called that exist.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *numbered) error { return s.Scan(&r.number, &r.id) }, list,
		`SELECT CASE WHEN number <> '' THEN number ELSE '–' END, id FROM sales_order WHERE id IN ($list)`)
	names := make(map[ids.ID]string, len(rows))
	for _, r := range rows {
		names[r.id] = r.number
	}
	return names, err
}

// OfCustomer returns the latest orders of a customer before a time, newest
// first and without lines; the zero time begins with the newest.
func OfCustomer(ctx context.Context, tx *db.Tx, customer ids.ID, before time.Time, limit int) ([]Order, error) {
	until := int64(1) << 62
	if !before.IsZero() {
		until = before.UnixMilli()
	}
	list, err := db.List(ctx, tx, scanOrder, `
		SELECT `+orderCols+` FROM sales_order o
		WHERE o.customer_id = $1 AND o.ordered_at < $2
		ORDER BY o.ordered_at DESC, o.id DESC LIMIT $3`, customer, until, limit)
	if err != nil {
		return nil, err
	}
	seen := list[:0]
	for i := range list {
		if visible(tx, &list[i]) {
			seen = append(seen, list[i])
		}
	}
	return seen, nil
}

// ReturnsOf returns the returns that belong to an order, newest first, without lines.
func ReturnsOf(ctx context.Context, tx *db.Tx, id ids.ID) ([]Order, error) {
	return db.List(ctx, tx, scanOrder, `
		SELECT `+orderCols+` FROM sales_order o WHERE o.returns_id = $1 ORDER BY o.ordered_at DESC, o.id DESC LIMIT 100`, id)
}

// Used returns those of the given products that stand on a line of an order.
func Used(ctx context.Context, tx *db.Tx, list []ids.ID) ([]ids.ID, error) {
	return db.ListIn(ctx, tx, db.One[ids.ID], list, `
		SELECT p.id FROM product p WHERE p.id IN ($list) AND EXISTS (SELECT 1 FROM order_line l WHERE l.product_id = p.id)`)
}

// Leaving refuses to let customers be deleted who have orders: they may be archived.
func Leaving(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	of, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `
		SELECT c.id FROM customer c WHERE c.id IN ($list) AND EXISTS (SELECT 1 FROM sales_order o WHERE o.customer_id = c.id)`)
	if err != nil || len(of) == 0 {
		return err
	}
	return errs.New(errs.Conflict, "order.customer_has", "n", len(of))
}

// numberPrefix begins the numbers that the program gives.
const numberPrefix = "SO-"

// nextNumber returns the next free number. Numbers rise, with gaps where one
// was taken by hand or an order was undone.
func nextNumber(ctx context.Context, tx *db.Tx) (string, error) {
	for step := int64(1); ; step *= 2 {
		n, err := db.Get(ctx, tx, db.One[int64], `UPDATE order_number SET n = n + $1 WHERE one = 1 RETURNING n`, step)
		if err != nil {
			return "", err
		}
		number := fmt.Sprintf("%s%06d", numberPrefix, n)
		_, taken, err := ByNumber(ctx, tx, number)
		if !taken || err != nil {
			return number, err
		}
	}
}

// Source finds orders by the beginning of their number.
var Source = search.Source{Kind: "order", Keys: keys, Load: hits}

// perKey is how many orders are taken whose number begins with what was typed.
const perKey = 20

func keys(ctx context.Context, tx *db.Tx, q search.Query) ([]ids.ID, error) {
	var found []ids.ID
	for _, text := range []string{q.Text, strings.ToUpper(q.Text)} {
		if text == "" || len(found) > 0 {
			break
		}
		// Numbers are compared by bytes, and no UTF-8 text has a byte above 0xf4.
		list, err := db.List(ctx, tx, db.One[ids.ID], `
			SELECT id FROM sales_order WHERE number >= $1 AND number < $2 AND number <> '' ORDER BY number LIMIT $3`,
			text, text+"\U0010ffff", perKey)
		if err != nil {
			return nil, err
		}
		found = list
	}
	return found, nil
}

func hits(ctx context.Context, tx *db.Tx, list []ids.ID) ([]search.Hit, error) {
	rows, err := Heads(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	of := make([]ids.ID, 0, len(rows))
	for i := range rows {
		of = append(of, rows[i].Customer)
	}
	names, err := customers.Names(ctx, tx, of)
	if err != nil {
		return nil, err
	}
	out := make([]search.Hit, len(rows))
	for i := range rows {
		o := &rows[i]
		detail := o.At.Format("2006-01-02")
		if name := names[o.Customer]; name != "" {
			detail = name + " · " + detail
		}
		out[i] = search.Hit{Kind: "order", Ref: o.ID, Title: o.Title(), URL: "/orders/" + o.ID.String(), Detail: detail}
	}
	return out, nil
}

// SumsOf returns what the given orders add up to, by currency; the currency of
// most orders first.
func SumsOf(ctx context.Context, tx *db.Tx, list []ids.ID) ([]money.Amount, error) {
	type part struct {
		sum money.Amount
		n   int64
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, p *part) error { return s.Scan(&p.sum.Currency, &p.sum.Minor, &p.n) }, list, `
		SELECT currency, CAST(SUM(total) AS BIGINT), COUNT(*) FROM sales_order WHERE id IN ($list) GROUP BY currency`)
	if err != nil {
		return nil, err
	}
	var all []part
	for _, r := range rows { // each of up to 256 orders
		i := slices.IndexFunc(all, func(p part) bool { return p.sum.Currency == r.sum.Currency })
		if i < 0 {
			i = len(all)
			all = append(all, part{sum: money.Amount{Currency: r.sum.Currency}})
		}
		all[i].sum.Minor += r.sum.Minor
		all[i].n += r.n
	}
	slices.SortStableFunc(all, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(string(a.sum.Currency), string(b.sum.Currency)))
	})
	sums := make([]money.Amount, len(all))
	for i := range all {
		sums[i] = all[i].sum
	}
	return sums, nil
}
