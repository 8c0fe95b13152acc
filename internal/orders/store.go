package orders

import (
	"context"
	"fmt"
	"slices"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Create adds o with its lines, sets o.ID and what is derived, and publishes
// [Changed]. An order without a number gets the next one. It returns Invalid
// errors for what is wrong with fields, all of them at once, and a Conflict
// error about the field number if another order has it.
func Create(ctx context.Context, tx *db.Tx, o *Order) error {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	if o.At.IsZero() {
		o.At = tx.Now
	}
	if err := o.Normalize(set.Currency); err != nil {
		return err
	}
	if err := checkRefs(ctx, tx, &Order{}, o); err != nil {
		return err
	}
	if o.Number == "" {
		if o.Number, err = nextNumber(ctx, tx); err != nil {
			return err
		}
	}
	c, err := about(ctx, tx, nil, buyer{o.Customer, o.Currency})
	if err != nil {
		return err
	}
	if err := insertRows(ctx, tx, []*Order{o}); err != nil {
		return err
	}
	c.orders = []ids.ID{o.ID}
	if err := c.over(ctx, tx); err != nil {
		return err
	}
	if !o.Customer.IsZero() {
		e := o.entry()
		e.ActorID, e.Actor = tx.Who.User, tx.Who.Name
		if err := activity.AddEntries(ctx, tx, []activity.Entry{e}); err != nil {
			return err
		}
	}
	publish(ctx, tx, true, o.Customer)
	return nil
}

// Insert adds many orders that [Order.Normalize] accepted, of customers and
// products that exist and with numbers that nobody has: thousands at once. The
// caller calls [ChangedMany] once for its operation, which also makes their
// customers know of their latest order. It returns a Conflict error if a number
// is taken.
func Insert(ctx context.Context, tx *db.Tx, list []*Order) error {
	if err := insertRows(ctx, tx, list); err != nil {
		return err
	}
	return addEntries(ctx, tx, list)
}

func addEntries(ctx context.Context, tx *db.Tx, list []*Order) error {
	entries := make([]activity.Entry, 0, len(list))
	for _, o := range list {
		if !o.Customer.IsZero() {
			entries = append(entries, o.entry())
		}
	}
	return activity.InsertEntries(ctx, tx, entries)
}

// entry is how o stands in its customer's timeline.
func (o *Order) entry() activity.Entry {
	e := activity.Entry{Record: o.ID, Customer: o.Customer, Kind: activity.Order, At: o.At, Ref: o.Number}
	if o.Return {
		e.Kind = activity.Return
	}
	return e
}

func insertRows(ctx context.Context, tx *db.Tx, list []*Order) error {
	cols := []string{"id", "number", "customer_id", "ordered_at", "currency", "rate", "is_return", "returns_id", "channel", "shop", "status", "note",
		"owner_id", "discount", "tax", "total", "lines", "value_units", "value_rest", "sold_lines", "sold_units", "sold_rest",
		"created_at", "updated_at", "created_op"}
	i, row := 0, make([]any, len(cols))
	err := tx.Copy(ctx, `sales_order`, cols, func() ([]any, bool) {
		if i == len(list) {
			return nil, false
		}
		o := list[i]
		i++
		if o.ID.IsZero() {
			o.ID = ids.New(tx.Now)
		}
		o.Created, o.Updated, o.Rev, o.CreatedOp = tx.Now, tx.Now, 1, tx.Op
		o.number()
		row = append(row[:0], o.ID, o.Number, o.Customer, o.At.UnixMilli(), string(o.Currency), orNull(o.Rate), o.Return, o.Returns,
			string(o.Channel), o.Shop, string(o.Status), o.Note, o.Owner, o.Discount, o.Tax)
		row = append(row, o.derived()...)
		row = append(row, o.Created.UnixMilli(), o.Updated.UnixMilli(), tx.Op)
		return row, true
	})
	if err != nil {
		return err
	}
	countBy(tx, len(list))
	return insertLines(ctx, tx, list)
}

// number numbers the lines of an order that is not stored yet.
func (o *Order) number() {
	for i := range o.Lines {
		o.Lines[i].N = int64(i + 1)
	}
}

// derived returns the derived columns, in the order of [derived].
func (o *Order) derived() []any {
	vu, vr, _ := o.value.split() // Normalize bounds every product
	su, sr, _ := o.sold.split()
	return []any{o.Total, o.Count, vu, vr, o.soldLines, su, sr}
}

func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// insertLines inserts all lines of new orders.
func insertLines(ctx context.Context, tx *db.Tx, list []*Order) error {
	return copyLines(ctx, tx, list, func(*Order) ids.ID { return ids.ID{} })
}

// copyLines inserts lines; op returns what created those of an order, zero if
// it is what created the order.
func copyLines(ctx context.Context, tx *db.Tx, list []*Order, op func(*Order) ids.ID) error {
	cols := []string{"order_id", "n", "product_id", "code", "name", "quantity", "unit_price", "discount", "tax", "amount", "created_op"}
	k, row := 0, make([]any, len(cols))
	return tx.Copy(ctx, `order_line`, cols, func() ([]any, bool) {
		for len(list) > 0 && k == len(list[0].Lines) {
			list, k = list[1:], 0
		}
		if len(list) == 0 {
			return nil, false
		}
		o := list[0]
		l := &o.Lines[k]
		k++
		row = append(row[:0], o.ID, l.N, l.Product, l.Code, l.Name, int64(l.Quantity), int64(l.Price), l.Discount, l.Tax, l.Amount, op(o))
		return row, true
	})
}

// Append adds lines to orders that exist, as an import does that meets more
// lines of an order it has begun: each element is an order as it is stored (its
// Lines are not needed) with the new lines alone in Lines. The caller calls
// [ChangedMany]. It returns Invalid errors as [Order.Normalize] does.
func Append(ctx context.Context, tx *db.Tx, list []*Order) error {
	for _, o := range list {
		if err := o.appendLines(ctx, tx); err != nil {
			return fmt.Errorf("order %s: %w", o.Number, err)
		}
	}
	return copyLines(ctx, tx, list, func(o *Order) ids.ID {
		if o.CreatedOp == tx.Op {
			return ids.ID{}
		}
		return tx.Op
	})
}

// appendLines checks and numbers new lines and adds them to what is derived.
func (o *Order) appendLines(ctx context.Context, tx *db.Tx) error {
	var bad errs.List
	for i := range o.Lines {
		o.Lines[i].check(&bad, o.Currency, i)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	stored, err := db.Get(ctx, tx, scanSums, `
		SELECT total, lines, value_units, value_rest, sold_lines, sold_units, sold_rest, created_op,
			(SELECT COALESCE(MAX(l.n), 0) FROM order_line l WHERE l.order_id = o.id)
		FROM sales_order o WHERE o.id = $1`, o.ID)
	if err != nil {
		return err
	}
	s := &stored.Order
	for i := range o.Lines {
		stored.top++
		o.Lines[i].N = stored.top
		s.addLine(&o.Lines[i])
	}
	s.Count += int64(len(o.Lines))
	if !small(s.Total) || s.Count > MaxLines {
		return errs.InvalidField("lines", "order.too_many_lines", "max", MaxLines)
	}
	o.Total, o.Count, o.value, o.sold, o.soldLines, o.CreatedOp = s.Total, s.Count, s.value, s.sold, s.soldLines, s.CreatedOp
	if o.CreatedOp == tx.Op {
		return storeDerived(ctx, tx, o) // nobody saw the order without them
	}
	_, err = tx.Exec(ctx, `UPDATE sales_order SET updated_at = $2, rev = rev + 1 WHERE id = $1`, o.ID, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	return storeDerived(ctx, tx, o)
}

type sums struct {
	Order
	top int64 // number of the last line
}

func scanSums(s db.Scanner, v *sums) error {
	var vu, vr, su, sr int64
	err := s.Scan(&v.Total, &v.Count, &vu, &vr, &v.soldLines, &su, &sr, &v.CreatedOp, &v.top)
	v.value, v.sold = joined(vu, vr), joined(su, sr)
	return err
}

func storeDerived(ctx context.Context, tx *db.Tx, o *Order) error {
	_, err := tx.Exec(ctx, `
		UPDATE sales_order SET total = $2, lines = $3, value_units = $4, value_rest = $5, sold_lines = $6, sold_units = $7, sold_rest = $8
		WHERE id = $1`, append([]any{o.ID}, o.derived()...)...)
	return err
}

// Lock makes others who would change an order wait until tx ends. What is read
// after it is what they left.
func Lock(ctx context.Context, tx *db.Tx, id ids.ID) error {
	return tx.LockRecord(ctx, `sales_order`, id)
}

// Update changes the order with the given ID: change gets it as it is and
// makes of it what it shall be; lines keep their rows by N, and those with N
// zero are new unless they are equal to one that would go. If rev is not zero it must be the order's present Rev, else the
// error is Stale. It publishes [Changed] and returns the order as stored.
func Update(ctx context.Context, tx *db.Tx, id ids.ID, rev int64, change func(*Order) error) (Order, error) {
	if err := Lock(ctx, tx, id); err != nil {
		return Order{}, err
	}
	old, err := Get(ctx, tx, id)
	if err != nil {
		return old, err
	}
	if rev != 0 && rev != old.Rev {
		return old, errs.New(errs.Stale, "error.stale")
	}
	o := old.Clone()
	if err := change(&o); err != nil {
		return old, err
	}
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return old, err
	}
	if err := o.Normalize(set.Currency); err != nil {
		return old, err
	}
	if err := checkRefs(ctx, tx, &old, &o); err != nil {
		return old, err
	}
	match(old.Lines, o.Lines, false)
	c, err := about(ctx, tx, []ids.ID{id}, buyer{o.Customer, o.Currency})
	if err != nil {
		return old, err
	}
	changed, err := Save(ctx, tx, &old, &o)
	if err != nil || !changed {
		return o, err
	}
	publish(ctx, tx, true, old.Customer, o.Customer)
	return o, c.over(ctx, tx)
}

// Clone returns a copy that shares nothing with o.
func (o *Order) Clone() Order {
	c := *o
	c.Lines = slices.Clone(o.Lines)
	return c
}

// Replace stores o over old, as an import does with an order that it has
// anew: lines that are equal keep their rows, whatever their numbers. The caller
// calls [ChangedMany]. It reports whether anything changed.
func Replace(ctx context.Context, tx *db.Tx, old, o *Order) (changed bool, err error) {
	for i := range o.Lines {
		o.Lines[i].N = 0
	}
	match(old.Lines, o.Lines, true)
	return Save(ctx, tx, old, o)
}

// match gives lines without a number that of an equal old line, and, if rest is
// set, then those of the old lines that are left over, in their order.
func match(old, fresh []Line, rest bool) {
	used := map[int64]bool{}
	for _, l := range fresh {
		used[l.N] = true
	}
	at := map[Line][]int64{}
	for _, l := range old {
		if n := l.N; !used[n] {
			l.N = 0
			at[l] = append(at[l], n)
		}
	}
	for i := range fresh {
		l := &fresh[i]
		if list := at[*l]; l.N == 0 && len(list) > 0 {
			at[*l] = list[1:]
			l.N = list[0]
			used[l.N] = true
		}
	}
	for left, i := 0, 0; rest && i < len(fresh); i++ {
		for left < len(old) && used[old[left].N] {
			left++
		}
		if left < len(old) && fresh[i].N == 0 {
			fresh[i].N = old[left].N
			used[fresh[i].N] = true
		}
	}
}

// Save stores o, which [Order.Normalize] accepted, over old, with its place in
// the timeline. Nothing is written if nothing changed. The caller publishes.
func Save(ctx context.Context, tx *db.Tx, old, o *Order) (changed bool, err error) {
	o.ID, o.Created, o.Updated, o.Rev, o.CreatedOp = old.ID, old.Created, old.Updated, old.Rev, old.CreatedOp
	lines, err := syncLines(ctx, tx, old, o)
	if err != nil {
		return lines, err
	}
	if !lines && sameHead(old, o) {
		return false, nil
	}
	o.Updated = tx.Now
	n, err := tx.Exec(ctx, `
		UPDATE sales_order SET number = $2, customer_id = $3, ordered_at = $4, currency = $5, rate = $6, is_return = $7, returns_id = $8,
			channel = $9, shop = $10, status = $11, note = $12, owner_id = $13, discount = $14, tax = $15, updated_at = $16,
			total = $17, lines = $18, value_units = $19, value_rest = $20, sold_lines = $21, sold_units = $22, sold_rest = $23, rev = rev + 1
		WHERE id = $1 AND rev = $24`,
		append(append([]any{o.ID, o.Number, o.Customer, o.At.UnixMilli(), string(o.Currency), orNull(o.Rate), o.Return, o.Returns,
			string(o.Channel), o.Shop, string(o.Status), o.Note, o.Owner, o.Discount, o.Tax, tx.Now.UnixMilli()},
			o.derived()...), old.Rev)...)
	if err != nil {
		return true, err
	}
	if n == 0 {
		// On PostgreSQL somebody else may have written since it was read.
		return true, errs.New(errs.Stale, "error.stale")
	}
	o.Rev = old.Rev + 1
	if o.Customer.IsZero() {
		return true, activity.RemoveEntries(ctx, tx, []ids.ID{o.ID})
	}
	return true, activity.SetEntry(ctx, tx, o.entry())
}

// sameHead reports whether nothing but lines differs.
func sameHead(a, b *Order) bool {
	return a.Number == b.Number && a.Customer == b.Customer && a.At.Equal(b.At) && a.Currency == b.Currency && a.Rate == b.Rate &&
		a.Return == b.Return && a.Returns == b.Returns && a.Channel == b.Channel && a.Shop == b.Shop && a.Status == b.Status &&
		a.Note == b.Note && a.Owner == b.Owner && a.Discount == b.Discount && a.Tax == b.Tax
}

// syncLines makes the stored lines of old those of o.
func syncLines(ctx context.Context, tx *db.Tx, old, o *Order) (changed bool, err error) {
	before := make(map[int64]*Line, len(old.Lines))
	top := int64(0)
	for i := range old.Lines {
		l := &old.Lines[i]
		before[l.N] = l
		top = max(top, l.N)
	}
	added := Order{ID: o.ID}
	for i := range o.Lines {
		l := &o.Lines[i]
		was := before[l.N]
		if was == nil {
			top++
			l.N = top
			added.Lines = append(added.Lines, *l)
			continue
		}
		delete(before, l.N)
		if *was == *l {
			continue
		}
		changed = true
		_, err := tx.Exec(ctx, `
			UPDATE order_line SET product_id = $3, code = $4, name = $5, quantity = $6, unit_price = $7, discount = $8, tax = $9, amount = $10
			WHERE order_id = $1 AND n = $2`,
			o.ID, l.N, l.Product, l.Code, l.Name, int64(l.Quantity), int64(l.Price), l.Discount, l.Tax, l.Amount)
		if err != nil {
			return true, err
		}
	}
	for n := range before {
		changed = true
		if _, err := tx.Exec(ctx, `DELETE FROM order_line WHERE order_id = $1 AND n = $2`, o.ID, n); err != nil {
			return true, err
		}
	}
	if len(added.Lines) == 0 {
		return changed, nil
	}
	return true, copyLines(ctx, tx, []*Order{&added}, func(*Order) ids.ID { return tx.Op })
}

// Delete removes orders with their lines and their places in timelines, and
// publishes [Changed]. Returns of them stay and forget what they returned. Undo
// brings all of it back.
func Delete(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	of, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `SELECT customer_id FROM sales_order WHERE id IN ($list)`)
	if err != nil {
		return err
	}
	c, err := about(ctx, tx, list)
	if err != nil {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, list, `UPDATE sales_order SET returns_id = NULL, rev = rev + 1 WHERE returns_id IN ($list)`); err != nil {
		return err
	}
	if err := activity.RemoveEntries(ctx, tx, list); err != nil {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM order_line WHERE order_id IN ($list)`); err != nil {
		return err
	}
	n, err := db.ExecIn(ctx, tx, list, `DELETE FROM sales_order WHERE id IN ($list)`)
	if err != nil {
		return err
	}
	countBy(tx, -int(n))
	publish(ctx, tx, c != nil, of...)
	return c.over(ctx, tx)
}

// SetStatus gives orders another status, and returns how many changed.
func SetStatus(ctx context.Context, tx *db.Tx, list []ids.ID, s Status) (int, error) {
	if !slices.Contains(Statuses, s) {
		return 0, errs.InvalidField("status", "error.choice")
	}
	of, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `SELECT customer_id FROM sales_order WHERE id IN ($list) AND status <> $1`, string(s))
	if err != nil || len(of) == 0 {
		return 0, err
	}
	c, err := about(ctx, tx, list)
	if err != nil {
		return 0, err
	}
	n, err := db.ExecIn(ctx, tx, list, `
		UPDATE sales_order SET status = $1, updated_at = $2, rev = rev + 1 WHERE id IN ($list) AND status <> $1`, string(s), tx.Now.UnixMilli())
	if err != nil {
		return 0, err
	}
	publish(ctx, tx, c != nil, of...)
	if err := c.over(ctx, tx); err != nil {
		return 0, err
	}
	return int(n), activity.TouchEntries(ctx, tx, list)
}

// checkRefs checks what o refers to, as far as it is not what old referred to,
// and its number.
func checkRefs(ctx context.Context, tx *db.Tx, old, o *Order) error {
	var bad errs.List
	if !o.Customer.IsZero() && o.Customer != old.Customer {
		seen, err := customers.List.Seen(ctx, tx, []ids.ID{o.Customer})
		if err != nil {
			return err
		}
		if len(seen) == 0 {
			bad.Add(errs.InvalidField("customer_id", "customer.not_found"))
		}
	}
	if !o.Returns.IsZero() && o.Returns != old.Returns {
		if _, ok, err := db.Find(ctx, tx, db.One[ids.ID], `SELECT id FROM sales_order WHERE id = $1`, o.Returns); err != nil {
			return err
		} else if !ok {
			bad.Add(errs.InvalidField("returns_id", "order.not_found"))
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	if o.Number != "" && o.Number != old.Number {
		_, taken, err := ByNumber(ctx, tx, o.Number)
		if err != nil {
			return err
		}
		if taken {
			e := errs.New(errs.Conflict, "order.number_taken", "number", o.Number)
			e.Field = "number"
			return e
		}
	}
	return nil
}
