package score

import (
	"fmt"
	"math"
)

// A Learned is the model that did best on cases it had not learned from, and
// how well that was. Its JSON is the whole of it.
type Learned struct {
	Kind     string    `json:"kind"` // logistic or bayes
	Logistic *Logistic `json:"logistic,omitempty"`
	Bayes    *Bayes    `json:"bayes,omitempty"`

	// Slope and Shift make the log-odds z into Shift + Slope·z, so that a
	// model that was too sure of itself says what came (Platt 1999). 1 and 0
	// change nothing.
	Slope float64 `json:"slope"`
	Shift float64 `json:"shift"`

	Quality Quality `json:"quality"` // of the kind's predictions in cross-validation, made by Slope and Shift
	Other   Quality `json:"other"`   // of the kind that was not taken; zero if it wasn't tried
}

// What Learn asks for: this many of each end to say anything, and to try the
// logistic regression, which has as many weights as columns.
const (
	learnNeeds    = 10
	logisticNeeds = 50
	folds         = 5
)

// Learn fits naive Bayes and, with 50 cases of each end, a logistic regression,
// and keeps the one with the smaller loss in five-fold cross-validation. With fewer than 10 of one end it returns
// ErrFew: then facts are shown, and no prediction.
func Learn(fields []Field, cases []Case, yes []bool, opt Options) (*Learned, error) {
	if err := check(fields, cases, yes); err != nil {
		return nil, err
	}
	rarer := min(count(yes), len(yes)-count(yes))
	if rarer < learnNeeds {
		return nil, fmt.Errorf("%w: %d of one end, %d needed", ErrFew, rarer, learnNeeds)
	}
	best, err := learnBayes(fields, cases, yes)
	if err != nil || rarer < logisticNeeds {
		return best, err
	}
	l, err := learnLogistic(fields, cases, yes, opt)
	if err != nil {
		return nil, err
	}
	if l.Quality.LogLoss < best.Quality.LogLoss {
		best, l = l, best
	}
	best.Other = l.Quality
	return best, nil
}

func learnBayes(fields []Field, cases []Case, yes []bool) (*Learned, error) {
	b, err := FitBayes(fields, cases, yes, 1)
	if err != nil {
		return nil, err
	}
	odds, err := crossValidate(cases, yes, func(c []Case, y []bool) (func(Case) float64, error) {
		m, err := FitBayes(fields, c, y, 1)
		if err != nil {
			return nil, err
		}
		return m.LogOdds, nil
	})
	if err != nil {
		return nil, err
	}
	l := &Learned{Kind: "bayes", Bayes: b}
	return l, l.judge(odds, yes)
}

func learnLogistic(fields []Field, cases []Case, yes []bool, opt Options) (*Learned, error) {
	m, err := FitLogistic(fields, cases, yes, opt)
	if err != nil {
		return nil, err
	}
	odds, err := crossValidate(cases, yes, func(c []Case, y []bool) (func(Case) float64, error) {
		m, err := FitLogistic(fields, c, y, opt)
		if err != nil {
			return nil, err
		}
		return m.LogOdds, nil
	})
	if err != nil {
		return nil, err
	}
	l := &Learned{Kind: "logistic", Logistic: m}
	return l, l.judge(odds, yes)
}

// foldOf deals the cases of each end out to the folds in turn, so that every
// fold has its part of both.
func foldOf(yes []bool) []int {
	fold, dealt := make([]int, len(yes)), Ends{}
	for i, y := range yes {
		if fold[i] = dealt.No % folds; y {
			fold[i] = dealt.Yes % folds
		}
		dealt.add(y, 1)
	}
	return fold
}

// crossValidate returns for each case the log-odds by a model learned from
// the other folds.
func crossValidate(cases []Case, yes []bool, fit func([]Case, []bool) (func(Case) float64, error)) ([]float64, error) {
	odds := make([]float64, len(cases))
	of := foldOf(yes)
	for fold := range folds {
		var c []Case
		var y []bool
		for i := range cases {
			if of[i] != fold {
				c, y = append(c, cases[i]), append(y, yes[i])
			}
		}
		predict, err := fit(c, y)
		if err != nil {
			return nil, err
		}
		for i := range cases {
			if of[i] == fold {
				odds[i] = predict(cases[i])
			}
		}
	}
	return odds, nil
}

// judge fits Slope and Shift to log-odds of cases not learned from, and
// measures what they make.
func (l *Learned) judge(odds []float64, yes []bool) error {
	l.Slope, l.Shift = 1, 0
	z := make([]Case, len(odds))
	for i, x := range odds {
		z[i] = Case{Number(x)}
	}
	line, err := FitLogistic([]Field{{Name: "odds", Form: Line}}, z, yes, Options{Ridge: 1, Least: 1})
	if err != nil {
		return err
	}
	// Scores that rank the wrong way round are worth nothing: say the share.
	if k := line.Fields[0]; len(k.Columns) == 1 {
		l.Slope = max(0, line.Weights[0]/k.SD)
		l.Shift = line.Constant - line.Weights[0]*k.Mean/k.SD
	}
	if l.Slope == 0 {
		n := float64(count(yes))
		l.Shift = math.Log(n / (float64(len(yes)) - n))
	}
	predicted := make([]float64, len(odds))
	for i, x := range odds {
		predicted[i] = l.adjust(x)
	}
	l.Quality, err = Measure(predicted, yes)
	return err
}

func (l *Learned) adjust(odds float64) float64 { return sigmoid(l.Shift + l.Slope*odds) }

// Predict returns the probability of yes.
func (l *Learned) Predict(c Case) float64 {
	switch {
	case l.Logistic != nil:
		return l.adjust(l.Logistic.LogOdds(c))
	case l.Bayes != nil:
		return l.adjust(l.Bayes.LogOdds(c))
	}
	return 0
}

// Explain returns what each field adds to the adjusted log-odds, the
// strongest first.
func (l *Learned) Explain(c Case) []Push {
	var pushes []Push
	switch {
	case l.Logistic != nil:
		pushes = l.Logistic.Explain(c)
	case l.Bayes != nil:
		pushes = l.Bayes.Explain(c)
	}
	for i := range pushes {
		pushes[i].LogOdds *= l.Slope
	}
	return pushes
}
