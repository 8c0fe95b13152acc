package imports

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// orderNoun is orders, for the engine: each row is a line of one.
type orderNoun struct{}

var orderWords = newVocabulary("", `
	number: invoice no, invoiceno, invoice, invoice number, invoice id, inv no, order, order id, orderid, order no, order number, order name, sales order, so number, receipt no, receipt number, bill no, transaction id, transaction no, basket id, nomor pesanan, no pesanan, id pesanan, pesanan, kode pesanan, nomor order, no order, nomor faktur, no faktur, faktur, nomor nota, no nota, nota, no transaksi, nomor transaksi, id transaksi, kode transaksi, nomor invoice, no invoice
	date: invoice date, invoicedate, order date, orderdate, ordered at, purchase date, sale date, transaction date, date time, datetime, created at, paid at, tanggal, tgl, tanggal pesanan, tanggal order, tanggal faktur, tanggal nota, tanggal transaksi, tgl pesanan, tgl transaksi, waktu, waktu pesanan
	code: stock code, stockcode, sku, product code, product id, product no, item code, item no, lineitem sku, article, article number, kode, kode barang, kode produk, id produk, id barang, kode stok, nomor sku
	name: description, product, product name, item, item name, lineitem name, article name, barang, produk, nama barang, nama produk, deskripsi, uraian
	quantity: qty, quantity ordered, units, count, lineitem quantity, jumlah, jumlah barang, kuantitas, banyak, banyaknya, qty pesanan
	price: unit price, unitprice, price each, item price, lineitem price, harga, harga satuan, harga jual, harga per unit
	amount: line total, line amount, total price, subtotal, sub total, total harga, jumlah harga, nilai
	discount: line discount, lineitem discount, diskon, potongan, rabat, potongan harga
	tax: vat, gst, pajak, ppn
	currency: currency code, mata uang
	customer: customer id, customerid, customer no, customer number, customer code, client id, account number, member id, id pelanggan, no pelanggan, nomor pelanggan, kode pelanggan, pelanggan, id member, no member, kode konsumen
	customer_name: customer name, client name, buyer, buyer name, billing name, bill to, ship name, nama pelanggan, nama pembeli, pembeli, nama customer, nama konsumen, konsumen
	email: customer email, e mail, buyer email, surel, email pelanggan, email pembeli
	phone: customer phone, buyer phone, telephone, mobile, billing phone, telepon, no hp, nomor hp, hp, no telepon, nomor telepon, telepon pelanggan, whatsapp, wa, no wa
	country: customer country, billing country, ship country, negara
	city: customer city, billing city, ship city, kota, kabupaten, kota kabupaten
	channel: sales channel, source, saluran, kanal, saluran penjualan
	shop: store, branch, outlet, location, toko, nama toko, cabang, gerai
	status: order status, state, financial status, status pesanan
	return: is return, returned, credit note, retur, pengembalian
	note: notes, comment, remark, catatan, keterangan, catatan pesanan
`)

var channelOf = words(`
	shop: store, pos, offline, retail, in store, counter, toko, gerai, kasir
	online: web, website, webshop, online store, internet, situs, shopify, woocommerce
	marketplace: tokopedia, shopee, lazada, bukalapak, blibli, tiktok, tiktok shop, amazon, ebay
	whatsapp: wa, whats app
	phone: call, telephone, telepon, telp
	email: e mail, mail, surel
	field: sales, salesman, visit, canvas, kanvas, kunjungan, lapangan
	other: lain, lainnya
`)

var orderStatus = words(`
	draft: quote, quotation, draf, penawaran
	confirmed: new, open, pending, placed, paid, processing, in progress, on hold, baru, dikonfirmasi, menunggu, lunas, dibayar, diproses, proses
	shipped: sent, in transit, dispatched, dikirim, dalam pengiriman
	delivered: complete, completed, done, closed, fulfilled, received, success, selesai, diterima, terkirim, sukses, tuntas
	cancelled: canceled, void, voided, failed, expired, batal, dibatalkan, gagal
`)

// buyerKeys are the fields that tell who bought, by the kind of key.
var buyerKeys = []struct {
	field string
	kind  customers.KeyKind
}{{"customer", customers.KeyNumber}, {"email", customers.KeyEmail}, {"phone", customers.KeyPhone}, {"customer_name", customers.KeyName}}

func (orderNoun) why() string                       { return "import.orders" }
func (orderNoun) fields() []Field                   { return orderWords.fields() }
func (orderNoun) target(text string) (Target, bool) { return orderWords.target(text) }
func (orderNoun) joined(Target) bool                { return false }
func (orderNoun) keys() []Key                       { return customerNoun{}.keys() }

// keyNamed takes the names of columns of orders and those of customers.
func (orderNoun) keyNamed(name string) Key {
	t, _ := orderWords.target(name)
	for _, k := range buyerKeys {
		if k.field == t.Field {
			return Key(k.kind)
		}
	}
	return customerNoun{}.keyNamed(name)
}

// over tells others once that orders have changed.
func (orderNoun) over(ctx context.Context, tx *db.Tx) error {
	orders.ChangedMany(ctx, tx)
	return nil
}

// guess takes a column of customers for their numbers, unless they are names.
func (orderNoun) guess(s *sample) []Target {
	got := orderWords.guess(s)
	i := slices.Index(got, Target{Field: "customer"})
	if i >= 0 && !hasField(got)("customer_name") {
		g := customerGuesser{sample: *s}
		if g.mostly(i, isName) {
			got[i] = Target{Field: "customer_name"}
		}
	}
	return got
}

// defaults: customers are known by whatever the file tells of them, and an
// order that is there already is replaced.
func (orderNoun) defaults(s *Settings, targets []Target) {
	if len(s.Keys) == 0 {
		has := hasField(targets)
		for _, k := range buyerKeys {
			if has(k.field) {
				s.Keys = append(s.Keys, Key(k.kind))
			}
		}
	}
	if s.Mode == "" {
		s.Mode = Upsert
	}
}

func (orderNoun) check(targets []Target, keys []Key) error {
	has := hasField(targets)
	switch {
	case !has("number"):
		return errs.InvalidField("map", "import.map.number")
	case !has("date"):
		return errs.InvalidField("map", "import.map.date")
	case !has("code", "name"):
		return errs.InvalidField("map", "import.map.no_product")
	case !has("price", "amount"):
		return errs.InvalidField("map", "import.map.price")
	}
	can := map[Key]bool{}
	for _, k := range buyerKeys {
		can[Key(k.kind)] = has(k.field)
	}
	return checkKeys(keys, can)
}

// guessReturns returns the rule for a file with the given first rows: numbers
// that begin with C, unless that is how most of them begin.
func guessReturns(l *Look, targets []Target) ReturnRule {
	column := in(columnsOf(targets), "number")
	marked, all := 0, 0
	for _, row := range l.Rows {
		if column == none || column >= len(row) || row[column] == "" {
			continue
		}
		all++
		if hasMark(strings.TrimSpace(row[column]), returnMark) {
			marked++
		}
	}
	if marked*2 > all {
		return ReturnRule{Negative: true}
	}
	return ReturnRule{Prefix: returnMark}
}

// ParseReturns reads a rule as people write it: "C", "negative", "C,negative" or "none".
func ParseReturns(text string) ReturnRule {
	var rule ReturnRule
	for word := range strings.SplitSeq(text, ",") {
		switch word = strings.TrimSpace(word); word {
		case "none":
		case "negative":
			rule.Negative = true
		default:
			rule.Prefix = clip(word, maxMark)
		}
	}
	return rule
}

// maxMark bounds the beginning of a number that marks returns, in bytes.
const maxMark = 20

// returnMark begins the numbers of returns in many files.
const returnMark = "C"

// hasMark reports whether a number is a mark with a digit behind it.
func hasMark(number, mark string) bool {
	rest, ok := strings.CutPrefix(number, mark)
	return ok && mark != "" && rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// kindOf says what a file is, by the names of its columns.
func kindOf(l *Look) Kind {
	if !l.Format.Header {
		return Customers
	}
	switch {
	case orderWords.like(l.Header, "number") == 1 && orderWords.like(l.Header, "code", "name", "quantity", "price", "amount") >= 2:
		return Orders
	case productWords.like(l.Header, "price", "cost", "unit", "offering") >= 1 && productWords.like(l.Header, "code", "name", "family") >= 1 && !namesPeople(l.Header):
		return Products
	}
	return Customers
}

// namesPeople reports whether columns are named as those of contact points.
func namesPeople(header []string) bool {
	return slices.ContainsFunc(header, func(h string) bool {
		m, ok := matchHeader(h)
		return ok && slices.Contains([]string{"emails", "phones", "given_name", "family_name", "birthday"}, m.target.Field)
	})
}

func (orderNoun) program(j *Job, header []string, e *env) program {
	columns := columnsOf(Orders.targets(j.Map, header))
	p := &orderProgram{
		columns: columns, decimal: j.Format.Decimal, order: e.order(j), zone: e.zone(), region: e.set.Region,
		base: e.set.Currency, currency: j.Currency, returns: j.Returns,
		number: in(columns, "number"), code: in(columns, "code"), name: in(columns, "name"), quantity: in(columns, "quantity"),
		price: in(columns, "price"), amount: in(columns, "amount"), discount: in(columns, "discount"), tax: in(columns, "tax"),
	}
	if p.currency == "" {
		p.currency = p.base
	}
	if p.decimal == 0 {
		p.decimal = '.'
	}
	for _, k := range buyerKeys {
		if slices.Contains(j.Keys, Key(k.kind)) {
			p.keys = append(p.keys, k.kind)
		}
	}
	for _, f := range []string{"date", "currency", "channel", "shop", "status", "return", "note"} {
		if c := in(columns, f); c != none {
			p.headColumns = append(p.headColumns, c)
		}
	}
	for _, f := range []string{"customer", "customer_name", "email", "phone", "country", "city"} {
		if c := in(columns, f); c != none {
			p.buyerColumns = append(p.buyerColumns, c)
		}
	}
	return p
}

// An orderProgram reads rows that are lines of orders.
type orderProgram struct {
	columns  map[string]int
	decimal  rune
	order    locale.DateOrder
	zone     *time.Location
	region   string
	base     money.Currency
	currency money.Currency // of prices whose row names none
	returns  ReturnRule
	keys     []customers.KeyKind // by which customers are known, the first that a row has

	// columns of what each line has
	number, code, name, quantity, price, amount, discount, tax int

	headColumns  []int // of what is said of the order
	buyerColumns []int // of what is said of the customer

	dry *orderLedger // what rows of a dry run would have left; nil otherwise
}

func (p *orderProgram) reader() reader { return &orderReader{p: p} }

// batchRows is large: rows of one order that come together are stored together.
func (p *orderProgram) batchRows() int { return 1024 }

// An orderLedger remembers what a dry run would have stored, as hashes.
type orderLedger struct {
	numbers map[uint64]bool // of orders that were begun
	codes   map[uint64]bool // of products that were made
	buyers  map[uint64]bool // keys of customers that were made
}

func (p *orderProgram) rehearse() (end func(), err error) {
	p.dry = &orderLedger{numbers: map[uint64]bool{}, codes: map[uint64]bool{}, buyers: map[uint64]bool{}}
	return func() {}, nil
}
