package score

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/insights/clv"
)

// A Buyer is what is known of how a customer has bought until some day. With a
// logistic regression of BuyerFields it foretells whether he buys again, a
// little better than the models of clv do by themselves.
type Buyer struct {
	Stats    clv.Stats
	Spent    float64 // a purchase day, in any unit of money that stays the same
	Lines    int     // order lines of all purchase days
	Last30   int     // purchase days in the last 30 days
	Last90   int     // in the last 90
	Expected float64 // purchases that clv expects in the time foretold
	Alive    float64 // probability by clv that the customer hasn't left
}

// BuyerFields are the fields of a Buyer's case.
func BuyerFields() []Field {
	var fields []Field
	for _, name := range []string{"repeats", "silence", "age", "spent", "lines", "last_30", "last_90", "expected", "alive", "silence_in_gaps"} {
		fields = append(fields, Field{name, Line})
	}
	return fields
}

// Case returns the values of BuyerFields, on scales on which their effects are
// nearly straight.
func (b Buyer) Case() Case {
	x, silence := float64(b.Stats.Repeats), b.Stats.Age-b.Stats.Recency
	gap := (b.Stats.Recency + 1) / (x + 1)
	return Case{
		Number(math.Log1p(x)), Number(math.Log1p(silence)), Number(math.Log1p(b.Stats.Age)), Number(math.Log1p(max(0, b.Spent))),
		Number(math.Log1p(float64(b.Lines))), Number(float64(b.Last30)), Number(float64(b.Last90)),
		Number(math.Log(.01 + max(0, b.Expected))), Number(b.Alive), Number(math.Log1p(silence / gap)),
	}
}

// A Rebuy is how well it was foretold who buys again.
type Rebuy struct {
	Trained  int     `json:"trained"`
	Model    string  `json:"model"` // of clv, the likeliest on the day of learning
	Quality  Quality `json:"quality"`
	Expected float64 `json:"expected_auc"` // AUC of clv's expected purchases alone
	Capture  float64 `json:"capture"`      // share of the purchase days that the best fifth of the customers made
}

// EvaluateRebuy reads UCI Online Retail (CSV) and foretells who buys in the 99
// days from 2011-09-01 on, by what was learned of the 99 days from 2011-05-25 on.
func EvaluateRebuy(file io.Reader) (Rebuy, error) {
	customers, err := readBuyers(file)
	if err != nil {
		return Rebuy{}, err
	}
	const days = 99
	train, err := lookBack(customers, dayNumber(2011, time.May, 25), days, clv.Model{})
	if err != nil {
		return Rebuy{}, err
	}
	test, err := lookBack(customers, dayNumber(2011, time.September, 1), days, train.model)
	if err != nil {
		return Rebuy{}, err
	}
	m, err := FitLogistic(BuyerFields(), train.cases, train.yes, Options{Ridge: 1})
	if err != nil {
		return Rebuy{}, err
	}
	r := Rebuy{Trained: len(train.cases), Model: train.model.String()}
	predicted := test.predict(m)
	if r.Quality, err = Measure(predicted, test.yes); err != nil {
		return Rebuy{}, err
	}
	if r.Expected, _, err = AUC(test.expected, test.yes); err != nil {
		return Rebuy{}, err
	}
	all := 0.
	for i, u := range ranking(predicted) {
		if i < len(predicted)/5 {
			r.Capture += test.bought[u]
		}
		all += test.bought[u]
	}
	r.Capture /= all // above 0: somebody ended with yes
	return r, nil
}

// A visit is what a customer bought on one day.
type visit struct {
	day   int32 // since 1970
	spent float64
	lines int
}

func dayNumber(y int, m time.Month, d int) int32 {
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// readBuyers reads invoice lines, in order of time, of known customers with a
// positive quantity and price.
func readBuyers(file io.Reader) ([][]visit, error) {
	in := csv.NewReader(file)
	in.LazyQuotes, in.ReuseRecord = true, true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: no header", ErrFew)
	}
	if err != nil {
		return nil, err
	}
	at, err := places(header, []string{"CustomerID", "Quantity", "UnitPrice", "InvoiceDate"})
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	var customers [][]visit
	for {
		line, err := in.Read()
		if errors.Is(err, io.EOF) {
			return customers, nil
		}
		if err != nil {
			return nil, err
		}
		id := line[at[0]]
		quantity, err1 := strconv.ParseFloat(line[at[1]], 64)
		price, err2 := strconv.ParseFloat(line[at[2]], 64)
		when, err3 := time.Parse(time.DateTime, line[at[3]])
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		if id == "" || !(quantity > 0 && quantity < 1e9) || !(price > 0 && price < 1e9) {
			continue
		}
		u, ok := place[id]
		if !ok {
			u = len(customers)
			place[strings.Clone(id)] = u
			customers = append(customers, nil)
		}
		v := visit{day: int32(when.Unix() / 86400), spent: quantity * price, lines: 1}
		if customers[u], err = addVisit(customers[u], v); err != nil {
			return nil, err
		}
	}
}

// addVisit adds a line to the last day or begins a new one.
func addVisit(visits []visit, v visit) ([]visit, error) {
	n := len(visits)
	if n == 0 || visits[n-1].day < v.day {
		return append(visits, v), nil
	}
	last := &visits[n-1]
	if v.day < last.day {
		return nil, errors.New("score: lines are not in order of time")
	}
	last.spent += v.spent
	last.lines += v.lines
	return visits, nil
}

// A lookedBack is cases of customers at some day, and what they did after.
type lookedBack struct {
	set
	model    clv.Model
	expected []float64 // purchases, by model
	bought   []float64 // purchase days
}

// lookBack returns the customers who had bought before now, as they were
// then, and whether they bought in so many days after. like is a model of the
// kind to be fitted; the zero Model is the likeliest kind.
func lookBack(customers [][]visit, now, days int32, like clv.Model) (*lookedBack, error) {
	var buyers []Buyer
	var stats []clv.Stats
	l := &lookedBack{}
	for _, visits := range customers {
		b, later, ok := buyerAt(visits, now, days)
		if !ok {
			continue
		}
		buyers, stats, l.bought = append(buyers, b), append(stats, b.Stats), append(l.bought, later)
	}
	sample, err := clv.NewSample(stats)
	if err != nil {
		return nil, err
	}
	fit, err := fitLike(sample, like)
	if err != nil {
		return nil, err
	}
	l.model = fit.Model
	for i, b := range buyers {
		b.Expected = fit.Model.Expected(b.Stats, float64(days)/7)
		// Where almost nobody ever leaves, differences of Alive are noise,
		// which the scaling by their deviation would blow up.
		if b.Alive = 1; !fit.Stays {
			b.Alive = fit.Model.Alive(b.Stats)
		}
		l.expected = append(l.expected, b.Expected)
		l.add(b.Case(), l.bought[i] > 0)
	}
	return l, nil
}

func fitLike(sample *clv.Sample, like clv.Model) (clv.Fit, error) {
	if like.Kind != "" {
		return sample.Fit(like.Kind, like.K, like)
	}
	choice, err := sample.Choose(like)
	return choice.Best, err
}

// buyerAt returns what was known of a customer on the day now, and the
// purchase days that followed; not ok if there had been no purchase.
func buyerAt(visits []visit, now, days int32) (b Buyer, later float64, ok bool) {
	var h clv.History
	spent := 0.
	for _, v := range visits {
		if v.day >= now {
			if v.day < now+days {
				later++
			}
			continue
		}
		h.Add(v.day, 0)
		spent += v.spent
		b.Lines += v.lines
		if v.day >= now-30 {
			b.Last30++
		}
		if v.day >= now-90 {
			b.Last90++
		}
	}
	if h.Days == 0 {
		return b, 0, false
	}
	b.Stats, b.Spent = h.Stats(now), spent/float64(h.Days)
	return b, later, true
}
