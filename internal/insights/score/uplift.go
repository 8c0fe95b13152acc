package score

import (
	"fmt"
	"io"
	"strconv"

	"github.com/akrab-crm/akrab/internal/insights/experiment"
)

// An Uplift foretells by how much an action changes the probability of yes. It
// learns from an experiment: cases of which chance decided who was treated.
// Its JSON is the whole model.
type Uplift struct {
	Treated *Logistic `json:"treated,omitempty"`
	Control *Logistic `json:"control,omitempty"`
	Alike   *Logistic `json:"alike,omitempty"` // of FitTransformed
}

// FitUplift learns one model of the treated and one of the others, and takes
// the difference of what they say (the T-learner of Künzel et al., PNAS 2019).
func FitUplift(fields []Field, cases []Case, yes, treated []bool, opt Options) (*Uplift, error) {
	if err := checkArms(cases, yes, treated); err != nil {
		return nil, err
	}
	var arm [2]set
	for i, c := range cases {
		if treated[i] {
			arm[1].add(c, yes[i])
		} else {
			arm[0].add(c, yes[i])
		}
	}
	t, err := FitLogistic(fields, arm[1].cases, arm[1].yes, opt)
	if err != nil {
		return nil, fmt.Errorf("the treated: %w", err)
	}
	c, err := FitLogistic(fields, arm[0].cases, arm[0].yes, opt)
	if err != nil {
		return nil, fmt.Errorf("the others: %w", err)
	}
	return &Uplift{Treated: t, Control: c}, nil
}

// FitTransformed learns one model, of whether "treated" and "yes" agree: with
// both arms weighing the same, the uplift is twice its probability less one
// (Jaśkowski & Jaroszewicz, ICML 2012). It is the challenger of FitUplift.
func FitTransformed(fields []Field, cases []Case, yes, treated []bool, opt Options) (*Uplift, error) {
	if err := checkArms(cases, yes, treated); err != nil {
		return nil, err
	}
	n, of := float64(len(cases)), float64(count(treated))
	agree, counts := make([]bool, len(cases)), make([]float64, len(cases))
	for i := range cases {
		agree[i] = yes[i] == treated[i]
		if counts[i] = n / 2 / (n - of); treated[i] {
			counts[i] = n / 2 / of
		}
	}
	m, err := fitLogistic(fields, cases, agree, counts, opt)
	if err != nil {
		return nil, err
	}
	return &Uplift{Alike: m}, nil
}

func checkArms(cases []Case, yes, treated []bool) error {
	if len(cases) != len(yes) || len(cases) != len(treated) {
		return fmt.Errorf("score: %d cases, %d ends, %d arms", len(cases), len(yes), len(treated))
	}
	if n := count(treated); n == 0 || n == len(treated) {
		return fmt.Errorf("%w: %d of %d treated", ErrFew, n, len(treated))
	}
	return nil
}

// Predict returns the change of the probability of yes, −1 … 1.
func (u *Uplift) Predict(c Case) float64 {
	switch {
	case u.Alike != nil:
		return 2*u.Alike.Predict(c) - 1
	case u.Treated != nil && u.Control != nil:
		return u.Treated.Predict(c) - u.Control.Predict(c)
	}
	return 0
}

// A Mailing is what EvaluateMailing says of one kind of letter, compared with
// the customers who got none.
type Mailing struct {
	Letter string                `json:"letter"`
	Ratio  experiment.RatioCheck `json:"ratio"`
	Visits experiment.Difference `json:"visits"` // of the rate
	Spend  experiment.Difference `json:"spend"`  // dollars a customer, CUPED by last year's
	Models []MailingModel        `json:"models"`
}

// A MailingModel is how a model of who visits because of the letter did on the
// half of the customers that it did not learn from.
type MailingModel struct {
	Method  string  `json:"method"`
	QiniAUC float64 `json:"qini_auc"`
	UpTo10  float64 `json:"uplift_10"` // among the best tenth
	UpTo30  float64 `json:"uplift_30"`
}

// mailingFields are the columns of the Hillstrom set known before the mailing.
func mailingFields() []Field {
	return []Field{
		{"recency", Tenths}, {"history", Tenths}, {"mens", Words}, {"womens", Words}, {"zip_code", Words}, {"newbie", Words}, {"channel", Words},
	}
}

// mailed are the customers of one arm, and what they did.
type mailed struct {
	set
	place  []int // in the file
	visits experiment.Count
	spend  experiment.Arm
}

// EvaluateMailing reads the Hillstrom e-mail set (CSV): 64,000 customers of
// whom chance sent a third letters with men's goods, a third with women's, and
// a third none. Every second customer of each third tests what the others
// taught.
func EvaluateMailing(r io.Reader) ([]Mailing, error) {
	fields := mailingFields()
	rows, err := readTable(r, namesOf(fields, "segment", "visit", "spend"))
	if err != nil {
		return nil, err
	}
	arms := map[string]*mailed{"Mens E-Mail": {}, "Womens E-Mail": {}, "No E-Mail": {}}
	for i, row := range rows {
		arm, ok := arms[row[len(fields)]]
		if !ok {
			return nil, fmt.Errorf("score: row %d: segment %q", i+1, row[len(fields)])
		}
		arm.place = append(arm.place, i)
		if err := arm.read(fields, row); err != nil {
			return nil, fmt.Errorf("score: row %d: %w", i+1, err)
		}
	}
	var all []Mailing
	for _, letter := range []string{"Mens E-Mail", "Womens E-Mail"} {
		m, err := compareMailed(letter, fields, arms[letter], arms["No E-Mail"])
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func (m *mailed) read(fields []Field, row []string) error {
	visited := row[len(fields)+1] == "1"
	spent, err := strconv.ParseFloat(row[len(fields)+2], 64)
	if err != nil {
		return err
	}
	before, err := strconv.ParseFloat(row[1], 64)
	if err != nil {
		return err
	}
	if !m.spend.Add(spent, before) {
		return fmt.Errorf("spend %g, history %g", spent, before)
	}
	m.add(caseOf(fields, row), visited)
	if m.visits.Of++; visited {
		m.visits.Did++
	}
	return nil
}

func compareMailed(letter string, fields []Field, treated, control *mailed) (m Mailing, err error) {
	m.Letter = letter
	if m.Ratio, err = experiment.SampleRatio([]int64{treated.visits.Of, control.visits.Of}, []float64{1, 1}); err != nil {
		return m, err
	}
	if m.Visits, err = experiment.Rates(treated.visits, control.visits, experiment.Usual); err != nil {
		return m, err
	}
	if m.Spend, err = experiment.Money(treated.spend, control.spend); err != nil {
		return m, err
	}
	learn, test := halves(treated, control)
	for _, method := range []struct {
		name string
		fit  func([]Field, []Case, []bool, []bool, Options) (*Uplift, error)
	}{{"two_models", FitUplift}, {"class_transformation", FitTransformed}} {
		u, err := method.fit(fields, learn.cases, learn.yes, learn.treated, Options{})
		if err != nil {
			return m, err
		}
		model, err := test.measure(u)
		if err != nil {
			return m, err
		}
		model.Method = method.name
		m.Models = append(m.Models, model)
	}
	return m, nil
}

// armed are cases of both arms.
type armed struct {
	set
	treated []bool
}

// halves deals the customers out into two halves, each in the file's order:
// those whom a model takes for equal are then ranked without regard to arms.
func halves(treated, control *mailed) (even, odd armed) {
	for i, j := 0, 0; i < len(treated.cases) || j < len(control.cases); {
		of := treated
		if i == len(treated.cases) || j < len(control.cases) && control.place[j] < treated.place[i] {
			of = control
		}
		at, half := &i, &even
		if of == control {
			at = &j
		}
		if *at%2 == 1 {
			half = &odd
		}
		half.add(of.cases[*at], of.yes[*at])
		half.treated = append(half.treated, of == treated)
		*at++
	}
	return even, odd
}

func (a *armed) measure(u *Uplift) (m MailingModel, err error) {
	trial := experiment.Trial{Treated: a.treated, Outcome: make([]float64, len(a.yes)), Uplift: make([]float64, len(a.yes))}
	for i, y := range a.yes {
		if trial.Uplift[i] = u.Predict(a.cases[i]); y {
			trial.Outcome[i] = 1
		}
	}
	if m.QiniAUC, err = trial.QiniAUC(); err != nil {
		return m, err
	}
	if m.UpTo10, err = trial.UpliftAt(.1); err != nil {
		return m, err
	}
	m.UpTo30, err = trial.UpliftAt(.3)
	return m, err
}
