package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/tasks"
)

// A chore is a kind of task with a customer.
type chore struct {
	kind  tasks.Kind
	title string // as phrases are
	note  string
	who   int // of the staff; -1 for who looks after the customer
	fit   fit
	with  circle
}

// A circle says with which customers a chore makes sense.
type circle int

const (
	everybody circle = iota
	companies
	shopsOnly
)

// holds reports whether a client is of the circle.
func (k circle) holds(cl *client) bool {
	return k == everybody || k == companies && !cl.segment.private() || cl.segment == shop
}

const seller = -1

// chores are what there is to be done with customers.
var chores = []chore{
	{tasks.Call, "Telepon {sapa} soal {produk}", "", seller, anything, everybody},
	{tasks.Call, "Tanyakan pesanan ulang {produk} ke {nama}", "Biasanya pesan sekitar tanggal ini.", seller, anything, companies},
	{tasks.Message, "Kirim daftar harga ke {sapa}", "", seller, anything, shopsOnly},
	{tasks.Message, "Kirim foto {produk} ke {sapa}", "Suka melihat foto sebelum memesan.", seller, anything, everybody},
	{tasks.Visit, "Kunjungi {nama}, hitung stok {keluarga}", "", seller, anything, shopsOnly},
	{tasks.Visit, "Kunjungan: tawarkan {produk} ke {nama}", "", seller, anything, companies},
	{tasks.Plain, "Susun penawaran {n} {produk} untuk {nama}", "Harga proyek bila dibayar tunai.", seller, anything, companies},
	{tasks.Meeting, "Bahas target kuartal dengan {sapa}", "", seller, anything, shopsOnly},
	{tasks.Plain, "Tagih faktur {nama}", "Sudah diingatkan sekali lewat WhatsApp.", finance, anything, companies},
	{tasks.Plain, "Terbitkan ulang faktur pajak {nama}", "", finance, anything, companies},
	{tasks.Visit, "Pasang {produk} di {kota} untuk {sapa}", "Bawa klep kaki cadangan.", fieldJava, machine, everybody},
	{tasks.Visit, "Periksa {produk} di {nama}", "", fieldJava, machine, companies},
	{tasks.Plain, "Siapkan unit pengganti {produk} untuk {nama}", "", careDesk, machine, everybody},
	{tasks.Call, "Pastikan {produk} di {nama} sudah berjalan baik", "", careDesk, machine, everybody},
	{tasks.Message, "Balas pertanyaan {sapa} tentang {produk}", "", phoneDesk, anything, everybody},
	{tasks.Plain, "Daftarkan kartu garansi {produk}, {nama}", "", phoneDesk, machine, everybody},
}

// routines are tasks that come again.
var routines = []struct {
	title, note, rule string
	kind              tasks.Kind
	hour, minute, len int // of the day, and minutes that it takes; all day if len is 0
	who               int
	guests            []int
}{
	{"Rapat penjualan mingguan", "Peluang, kunjungan, stok lambat.", "FREQ=WEEKLY;BYDAY=MO", tasks.Meeting, 8, 30, 45, eastLead, []int{salesLead, eastSales, midSales, baliSales}},
	{"Hitung stok rak pajangan gerai Rungkut", "", "FREQ=WEEKLY;BYDAY=TH", tasks.Plain, 0, 0, 0, phoneDesk, nil},
	{"Cocokkan pembayaran dengan faktur", "", "FREQ=WEEKLY;BYDAY=TU,FR", tasks.Plain, 0, 0, 0, finance, nil},
	{"Laporan penjualan bulanan untuk direksi", "Per wilayah dan per keluarga barang.", "FREQ=MONTHLY;BYMONTHDAY=3", tasks.Plain, 0, 0, 0, salesLead, nil},
	{"Servis mobil teknisi", "", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15", tasks.Plain, 0, 0, 0, fieldJava, nil},
	{"Telepon pelanggan yang lama diam", "Mulai dari yang paling sering memesan.", "FREQ=WEEKLY;BYDAY=WE", tasks.Call, 10, 0, 60, eastLead, nil},
}

// work makes the tasks: those of the last months, which are done, and what
// lies before everybody now.
func (c *Company) work() {
	d := newDice(c.Seed, streamTask)
	t := &talker{Company: c, d: d}
	for range 320 {
		day := c.openDay(c.Today.AddDate(0, 0, -d.between(4, 200)))
		if day.Before(c.Today) {
			c.task(t, day, true, pick(d, chores), false)
		}
	}
	for i, lead := range openTasks {
		for k := range lead.n {
			ch := pick(d, chores)
			// Who shows the company around has enough to do these days.
			mine := i < 3 && k%3 == 0
			if mine {
				ch.who = seller
			}
			day := c.Today.AddDate(0, 0, d.between(lead.from, lead.to))
			if lead.from > 0 {
				day = c.openDay(day)
			}
			c.task(t, day, false, ch, mine)
		}
	}
	for range 12 {
		c.task(t, time.Time{}, false, pick(d, chores), false)
	}
	for i := range routines {
		c.routine(d, i)
	}
}

// openTasks say how many tasks are due how many days from today.
var openTasks = []struct{ n, from, to int }{{13, -6, -1}, {14, 0, 0}, {16, 1, 2}, {44, 3, 14}, {14, 15, 45}}

// task adds a task that is due on a day, zero for none, and done by then; mine
// if it is about a customer of who shows the company around.
func (c *Company) task(t *talker, day time.Time, done bool, ch chore, mine bool) {
	d := t.d
	cl := pick(d, c.clients)
	good := t.anything(cl)
	for cl.segment == endCustomer || cl.english || cl.course == gone || !ch.with.holds(cl) || !ch.fit.of(&goods[good], 0) || mine && cl.seller != Host {
		cl = pick(d, c.clients)
		good = t.anything(cl)
	}
	who := ch.who
	if who == seller {
		who = cl.seller
	}
	if who == fieldJava && cl.place.province == bali {
		who = fieldBali
	}
	created := c.Today.AddDate(0, 0, -d.between(1, 9))
	if !day.IsZero() && day.Before(c.Today) {
		created = day.AddDate(0, 0, -d.between(1, 9))
	}
	created = c.hour(d, created)
	if created.Before(cl.joined) {
		created = cl.joined.Add(time.Minute)
	}
	m := matter{cl: cl, who: cl.Customer, at: created, good: good}
	words := strings.NewReplacer(t.words(&m, who)...)
	x := &tasks.Task{
		ID: d.id(created), Title: words.Replace(ch.title), Note: words.Replace(ch.note), Kind: ch.kind, Assignee: c.Staff[who].ID, Customer: cl.ID,
		Creator: c.Staff[who].ID, Created: created,
	}
	if d.chance(0.3) {
		x.Creator = c.Staff[pick(d, []int{salesLead, eastLead, careDesk})].ID
	}
	c.when(d, x, cl, day)
	if done {
		x.Done, x.DoneBy = c.hour(d, day), x.Assignee
		if !x.Done.After(created) {
			x.Done = created.Add(time.Hour)
		}
	}
	c.Tasks = append(c.Tasks, x)
}

// when sets the day of a task, and the time of what happens at one.
func (c *Company) when(d dice, x *tasks.Task, cl *client, day time.Time) {
	if day.IsZero() {
		return
	}
	x.Day = day.Format(time.DateOnly)
	switch x.Kind {
	case tasks.Visit, tasks.Meeting:
		x.At = c.at(day, d.between(8, 15), 30*d.IntN(2))
		x.Ends = x.At.Add(time.Duration(d.between(1, 3)) * 30 * time.Minute)
		if len(cl.Addresses) > 0 {
			a := &cl.Addresses[0]
			street, _, _ := strings.Cut(a.Street, "\n")
			x.Place = fmt.Sprintf("%s, %s", street, town(cl.place))
		}
	case tasks.Call:
		if d.chance(0.5) {
			x.At = c.at(day, d.between(8, 16), 15*d.IntN(4))
		}
	}
}

// routine adds the next occurrence of a task that repeats.
func (c *Company) routine(d dice, i int) {
	r := &routines[i]
	rule := strings.Split(r.rule, "BY")[1]
	day := c.Today
	for !onRule(rule, day) {
		day = day.AddDate(0, 0, 1)
	}
	x := &tasks.Task{
		ID: d.id(c.Begin.Add(time.Duration(i) * time.Minute)), Title: r.title, Note: r.note, Kind: r.kind, Repeat: r.rule, Assignee: c.Staff[r.who].ID,
		Creator: c.Staff[r.who].ID, Created: c.Begin, Day: day.Format(time.DateOnly),
	}
	if r.len > 0 {
		x.At = c.at(day, r.hour, r.minute)
		x.Ends = x.At.Add(time.Duration(r.len) * time.Minute)
	}
	for _, g := range r.guests {
		x.Guests = append(x.Guests, tasks.Guest{Name: c.Staff[g].Name, Email: c.Staff[g].Email, State: tasks.Yes})
	}
	c.Routines = append(c.Routines, x)
}

// onRule reports whether a day is one of DAY=MO,TH or MONTHDAY=3.
func onRule(rule string, day time.Time) bool {
	name, value, _ := strings.Cut(rule, "=")
	if name == "MONTHDAY" {
		return fmt.Sprint(day.Day()) == value
	}
	return strings.Contains(value, strings.ToUpper(day.Weekday().String()[:2]))
}
