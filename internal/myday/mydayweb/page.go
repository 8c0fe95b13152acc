package mydayweb

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/myday"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/ui"
)

// homePage is the data of the home page.
type homePage struct {
	*ui.View
	Region string
	Total  int    // customers of the workspace
	Looks  bool   // the visitor may see customers
	Only   string // shows only calls or visits, or what everybody promised: "call", "visit", "team", or empty
	Day    *myday.Day
	Recent []*customers.Customer
	Calls  []Call

	Groups []group
	Tally  map[string]int // lines by Only; "" for all
	Late   int
	Today  int
	first  *line // what comes first
}

// A group is lines that are due about the same time.
type group struct {
	Key   string // message key of its heading
	Tone  string
	Lines []*line
}

// A line is one thing to do.
type line struct {
	Key      string // unique on the page
	Kind     string // promise, task, birthday
	Title    string
	Href     string
	Icon     string
	Customer *customers.Customer // nil if it is about nobody
	Note     string              // beside the customer
	Day      time.Time           // on which it is due
	At       time.Time           // when on that day; zero for any time
	Late     bool
	Only     string
	Base     string // where its actions post; empty if the visitor may only read it
}

// shownQuiet is how many silent customers are shown.
const shownQuiet = 5

// shownDue is how many customers are shown who usually order again by now.
const shownDue = 4

// soon is how many lines beyond tomorrow are shown.
const soon = 6

// team is the value of Only for what everybody promised.
const team = "team"

// groupKeys are the groups in their order.
var groupKeys = []string{"home.late", "home.today", "home.tomorrow", "home.soon"}

// arrange puts the lines of the day in the order in which they matter.
func (p *homePage) arrange(of *Pages) {
	var list []*line
	for i := range p.Day.Promises {
		list = append(list, p.promiseLine(&p.Day.Promises[i]))
	}
	for i := range p.Day.Tasks {
		list = append(list, p.taskLine(&p.Day.Tasks[i], of.Task))
	}
	for i := range p.Day.Birthdays {
		list = append(list, p.birthdayLine(&p.Day.Birthdays[i]))
	}
	p.Tally = map[string]int{}
	for _, g := range p.groups(list) {
		for _, l := range g.Lines {
			if p.first == nil && g.Key != "home.soon" {
				p.first = l
			}
			p.Tally[""]++
			if l.Only != "" {
				p.Tally[l.Only]++
			}
		}
		switch g.Key {
		case "home.late":
			p.Late = len(g.Lines)
		case "home.today":
			p.Today = len(g.Lines)
		}
	}
	switch p.Only {
	case "":
	case team:
		list = nil
		for i := range p.Day.Team {
			l := p.promiseLine(&p.Day.Team[i])
			l.Note = p.Day.Team[i].Actor
			list = append(list, l)
		}
	default:
		list = slices.DeleteFunc(list, func(l *line) bool { return l.Only != p.Only })
	}
	p.Groups = p.groups(list)
}

// groups parts lines by when they are due, each group in its order. Groups
// without lines are left out.
func (p *homePage) groups(list []*line) []group {
	today := p.day(p.Now)
	parts := map[string][]*line{}
	for _, l := range list {
		key := "home.soon"
		switch {
		case l.Late:
			key = "home.late"
		case !l.Day.After(today):
			key = "home.today"
		case l.Day.Equal(today.AddDate(0, 0, 1)):
			key = "home.tomorrow"
		}
		parts[key] = append(parts[key], l)
	}
	var out []group
	for _, key := range groupKeys {
		g := group{Key: key, Lines: parts[key]}
		slices.SortStableFunc(g.Lines, compare)
		switch key {
		case "home.late":
			g.Tone = "bad"
		case "home.soon":
			g.Lines = g.Lines[:min(len(g.Lines), soon)]
		}
		if len(g.Lines) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// compare orders the lines of a group: by day, then what has a time by that,
// then promises before tasks before birthdays.
func compare(a, b *line) int {
	if c := a.Day.Compare(b.Day); c != 0 && !a.Late {
		return c
	}
	rank := map[string]int{"promise": 0, "task": 1, "birthday": 2}
	if a.Late {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), a.due().Compare(b.due()))
	}
	return cmp.Or(a.due().Compare(b.due()), cmp.Compare(rank[a.Kind], rank[b.Kind]))
}

// due returns when l is due; at the end of the day if at any time.
func (l *line) due() time.Time {
	if l.At.IsZero() {
		return l.Day.AddDate(0, 0, 1)
	}
	return l.At
}

// day returns the beginning of t's day in the workspace's zone.
func (p *homePage) day(t time.Time) time.Time {
	y, m, d := t.In(p.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, p.Zone)
}

// dayOnly reports whether a promise is due on a day and not at a time of it.
func (p *homePage) dayOnly(t time.Time) bool { return t.In(p.Zone).Format("15:04") == "23:59" }

// postponed returns when something due at a time is due after it was put off:
// by n days, from today if it is overdue.
func postponed(due, now time.Time, n int) time.Time {
	from := due
	if from.Before(now) {
		from = now
	}
	y, m, d := from.Date()
	return time.Date(y, m, d+n, due.Hour(), due.Minute(), 0, 0, due.Location())
}

func (p *homePage) promiseLine(i *activity.Interaction) *line {
	l := &line{
		Key: "p-" + i.ID.String(), Kind: "promise", Title: i.Promise, Icon: "flag", Href: customerHref(i.Customer),
		Customer: p.Day.Customers[i.Customer], Day: p.day(i.Due), Late: i.Due.Before(p.Now),
	}
	if !p.dayOnly(i.Due) {
		l.At = i.Due
	}
	switch i.Kind {
	case activity.Call:
		l.Icon, l.Only = "phone", "call"
	case activity.Email:
		l.Icon = "mail"
	case activity.Chat:
		l.Icon = "chat"
	case activity.Meeting, activity.Visit:
		l.Icon, l.Only = "pin", "visit"
	}
	if p.May(permTalksWrite) {
		l.Base = "/myday/promises/" + i.ID.String()
	}
	return l
}

func (p *homePage) taskLine(t *tasks.Task, href func(ids.ID) string) *line {
	l := &line{
		Key: "t-" + t.ID.String(), Kind: "task", Title: t.Title, Icon: "task", Customer: p.Day.Customers[t.Customer], Note: t.Place,
		At: t.At, Late: t.Overdue(p.Now),
	}
	l.Day = p.day(t.By())
	if day, err := time.ParseInLocation(time.DateOnly, t.Day, p.Zone); err == nil {
		l.Day = day
	}
	switch {
	case href != nil:
		l.Href = href(t.ID)
	case l.Customer != nil:
		l.Href = customerHref(t.Customer)
	}
	switch t.Kind {
	case tasks.Call:
		l.Icon, l.Only = "phone", "call"
	case tasks.Message:
		l.Icon = "chat"
	case tasks.Meeting:
		l.Icon, l.Only = "users", "visit"
	case tasks.Visit:
		l.Icon, l.Only = "pin", "visit"
	}
	if p.May(permTasksWrite) {
		l.Base = "/myday/tasks/" + t.ID.String()
	}
	return l
}

func (p *homePage) birthdayLine(b *customers.Birthday) *line {
	c := p.Day.Customers[b.Customer]
	l := &line{
		Key: "b-" + b.Customer.String(), Kind: "birthday", Title: p.T("home.birthday", "name", cmp.Or(c.Addressing, c.Title())), Icon: "heart",
		Href: customerHref(b.Customer), Customer: c, Day: b.Day, Base: "/myday/customers/" + b.Customer.String(),
	}
	if b.Age > 0 {
		l.Note = p.T("home.birthday.age", "n", b.Age)
	}
	return l
}

func customerHref(id ids.ID) string { return "/customers/" + id.String() }

// who names the customer of a line, and how to address them.
func (p *homePage) who(c *customers.Customer) string {
	if c.Addressing == "" || strings.Contains(c.Name, c.Addressing) {
		return c.Title()
	}
	return c.Title() + " · " + c.Addressing
}

// when says when a line is due, as short as it can be said.
func (p *homePage) when(l *line) string {
	at := l.At
	if l.Late {
		if at.IsZero() {
			at = l.Day.Add(12 * time.Hour)
		}
		return p.Relative(at, p.Now)
	}
	clock := p.T("home.anytime")
	if !at.IsZero() {
		clock = p.Time(at)
	}
	if days := int(l.Day.Sub(p.day(p.Now)).Hours()+12) / 24; days > 1 {
		day := p.WeekdayShort(l.Day.Weekday())
		if at.IsZero() {
			return day + ", " + p.DayMonth(l.Day.Add(12*time.Hour))
		}
		return day + " " + clock
	}
	return clock
}

// exact says when a line is due in full.
func (p *homePage) exact(l *line) string {
	if l.At.IsZero() {
		return p.Date(l.Day.Add(12 * time.Hour))
	}
	return p.DateTime(l.At)
}

// A reach is a way to reach a customer.
type reach struct {
	Label, Icon, Href string
	Away              bool // leads out of Akrab
}

// reach returns the way in which c likes to be reached, or another one; nil if
// there is none.
func (p *homePage) reach(c *customers.Customer) *reach {
	if c == nil {
		return nil
	}
	name := cmp.Or(c.Addressing, c.Title())
	number, ok := strings.CutPrefix(c.Phone, "+")
	switch {
	case c.Channel == "whatsapp" && ok:
		return &reach{p.T("home.whatsapp", "name", name), "wa", "https://wa.me/" + number, true}
	case c.Channel == "email" && c.Email != "", !ok && c.Email != "":
		return &reach{p.T("home.mail", "name", name), "mail", "mailto:" + strings.ReplaceAll(url.PathEscape(c.Email), "&", "%26"), false}
	case ok:
		return &reach{p.T("home.call", "name", name), "phone", "tel:+" + number, false}
	}
	return nil
}

// greeting greets by the time of day in the workspace's zone.
func (p *homePage) greeting() string {
	name, _, _ := strings.Cut(p.Name, " ")
	key := "home.evening"
	switch h := p.Now.In(p.Zone).Hour(); {
	case h >= 4 && h < 11:
		key = "home.morning"
	case h >= 11 && h < 15:
		key = "home.noon"
	case h >= 15 && h < 18:
		key = "home.afternoon"
	}
	return p.T(key, "name", name)
}

// date writes today in full.
func (p *homePage) date() string {
	now := p.Now.In(p.Zone)
	return p.Weekday(now.Weekday()) + ", " + strconv.Itoa(now.Day()) + " " + p.Month(now.Month()) + " " + strconv.Itoa(now.Year())
}

// lead says in one sentence what matters today.
func (p *homePage) lead() string {
	switch {
	case p.Late > 0 && p.first.Customer != nil:
		return p.T("home.lead.late_who", "n", p.Late, "name", cmp.Or(p.first.Customer.Addressing, p.first.Customer.Title()))
	case p.Late > 0:
		return p.T("home.lead.late", "n", p.Late)
	case p.Today > 0 && p.first.Customer != nil && p.first.Kind != "birthday":
		return p.T("home.lead.today_who", "n", p.Today, "name", cmp.Or(p.first.Customer.Addressing, p.first.Customer.Title()))
	case p.Today > 0:
		return p.T("home.lead.today", "n", p.Today)
	case len(p.Day.Quiet) > 0:
		return p.T("home.lead.quiet", "n", len(p.Day.Quiet))
	}
	return p.T("home.lead.free")
}

// allDone says it warmly.
func (p *homePage) allDone() (title, text string) {
	if p.Only != "" {
		return p.T("home.none." + p.Only), p.T("home.none.text")
	}
	if len(p.Day.Quiet) > 0 {
		c := p.Day.Customers[p.Day.Quiet[0].Customer]
		return p.T("home.all_done"), p.T("home.all_done.quiet", "name", cmp.Or(c.Addressing, c.Title()))
	}
	return p.T("home.all_done"), p.T("home.all_done.text")
}

// A choice is one of what to show.
type choice struct{ key, label string }

// only are the choices of what to show.
var only = []choice{{"", "home.only.all"}, {"call", "home.only.calls"}, {"visit", "home.only.visits"}, {team, "home.only.team"}}

// quiet returns the silent customers that are shown.
func (p *homePage) quiet() []insights.Fact { return p.Day.Quiet[:min(len(p.Day.Quiet), shownQuiet)] }

// due returns the customers who usually order again by now, as many as are shown.
func (p *homePage) due() []insights.Fact { return p.Day.Due[:min(len(p.Day.Due), shownDue)] }

// dueWhy says in what rhythm somebody orders, and when they did last.
func (p *homePage) dueWhy(f *insights.Fact) string {
	return p.T("home.due.why", "rhythm", f.RhythmDays, "n", f.SilentDays(p.Now.In(p.Zone)))
}

// quietTone is the light of a signal; without one amber, and red for who has
// been silent for twice as long as usual.
func (p *homePage) quietTone(f *insights.Fact) string {
	switch {
	case f.Signal != "":
		return insights.Tone(f.Signal)
	case f.SilentDays(p.Now.In(p.Zone)) > 2*f.RhythmDays:
		return "bad"
	}
	return "warn"
}

// quietWhy says in one sentence why somebody needs attention.
func (p *homePage) quietWhy(f *insights.Fact) string {
	silent := f.SilentDays(p.Now.In(p.Zone))
	switch {
	case f.Signal != "":
		return p.T(f.Why, f.WhyArgs...)
	case f.RhythmDays == 1:
		return p.T("home.silent.daily", "n", silent)
	}
	return p.T("home.silent.why", "n", silent, "rhythm", f.RhythmDays)
}

// stake returns what is at stake with a customer, and the key of the message
// that says what that is.
func stake(f *insights.Fact) (a money.Amount, key string) {
	if f.Signal != "" && f.Valued {
		return money.Amount{Minor: max(f.Year, f.Value), Currency: f.Lead}, "home.silent.stake"
	}
	return worth(f), "home.silent.worth"
}

// worrying says how many of the visitor's customers need attention.
func (p *homePage) worrying() string {
	n := p.Num(int64(p.Day.Worrying))
	if p.Day.Worrying >= myday.MaxNew {
		n += "+"
	}
	return p.T("home.silent.all", "n", n)
}

// mood is the light of a customer's signal; "" for none.
func (p *homePage) mood(c *customers.Customer) string {
	return insights.Tone(p.Day.Moods[c.ID].Signal)
}

// worth returns what one order of a customer usually comes to.
func worth(f *insights.Fact) money.Amount {
	return money.Amount{Minor: f.Bought.Minor / max(f.Orders, 1), Currency: f.Bought.Currency}
}

// sum returns what was ordered in a week in the currency that the company
// sells most in.
func (p *homePage) sum(w *insights.Week) insights.WeekSum {
	c := p.currency()
	for _, s := range w.Sums {
		if s.Currency == c {
			return s
		}
	}
	return insights.WeekSum{Currency: c}
}

// currency returns the currency that most orders of the last weeks are in.
func (p *homePage) currency() money.Currency {
	count := map[money.Currency]int64{}
	best := p.Workspace.Currency
	for _, w := range p.Day.Pulse.Weeks {
		for _, s := range w.Sums {
			if count[s.Currency] += s.Orders; count[s.Currency] > count[best] {
				best = s.Currency
			}
		}
	}
	return cmp.Or(best, money.Rupiah)
}

// sells reports whether there were orders in the last weeks.
func (p *homePage) sells() bool {
	return slices.ContainsFunc(p.Day.Pulse.Weeks, func(w insights.Week) bool { return len(w.Sums) > 0 })
}

// ordered counts the orders of a week in all currencies.
func ordered(w *insights.Week) (n int64) {
	for _, s := range w.Sums {
		n += s.Orders
	}
	return n
}

// newCustomers writes how many customers were added this week.
func (p *homePage) newCustomers() string {
	n := p.Num(int64(p.Day.Pulse.New))
	if p.Day.Pulse.New >= myday.MaxNew {
		n += "+"
	}
	return n
}

// A chart is what was sold in the last weeks, as a drawing of 420 by 176.
type chart struct {
	Bars  []bar
	Grid  []gridLine
	Unit  string // key of the message that says in what the figures are
	Title string // the finding in one sentence
}

type bar struct {
	Path       string
	X, Y       string // of the figure above it
	Value      string
	Label      string // below
	Unfinished bool
}

type gridLine struct{ Y, TextY, Value string }

const (
	chartLeft, chartRight, chartTop, chartBottom = 36.0, 420.0, 22.0, 150.0
	chartWeeks                                   = 6
)

// chart draws the last weeks; nil if nothing was sold in them.
func (p *homePage) chart() *chart {
	if len(p.Day.Pulse.Weeks) < chartWeeks || !p.sells() {
		return nil
	}
	weeks := p.Day.Pulse.Weeks[len(p.Day.Pulse.Weeks)-chartWeeks:]
	c := p.currency()
	whole := math.Pow10(c.Digits())
	values := make([]float64, len(weeks))
	top := 0.0
	for i := range weeks {
		values[i] = math.Max(0, float64(p.sum(&weeks[i]).Net)/whole)
		top = math.Max(top, values[i])
	}
	if top == 0 {
		return nil
	}
	unit, key := 1.0, "home.weeks.unit"
	for _, u := range []struct {
		from float64
		key  string
	}{{1e10, "home.weeks.unit.billion"}, {1e6, "home.weeks.unit.million"}, {1e4, "home.weeks.unit.thousand"}} {
		if top >= u.from {
			unit, key = u.from, u.key
			if u.from == 1e4 {
				unit = 1e3
			}
			break
		}
	}
	step := nice(top / unit / 3)
	out := &chart{Unit: p.T(key, "currency", c.Symbol())}
	high := step * math.Ceil(top/unit/step)
	y := func(v float64) float64 { return chartBottom - v/high*(chartBottom-chartTop) }
	for v := 0.0; v <= high+step/2; v += step {
		out.Grid = append(out.Grid, gridLine{num(y(v)), num(y(v) + 4), p.short(v)})
	}
	wide := (chartRight - chartLeft) / float64(len(weeks))
	for i := range weeks {
		x := chartLeft + wide*(float64(i)+.5)
		h := y(values[i] / unit)
		b := bar{X: num(x), Y: num(h - 6), Value: p.short(values[i] / unit), Label: p.DayMonth(weeks[i].Monday.Add(12 * time.Hour)), Unfinished: i == len(weeks)-1}
		if chartBottom-h >= 4 {
			b.Path = "M" + num(x-20) + " " + num(chartBottom) + "V" + num(h+4) + "q0-4 4-4h32q4 0 4 4V" + num(chartBottom) + "z"
		}
		out.Bars = append(out.Bars, b)
	}
	last, before := p.sum(&weeks[len(weeks)-1]), p.sum(&weeks[len(weeks)-2])
	out.Title = p.T("home.weeks.finding", "now", p.MoneyShort(money.Amount{Minor: last.Net, Currency: c}), "before", p.MoneyShort(money.Amount{Minor: before.Net, Currency: c}))
	return out
}

// nice returns the next larger of 1, 2 and 5 times a power of ten.
func nice(v float64) float64 {
	base := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, f := range []float64{1, 2, 5} {
		if v <= f*base {
			return f * base
		}
	}
	return 10 * base
}

func num(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// short writes a figure of the chart, in at least two digits if it isn't round.
func (p *homePage) short(v float64) string {
	if v != 0 && v < 10 && v != math.Trunc(v) {
		return p.Decimal(v, 1)
	}
	return p.Num(int64(math.Round(v)))
}

// amount returns what was sold in a week.
func (p *homePage) amount(w *insights.Week) money.Amount {
	s := p.sum(w)
	return money.Amount{Minor: s.Net, Currency: s.Currency}
}

func onlyHref(key string) string {
	if key == "" {
		return "/"
	}
	return "/?only=" + key
}

// doneAction is where the round button of a line posts.
func doneAction(l *line) string {
	switch l.Kind {
	case "promise":
		return l.Base + "/kept"
	case "birthday":
		return l.Base + "/later"
	}
	return l.Base + "/done"
}
