package learn

import (
	"math"
	"slices"
)

// Rules that are tried, in this order: the first that passes its test is used.
// The last ones ask the probability to buy itself: at most a fifth of all are
// red by it, and as many yellow.
func (l *learner) rules() []Rules {
	list := []Rules{
		{Name: "valuable", Red: .1, Yellow: .3, TopRed: true, Drop: .4},
		{Name: "silence", Red: .1, Yellow: .3, Drop: .4},
		{Name: "silence_only", Red: .1, Yellow: .3},
		{Name: "long_silence", Red: .03, Yellow: .1},
	}
	var active []float64
	for _, t := range l.trials {
		for i := range t.cases {
			if t.cases[i].judged() {
				active = append(active, l.models.chance(t.cases[i].raw))
			}
		}
	}
	if len(active) > 0 {
		slices.Sort(active)
		list = append(list, Rules{Name: "chance", Chance: true, Red: min(active[len(active)/5], .2), Yellow: min(active[len(active)*2/5], .5)})
	}
	return list
}

// judged reports whether a customer gets a signal from how they buy.
func (p *past) judged() bool {
	h := p.in.Customer
	return h.Days > 1 && days(p.in.Today, h.First) > NewDays
}

// fewest customers of each signal in a test, and often bought on how many days.
const (
	fewestSignal = 20
	often        = 5
)

// signal tests the rules on all quarters of the back-test, with what was known
// at the time, and takes the first under which green buys more often than
// yellow and yellow more often than red.
func (l *learner) signal(*Customers) error {
	if len(l.trials) == 0 {
		return nil
	}
	for _, rules := range l.rules() {
		t := l.test(rules)
		if t.Passed && l.models.Signal.Name == "" {
			t.Live, l.models.Signal = true, rules
		}
		l.tests = append(l.tests, t)
	}
	return nil
}

func (l *learner) test(rules Rules) SignalTest {
	t := SignalTest{Rules: rules}
	classes := []SignalClass{{Class: "all"}, {Class: "seldom"}, {Class: "often"}}
	for _, tr := range l.trials {
		for i := range tr.cases {
			p := &tr.cases[i]
			if !p.judged() {
				continue
			}
			score := tr.scores[i]
			score.Active = l.models.chance(p.raw)
			signal, _ := rules.judge(&score, p.in, tr.models.Bands.Top40)
			class := 1
			if p.in.Customer.Days >= often {
				class = 2
			}
			for _, c := range []int{0, class} {
				classes[c].add(signal, p.bought)
			}
		}
	}
	t.Passed = true
	for i := range classes {
		c := &classes[i]
		for _, n := range []*SignalCount{&c.Green, &c.Yellow, &c.Red} {
			if n.Customers > 0 {
				n.Share = float64(n.Bought) / float64(n.Customers)
			}
		}
		if i == 0 && !c.ordered() || i > 0 && c.reversed() {
			t.Passed = false
		}
	}
	t.Classes = classes
	return t
}

func (c *SignalClass) add(signal string, bought bool) {
	n := map[string]*SignalCount{Green: &c.Green, Yellow: &c.Yellow, Red: &c.Red}[signal]
	if n == nil {
		return
	}
	n.Customers++
	if bought {
		n.Bought++
	}
}

// ordered reports whether green bought more often than yellow, and yellow more
// often than red, and there are enough of each to say so.
func (c *SignalClass) ordered() bool {
	g, y, r := c.Green, c.Yellow, c.Red
	return min(g.Customers, y.Customers, r.Customers) >= fewestSignal && g.Share > y.Share && y.Share > r.Share
}

// reversed reports whether a signal bought less often than a worse one, by more
// than chance explains (one-sided, 5 %). In a part of the customers chance alone
// may turn the order where they are few.
func (c *SignalClass) reversed() bool {
	list := []SignalCount{c.Green, c.Yellow, c.Red}
	for i, better := range list {
		for _, worse := range list[i+1:] {
			if min(better.Customers, worse.Customers) < fewestSignal {
				continue
			}
			n, k := float64(better.Customers), float64(worse.Customers)
			share := float64(better.Bought+worse.Bought) / (n + k)
			if worse.Share-better.Share > 1.645*math.Sqrt(share*(1-share)*(1/n+1/k)) {
				return true
			}
		}
	}
	return false
}
