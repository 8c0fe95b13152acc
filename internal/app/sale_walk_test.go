package app_test

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/tasks"
)

// TestSecondJob goes the whole way from a file of order lines to a promise
// that is kept: in Indonesian at a desk with the keyboard, in English on a
// telephone, and by forms and links alone.
func TestSecondJob(t *testing.T) {
	for _, way := range []struct {
		name  string
		lang  locale.Lang
		looks []string
		lines int // of the sample; 0 for a file that is made up
		as    func(w *seller)
	}{
		{"desk", locale.ID, []string{"desktop light", "phone dark"}, 20_000, func(*seller) {}},
		{"telephone", locale.EN, []string{"desktop dark", "phone light"}, 20_000, func(w *seller) { w.phone = true }},
		{"without script", locale.ID, nil, 0, func(w *seller) { w.plain = true; w.Script(false) }},
	} {
		t.Run(way.name, func(t *testing.T) {
			s := newSite(t, filepath.Join(t.TempDir(), "akrab.db"))
			s.staff()
			s.signedIn(s.admin, way.lang) // which is their language from then on
			w := &seller{walker: s.browse(t, way.lang), s: s, till: readTill(t, way.lines)}
			w.looks = way.looks
			way.as(w)
			w.secondJob()
		})
	}
}

// A seller is a walker who brings in what a till has noted.
type seller struct {
	*walker
	s     *site
	plain bool // without script
	till  *till
	buyer *buyer
	page  string // of the buyer
}

func (w *seller) secondJob() {
	w.own()
	w.buyer = w.till.regular()
	w.s.shelve(w.buyer)
	w.s.plan()
	w.signIn(w.s.admin.Email)
	w.importLines()
	w.readFigures()
	w.findBuyer()
	w.readPurchases()
	w.promise()
	w.keep()
}

// importLines uploads the file, looks at what it would do, and does it.
func (w *seller) importLines() {
	w.Open("/imports/new")
	w.Upload("input[type=file]", w.till.file)
	w.Tap("import.upload")
	w.Read("import.columns")
	if !w.plain {
		w.Select("[name=currency]", "GBP")
		w.wait("the preview with the new currency", `document.querySelector("[name=currency]").value === "GBP"`)
		w.Look("sale-columns")
		w.Tap("import.check")
		w.s.importState(w.t, func(j imports.Job) bool { return j.DryRun && j.State == imports.Done })
		w.Read("import.checked.text")
		w.counts()
		w.Look("sale-checked")
	} else {
		w.Eval(`document.querySelector("[name=currency]").value = "GBP"`, nil)
	}
	at := w.Path()
	w.Tap("import.start")
	w.s.importState(w.t, func(j imports.Job) bool { return !j.DryRun && j.State == imports.Done })
	if w.plain {
		w.Open(at) // which the page says to do
	}
	w.Read("import.result.done", "n", w.till.lines)
	w.counts()
	w.Look("sale-result")
}

// importState waits until an import is as asked.
func (s *site) importState(t *testing.T, is func(imports.Job) bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var list []imports.Job
		err := s.app.DB.Read(t.Context(), db.Who{User: s.admin.ID}, func(tx *db.Tx) (err error) {
			list, err = imports.List(t.Context(), tx, ids.ID{}, 10)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(list, is) {
			return
		}
	}
	t.Fatal("the import does not end")
}

// counts compares what the page says came in with what the file holds.
func (w *seller) counts() {
	w.t.Helper()
	for _, c := range []struct {
		key  string
		want int
	}{
		{"import.count.orders", len(w.till.orders)},
		{"import.ask.orders.created", w.till.lines},
		{"import.count.errors", 0},
		{"import.count.products", len(w.till.codes) - len(w.buyer.codes)}, // those were there before
		{"import.count.customers", len(w.till.buyers)},
	} {
		if c.want == 0 && c.key == "import.count.products" {
			continue // it is not shown
		}
		if got, want := w.stat(c.key), w.p.Num(int64(c.want)); got != want {
			w.t.Errorf("%s: %s, want %s", w.T(c.key), got, want)
		}
	}
}

// stat returns the number under a message in a strip of numbers.
func (w *seller) stat(key string) (s string) {
	w.t.Helper()
	w.Eval(`[...document.querySelectorAll(".stat")].find((e) => e.querySelector("dt").textContent.trim() === `+strconv.Quote(w.T(key))+`)?.querySelector("dd").textContent.trim() ?? ""`, &s)
	return s
}

// readFigures compares the page of figures with the file. They are made a
// moment after the orders.
func (w *seller) readFigures() {
	want := w.p.Money(gbp(w.till.value()))
	var page string
	for range 50 {
		w.Open("/orders/figures")
		if w.Eval(`document.querySelector("main").textContent`, &page); strings.Contains(page, want) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, s := range []string{want, w.p.Num(int64(len(w.till.orders))), w.p.Num(int64(w.till.lines)), w.p.Num(int64(w.till.strangers))} {
		if !strings.Contains(page, s) {
			w.t.Errorf("the figures lack %s", s)
		}
	}
	w.Look("sale-figures")
}

// findBuyer opens a customer of whom only the number is known.
func (w *seller) findBuyer() {
	w.s.abroad(w.buyer)
	if w.plain {
		w.Click(".topbar .search")
		w.Type("main input[name=q]", w.buyer.number)
		w.Press("Enter")
		w.Click(w.buyer.number)
	} else {
		w.palette(w.buyer.number)
		w.Wait("#palette [role=option]")
		w.Press("Enter")
	}
	w.Wait("#composer-text")
	if got := w.Text("h1"); !strings.Contains(got, w.buyer.number) {
		w.t.Errorf("the number %s opened %s", w.buyer.number, got)
	}
	w.page = w.Path()
}

// readPurchases compares what a customer's page says of their purchases with
// the file.
func (w *seller) readPurchases() {
	b := w.buyer
	now := w.s.app.DB.Now()
	want := []string{
		w.p.Money(gbp(b.minor())),
		w.T("order.panel.orders", "n", len(b.sales)+1),
		w.p.Money(money.Amount{Minor: abroad, Currency: "IDR"}),
		w.T("order.panel.quiet", "n", b.rhythm(), "days", daysBetween(b.last(), now)),
	}
	for _, f := range b.families() {
		want = append(want, f.Name+" "+w.p.Percent(float64(f.Share)/100))
	}
	const panel = "section:has(> #purchases-title)"
	text := plainText(w.Text("[aria-labelledby=purchases-title]"))
	for _, s := range want {
		if !strings.Contains(text, plainText(s)) {
			w.t.Errorf("the purchases lack %q: %s", s, text)
		}
	}
	var last string
	w.Eval(`document.querySelector("`+panel+` time").dateTime`, &last)
	if last != b.last().UTC().Format(time.RFC3339) {
		w.t.Errorf("last bought %s, want %s", last, b.last())
	}
	var entries []string
	w.Eval(`[...document.querySelectorAll("#timeline .timeline > li:has(a[href^='/orders/'])")].map((e) => e.textContent.replace(/\s+/g, " "))`, &entries)
	for _, o := range b.newest(3) {
		if !slices.ContainsFunc(entries, func(e string) bool {
			return strings.Contains(e, o.number) && strings.Contains(e, plainText(w.p.Money(gbp(o.minor))))
		}) {
			w.t.Errorf("the timeline lacks order %s of %s: %q", o.number, w.p.Money(gbp(o.minor)), entries)
		}
	}
	w.Look("sale-customer")
}

// plainText is s with single plain spaces.
func plainText(s string) string { return strings.Join(strings.Fields(s), " ") }

const promised = "Kirim contoh barang baru"

// promise logs a call in which something was promised for today.
func (w *seller) promise() {
	if w.plain || w.phone {
		w.Click(".composer .seg label:has([value=call])")
	} else {
		w.Press("Shift+l")
	}
	w.Type("#composer-text", "Menanyakan barang baru.")
	w.Tap("timeline.promise")
	w.Fill("timeline.promise.what", promised)
	w.Eval(`document.querySelector("[name=due_at]").value = "`+w.s.app.DB.Now().In(jakarta).Format(time.DateOnly)+`"`, nil)
	if w.plain || w.phone {
		w.Click(".composer footer .btn.primary")
	} else {
		w.Click("#composer-text")
		w.Press("Ctrl+Enter")
	}
	w.Read("timeline.title.call_out")
	w.See(promised)
	w.Look("sale-logged")
}

// keep finds the promise above all else on the home page, keeps it, takes that
// back, and keeps it again.
func (w *seller) keep() {
	if w.plain || w.phone {
		w.Click(`.sidebar a[href="/"]`)
	} else {
		w.Click("#timeline-title") // out of the field
		w.Press("g", "h")
	}
	w.WaitPath("/")
	tick := `[aria-label="` + w.T("home.mark", "title", promised) + `"]`
	w.Wait(tick)
	if first := w.Text("#work [data-row]"); !strings.Contains(first, promised) || !strings.Contains(first, w.buyer.number) {
		w.t.Errorf("first stands %q", first)
	}
	w.Look("sale-day")
	w.Click(tick)
	w.Read("home.kept", "name", w.buyer.number)
	w.Gone(tick)
	w.Look("sale-kept")
	if w.plain || w.phone {
		w.Click(".toast form button")
	} else {
		w.Press("z")
	}
	w.Read("operations.toast.undone", "what", "")
	w.Wait(tick)
	w.Click(tick)
	w.Gone(tick)
	w.Open(w.page)
	w.Read("timeline.promise.reopen")
}

// plan gives the administrator something to do that matters less.
func (s *site) plan() {
	s.t.Helper()
	today := s.app.DB.Now().In(jakarta)
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		for days, title := range []string{"Hitung stok", "Pesan kardus"} {
			t := tasks.Task{Title: title, Day: today.AddDate(0, 0, days).Format(time.DateOnly), Assignee: s.admin.ID}
			if err := tasks.Create(ctx, tx, &t); err != nil {
				return err
			}
		}
		return nil
	})
}

// shelve puts what a customer bought into families.
func (s *site) shelve(b *buyer) {
	s.t.Helper()
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) error {
		for _, code := range slices.Sorted(maps.Keys(b.codes)) {
			if err := catalog.Create(ctx, tx, &catalog.Product{Code: code, NameEN: b.codes[code], Family: family(code)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// family is that of the product with a code.
func family(code string) string {
	if strings.HasPrefix(code, "2") {
		return "Dekorasi"
	}
	return "Dapur"
}

// abroad is what a customer also bought in rupiah.
const abroad = 150_000

// abroad notes an order in rupiah, on the day of the customer's first, and
// waits until the customer's facts tell of it.
func (s *site) abroad(b *buyer) {
	s.t.Helper()
	var of ids.ID
	s.write(db.Who{User: s.admin.ID, Name: s.admin.Name}, func(ctx context.Context, tx *db.Tx) (err error) {
		of, err = db.Get(ctx, tx, db.One[ids.ID], `SELECT id FROM customer WHERE external_id = $1`, b.number)
		if err != nil {
			return err
		}
		return orders.Create(ctx, tx, &orders.Order{
			Customer: of, At: b.sales[0].at, Currency: "IDR", Status: orders.Delivered,
			Lines: []orders.Line{{Name: "Ongkos kirim", Quantity: orders.One, Price: abroad * 1_000_000}},
		})
	})
	want := len(b.sales) + 1
	for range 400 {
		var f insights.Fact
		err := s.app.DB.Read(s.t.Context(), db.Who{}, func(tx *db.Tx) (err error) { f, _, err = insights.Get(s.t.Context(), tx, of); return err })
		if err != nil {
			s.t.Fatal(err)
		}
		if f.Orders == int64(want) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatal("the facts do not follow the orders")
}

// jakarta is the workspace's zone.
var jakarta = time.FixedZone("WIB", 7*60*60)

func gbp(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }

// A till is what a file of order lines holds, counted without Akrab.
type till struct {
	file      string
	lines     int
	strangers int // lines without a customer
	thousand  int64
	orders    map[string]bool // by number
	codes     map[string]bool // of products
	buyers    map[string]*buyer
}

// A buyer is what a till knows of a customer.
type buyer struct {
	number  string
	sales   []*sale // oldest first
	returns []*sale
	codes   map[string]string // what they bought, and how it is called
	family  map[string]int64  // pence
}

// A sale is an order of a buyer.
type sale struct {
	number string
	at     time.Time
	minor  int64 // pence
}

// value is the sum of all lines, rounded once.
func (k *till) value() int64 { return rounded(k.thousand) }

// rounded makes pence of thousandths of a pound.
func rounded(thousandths int64) int64 {
	if thousandths < 0 {
		return -rounded(-thousandths)
	}
	return (thousandths + 5) / 10
}

// readTill cuts the sample of a shop's orders that lies beside the checkout to
// its first lines, or makes one up if there is none or lines is 0.
func readTill(t *testing.T, lines int) *till {
	t.Helper()
	k := &till{file: filepath.Join(t.TempDir(), "penjualan.csv"), orders: map[string]bool{}, codes: map[string]bool{}, buyers: map[string]*buyer{}}
	rows := made()
	if path := dataFile(t, "online-retail/online_retail.csv.gz"); path != "" && lines > 0 {
		rows = firstRows(t, path, lines)
	}
	f, err := os.Create(k.file)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	if err := errors.Join(w.WriteAll(rows), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if err := k.note(row); err != nil {
			t.Fatalf("%q: %v", row, err)
		}
	}
	return k
}

func firstRows(t *testing.T, path string, lines int) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(z)
	var rows [][]string
	for len(rows) <= lines {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// made returns lines such as the sample's.
func made() [][]string {
	rows := [][]string{{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"}}
	goods := [][3]string{{"22423", "REGENCY CAKESTAND", "12.75"}, {"85123A", "WHITE HANGING HEART", "2.55"}, {"85123a", "white hanging heart", "0.125"}, {"21730", "GLASS STAR", "4.25"}, {"POST", "POSTAGE", "18.00"}}
	at := time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC)
	for n := range 120 {
		buyer := strconv.Itoa(12346 + n%13)
		if n%6 == 5 {
			buyer = ""
		}
		number, sign := strconv.Itoa(536365+n), 1
		if n%26 == 13 { // the first buyer's
			number, sign = "C"+number, -1
		}
		for i := range 1 + n%4 {
			g := goods[(n+i)%len(goods)]
			rows = append(rows, []string{number, g[0], g[1], strconv.Itoa(sign * (1 + (n*7+i*3)%24)), at.Format(time.DateTime), g[2], buyer, "United Kingdom"})
		}
		at = at.Add(5 * time.Hour)
	}
	return rows
}

// note counts a line: number, code, name, quantity, date, price, customer, country.
func (k *till) note(row []string) error {
	quantity, err := strconv.ParseInt(row[3], 10, 64)
	if err != nil {
		return err
	}
	price, err := strconv.ParseFloat(row[5], 64)
	if err != nil {
		return err
	}
	thousandths := quantity * int64(price*1000+.5)
	k.lines++
	k.thousand += thousandths
	k.orders[row[0]] = true
	k.codes[row[1]] = true
	if row[6] == "" {
		k.strangers++
		return nil
	}
	b := k.buyers[row[6]]
	if b == nil {
		b = &buyer{number: row[6], codes: map[string]string{}, family: map[string]int64{}}
		k.buyers[row[6]] = b
	}
	minor := rounded(thousandths)
	b.codes[row[1]] = row[2]
	b.family[family(row[1])] += minor
	list := &b.sales
	if strings.HasPrefix(row[0], "C") {
		list = &b.returns
	}
	for _, o := range *list {
		if o.number == row[0] {
			o.minor += minor
			return nil
		}
	}
	at, err := time.ParseInLocation(time.DateTime, row[4], jakarta)
	*list = append(*list, &sale{row[0], at, minor})
	return err
}

// regular returns the customer who came on most days, of those who brought
// something back.
func (k *till) regular() *buyer {
	list := slices.Collect(maps.Values(k.buyers))
	return slices.MinFunc(list, func(a, b *buyer) int {
		return cmp.Or(cmp.Compare(min(1, len(b.returns)), min(1, len(a.returns))), cmp.Compare(len(b.days()), len(a.days())), strings.Compare(a.number, b.number))
	})
}

// minor is what they bought, returns subtracted, in pence.
func (b *buyer) minor() (sum int64) {
	for _, o := range b.newest(len(b.sales) + len(b.returns)) {
		sum += o.minor
	}
	return sum
}

// newest returns their latest orders and returns.
func (b *buyer) newest(n int) []*sale {
	list := slices.Concat(b.sales, b.returns)
	slices.SortStableFunc(list, func(a, b *sale) int { return b.at.Compare(a.at) })
	return list[:min(n, len(list))]
}

func (b *buyer) last() time.Time { return b.sales[len(b.sales)-1].at }

// days are those on which they ordered, in days since 1970.
func (b *buyer) days() (list []int) {
	for _, o := range b.sales {
		list = append(list, day(o.at))
	}
	return slices.Compact(list)
}

// rhythm is the median of the days between two orders; of two in the middle
// the longer.
func (b *buyer) rhythm() int {
	days := b.days()
	if len(days) < 3 {
		panic(fmt.Sprint(b.number, " has come on too few days: ", days))
	}
	var gaps []int
	for i, d := range days[1:] {
		gaps = append(gaps, d-days[i])
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

// families are what they bought most, by family.
func (b *buyer) families() (list []insights.Family) {
	whole := int64(0)
	for name, minor := range b.family {
		if minor > 0 {
			list = append(list, insights.Family{Name: name, Minor: minor})
			whole += minor
		}
	}
	whole = max(whole, b.minor())
	slices.SortFunc(list, func(a, b insights.Family) int { return cmp.Compare(b.Minor, a.Minor) })
	for i := range list {
		list[i].Share = (200*list[i].Minor + whole) / (2 * whole)
	}
	return list
}

// day is the day of a time in the workspace's zone, since 1970.
func day(t time.Time) int {
	return int((t.Unix() + 7*60*60) / (24 * 60 * 60))
}

func daysBetween(from, to time.Time) int { return day(to) - day(from) }
