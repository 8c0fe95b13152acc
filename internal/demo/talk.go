package demo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/orders"
)

// A matter is what is spoken about.
type matter struct {
	topic topic
	cl    *client
	at    time.Time
	order *orders.Order // zero for none
	good  int
	light bool // left out if more was said than is wanted
	who   *customers.Customer
}

// A talker writes down what was said.
type talker struct {
	*Company
	d     dice
	said  []*activity.Interaction
	light []*activity.Interaction
}

// talk makes the timeline of every customer: what was said about their orders,
// visits, wishes, invoices; and, of who has not bought, what came before.
func (c *Company) talk() {
	t := &talker{Company: c}
	list := make(map[ids.ID][]*orders.Order, len(c.clients))
	byID := make(map[ids.ID]*orders.Order, len(c.Orders))
	for _, o := range c.Orders {
		list[o.Customer] = append(list[o.Customer], o)
		byID[o.ID] = o
	}
	for _, cl := range c.clients {
		t.d = newDice(c.Seed, streamTalk+uint64(cl.n))
		bought := list[cl.ID]
		for _, o := range bought {
			if o.Return {
				t.aboutReturn(cl, o, byID[o.Returns])
			} else {
				t.aboutOrder(cl, o)
			}
		}
		t.visits(cl)
		t.occasions(cl)
		t.fromTimeToTime(cl)
		t.beginnings(cl, bought)
		t.endings(cl, bought)
	}
	t.d = newDice(c.Seed, streamTalk+1<<24)
	t.birthdays()
	t.d.Shuffle(len(t.light), func(i, j int) { t.light[i], t.light[j] = t.light[j], t.light[i] })
	keep := min(max(wantInteractions-len(t.said)-mentionsWanted, 0), len(t.light))
	c.Interactions = append(t.said, t.light[:keep]...)
	c.mention(t)
}

func (t *talker) aboutOrder(cl *client, o *orders.Order) {
	good := t.goodOf(o)
	say := func(p float64, topic topic, at time.Time, light bool) {
		if t.d.chance(p) {
			t.say(matter{topic: topic, cl: cl, at: at, order: o, good: good, light: light})
		}
	}
	say(0.45, asks, t.before(o.At), true)
	say(0.7, placed, o.At.Add(hours(0.1+t.d.Float64())), true)
	if o.Status == orders.Cancelled {
		return
	}
	if o.Channel != "shop" {
		say(0.32, sent, t.after(o.At, 1, 2), true)
	}
	say(0.45, arrived, t.after(o.At, 2, 7), true)
	say(0.14, invoice, t.after(o.At, 8, 32), true)
	say(0.03, praise, t.after(o.At, 3, 12), true)
	for i := range o.Lines {
		if strings.HasPrefix(o.Lines[i].Code, "JS-") && o.Lines[i].Code != "JS-GAR" {
			good = t.installed(o)
			say(0.9, install, t.after(o.At, 1, 6), false)
			break
		}
	}
}

// goodOf is one of the goods of an order, no service if there is another.
func (t *talker) goodOf(o *orders.Order) int {
	var list []int
	for i := range o.Lines {
		if g := byCode[o.Lines[i].Code]; goods[g].family != service {
			list = append(list, g)
		}
	}
	if len(list) == 0 {
		return byCode[o.Lines[0].Code]
	}
	return pick(t.d, list)
}

// before is within working hours, up to two days earlier.
func (t *talker) before(at time.Time) time.Time {
	if t.d.chance(0.5) {
		return at.Add(-time.Duration(t.d.between(5, 100)) * time.Minute)
	}
	b := t.hour(t.d, at.AddDate(0, 0, -t.d.between(1, 2)))
	if t.closed(b) {
		b = b.AddDate(0, 0, -2)
	}
	return b
}

// installed is the good of an order that a technician came for.
func (t *talker) installed(o *orders.Order) int {
	for i := range o.Lines {
		if g := byCode[o.Lines[i].Code]; goods[g].family == pump || goods[g].family == heater || goods[g].family == filter {
			return g
		}
	}
	cl := t.byID[o.Customer]
	if len(cl.owned) > 0 {
		return cl.owned[0]
	}
	return byCode["PS-150"]
}

func (t *talker) aboutReturn(cl *client, back, o *orders.Order) {
	good := byCode[back.Lines[0].Code]
	between := back.At.Sub(o.At)
	m := matter{topic: complains, cl: cl, at: back.At.Add(-time.Duration(float64(between) * (0.1 + 0.5*t.d.Float64()))), order: o, good: good}
	t.sayWith(m, "{alasan}", back.Note)
	if t.d.chance(0.85) {
		m.topic, m.at, m.order = returned, back.At.Add(hours(1+20*t.d.Float64())), back
		t.sayWith(m, "{alasan}", back.Note)
	}
}

// after is within working hours of a day that is from to to days later.
func (t *talker) after(at time.Time, from, to int) time.Time {
	return t.hour(t.d, t.openDay(at.AddDate(0, 0, t.d.between(from, to))))
}

// visits are the rounds of the sellers.
func (t *talker) visits(cl *client) {
	topic, every := siteVisit, 120.0
	if cl.segment == shop {
		topic, every = shopVisit, 27
	}
	if cl.segment.private() || cl.course == asking {
		return
	}
	for at := cl.joined.AddDate(0, 0, t.d.between(2, int(every))); at.Before(t.Today); at = at.Add(hours(24 * t.d.around(every, 0.25))) {
		if cl.last.IsZero() || at.Before(cl.last) {
			t.say(matter{topic: topic, cl: cl, at: t.hour(t.d, t.openDay(at)), good: t.anything(cl)})
		}
	}
}

// anything is a good that the client may be thinking of.
func (t *talker) anything(cl *client) int {
	if len(cl.owned) > 0 && t.d.chance(0.7) {
		return pick(t.d, cl.owned)
	}
	list := wishes[cl.segment]
	for range 8 {
		if g := byCode[pick(t.d, list).code]; goods[g].family != service {
			return g
		}
	}
	return byCode["RM-5"]
}

// usedUp is what a client has to buy again from time to time.
func (t *talker) usedUp(cl *client) int {
	for range 8 {
		for _, code := range goods[t.anything(cl)].complements() {
			if goods[byCode[code]].family == refill {
				return byCode[code]
			}
		}
	}
	return byCode["KS-10"]
}

// occasions are wishes and price lists, which everybody gets at about the same time.
func (t *talker) occasions(cl *client) {
	for y := t.Begin.Year(); y <= t.Today.Year(); y++ {
		for _, day := range t.feasts {
			if day.Year() == y && t.d.chance(0.45) && cl.course != asking {
				t.say(matter{topic: feast, cl: cl, at: t.at(day, t.d.between(6, 11), t.d.IntN(60)), good: t.anything(cl)})
			}
		}
		if t.d.chance(0.35) {
			t.say(matter{topic: newYear, cl: cl, at: t.at(time.Date(y, 12, t.d.between(20, 31), 0, 0, 0, 0, t.Zone), t.d.between(8, 16), t.d.IntN(60)), good: t.anything(cl)})
		}
		if t.d.chance(0.7) && !cl.segment.private() {
			t.say(matter{topic: prices, cl: cl, at: t.hour(t.d, t.openDay(time.Date(y, 1, t.d.between(3, 14), 0, 0, 0, 0, t.Zone))), good: t.anything(cl)})
		}
	}
}

// fromTimeToTime is what comes up without an order.
func (t *talker) fromTimeToTime(cl *client) {
	until := t.Today
	if !cl.last.IsZero() && cl.course != asking {
		until = cl.last
	}
	span := days(cl.joined, until)
	some := func(topic topic, perYear float64, light bool) {
		for range t.d.poisson(perYear * span / 365) {
			at := t.hour(t.d, t.openDay(cl.joined.Add(hours(24*span*t.d.Float64()))))
			m := matter{topic: topic, cl: cl, at: at, good: t.anything(cl), light: light}
			if topic == refillDue {
				m.good = t.usedUp(cl)
			}
			t.say(m)
		}
	}
	if cl.course == asking {
		return
	}
	some(technique, 1.6, false)
	some(inside, 0.8, true)
	if cl.segment != shop {
		some(refillDue, 2.2, true)
	}
	if !cl.segment.private() {
		some(project, 0.5, false)
	}
}

// beginnings are how somebody who asked became a customer, or may become one.
func (t *talker) beginnings(cl *client, bought []*orders.Order) {
	if cl.joined.Sub(t.Begin) < 24*time.Hour {
		return
	}
	until := t.Today
	if len(bought) > 0 {
		until = bought[0].At
	}
	at := cl.joined.Add(hours(0.2 + t.d.Float64()))
	good := t.anything(cl)
	for i := range t.d.between(2, 6) {
		if !at.Before(until) {
			return
		}
		m := matter{topic: offer, cl: cl, at: at, good: good}
		if i == 0 {
			m.topic = interest
		}
		t.say(m)
		at = t.after(at, 1, 14)
	}
}

// endings are attempts to reach who has fallen silent.
func (t *talker) endings(cl *client, bought []*orders.Order) {
	if len(bought) == 0 || cl.course != fading && cl.course != gone && cl.course != leaving {
		return
	}
	at := bought[len(bought)-1].At.Add(hours(24 * max(cl.rhythm*1.6, 20)))
	for range t.d.between(1, 4) {
		at = t.after(at, 3, 20)
		t.say(matter{topic: silence, cl: cl, at: at, good: t.anything(cl)})
	}
}

// birthdays are wishes to people whose day is known.
func (t *talker) birthdays() {
	for _, cu := range t.Customers {
		if cu.Birthday == "" {
			continue
		}
		cl := t.byID[cu.ID]
		if cl == nil {
			cl = t.byID[cu.Relations[0].Other]
		}
		for y := t.Begin.Year(); y <= t.Today.Year(); y++ {
			day, err := time.ParseInLocation(time.DateOnly, fmt.Sprintf("%04d-%s", y, cu.Birthday[5:]), t.Zone)
			if err == nil && t.d.chance(0.35) {
				t.say(matter{topic: birthday, cl: cl, who: cu, at: t.hour(t.d, day), good: t.anything(cl)})
			}
		}
	}
}

func (t *talker) say(m matter) { t.sayWith(m, "{alasan}", "") }

// sayWith writes down what was said of a matter, if it was said between the
// day on which the customer came and today.
func (t *talker) sayWith(m matter, more ...string) {
	if m.who == nil {
		m.who = m.cl.Customer
	}
	if !m.at.After(m.who.Created) || !m.at.Before(t.Today) || m.cl.course == gone && days(m.cl.last, m.at) > 90 {
		return
	}
	list := phrasesID[m.topic]
	if m.cl.english {
		list = phrasesEN[m.topic]
	}
	g := &goods[m.good]
	p := pick(t.d, list)
	for try := 0; !p.fit.of(g, m.at.In(t.Zone).Month()); try++ {
		if try == 30 {
			return
		}
		p = pick(t.d, list)
	}
	i := &activity.Interaction{ID: t.d.id(m.at), Customer: m.who.ID, Kind: p.kind, Direction: p.dir, At: m.at}
	actor := t.actor(&m, &p)
	i.ActorID, i.Actor = t.Staff[actor].ID, t.Staff[actor].Name
	words := strings.NewReplacer(append(t.words(&m, actor), more...)...)
	i.Subject, i.Body = words.Replace(p.subject), words.Replace(p.body)
	if m.order != nil {
		i.Ref = m.order.Number
	}
	switch p.kind {
	case chat:
		i.Channel = "WhatsApp"
	case call:
		i.Seconds = int64(t.d.between(35, 640))
	case visit:
		i.Seconds = int64(t.d.between(15, 90)) * 60
	case meeting:
		i.Seconds = int64(t.d.between(2, 8)) * 15 * 60
	}
	if p.promise != "" {
		t.promise(i, words.Replace(p.promise))
	}
	if m.light {
		t.light = append(t.light, i)
	} else {
		t.said = append(t.said, i)
	}
}

// promise notes what was promised by when, and whether it was kept: nearly all
// that was due some days ago is.
func (t *talker) promise(i *activity.Interaction, text string) {
	due := t.openDay(i.At.AddDate(0, 0, t.d.between(1, 5)))
	i.Promise, i.Due = text, t.at(due, t.d.between(9, 17), 30*t.d.IntN(2))
	late := days(i.Due, t.Today)
	switch {
	case late > 6 || late > 0 && t.d.chance(0.7):
		i.Kept = i.At.Add(time.Duration(float64(i.Due.Sub(i.At)) * (0.3 + 0.75*t.d.Float64())))
	case late < -1 && t.d.chance(0.35): // sooner than promised
		i.Kept = i.At.Add(hours(3))
	}
	if !i.Kept.Before(t.Today) {
		i.Kept = time.Time{}
	}
}

// actor is who of the staff spoke.
func (t *talker) actor(m *matter, p *phrase) int {
	switch {
	case m.topic == install:
		if m.cl.place.province == bali {
			return fieldBali
		}
		return fieldJava
	case m.topic == invoice:
		return finance
	case m.topic == complains, m.topic == returned, p.kind == form:
		return careDesk
	case p.kind == visit, p.kind == meeting:
		return m.cl.seller
	case p.dir == in:
		return []int{m.cl.seller, phoneDesk, careDesk}[t.d.weigh(5, 3, 2)]
	}
	return []int{m.cl.seller, careDesk, phoneDesk}[t.d.weigh(8, 1.5, 1)]
}

var (
	weekdaysID = []string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}
	monthsID   = []string{"", "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"}
)

// words are what stands in the place of the words in braces.
func (t *talker) words(m *matter, actor int) []string {
	g := &goods[m.good]
	en := m.cl.english
	day := t.openDay(m.at.AddDate(0, 0, t.d.between(1, 4)))
	product, weekday, date := g.id, weekdaysID[day.Weekday()], fmt.Sprintf("%d %s", day.Day(), monthsID[day.Month()])
	if en {
		product, weekday, date = g.en, day.Weekday().String(), day.Format("2 January")
	}
	mate := phoneDesk
	if actor == mate {
		mate = m.cl.seller
	}
	n := t.quantity(m)
	w := []string{
		"{sapa}", t.address(m), "{nama}", m.who.Name, "{produk}", product, "{keluarga}", strings.ToLower(g.family),
		"{staf}", t.nick(actor), "{rekan}", t.Staff[mate].first(), "{kota}", town(m.cl.place), "{hari}", weekday, "{tgl}", date,
	}
	if en {
		w = append(w, "{n}", strconv.Itoa(n))
	} else {
		w = append(w, "{n}", fmt.Sprintf("%d %s", n, g.unit))
	}
	number, total, what := "pesanan terakhir", "tagihan", product
	if m.order != nil {
		number, total, what = m.order.Number, rupiah(abs(m.order.Total)), contents(m.order, en)
	} else if en {
		number, total = "the last order", "the balance"
	}
	return append(w, "{nomor}", number, "{total}", total, "{isi}", what)
}

// address is how the one whom a matter concerns is addressed.
func (t *talker) address(m *matter) string {
	if m.who.Addressing != "" {
		return m.who.Addressing
	}
	return m.cl.contact.address()
}

// nick is how customers call one of the staff: Mbak Rina.
func (t *talker) nick(i int) string {
	switch i {
	case eastLead, salesLead, midSales, careDesk, finance:
		return "Mbak " + t.Staff[i].first()
	}
	return "Mas " + t.Staff[i].first()
}

// quantity is how many of a good a matter is about.
func (t *talker) quantity(m *matter) int {
	if m.order != nil {
		for i := range m.order.Lines {
			if m.order.Lines[i].Code == goods[m.good].code {
				return int(abs(int64(m.order.Lines[i].Quantity / orders.One)))
			}
		}
	}
	if m.cl.segment.private() {
		return 1
	}
	return t.d.between(2, 12)
}

// contents say in words what is in an order.
func contents(o *orders.Order, en bool) string {
	var list []string
	for i := range o.Lines {
		l := &o.Lines[i]
		g := &goods[byCode[l.Code]]
		name := g.id
		if en {
			name = g.en
		}
		list = append(list, fmt.Sprintf("%d %s", abs(int64(l.Quantity/orders.One)), name))
	}
	and, more := " dan ", "%d barang lain"
	if en {
		and, more = " and ", "%d other items"
	}
	if len(list) > 3 {
		list = append(list[:2], fmt.Sprintf(more, len(list)-2))
	}
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + and + list[len(list)-1]
}

func town(p *place) string {
	return strings.TrimPrefix(strings.TrimPrefix(p.city, "Kota "), "Kabupaten ")
}

func abs(n int64) int64 { return max(n, -n) }

// rupiah writes an amount as people do: Rp 1.250.000.
func rupiah(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return "Rp\u00a0" + s
}

// mentionsWanted is how many notes call a colleague.
const mentionsWanted = 14

// A Call is a note that names a colleague, who is told of it.
type Call struct {
	Interaction *activity.Interaction
	Who         *Member
	Seen        bool
}

// callTexts call a colleague to something, with what they have to do with it.
var callTexts = []string{
	"@%s tolong cek plafon {nama} sebelum pesanan berikutnya dilepas.",
	"@%s, {sapa} hanya mau bicara dengan Anda soal harga proyek.",
	"@%s minta faktur pajak {nama} diterbitkan ulang hari ini, bisa?",
	"@%s unit pengganti {produk} untuk {nama} sudah siap di Rungkut.",
	"@%s {sapa} bertanya kapan teknisi datang. Bisa dijadwalkan besok?",
	"@%s lihat foto raknya {nama}: kita tergeser pesaing. Perlu etalase baru.",
	"@%s {sapa} puas dengan pemasangan kemarin, terima kasih.",
}

// mention adds notes of the last days that call colleagues, most of them Rina.
func (c *Company) mention(t *talker) {
	t.light = nil
	var list []*client
	for _, cl := range c.clients {
		if !cl.segment.private() && !cl.english && cl.course != gone && cl.joined.Before(c.Today.AddDate(0, 0, -30)) {
			list = append(list, cl)
		}
	}
	called := []int{eastLead, eastLead, eastLead, finance, salesLead, eastSales, careDesk, eastLead, fieldJava, midSales, eastLead, baliSales, phoneDesk, salesLead}
	for i := range mentionsWanted {
		who := called[i]
		by := []int{careDesk, phoneDesk, finance}[t.d.IntN(3)]
		if by == who {
			by = salesLead
		}
		cl := pick(t.d, list)
		for who != finance && who != careDesk && who != phoneDesk && who != fieldJava && cl.seller != who && t.d.chance(0.95) {
			cl = pick(t.d, list)
		}
		m := matter{topic: inside, cl: cl, who: cl.Customer, at: t.hour(t.d, c.Today.AddDate(0, 0, -1-i/3)), good: t.anything(cl)}
		words := strings.NewReplacer(t.words(&m, by)...)
		n := &activity.Interaction{
			ID: t.d.id(m.at), Customer: cl.ID, Kind: note, At: m.at, ActorID: c.Staff[by].ID, Actor: c.Staff[by].Name,
			Body: words.Replace(fmt.Sprintf(callTexts[i%len(callTexts)], c.Staff[who].first())),
		}
		c.Interactions = append(c.Interactions, n)
		c.Calls = append(c.Calls, Call{Interaction: n, Who: c.Staff[who], Seen: i > 8})
	}
	slices.SortFunc(c.Calls, func(a, b Call) int { return a.Interaction.At.Compare(b.Interaction.At) })
}
