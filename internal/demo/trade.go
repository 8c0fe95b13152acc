package demo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/orders"
)

// vat is the rate of the value-added tax.
const vat = 0.11

// trade lets every client buy, and fills up what is wanted with sales over the
// counter, of which nobody asked the name.
func (c *Company) trade() {
	for _, cl := range c.clients {
		c.buy(cl)
	}
	c.counter(max(wantOrders-len(c.Orders), 100))
	slices.SortStableFunc(c.Orders, func(a, b *orders.Order) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	c.numberOrders()
}

// numberOrders numbers them by month, returns on their own.
func (c *Company) numberOrders() {
	n := map[string]int{}
	for _, o := range c.Orders {
		kind := "SO-"
		if o.Return {
			kind = "RT-"
		}
		kind += o.At.In(c.Zone).Format("0601") + "-"
		n[kind]++
		o.Number = fmt.Sprintf("%s%04d", kind, n[kind])
	}
}

// buy lets a client order in their rhythm until they stop or today comes.
func (c *Company) buy(cl *client) {
	if cl.course == asking {
		return
	}
	d := newDice(c.Seed, streamOrder+uint64(cl.n))
	until := c.Today
	if !cl.last.IsZero() {
		until = cl.last
	}
	if cl.course == regular {
		c.restock(d, cl)
		return
	}
	t := cl.joined.Add(hours(24 * cl.rhythm * d.Float64()))
	if cl.joined.Sub(c.Begin) > 24*time.Hour { // they come because they want something
		t = cl.joined.Add(hours(2 + 120*d.Float64()))
	}
	for {
		at := c.hour(d, c.openDay(t))
		if !at.After(cl.joined) {
			at = cl.joined.Add(hours(1))
		}
		if !at.Before(until) {
			return
		}
		o := c.order(d, cl, at)
		c.Orders = append(c.Orders, o)
		if back := c.giveBack(d, cl, o); back != nil {
			c.Orders = append(c.Orders, back)
		}
		t = at.Add(hours(24 * max(c.gap(d, cl, at), 0.8)))
	}
}

// late is how many of their usual gaps have passed since a regular ordered
// last: longer than usual, but not alarming.
const late = 1.45

// restock lets a regular order until today, a few days before or after the day
// on which they would by their rhythm.
func (c *Company) restock(d dice, cl *client) {
	var list []time.Time
	for t := c.Today.Add(-hours(24 * late * cl.rhythm)); t.After(cl.joined.Add(hours(48))); t = t.Add(-hours(24 * cl.rhythm)) {
		shift := hours(24 * cl.rhythm * 0.18 * min(max(d.NormFloat64(), -2), 2))
		if len(list) == 0 {
			shift = 0
		}
		list = append(list, t.Add(shift))
	}
	slices.Reverse(list)
	for _, t := range list {
		o := c.order(d, cl, c.hour(d, c.openDay(t)))
		c.Orders = append(c.Orders, o)
		if back := c.giveBack(d, cl, o); back != nil {
			c.Orders = append(c.Orders, back)
		}
	}
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

// gap is after how many days a client who orders now will order again:
// most gaps lie between half of their rhythm and twice as long.
func (c *Company) gap(d dice, cl *client, at time.Time) float64 {
	return cl.rhythm * math.Exp(0.55*d.NormFloat64()) / c.pace(cl, at)
}

// keen is how much of their usual business a client still gives the company, 0.4
// to 1: who leaves does so little by little.
func (cl *client) keen(at time.Time) float64 {
	if cl.last.IsZero() || cl.wanes == 0 {
		return 1
	}
	return min(max(days(at, cl.last)/cl.wanes, 0.4), 1)
}

// pace is how much faster than usual a client buys at a time.
func (c *Company) pace(cl *client, at time.Time) float64 {
	p := cl.keen(at)
	if cl.course == growing {
		p *= 0.6 + 0.9*days(c.Begin, at)/days(c.Begin, c.Today)
	}
	switch at.In(c.Zone).Month() {
	case time.January, time.February:
		p *= 0.88
	case time.July, time.August, time.September, time.October:
		p *= 1.12
	case time.December:
		p *= 1.06
	}
	if c.beforeFeast(at) && cl.segment == shop {
		p *= 1.3
	}
	return p
}

// beforeFeast reports whether Idul Fitri comes within three weeks: shops stock
// up before.
func (c *Company) beforeFeast(at time.Time) bool {
	for _, day := range c.feasts {
		if at.Before(day) && day.Sub(at) < 21*24*time.Hour {
			return true
		}
	}
	return false
}

// inSeason is how much better than usual a good sells in a month.
func (g *good) inSeason(m time.Month) float64 {
	isDry := m >= time.June && m <= time.October
	switch {
	case g.season == dry && isDry, g.season == wet && (m >= time.November || m <= time.March):
		return 1.6
	case g.season == dry || g.season == wet:
		return 0.75
	}
	return 1
}

// order is what a client orders at a time.
func (c *Company) order(d dice, cl *client, at time.Time) *orders.Order {
	o := &orders.Order{ID: d.id(at), Customer: cl.ID, At: at, Currency: money.Rupiah, Owner: cl.Owner}
	c.way(d, cl, o)
	c.fate(d, o)
	c.fill(d, cl, o)
	if d.chance(0.09) {
		o.Note = pick(d, orderNotes)
	}
	c.close(o)
	return o
}

// orderNotes are notes on orders.
var orderNotes = []string{
	"Kirim sebelum hari Jumat.", "Faktur pajak dikirim bersama barang.", "Hubungi gudang setengah jam sebelum tiba.", "Barang diambil sendiri.", "Titip di pos satpam.",
	"Bayar saat barang tiba.", "Gabung dengan kiriman berikutnya bila stok kurang.", "Kemasan kayu, jalan rusak.", "Sertakan brosur pemanas.", "Deliver before noon, please.",
	"Minta nomor seri ditulis di faktur.", "Lewat pintu belakang.",
}

// way is how an order came and who took it.
func (c *Company) way(d dice, cl *client, o *orders.Order) {
	var w []float64
	list := []orders.Channel{"whatsapp", "phone", "email", "field", "shop", "online", "marketplace"}
	switch {
	case cl.segment == shop:
		w = []float64{46, 14, 4, 28, 6, 2, 0}
	case cl.segment.private():
		w = []float64{34, 6, 1, 1, 40, 10, 8}
	default:
		w = []float64{34, 16, 28, 14, 4, 4, 0}
	}
	o.Channel = list[d.weigh(w...)]
	switch o.Channel {
	case "shop":
		o.Shop = cl.shopAt
	case "online":
		o.Shop = "sinarnusantara.example"
	case "marketplace":
		o.Shop = pick(d, []string{"Lapak Nusantara", "Pasar Daring"})
	case "phone", "whatsapp":
		if d.chance(0.3) {
			o.Owner = c.Staff[phoneDesk].ID
		}
	}
}

// fate is how far an order is: those of the last days are under way.
func (c *Company) fate(d dice, o *orders.Order) {
	age := days(o.At, c.Today)
	switch {
	case d.chance(0.012):
		o.Status = orders.Cancelled
	case age > 6 || o.Channel == "shop":
		o.Status = orders.Delivered
	case age > 2:
		o.Status = []orders.Status{orders.Delivered, orders.Shipped}[d.weigh(age, 5)]
	default:
		o.Status = []orders.Status{orders.Draft, orders.Confirmed, orders.Shipped}[d.weigh(1, 6, 2)]
	}
}

// fill puts goods into an order.
func (c *Company) fill(d dice, cl *client, o *orders.Order) {
	month := o.At.In(c.Zone).Month()
	b := basket{c: c, d: d, cl: cl, o: o, has: map[string]bool{}}
	size := cl.size * cl.keen(o.At)
	switch {
	case cl.course == regular:
		for range 5 {
			w := cl.next()
			b.put(w.code, scale(d, wish{low: (w.low + w.high) / 2, high: (w.low + w.high) / 2}, size))
		}
	case cl.segment.sells():
		for range 1 + min(d.poisson(2.1), 6) {
			w := cl.wish(d, month)
			b.put(w.code, scale(d, w, size))
			if g := &goods[byCode[w.code]]; d.chance(0.3) && (g.family == pump || g.family == heater || g.family == filter) {
				if with := g.complements(); len(with) > 0 && goods[byCode[with[0]]].family != service {
					b.put(with[0], scale(d, wish{low: w.low, high: w.high}, 1))
				}
			}
		}
	case len(cl.owned) == 0 || d.chance(0.14):
		w := cl.wish(d, month)
		b.put(w.code, scale(d, w, size))
		b.along(w.code)
		cl.own(byCode[w.code])
	default:
		b.again()
	}
}

// A basket is an order being filled.
type basket struct {
	c   *Company
	d   dice
	cl  *client
	o   *orders.Order
	has map[string]bool
}

// put adds a line unless the good is there already.
func (b *basket) put(code string, n int) {
	if b.has[code] || n < 1 {
		return
	}
	b.has[code] = true
	i := byCode[code]
	price := b.c.priceAt(&goods[i], b.o.At)
	l := orders.Line{Product: b.c.Products[i].ID, Code: code, Quantity: orders.Quantity(n) * orders.One, Price: price}
	if cut := b.cl.cut; cut > 0 && goods[i].family != service {
		if n >= 20 {
			cut += 0.03
		}
		l.Discount = int64(float64(int64(price)/1_000_000*int64(n))*cut) / 100 * 100
	}
	b.o.Lines = append(b.o.Lines, l)
}

// along adds what goes with a good.
func (b *basket) along(code string) {
	for i, with := range goods[byCode[code]].complements() {
		if b.d.chance([]float64{0.6, 0.4, 0.25, 0.15, 0.1, 0.1}[i]) {
			b.put(with, 1)
		}
	}
}

// again adds what the goods that a client owns need from time to time.
func (b *basket) again() {
	for _, i := range b.cl.owned {
		if len(b.has) > 0 && !b.d.chance(0.35) {
			continue
		}
		with := goods[i].complements()
		if len(with) == 0 {
			continue
		}
		n := 1
		if !b.cl.segment.private() {
			n = b.d.between(1, 4)
		}
		b.put(with[b.d.weigh([]float64{6, 4, 2, 1.5, 1, 1}[:len(with)]...)], n)
		if b.d.chance(0.4) {
			b.put(with[b.d.IntN(len(with))], n)
		}
	}
	if len(b.has) == 0 {
		w := b.cl.wish(b.d, b.o.At.Month())
		b.put(w.code, scale(b.d, w, b.cl.size))
	}
}

// wish is one of the wishes of a client's segment, by season.
func (cl *client) wish(d dice, m time.Month) wish {
	list := wishes[cl.segment]
	w := make([]float64, len(list))
	for i := range list {
		g := &goods[byCode[list[i].code]]
		w[i] = list[i].weight * g.inSeason(m)
		if cl.place.hot && g.family == heater {
			w[i] *= 0.6
		}
	}
	return list[d.weigh(w...)]
}

// next is the wish of a regular whose turn it is: each as often as its weight
// says, evenly over time.
func (cl *client) next() wish {
	list := wishes[cl.segment]
	if cl.turns == nil {
		cl.turns = make([]float64, len(list))
	}
	best, sum := 0, 0.0
	for i := range list {
		cl.turns[i] += list[i].weight
		sum += list[i].weight
		if cl.turns[i] > cl.turns[best] {
			best = i
		}
	}
	cl.turns[best] -= sum
	return list[best]
}

// own notes that a client has a good now. Nobody has more than six.
func (cl *client) own(i int) {
	if !slices.Contains(cl.owned, i) {
		cl.owned = append(cl.owned, i)
	}
	if len(cl.owned) > 6 {
		cl.owned = cl.owned[1:]
	}
}

// scale is how many of a wish a client of a size buys, in round numbers where
// there are many.
func scale(d dice, w wish, size float64) int {
	n := float64(d.between(w.low, w.high))
	if w.high > 1 {
		n *= size
	}
	switch {
	case n >= 40:
		return int(math.Round(n/10)) * 10
	case n >= 15:
		return int(math.Round(n/5)) * 5
	}
	return max(int(math.Round(n)), 1)
}

// close sets the tax of an order and adds it up.
func (c *Company) close(o *orders.Order) {
	if err := o.Normalize(money.Rupiah); err != nil {
		panic(err) // the generator has made it
	}
	o.Tax = int64(math.Round(vat * float64(o.Subtotal())))
	if err := o.Normalize(money.Rupiah); err != nil {
		panic(err)
	}
}

// reasons are why goods of a family come back.
var reasons = map[string][]string{
	pump:   {"Seal bocor sejak pemasangan.", "Tipe tidak cocok dengan pipa.", "Bunyi terlalu keras.", "Tekanan kurang untuk lantai dua.", "Motor panas lalu mati sendiri."},
	heater: {"Elemen pemanas mati.", "Tangki penyok saat tiba.", "Daya listrik rumah tidak cukup.", "Termostat tidak memutus arus.", "Rembes di sambungan bawah."},
	filter: {"Ulir rumah filter retak.", "Debit terlalu kecil untuk seluruh rumah.", "Unit pajangan, minta yang baru.", "Pengatur tekanan tidak bekerja."},
	refill: {"Katrid salah ukuran.", "Kelebihan pesan.", "Kemasan rusak saat tiba.", "Sekat karet tidak rapat."},
	spare:  {"Tipe tidak cocok dengan pompa lama.", "Kelebihan pesan.", "Pelanggan batal membeli."},
	extra:  {"Kelebihan pesan.", "Ulir tidak cocok.", "Kemasan rusak saat tiba.", "Pelanggan batal membeli."},
}

// giveBack is the return of a part of an order, or nil as mostly.
func (c *Company) giveBack(d dice, cl *client, o *orders.Order) *orders.Order {
	p := 0.022
	if cl.segment == shop {
		p = 0.03
	}
	if o.Status != orders.Delivered || !d.chance(p) {
		return nil
	}
	var list []int
	for i := range o.Lines {
		if goods[byCode[o.Lines[i].Code]].family != service {
			list = append(list, i)
		}
	}
	at := c.hour(d, c.openDay(o.At.AddDate(0, 0, d.between(2, 18))))
	if len(list) == 0 || !at.Before(c.Today) {
		return nil
	}
	was := o.Lines[pick(d, list)]
	n := min(int64(was.Quantity/orders.One), int64(d.between(1, 3)))
	back := &orders.Order{
		ID: d.id(at), Customer: cl.ID, At: at, Currency: o.Currency, Owner: o.Owner, Return: true, Returns: o.ID, Channel: o.Channel, Shop: o.Shop,
		Status: orders.Delivered, Note: pick(d, reasons[goods[byCode[was.Code]].family]),
	}
	back.Lines = []orders.Line{{
		Product: was.Product, Code: was.Code, Price: was.Price, Quantity: -orders.Quantity(n) * orders.One,
		Discount: -was.Discount * n / int64(was.Quantity/orders.One),
	}}
	c.close(back)
	return back
}

// counter are n sales in the company's shops to whoever came in.
func (c *Company) counter(n int) {
	d := newDice(c.Seed, streamOrder+1<<24)
	span := days(c.Begin, c.Today)
	shops := []string{"Gerai Rungkut", "Gerai Rungkut", "Gerai Malang", "Gerai Semarang", "Gerai Bandung", "Gerai Denpasar"}
	for range n {
		at := c.hour(d, c.openDay(c.Begin.Add(hours(24*span*d.Float64()))))
		if !at.Before(c.Today) {
			at = c.hour(d, c.Today.AddDate(0, 0, -1))
		}
		cl := &client{segment: home, size: 1, place: &places[0], shopAt: pick(d, shops)}
		o := &orders.Order{ID: d.id(at), At: at, Currency: money.Rupiah, Channel: "shop", Shop: cl.shopAt, Status: orders.Delivered, Owner: ids.ID{}}
		if d.chance(0.5) { // they come for what they need again
			cl.own(byCode[cl.wish(d, at.Month()).code])
			cl.own(byCode[cl.wish(d, at.Month()).code])
		}
		c.fill(d, cl, o)
		c.close(o)
		c.Orders = append(c.Orders, o)
	}
}
