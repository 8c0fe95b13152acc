package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// orderFields are what programs read and write of an order.
type orderFields struct {
	Number        string       `json:"number,omitempty" doc:"Unique; the next one if absent."`
	Customer      *string      `json:"customer_id,omitempty" format:"uuid" doc:"null if nobody knows whose it is."`
	At            *time.Time   `json:"ordered_at,omitempty" doc:"Now if absent."`
	Currency      string       `json:"currency,omitempty" example:"IDR" doc:"The workspace's if absent."`
	Rate          *decimalNum  `json:"rate,omitempty" doc:"Decimal number: what one unit is in the workspace's currency; null if it is not known."`
	Return        bool         `json:"return,omitempty" doc:"Whether goods came back. Quantities of a return are negative; those above zero are made so."`
	Returns       *string      `json:"returns_id,omitempty" format:"uuid" doc:"Order that a return belongs to."`
	ReturnsNumber string       `json:"returns_number,omitempty" doc:"Its number, instead of returns_id."`
	Channel       string       `json:"channel,omitempty" enum:",shop,online,marketplace,whatsapp,phone,email,field,other"`
	Shop          string       `json:"shop,omitempty" doc:"Which shop, site or salesman, in your words."`
	Status        string       `json:"status,omitempty" enum:"draft,confirmed,shipped,delivered,cancelled" doc:"confirmed if absent"`
	Note          string       `json:"note,omitempty"`
	Owner         *string      `json:"owner_id,omitempty" format:"uuid" doc:"User responsible."`
	Discount      *givenAmount `json:"discount,omitempty" doc:"Of the order as a whole, besides those of its lines."`
	Tax           *givenAmount `json:"tax,omitempty" doc:"Likewise."`
	Lines         []orderLine  `json:"lines,omitempty" maxItems:"20000"`
}

type orderLine struct {
	N        int64        `json:"n,omitempty" doc:"Number of a line that is there already; absent for a new one."`
	Code     string       `json:"product_code,omitempty" example:"PA-125" doc:"Compared exactly. A code that no product has needs a name."`
	Product  *string      `json:"product_id,omitempty" format:"uuid"`
	Name     string       `json:"name,omitempty" doc:"The product's if absent."`
	Quantity *decimalNum  `json:"quantity,omitempty" doc:"Number with up to six digits behind the point; 1 if absent."`
	Price    *decimalNum  `json:"unit_price,omitempty" doc:"Decimal number with up to six digits behind the point; the product's if absent."`
	Discount *givenAmount `json:"discount,omitempty"`
	Tax      *givenAmount `json:"tax,omitempty"`
	Amount   *givenAmount `json:"amount,omitempty" doc:"quantity × unit_price, rounded once, less the discount. Ignored when written."`
}

// givenAmount is an amount of money in an order.
type givenAmount struct {
	Minor    int64  `json:"minor" doc:"In the currency's minor unit: rupiah, cents, yen, fils."`
	Currency string `json:"currency,omitempty" example:"IDR" doc:"That of the order; ignored when written."`
}

// decimalNum is a decimal number, written as a JSON number or as text.
type decimalNum string

// Schema implements [huma.SchemaProvider].
func (decimalNum) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: "string"}, {Type: "number"}}, Examples: []any{"12500", 2.5}}
}

// UnmarshalJSON implements [json.Unmarshaler].
func (n *decimalNum) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	} else {
		s = string(b)
	}
	*n = decimalNum(s)
	return nil
}

// millionths reads the number; absent is as given.
func (n *decimalNum) millionths(bad *errs.List, field string, absent int64) int64 {
	if n == nil {
		return absent
	}
	s := string(*n)
	p := parsePrice(bad, field, &s)
	if p == nil {
		return absent
	}
	return int64(*p)
}

// order is an order as the API answers it. Everything is there, empty or not.
type order struct {
	ID        string       `json:"id" format:"uuid"`
	Number    string       `json:"number"`
	Customer  *string      `json:"customer_id"`
	At        time.Time    `json:"ordered_at"`
	Currency  string       `json:"currency"`
	Rate      *string      `json:"rate"`
	Return    bool         `json:"return"`
	Returns   *string      `json:"returns_id"`
	Channel   string       `json:"channel"`
	Shop      string       `json:"shop"`
	Status    string       `json:"status"`
	Note      string       `json:"note"`
	Owner     *string      `json:"owner_id"`
	Discount  money.Amount `json:"discount"`
	Tax       money.Amount `json:"tax"`
	Lines     []shownLine  `json:"lines"`
	Total     money.Amount `json:"total" doc:"Amounts of the lines with their taxes, less the order's discount, with its tax."`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

type shownLine struct {
	N        int64        `json:"n"`
	Code     string       `json:"product_code"`
	Product  *string      `json:"product_id"`
	Name     string       `json:"name"`
	Quantity json.Number  `json:"quantity"`
	Price    string       `json:"unit_price"`
	Discount money.Amount `json:"discount"`
	Tax      money.Amount `json:"tax"`
	Amount   money.Amount `json:"amount"`
}

type orderPage struct {
	Items []order `json:"items"`
	Count *int64  `json:"count" doc:"How many there are in all; null if it was not asked for."`
	Next  *string `json:"next" doc:"Cursor of the next page; null at the end."`
}

func encodeOrder(c *caller, o *orders.Order, products map[ids.ID]catalog.Brief) order {
	out := order{
		ID: o.ID.String(), Number: o.Number, Customer: text(o.Customer), At: o.At, Currency: string(o.Currency), Return: o.Return,
		Returns: text(o.Returns), Channel: string(o.Channel), Shop: o.Shop, Status: string(o.Status), Note: o.Note, Owner: text(o.Owner),
		Discount: o.Money(o.Discount), Tax: o.Money(o.Tax), Total: o.Money(o.Total), CreatedAt: o.Created, UpdatedAt: o.Updated,
		Lines: make([]shownLine, len(o.Lines)),
	}
	if o.Rate != 0 {
		out.Rate = rateText(&o.Rate)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		name := l.Name
		if p, ok := products[l.Product]; ok && name == "" {
			name = p.Name(c.Lang)
		}
		out.Lines[i] = shownLine{
			N: l.N, Code: l.Code, Product: text(l.Product), Name: name, Quantity: json.Number(money.Price(l.Quantity).String()), Price: l.Price.String(),
			Discount: o.Money(l.Discount), Tax: o.Money(l.Tax), Amount: o.Money(l.Amount),
		}
	}
	return out
}

// encodeOrders encodes orders whose lines are read, with their products' names.
func encodeOrders(ctx context.Context, tx *db.Tx, c *caller, rows []orders.Order) ([]order, error) {
	seen := map[ids.ID]bool{}
	var want []ids.ID
	for i := range rows {
		for _, l := range rows[i].Lines {
			if l.Name == "" && !l.Product.IsZero() && !seen[l.Product] {
				seen[l.Product] = true
				want = append(want, l.Product)
			}
		}
	}
	products, err := catalog.Briefs(ctx, tx, want)
	if err != nil {
		return nil, err
	}
	out := make([]order, len(rows))
	for i := range rows {
		out[i] = encodeOrder(c, &rows[i], products)
	}
	return out, nil
}

// writable returns what programs write of o, as it is.
func writable(o *orders.Order) orderFields {
	f := orderFields{
		Number: o.Number, Customer: text(o.Customer), At: &o.At, Currency: string(o.Currency), Return: o.Return, Returns: text(o.Returns),
		Channel: string(o.Channel), Shop: o.Shop, Status: string(o.Status), Note: o.Note, Owner: text(o.Owner),
		Discount: &givenAmount{Minor: o.Discount}, Tax: &givenAmount{Minor: o.Tax}, Lines: make([]orderLine, len(o.Lines)),
	}
	if o.Rate != 0 {
		f.Rate = decimalOf(o.Rate)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		f.Lines[i] = orderLine{
			N: l.N, Code: l.Code, Product: text(l.Product), Name: l.Name, Quantity: decimalOf(int64(l.Quantity)), Price: decimalOf(int64(l.Price)),
			Discount: &givenAmount{Minor: l.Discount}, Tax: &givenAmount{Minor: l.Tax},
		}
	}
	return f
}

func decimalOf(millionths int64) *decimalNum {
	s := decimalNum(money.Price(millionths).String())
	return &s
}

// apply makes o what f says, with the products that its lines name.
func (f *orderFields) apply(ctx context.Context, tx *db.Tx, c *caller, o *orders.Order) error {
	var bad errs.List
	o.Number, o.Currency, o.Return = f.Number, money.Currency(strings.ToUpper(f.Currency)), f.Return
	if o.Currency == "" {
		o.Currency = c.in.Currency
	}
	o.Channel, o.Shop, o.Status, o.Note = orders.Channel(f.Channel), f.Shop, orders.Status(f.Status), f.Note
	o.Customer, o.Owner, o.Returns = parseID(&bad, "customer_id", f.Customer), parseID(&bad, "owner_id", f.Owner), parseID(&bad, "returns_id", f.Returns)
	o.Rate = f.Rate.millionths(&bad, "rate", 0)
	o.Discount, o.Tax = f.Discount.minor(), f.Tax.minor()
	if f.At != nil {
		o.At = parseTime(&bad, "ordered_at", f.At)
	}
	if f.ReturnsNumber != "" {
		id, ok, err := orders.ByNumber(ctx, tx, f.ReturnsNumber)
		if err != nil {
			return err
		}
		if !ok {
			bad.Add(errs.InvalidField("returns_number", "order.not_found"))
		}
		o.Returns = id
	}
	o.Lines = make([]orders.Line, len(f.Lines))
	for i := range f.Lines {
		f.Lines[i].apply(&bad, "lines."+strconv.Itoa(i)+".", &o.Lines[i])
	}
	if err := bad.Err(); err != nil {
		return err
	}
	products, err := orders.Resolve(ctx, tx, o)
	if err != nil {
		return err
	}
	for i := range f.Lines {
		if f.Lines[i].Price == nil {
			o.Lines[i].Price = orders.PriceOf(products, &o.Lines[i], o.Currency)
		}
	}
	o.Turn()
	return nil
}

func (a *givenAmount) minor() int64 {
	if a == nil {
		return 0
	}
	return a.Minor
}

func (f *orderLine) apply(bad *errs.List, field string, l *orders.Line) {
	l.N, l.Code, l.Product, l.Name = f.N, f.Code, parseID(bad, field+"product_id", f.Product), f.Name
	l.Quantity = orders.Quantity(f.Quantity.millionths(bad, field+"quantity", int64(orders.One)))
	l.Price = money.Price(f.Price.millionths(bad, field+"unit_price", 0))
	l.Discount, l.Tax = f.Discount.minor(), f.Tax.minor()
}

// figure is what all orders of a currency add up to.
type figure struct {
	Currency        string       `json:"currency"`
	Invoices        int64        `json:"invoices" doc:"Orders and returns."`
	Returns         int64        `json:"returns"`
	Lines           int64        `json:"lines"`
	Value           money.Amount `json:"value" doc:"quantity × unit_price of all lines, summed exactly and rounded once."`
	UnknownInvoices int64        `json:"invoices_without_customer"`
	UnknownLines    int64        `json:"lines_without_customer"`
	Customers       int64        `json:"customers" doc:"Who have orders."`
	Sold            soldFigure   `json:"sold" doc:"Of lines that have a customer and whose quantity and price are above zero."`
}

type soldFigure struct {
	Lines     int64        `json:"lines"`
	Invoices  int64        `json:"invoices"`
	Customers int64        `json:"customers"`
	Value     money.Amount `json:"value"`
}

type figures struct {
	AsOf  *time.Time `json:"as_of" doc:"When they were made; null if never."`
	Items []figure   `json:"items" doc:"By currency."`
}

func (a *API) orderOperations() {
	add(a, operation{method: "GET", path: "/api/v1/orders", id: "list-orders", summary: "List orders",
		need: orders.PermRead, out: orderPage{}, status: 200}, a.listOrders)
	add(a, operation{method: "POST", path: "/api/v1/orders", id: "create-order", summary: "Add an order or a return",
		need: orders.PermWrite, out: order{}, status: 201}, a.createOrder)
	add(a, operation{method: "GET", path: "/api/v1/orders/figures", id: "order-figures", summary: "What all orders add up to",
		text: "Kept ready, and made anew soon after a change. Drafts and cancelled orders don't count.",
		need: orders.PermRead, out: figures{}, status: 200}, a.orderFigures)
	add(a, operation{method: "GET", path: "/api/v1/orders/{id}", id: "get-order", summary: "Get an order",
		need: orders.PermRead, out: order{}, status: 200}, a.getOrder)
	add(a, operation{method: "PATCH", path: "/api/v1/orders/{id}", id: "update-order", summary: "Change an order",
		text: "A JSON merge patch (RFC 7396): what is absent stays, null empties, lines are replaced; lines with the n of a line that is there change it.",
		need: orders.PermWrite, out: order{}, status: 200}, a.patchOrder)
	add(a, operation{method: "DELETE", path: "/api/v1/orders/{id}", id: "delete-order", summary: "Delete an order",
		text: "It can be undone for 30 days.", need: orders.PermDelete, status: 204}, a.deleteOrder)
}

type ordersQuery struct {
	Filters []string `query:"f,explode" doc:"column:operator:value, for example status:eq:confirmed; all must hold." maxItems:"20"`
	Sort    string   `query:"sort" doc:"Column, with - before it for downwards." example:"-ordered_at"`
	Limit   int      `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor  string   `query:"cursor" doc:"next of an earlier page."`
	Count   bool     `query:"count" doc:"Whether to count the whole list."`
}

func (a *API) listOrders(ctx context.Context, c *caller, in *ordersQuery) (*answer, error) {
	q, err := list.Parse(url.Values{"f": in.Filters, "sort": {in.Sort}, "cursor": {in.Cursor}, "limit": {strconv.Itoa(in.Limit)}})
	if err != nil {
		return nil, err
	}
	q.Count, q.In = in.Count, c.in
	var page orderPage
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		got, err := orders.List.Page(ctx, tx, q)
		if err != nil {
			return err
		}
		if in.Count && got.Count < 0 {
			if got.Count, err = orders.List.Count(ctx, tx, q); err != nil {
				return err
			}
		}
		if err := orders.LoadLines(ctx, tx, got.Rows); err != nil {
			return err
		}
		page.Next = textOrNull(got.Next)
		if in.Count {
			page.Count = &got.Count
		}
		page.Items, err = encodeOrders(ctx, tx, c, got.Rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, page)
}

func (a *API) getOrder(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var n *answer
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		got, err := orders.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if matches(in.IfNoneMatch, got.ETag()) {
			n = (&answer{status: http.StatusNotModified}).with("ETag", got.ETag())
			return nil
		}
		n, err = taggedOrder(ctx, tx, c, http.StatusOK, &got)
		return err
	})
	return n, err
}

func taggedOrder(ctx context.Context, tx *db.Tx, c *caller, status int, o *orders.Order) (*answer, error) {
	out, err := encodeOrders(ctx, tx, c, []orders.Order{*o})
	if err != nil {
		return nil, err
	}
	n, err := jsonAnswer(status, out[0])
	return n.with("ETag", o.ETag()), err
}

func (a *API) createOrder(ctx context.Context, c *caller, in *struct {
	Body    orderFields
	RawBody []byte
}) (*answer, error) {
	op := db.Op{Why: "order.create", Subject: ids.New(a.DB.Now()), Args: map[string]any{"name": in.Body.Number}}
	return a.change(ctx, c, op, "POST", "/orders", in.RawBody, func(tx *db.Tx) (*answer, error) {
		made := orders.Order{ID: op.Subject}
		if err := in.Body.apply(ctx, tx, c, &made); err != nil {
			return nil, err
		}
		if err := orders.Create(ctx, tx, &made); err != nil {
			return nil, err
		}
		if made.Number != in.Body.Number {
			if err := tx.SetOp(ctx, made.ID, map[string]any{"name": made.Number}); err != nil {
				return nil, err
			}
		}
		n, err := taggedOrder(ctx, tx, c, http.StatusCreated, &made)
		return n.with("Location", "/api/v1/orders/"+made.ID.String()), err
	})
}

func (a *API) patchOrder(ctx context.Context, c *caller, in *struct {
	RecordPath
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	op := db.Op{Why: "order.update", Subject: id}
	return a.change(ctx, c, op, "PATCH", in.ID, in.RawBody, func(tx *db.Tx) (*answer, error) {
		now, err := orders.Update(ctx, tx, id, 0, func(o *orders.Order) error {
			if err := expect(in.IfMatch, o.ETag()); err != nil {
				return err
			}
			fields := writable(o)
			if err := mergePatch(&fields, in.RawBody); err != nil {
				return err
			}
			return fields.apply(ctx, tx, c, o)
		})
		if err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": now.Title()}); err != nil {
			return nil, err
		}
		return taggedOrder(ctx, tx, c, http.StatusOK, &now)
	})
}

func (a *API) deleteOrder(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	op := db.Op{Why: "order.delete", Subject: id}
	return a.change(ctx, c, op, "DELETE", in.ID, nil, func(tx *db.Tx) (*answer, error) {
		if err := orders.Lock(ctx, tx, id); err != nil {
			return nil, err
		}
		old, err := orders.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := expect(in.IfMatch, old.ETag()); err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": old.Title()}); err != nil {
			return nil, err
		}
		return &answer{status: http.StatusNoContent}, orders.Delete(ctx, tx, []ids.ID{id})
	})
}

func (a *API) orderFigures(ctx context.Context, c *caller, _ *struct{}) (*answer, error) {
	var got orders.Figures
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) {
		got, err = orders.ReadFigures(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := figures{AsOf: timeOrNull(got.AsOf), Items: make([]figure, len(got.List))}
	for i, f := range got.List {
		out.Items[i] = figure{
			Currency: string(f.Currency), Invoices: f.Invoices, Returns: f.Returns, Lines: f.Lines, Value: money.Amount{Minor: f.Value, Currency: f.Currency},
			UnknownInvoices: f.UnknownInvoices, UnknownLines: f.UnknownLines, Customers: f.Customers,
			Sold: soldFigure{f.SoldLines, f.SoldInvoices, f.SoldCustomers, money.Amount{Minor: f.SoldValue, Currency: f.Currency}},
		}
	}
	return jsonAnswer(http.StatusOK, out)
}
