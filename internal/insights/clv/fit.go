package clv

import (
	"fmt"
	"math"
	"slices"
)

// A Fit is a model and how it fits its sample.
type Fit struct {
	Model
	LogLikelihood float64 `json:"log_likelihood"`
	Customers     int     `json:"customers"`   // on whom it rests
	Repeaters     int     `json:"repeaters"`   // of them, who came back
	Evaluations   int     `json:"evaluations"` // of the likelihood
	Converged     bool    `json:"converged"`
	// Usable is false if the parameters lie outside of 1e-3 to 1e3: then the
	// data don't tell them. Where only B would, it is held there.
	Usable bool `json:"usable"`
	// Stays is true if almost nobody ever leaves: with K = 1 the model is then
	// as good as NBD.
	Stays bool `json:"stays"`
}

// Fit returns the model of a kind and k under which s is likeliest. The search
// begins at near, for example yesterday's model, if it is of the same kind and
// k. It returns ErrThin if nobody came back, and an error for an unknown kind.
func (s *Sample) Fit(kind Kind, k int, near Model) (Fit, error) {
	if err := (Model{Kind: kind, K: k, R: 1, Alpha: 1, A: 1, B: 1}).Check(); err != nil {
		return Fit{}, err
	}
	if s.repeaters == 0 {
		return Fit{}, ErrThin
	}
	f := family{kind, k}
	l := s.likelihood(f)
	var best optimum
	for i, start := range s.starts(f, near) {
		o := maximize(start, l.at)
		evaluations := best.evaluations + o.evaluations
		if i == 0 || o.converged && !best.converged || o.converged == best.converged && o.value > best.value {
			best = o
		}
		best.evaluations = evaluations
		// Ridges that lead out of bounds may hide a maximum elsewhere.
		if best.converged && inside(best.at) {
			break
		}
	}
	if math.IsNaN(best.value) || math.IsInf(best.value, 0) {
		return Fit{}, fmt.Errorf("%s: no likelihood", f.model(best.at))
	}
	if f.kind != NBD && (best.at[2] > most || best.at[3] > most) {
		best = l.even(best)
	}
	fit := Fit{Model: f.model(best.at), LogLikelihood: best.value, Customers: s.customers, Repeaters: s.repeaters,
		Evaluations: best.evaluations, Converged: best.converged}
	fit.judge()
	return fit, nil
}

// even returns the optimum among models under which customers leave with nearly
// the same probability, whoever they are. A search that finds them all alike
// runs out of bounds: the likelihood hardly changes as A and B grow together. It
// returns o if it finds none.
func (l *likelihood) even(o optimum) optimum {
	held := maximize([]float64{o.at[0], o.at[1], o.at[2] / o.at[3] * most}, func(p, g []float64) float64 {
		var all [4]float64
		ll := l.at([]float64{p[0], p[1], p[2], most}, all[:])
		copy(g, all[:3])
		return ll
	})
	held.at = append(held.at, most)
	held.evaluations += o.evaluations
	if !held.converged || !inside(held.at) {
		return o
	}
	return held
}

// starts returns where to begin the search: the next one is only tried if the
// last one led nowhere or out of bounds.
func (s *Sample) starts(f family, near Model) [][]float64 {
	var list [][]float64
	if near.Kind == f.kind && near.K == f.k && near.Check() == nil {
		list = append(list, near.params())
	}
	usual := clamp(float64(f.k)*s.repeats/math.Max(s.age, 1e-9), 1e-4, 1e4) // stages a week
	for _, p := range [][]float64{{1, 1, 1, 1}, {3, .75 / usual, .1, .05}, {1, 1 / usual, .5, 2}, {.3, .3 / usual, .1, 1}, {5, 5 / usual, 2, 10}} {
		list = append(list, p[:f.params()])
	}
	return list
}

// judge says what can be done with f.
func (f *Fit) judge() {
	f.Usable = inside(f.params())
	f.Stays = f.Kind != NBD && f.A/(f.A+f.B) < 1e-3
}

// Parameters outside of these bounds can't be told from data.
const (
	least = 1e-3
	most  = 1e3
)

// inside reports whether parameters are such as data can tell.
func inside(params []float64) bool {
	return !slices.ContainsFunc(params, func(p float64) bool { return p < least || p > most })
}

// families are all models that are tried.
func families() []family {
	list := []family{{NBD, 1}}
	for k := 1; k <= MaxK; k++ {
		list = append(list, family{BG, k}, family{MBG, k})
	}
	return list
}

// choiceCustomers is on how many customers all models are compared.
const choiceCustomers = 50_000

// A Choice is the model for a sample, and what it was compared with.
type Choice struct {
	Best Fit `json:"best"`
	// All models in fixed order. Of large samples they are fitted to an even
	// part, as their Customers says; the two best ones of it to all.
	All []Fit `json:"all"`
}

// Choose returns the model under which s is likeliest, of all those that can
// be used: one that runs out of bounds can't, and an irregular one under which
// nobody leaves is NBD. The search begins at near, yesterday's model. It returns ErrThin if s
// is too small for any, or none can be used: then facts must do.
func (s *Sample) Choose(near Model) (Choice, error) {
	if s.customers < MinCustomers || s.repeaters < MinRepeaters {
		return Choice{}, ErrThin
	}
	small := s.thin(choiceCustomers)
	var c Choice
	for _, f := range families() {
		fit, err := small.Fit(f.kind, f.k, near)
		if err != nil {
			return Choice{}, err
		}
		c.All = append(c.All, fit)
	}
	first, second := c.two()
	if first < 0 {
		return Choice{}, ErrThin
	}
	if small == s {
		c.Best = c.All[first]
		return c, nil
	}
	for _, i := range []int{first, second} {
		if i < 0 {
			continue
		}
		fit, err := s.Fit(c.All[i].Kind, c.All[i].K, c.All[i].Model)
		if err != nil {
			return Choice{}, err
		}
		c.All[i] = fit
		if fit.fits() && (c.Best.Kind == "" || fit.LogLikelihood > c.Best.LogLikelihood) {
			c.Best = fit
		}
	}
	if c.Best.Kind == "" {
		return Choice{}, ErrThin
	}
	return c, nil
}

// fits reports whether f may be chosen.
func (f *Fit) fits() bool { return f.Converged && f.Usable && (!f.Stays || f.K > 1) }

// two returns the places of the likeliest models that may be chosen; −1 if
// there is none.
func (c *Choice) two() (first, second int) {
	first, second = -1, -1
	for i := range c.All {
		switch {
		case !c.All[i].fits():
		case first < 0 || c.All[i].LogLikelihood > c.All[first].LogLikelihood:
			first, second = i, first
		case second < 0 || c.All[i].LogLikelihood > c.All[second].LogLikelihood:
			second = i
		}
	}
	return first, second
}
