package imports_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

var ofOrders = imports.Options{Kind: imports.Orders}

// orderNumbered returns the order with a number, with its lines.
func orderNumbered(t testing.TB, d *db.DB, number string) (o orders.Order) {
	t.Helper()
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		id, ok, err := orders.ByNumber(ctx, tx, number)
		if err != nil || !ok {
			t.Fatalf("no order %s: %v", number, err)
		}
		o, err = orders.Get(ctx, tx, id)
		return err
	})
	return o
}

// productCoded returns the product with a code.
func productCoded(t testing.TB, d *db.DB, code string) (p catalog.Product) {
	t.Helper()
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		found, err := catalog.ByCode(ctx, tx, []string{code})
		if err != nil {
			return err
		}
		p, err = catalog.Get(ctx, tx, found[code].ID)
		return err
	})
	return p
}

func count(t testing.TB, d *db.DB, f func(ctx context.Context, tx *db.Tx) (int, error)) int {
	t.Helper()
	n := 0
	read(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = f(ctx, tx)
		return err
	})
	return n
}

func ordersIn(t testing.TB, d *db.DB) int {
	return count(t, d, func(ctx context.Context, tx *db.Tx) (int, error) {
		return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM sales_order`)
	})
}

func linesIn(t testing.TB, d *db.DB) int {
	return count(t, d, func(ctx context.Context, tx *db.Tx) (int, error) {
		return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM order_line`)
	})
}

const someOrders = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,a1,LAMP,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
1,A1,LAMP BIG,2,2010-12-01 08:26:00,0.001,17850,United Kingdom
2,a1,LAMP (used),1,2010-12-01 09:00:00,2.55,,United Kingdom
1,a1,LAMP,6,2010-12-01 08:26:00,2.55,17850,United Kingdom
C3,a1,,-1,2010-12-02 10:00:00,2.55,17850,United Kingdom
4,b9,,-5,2010-12-02 10:01:00,0,,France
`

func TestOrders(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		before := dump(t, d)
		opt := ofOrders
		opt.Currency = "GBP"
		j := bringFile(t, d, "o.csv", strings.NewReader(someOrders), opt)
		if j.Created != 6 || j.Counts.Orders != 4 || j.Counts.Products != 3 || j.Counts.Customers != 1 {
			t.Errorf("counted %+v", j.Counts)
		}
		o := orderNumbered(t, d, "1")
		if len(o.Lines) != 3 || o.Total != 1530+0+1530 || o.Return || o.Currency != "GBP" || o.Lines[0].Name != "" || o.Lines[1].Code != "A1" {
			t.Errorf("order 1: %+v", o)
		}
		if want := time.Date(2010, 12, 1, 1, 26, 0, 0, time.UTC); !o.At.Equal(want) {
			t.Errorf("ordered at %s, want %s: the workspace is in Jakarta", o.At, want)
		}
		if o := orderNumbered(t, d, "2"); !o.Customer.IsZero() || o.Lines[0].Name != "LAMP (used)" {
			t.Errorf("order 2: %+v", o)
		}
		if o := orderNumbered(t, d, "C3"); !o.Return || o.Total != -255 || o.Lines[0].Name != "" {
			t.Errorf("order C3: %+v", o)
		}
		if o := orderNumbered(t, d, "4"); o.Return || o.Total != 0 {
			t.Errorf("order 4: %+v", o)
		}
		c := people(t, d)
		if len(c) != 1 || c[0].ExternalID != "17850" || c[0].Name != "" || c[0].Addresses[0].Country != "United Kingdom" || o.Customer != c[0].ID {
			t.Errorf("customers %+v", c)
		}
		if p := productCoded(t, d, "a1"); p.NameID != "LAMP" {
			t.Errorf("product %+v", p)
		}
		if p := productCoded(t, d, "b9"); p.NameID != "" {
			t.Errorf("product %+v", p)
		}
		undo(t, d, j.Op)
		same(t, dump(t, d), before)
	})
}

func TestOrdersAgainAreReplaced(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		opt := ofOrders
		opt.Currency = "GBP"
		bringFile(t, d, "o.csv", strings.NewReader(someOrders), opt)
		first := orderNumbered(t, d, "1")
		again := bringFile(t, d, "o.csv", strings.NewReader(someOrders), opt)
		if again.Skipped != 6 || again.Counts.Orders+again.Counts.Products+again.Counts.Customers != 0 {
			t.Errorf("imported again: %+v", again.Counts)
		}
		before := dump(t, d)
		j := bringFile(t, d, "o.csv", strings.NewReader(strings.Replace(someOrders, "1,A1,LAMP BIG,2", "1,A1,LAMP BIG,7", 1)), opt)
		if j.Updated != 3 || j.Skipped != 3 || j.Counts.Orders != 1 {
			t.Errorf("changed: %+v", j.Counts)
		}
		o := orderNumbered(t, d, "1")
		if o.ID != first.ID || len(o.Lines) != 3 || o.Lines[1].Quantity != 7*orders.One {
			t.Errorf("replaced: %+v", o)
		}
		undo(t, d, j.Op)
		same(t, dump(t, d), before)
		opt.Mode = imports.Create
		if j := bringFile(t, d, "o.csv", strings.NewReader(someOrders+"9,a1,,1,2010-12-01,1,,\n"), opt); j.Skipped != 6 || j.Created != 1 {
			t.Errorf("create: %+v", j.Counts)
		}
		opt.Mode = imports.Update
		if j := bringFile(t, d, "o.csv", strings.NewReader(someOrders+"10,a1,,1,2010-12-01,1,,\n"), opt); j.Skipped != 7 || j.Created != 0 {
			t.Errorf("update: %+v", j.Counts)
		}
	})
}

// TestScatteredLines imports orders whose lines stand far from each other.
func TestScatteredLines(t *testing.T) {
	var b strings.Builder
	b.WriteString("No Pesanan;Tanggal;Kode Barang;Nama Barang;Jumlah;Harga Satuan;Nama Pelanggan;No HP\n")
	const n = 700
	for line := range 4 {
		for i := range n {
			name := ""
			if line == 2 {
				name = "Pompa " + string(rune('A'+i%5))
			}
			b.WriteString("SO-" + itoa(i) + ";17-11-2025;P" + itoa(i%5) + ";" + name + ";" + itoa(line+1) + ";Rp 12.500,50;Budi " + itoa(i%50) + ";0812 3045 " + itoa(7000+i%50) + "\n")
		}
	}
	each(t, func(t *testing.T, d *db.DB) {
		before := dump(t, d)
		j := bringFile(t, d, "o.csv", strings.NewReader(b.String()), ofOrders)
		if j.Created != 4*n || j.Counts.Orders != n || j.Counts.Products != 5 || j.Counts.Customers != 50 {
			t.Errorf("counted %+v", j.Counts)
		}
		for _, number := range []string{"SO-0", "SO-699", "SO-350"} {
			o := orderNumbered(t, d, number)
			if len(o.Lines) != 4 || o.Total != 12501+25001+37502+50002 {
				t.Errorf("%s has total %d: %+v", number, o.Total, o.Lines)
			}
		}
		if p := productCoded(t, d, "P1"); p.NameID != "Pompa B" {
			t.Errorf("product %+v", p)
		}
		again := bringFile(t, d, "o.csv", strings.NewReader(b.String()), ofOrders)
		if again.Rows() != 4*n || again.Created+again.Errors != 0 || linesIn(t, d) != 4*n {
			t.Errorf("imported again: %+v, %d lines", again.Counts, linesIn(t, d))
		}
		undo(t, d, again.Op)
		undo(t, d, j.Op)
		same(t, dump(t, d), before)
	})
}

func itoa(n int) string { return big.NewInt(int64(n)).String() }

func TestBadLinesAreKeptAndRepaired(t *testing.T) {
	const text = "order no,date,sku,product,qty,price,customer email,status,discount\n" +
		"1,2025-11-01,a,Pump,two,10,b@x.id,paid,\n" +
		"1,2025-11-01,b,Filter,1,10,b@x.id,paid,10%\n" +
		",2025-11-01,b,Filter,1,10,b@x.id,paid,\n" +
		"2,someday,b,Filter,1,10,b@x.id,paid,\n" +
		"3,2025-11-01,b,Filter,1,10,b at x,paid,\n" +
		"4,2025-11-01,b,Filter,1,10,b@x.id,dunno,1\n" +
		"5,2025-11-01,,,1,10,b@x.id,paid,\n" +
		"6,2025-11-01,b,Filter,1,,b@x.id,paid,\n" +
		"7,2025-11-01,b,Filter,99999999999,9999999999,b@x.id,paid,\n"
	each(t, func(t *testing.T, d *db.DB) {
		j := bringFile(t, d, "o.csv", strings.NewReader(text), ofOrders)
		if j.Created != 2 || j.Errors != 7 || j.Warnings != 1 || j.Counts.Orders != 2 || j.Counts.Customers != 1 {
			t.Errorf("counted %+v", j.Counts)
		}
		if o := orderNumbered(t, d, "1"); o.Total != 9 || o.Status != orders.Confirmed {
			t.Errorf("%+v", o)
		}
		want := []string{"import.number", "import.no_number", "date.invalid", "mailaddr.invalid", "import.order_status", "import.no_product", "import.no_price", ""}
		rows := problems(t, d, j)
		for i, r := range rows {
			if i < len(want) && want[i] != "" && r.Problems[0].Code != want[i] {
				t.Errorf("row %d: %+v, want %s", r.Row, r.Problems, want[i])
			}
		}
		mend := func(row int, column int, with string) {
			t.Helper()
			cells := rows[slicesIndex(rows, row)].Cells
			cells[column] = with
			r, err := imports.Repair(t.Context(), d, importer, j.ID, row, cells)
			if err != nil || r.Open() || r.Record.IsZero() {
				t.Errorf("row %d: %+v, %v", row, r, err)
			}
		}
		mend(1, 4, "2")
		mend(4, 1, "2 Nov 2025")
		mend(6, 7, "selesai")
		if o := orderNumbered(t, d, "1"); len(o.Lines) != 2 || o.Total != 29 {
			t.Errorf("after repair: %+v", o)
		}
		if o := orderNumbered(t, d, "4"); o.Status != orders.Delivered {
			t.Errorf("after repair: %+v", o)
		}
		orderNumbered(t, d, "2")
		undo(t, d, j.Op)
		if n := ordersIn(t, d); n != 0 {
			t.Errorf("%d orders after the undo", n)
		}
	})
}

func slicesIndex(rows []imports.Row, number int) int {
	for i, r := range rows {
		if r.Row == number {
			return i
		}
	}
	return -1
}

func TestOrderSettings(t *testing.T) {
	d := open(t)
	for _, tt := range []struct {
		text       string
		opt        imports.Options
		field, key string
	}{
		{"a,b\n1,2\n", imports.Options{Kind: "orders", Map: []byte(`{"a":"number"}`)}, "map", "import.map.date"},
		{"number,date,sku\n1,2025-11-01,2\n", imports.Options{Kind: "orders", Keys: []string{"email"}}, "map", "import.map.price"},
		{"number,date,sku,price\n1,2025-11-01,2,3\n", imports.Options{Kind: "orders", Keys: []string{"email"}}, "key", "import.key.column"},
		{"number,date,sku,price\n1,2025-11-01,2,3\n", imports.Options{Kind: "orders", Currency: "XXX"}, "currency", "money.currency"},
		{"BEGIN:VCARD\nFN:A\nEND:VCARD\n", imports.Options{Kind: "orders"}, "kind", "import.cards"},
		{"a,b\n1,2\n", imports.Options{Kind: "products", Map: []byte(`{"a":"price"}`)}, "map", "import.map.no_product"},
	} {
		_, err := imports.Start(t.Context(), d, strings.NewReader(tt.text), "x.csv", tt.opt)
		list := errs.All(err)
		if len(list) != 1 || list[0].Field != tt.field || list[0].Key != tt.key {
			t.Errorf("%q %+v: %v, want %s at %s", tt.text, tt.opt, err, tt.key, tt.field)
		}
	}
}

func TestKindIsGuessed(t *testing.T) {
	d := open(t)
	for text, want := range map[string]imports.Kind{
		someOrders: imports.Orders,
		"Nomor Pesanan,Tanggal,Pelanggan,Kode,Jumlah,Harga Satuan\n1,2,3,4,5,6\n": imports.Orders,
		"Kode Barang,Nama Barang,Kategori,Satuan,Harga\n1,2,3,4,5\n":              imports.Products,
		"product,series,sales_price\nGTX,GTX,55\n":                                imports.Products,
		"Nama,No HP,Surel,Kota\nBudi,,,\n":                                        imports.Customers,
		"Name,Company,Email,Price\nBudi,,,\n":                                     imports.Customers,
	} {
		j, err := imports.Start(t.Context(), d, strings.NewReader(text), "x.csv", imports.Options{Who: importer, Recall: true})
		if err != nil || j.Kind != want {
			t.Errorf("%q is taken for %s, want %s (%v)", text, j.Kind, want, err)
		}
	}
	j := start(t, d, "x.csv", strings.NewReader(someOrders), imports.Options{})
	j, err := imports.SetKind(t.Context(), d, j.ID, imports.Orders)
	if err != nil || j.Map["InvoiceNo"] != "number" || j.Returns.Prefix != "C" || j.Mode != imports.Upsert || len(j.Keys) != 1 {
		t.Errorf("%+v, %v", j, err)
	}
}

func TestReturnRule(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		const text = "number,date,sku,qty,price,retur\nC1,2025-11-01,a,1,5,\nC2,2025-11-01,a,-1,5,\nC3,2025-11-01,a,1,5,ya\n"
		j := start(t, d, "x.csv", strings.NewReader(text), ofOrders)
		if j.Returns != (imports.ReturnRule{Negative: true}) {
			t.Errorf("all numbers begin with C: %+v", j.Returns)
		}
		run(t, d, j.ID, false)
		for number, want := range map[string]int64{"C1": 5, "C2": -5, "C3": -5} {
			if o := orderNumbered(t, d, number); o.Total != want || o.Return != (want < 0) {
				t.Errorf("%s: %+v", number, o)
			}
		}
	})
}

// retail returns the first rows of Online Retail, all if rows is 0, as CSV.
func retail(t testing.TB, rows int) []byte {
	t.Helper()
	f, err := os.Open(shared(t, "online-retail/online_retail.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := 0, 0; rows > 0; i++ {
		next := bytes.IndexByte(data[at:], '\n')
		if next < 0 {
			break
		}
		if at += next + 1; i == rows {
			return data[:at]
		}
	}
	return data
}

// retailFacts are the answers of expected_facts.json.
type retailFacts struct {
	Rows, Invoices, Customers int
	Unknown                   int     `json:"rows_without_customer"`
	Codes                     int     `json:"stock_codes"`
	Gross                     float64 `json:"gross_value"`
	Sold                      int     `json:"clean_rows"`
	SoldCustomers             int     `json:"clean_customers"`
	SoldInvoices              int     `json:"clean_invoices"`
	SoldValue                 float64 `json:"clean_revenue"`
	returns                   int
}

// factsOf counts, by other means, what the facts of a part of the file are.
func factsOf(t testing.TB, data []byte) retailFacts {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var f retailFacts
	gross, sold := new(big.Rat), new(big.Rat)
	invoices, who, codes, soldInvoices, soldWho, returns := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range rows[1:] {
		q, _ := new(big.Rat).SetString(r[3])
		p, _ := new(big.Rat).SetString(r[5])
		value := new(big.Rat).Mul(q, p)
		gross.Add(gross, value)
		invoices[r[0]], codes[r[1]] = true, true
		if r[0][0] == 'C' {
			returns[r[0]] = true
		}
		if r[6] == "" {
			f.Unknown++
			continue
		}
		who[r[6]] = true
		if q.Sign() > 0 && p.Sign() > 0 {
			f.Sold++
			soldInvoices[r[0]], soldWho[r[6]] = true, true
			sold.Add(sold, value)
		}
	}
	f.Rows, f.Invoices, f.Customers, f.Codes, f.returns = len(rows)-1, len(invoices), len(who), len(codes), len(returns)
	f.SoldInvoices, f.SoldCustomers = len(soldInvoices), len(soldWho)
	f.Gross, _ = gross.Float64()
	f.SoldValue, _ = sold.Float64()
	return f
}

func minor(f float64) int64 { return int64(f*100 + 0.5) }

func (f *retailFacts) check(t *testing.T, d *db.DB, j imports.Job) {
	t.Helper()
	if j.Created != int64(f.Rows) || j.Counts.Orders != int64(f.Invoices) || j.Counts.Products != int64(f.Codes) || j.Counts.Customers != int64(f.Customers) || j.Errors+j.Warnings+j.Skipped != 0 {
		t.Errorf("counted %+v, want %+v", j.Counts, f)
	}
	if err := orders.MakeFigures(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	read(t, d, func(ctx context.Context, tx *db.Tx) error {
		all, err := orders.ReadFigures(ctx, tx)
		if err != nil {
			return err
		}
		if len(all.List) != 1 {
			t.Fatalf("figures %+v", all)
		}
		got := all.List[0]
		want := orders.Figure{
			Currency: money.Currency("GBP"), Invoices: int64(f.Invoices), Returns: int64(f.returns), Lines: int64(f.Rows), UnknownLines: int64(f.Unknown),
			Value: minor(f.Gross), Customers: int64(f.Customers), SoldLines: int64(f.Sold), SoldInvoices: int64(f.SoldInvoices),
			SoldCustomers: int64(f.SoldCustomers), SoldValue: minor(f.SoldValue), UnknownInvoices: got.UnknownInvoices,
		}
		if got != want {
			t.Errorf("figures\n%+v, want\n%+v", got, want)
		}
		n, err := customers.Total(ctx, tx)
		if n != f.Customers {
			t.Errorf("%d customers, want %d", n, f.Customers)
		}
		return err
	})
}

// TestOnlineRetail imports half a million order lines of a real shop and
// compares the program's own figures with the known answers.
func TestOnlineRetail(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		d.Now = time.Now
		rows := 0
		if testing.Short() || d.Engine() == db.Postgres {
			rows = 60_000
		}
		data := retail(t, rows)
		facts := factsOf(t, data)
		if rows == 0 {
			text, err := os.ReadFile(shared(t, "online-retail/expected_facts.json"))
			if err != nil {
				t.Fatal(err)
			}
			returns := facts.returns
			facts = retailFacts{}
			if err := json.Unmarshal(text, &facts); err != nil {
				t.Fatal(err)
			}
			facts.returns = returns
		}
		opt := ofOrders
		opt.Currency = "GBP"
		j := start(t, d, "online_retail.csv", bytes.NewReader(data), opt)
		begin(t, d, j.ID, false)
		began := time.Now()
		j, err := imports.Run(t.Context(), d, j.ID, nil)
		if err != nil || j.State != imports.Done {
			t.Fatal(j.State, j.Reason, err)
		}
		t.Logf("%.0f lines/s", float64(j.Place)/time.Since(began).Seconds())
		facts.check(t, d, j)
		undo(t, d, j.Op)
		if n := ordersIn(t, d) + linesIn(t, d) + len(people(t, d)); n != 0 {
			t.Errorf("%d things left after the undo", n)
		}
	})
}
