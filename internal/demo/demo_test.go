package demo

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/phone"
)

// aDay is a Saturday.
var aDay = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

func TestSameSeedAndDayMakeTheSame(t *testing.T) {
	a, err1 := json.Marshal(Make(Seed, aDay))
	b, err2 := json.Marshal(Make(Seed, aDay.Add(8*time.Hour)))
	if err1 != nil || err2 != nil || string(a) != string(b) {
		t.Error("the morning's company is not the evening's", err1, err2)
	}
	other, _ := json.Marshal(Make(Seed+1, aDay))
	if string(a) == string(other) {
		t.Error("another seed makes the same company")
	}
}

// TestAnyDay checks the company on days of all kinds: what matters must not
// depend on when somebody looks.
func TestAnyDay(t *testing.T) {
	for _, day := range []string{"2026-11-21", "2026-01-01", "2027-03-12", "2028-02-29", "2030-08-17", "2041-06-06"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(day, func(t *testing.T) { check(t, Make(Seed, at)) })
	}
}

func check(t *testing.T, c *Company) {
	checkCounts(t, c)
	checkCustomers(t, c)
	checkOrders(t, c)
	checkTalk(t, c)
	checkTasks(t, c)
}

func checkCounts(t *testing.T, c *Company) {
	t.Helper()
	near := func(what string, got, want int) {
		t.Helper()
		if got < want*98/100 || got > want*102/100 {
			t.Errorf("%d %s, want about %d", got, what, want)
		}
	}
	near("customers", len(c.Customers), wantCustomers)
	near("orders", len(c.Orders), wantOrders)
	near("interactions", len(c.Interactions), wantInteractions)
	if len(c.Staff) != 12 || len(c.Products) < 60 {
		t.Errorf("staff of %d, %d products", len(c.Staff), len(c.Products))
	}
	kinds := map[customers.Kind]int{}
	resellers, branches, served, members, english := 0, 0, 0, 0, 0
	for _, cu := range c.Customers {
		kinds[cu.Kind]++
		if cu.Reseller != "" {
			resellers++
		}
		if !cu.Parent.IsZero() && cu.Kind == customers.Organization {
			branches++
		}
		for _, r := range cu.Relations {
			if r.Kind == customers.Member {
				members++
			} else {
				served++
			}
		}
		if cu.Language == "en" {
			english++
		}
	}
	if kinds[customers.Person] < 200 || kinds[customers.Household] < 15 || kinds[customers.Organization] < 150 {
		t.Errorf("kinds %v", kinds)
	}
	if resellers < 80 || branches < 8 || served < 50 || members < 150 || english < 5 {
		t.Errorf("%d resellers, %d branches, %d end customers, %d people of others, %d English", resellers, branches, served, members, english)
	}
}

func checkCustomers(t *testing.T, c *Company) {
	t.Helper()
	at := map[ids.ID]*customers.Customer{}
	numbers, names := map[string]bool{}, map[string]bool{}
	for _, cu := range c.Customers {
		if at[cu.ID] != nil || numbers[cu.ExternalID] {
			t.Errorf("%s: id or number %s twice", cu.Name, cu.ExternalID)
		}
		at[cu.ID], numbers[cu.ExternalID] = cu, true
		if cu.Kind == customers.Organization && names[cu.Name] {
			t.Errorf("two are called %s", cu.Name)
		}
		names[cu.Name] = true
	}
	for _, cu := range c.Customers {
		copied := *cu
		if err := copied.Normalize("ID"); err != nil {
			t.Errorf("%s: %v", cu.Name, err)
		}
		if cu.Created.Before(c.Begin) || !cu.Created.Before(c.Today) {
			t.Errorf("%s came on %v", cu.Name, cu.Created)
		}
		if cu.Owner.IsZero() || len(cu.Phones) == 0 {
			t.Errorf("%s has no owner or no telephone", cu.Name)
		}
		for _, r := range append(cu.Relations, customers.Relation{Other: cu.Parent}) {
			up := at[r.Other]
			if r.Other.IsZero() {
				continue
			}
			if up == nil || up.Created.After(cu.Created) {
				t.Errorf("%s belongs to %v, who came later or never", cu.Name, r.Other)
			}
		}
		for _, p := range cu.Phones {
			n, err := phone.Parse(p.Value, "ID")
			local := strings.TrimPrefix(n.E164, "+62")
			mobile := len(local) > 2 && slices.Contains([]string{"834", "835", "836", "837", "839"}, local[:3])
			if err != nil || !n.Possible || !mobile && !strings.Contains(p.Value, ") 1") {
				t.Errorf("%s: the telephone %s may be somebody's", cu.Name, p.Value)
			}
		}
		for _, e := range cu.Emails {
			if !strings.HasSuffix(e.Value, ".example") {
				t.Errorf("%s: the address %s may be somebody's", cu.Name, e.Value)
			}
		}
	}
}

func checkOrders(t *testing.T, c *Company) {
	t.Helper()
	came := map[ids.ID]time.Time{}
	for _, cu := range c.Customers {
		came[cu.ID] = cu.Created
	}
	at := map[ids.ID]*orders.Order{}
	numbers := map[string]bool{}
	returns, unknown, open := 0, 0, 0
	var last time.Time
	for _, o := range c.Orders {
		if numbers[o.Number] || o.At.Before(last) {
			t.Errorf("%s comes twice or out of order", o.Number)
		}
		numbers[o.Number], at[o.ID], last = true, o, o.At
		since, ok := came[o.Customer]
		if o.Customer.IsZero() {
			unknown++
		} else if !ok || o.At.Before(since) {
			t.Errorf("%s of %v, before its customer came", o.Number, o.At)
		}
		if o.At.Before(c.Begin) || !o.At.Before(c.Today) {
			t.Errorf("%s of %v is not of these two years", o.Number, o.At)
		}
		var sum int64
		for _, l := range o.Lines {
			sum += l.Amount
			if (l.Quantity < 0) != o.Return || l.Price <= 0 || l.Product.IsZero() {
				t.Errorf("%s: line %+v", o.Number, l)
			}
			if l.Amount == 0 {
				t.Errorf("%s: %s for nothing", o.Number, l.Code)
			}
		}
		if len(o.Lines) == 0 || o.Total != sum+o.Tax || (o.Total < 0) != o.Return {
			t.Errorf("%s: total %d of %d lines", o.Number, o.Total, len(o.Lines))
		}
		if o.Status == orders.Draft || o.Status == orders.Confirmed || o.Status == orders.Shipped {
			open++
			if days(o.At, c.Today) > 7 {
				t.Errorf("%s of %v is still %s", o.Number, o.At, o.Status)
			}
		}
	}
	for _, o := range c.Orders {
		if !o.Return {
			continue
		}
		returns++
		was := at[o.Returns]
		if was == nil || was.At.After(o.At) || was.Customer != o.Customer || was.Total+o.Total < 0 {
			t.Errorf("%s gives back what was not bought before: %+v", o.Number, was)
		}
	}
	if returns < 150 || unknown < 100 || open < 5 && !c.closed(c.Today.AddDate(0, 0, -2)) {
		t.Errorf("%d returns, %d of unknown customers, %d open", returns, unknown, open)
	}
}

func checkTalk(t *testing.T, c *Company) {
	t.Helper()
	came := map[ids.ID]time.Time{}
	for _, cu := range c.Customers {
		came[cu.ID] = cu.Created
	}
	bodies := map[string]int{}
	overdue, due, kept := 0, 0, 0
	for _, i := range c.Interactions {
		if i.At.Before(came[i.Customer]) || !i.At.Before(c.Today) || i.ActorID.IsZero() {
			t.Fatalf("%+v is not of its customer's time", i)
		}
		if s := i.Subject + i.Body + i.Promise; strings.ContainsAny(s, "{}") || i.Body == "" {
			t.Fatalf("unfinished text %q", s)
		}
		bodies[i.Body]++
		switch {
		case i.Promise == "":
			if !i.Due.IsZero() || !i.Kept.IsZero() {
				t.Errorf("kept without a promise: %+v", i)
			}
		case !i.Kept.IsZero():
			kept++
			if i.Kept.Before(i.At) || i.Kept.After(c.Today) {
				t.Errorf("promised %v, kept %v", i.At, i.Kept)
			}
		case i.Due.Before(c.Today):
			overdue++
			if days(i.Due, c.Today) > 8 {
				t.Errorf("nobody has kept since %v: %s", i.Due, i.Promise)
			}
		default:
			due++
		}
	}
	if overdue < 2 && !c.closed(c.Today.AddDate(0, 0, -2)) || overdue > 60 || due < 5 || kept < 1000 {
		t.Errorf("promises: %d overdue, %d due, %d kept", overdue, due, kept)
	}
	if len(bodies) < len(c.Interactions)*6/10 {
		t.Errorf("only %d different texts in %d interactions", len(bodies), len(c.Interactions))
	}
	for _, call := range c.Calls {
		if !strings.Contains(call.Interaction.Body, "@"+called(call.Who.Name)) || !slices.Contains(c.Interactions, call.Interaction) {
			t.Errorf("%s is not called by %q", call.Who.Name, call.Interaction.Body)
		}
	}
}

func checkTasks(t *testing.T, c *Company) {
	t.Helper()
	staff, known := map[ids.ID]bool{}, map[ids.ID]bool{}
	for _, m := range c.Staff {
		staff[m.ID] = true
	}
	for _, cu := range c.Customers {
		known[cu.ID] = true
	}
	today := c.Today.Format(time.DateOnly)
	overdue, due, done := 0, 0, 0
	for _, x := range c.Tasks {
		if !staff[x.Assignee] || !known[x.Customer] || x.Title == "" || strings.ContainsAny(x.Title+x.Note, "{}") {
			t.Errorf("task %+v", x)
		}
		switch {
		case !x.Done.IsZero():
			done++
			if x.Done.Before(x.Created) || x.Done.After(c.Today) {
				t.Errorf("%s: made %v, done %v", x.Title, x.Created, x.Done)
			}
		case x.Day != "" && x.Day < today:
			overdue++
		case x.Day == today:
			due++
		}
	}
	if overdue < 5 || due < 8 || done < 200 || len(c.Routines) != len(routines) {
		t.Errorf("%d tasks overdue, %d due today, %d done, %d that repeat", overdue, due, done, len(c.Routines))
	}
}

// Whom guides show first buys as much as ever, on any day, and is late with an
// order: longer than usual, but not alarmingly.
func TestRegular(t *testing.T) {
	for m := 0; m < 12; m += 4 {
		c := Make(Seed, time.Date(2026, time.Month(2+m), 5+2*m, 3, 0, 0, 0, time.UTC))
		i := slices.IndexFunc(c.clients, func(cl *client) bool { return cl.ExternalID == "PLG-00412" })
		var half, before, n float64
		var first, last time.Time
		for _, o := range c.Orders {
			if o.Customer != c.clients[i].ID || o.Return {
				continue
			}
			if n++; n == 1 {
				first = o.At
			}
			last = o.At
			switch age := days(o.At, c.Today); {
			case age <= 182:
				half += float64(o.Subtotal())
			case age <= 364:
				before += float64(o.Subtotal())
			}
		}
		silent := days(last, c.Today) / (days(first, last) / (n - 1))
		if silent < 1.2 || silent > 1.65 || half < .9*before || half > 1.1*before {
			t.Errorf("%s: silent for %.2f gaps, %.2f of the half year before", c.Today.Format(time.DateOnly), silent, half/before)
		}
	}
}

func TestCatalogueHangsTogether(t *testing.T) {
	for i := range goods {
		g := &goods[i]
		for _, code := range append(g.complements(), strings.Fields(g.better)...) {
			if _, ok := byCode[code]; !ok || code == g.code {
				t.Errorf("%s goes with %s, which there is not", g.code, code)
			}
		}
	}
	for s, list := range wishes {
		for _, w := range list {
			if _, ok := byCode[w.code]; !ok || w.low > w.high || w.low < 1 {
				t.Errorf("segment %d wishes %+v", s, w)
			}
		}
	}
	for i := range phrasesID {
		if len(phrasesID[i]) == 0 || len(phrasesEN[i]) == 0 {
			t.Errorf("nothing to say about topic %d", i)
		}
		for _, p := range slices.Concat(phrasesID[i], phrasesEN[i]) {
			if !slices.Contains(activity.Kinds, p.kind) {
				t.Errorf("%q is a %s", p.body, p.kind)
			}
		}
	}
}

func TestPrices(t *testing.T) {
	c := Make(Seed, aDay)
	g := &goods[byCode["PJ-250"]]
	want := []string{"2600000", "2500000", "2405000"}
	for i, y := range []int{2026, 2025, 2024} {
		got := c.priceAt(g, time.Date(y, 12, 1, 0, 0, 0, 0, time.UTC)).String()
		if diff := cmp.Diff(want[i], got); y < 2026 && diff != "" || y == 2026 && got != want[0] {
			t.Errorf("in %d: %s", y, diff)
		}
	}
	if got := *c.Products[byCode["PJ-250"]].Price; got.String() != "2600000" {
		t.Errorf("price of today %s", got)
	}
}

func BenchmarkMake(b *testing.B) {
	for b.Loop() {
		Make(Seed, aDay)
	}
}
