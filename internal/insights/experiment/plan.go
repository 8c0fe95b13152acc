package experiment

import (
	"fmt"
	"math"
)

// A Plan is how large an experiment is to be. The zero values of Level, Power
// and Ratio stand for .95, .8 and 1.
type Plan struct {
	Level float64 // of the interval, 0 … 1
	Power float64 // probability of proving the effect if there is one, 0 … 1
	Ratio float64 // treated customers for one of the control
}

func (p Plan) withDefaults() (Plan, error) {
	if p.Level == 0 {
		p.Level = Usual
	}
	if p.Power == 0 {
		p.Power = .8
	}
	if p.Ratio == 0 {
		p.Ratio = 1
	}
	if !(p.Level > 0 && p.Level < 1) || !(p.Power > 0 && p.Power < 1) || !(p.Ratio > 0) || !finite(p.Ratio) {
		return p, fmt.Errorf("experiment: level %g, power %g, ratio %g", p.Level, p.Power, p.Ratio)
	}
	return p, nil
}

// z returns the distance between no effect and the one to be proven, in
// standard errors: z of the level plus z of the power.
func (p Plan) z() float64 { return quantile(p.Level) + normalQuantile(p.Power) }

// A Size is the number of customers in each arm.
type Size struct {
	Treated int64 `json:"treated"`
	Control int64 `json:"control"`
}

// ForMoney returns how many customers prove an effect of delta a customer
// where what they spend has standard deviation sigma: in equal arms
// 2(z+z)²σ²/δ² each. CUPED makes do with (1 − correlation²) of it.
func (p Plan) ForMoney(sigma, delta float64) (Size, error) {
	p, err := p.withDefaults()
	if err != nil {
		return Size{}, err
	}
	if !(sigma > 0) || delta == 0 || !finite(sigma, delta) {
		return Size{}, fmt.Errorf("experiment: standard deviation %g, effect %g", sigma, delta)
	}
	effect := p.z() * sigma / delta
	return p.size((1 + 1/p.Ratio) * effect * effect)
}

// ForRates returns how many customers prove that the share of those who buy,
// base without the action, becomes base + delta.
func (p Plan) ForRates(base, delta float64) (Size, error) {
	p, err := p.withDefaults()
	if err != nil {
		return Size{}, err
	}
	then := base + delta
	if !(base >= 0 && base <= 1 && then >= 0 && then <= 1) || delta == 0 {
		return Size{}, fmt.Errorf("experiment: rate %g, effect %g", base, delta)
	}
	v := base*(1-base) + then*(1-then)/p.Ratio
	effect := p.z() / delta
	return p.size(v * effect * effect)
}

// size rounds up; a needed number that no shop has is an error.
func (p Plan) size(control float64) (Size, error) {
	treated := control * p.Ratio
	if !(control < 1e15 && treated < 1e15) {
		return Size{}, fmt.Errorf("experiment: %g customers needed", control+treated)
	}
	return Size{Treated: max(2, int64(math.Ceil(treated))), Control: max(2, int64(math.Ceil(control)))}, nil
}

// MoneyFound returns the smallest effect a customer that arms of these sizes
// prove with the plan's power.
func (p Plan) MoneyFound(sigma float64, s Size) (float64, error) {
	p, err := p.withDefaults()
	if err != nil {
		return 0, err
	}
	if !(sigma >= 0) || !finite(sigma) || s.Treated < 1 || s.Control < 1 {
		return 0, fmt.Errorf("experiment: standard deviation %g, arms %+v", sigma, s)
	}
	return p.z() * sigma * math.Sqrt(1/float64(s.Treated)+1/float64(s.Control)), nil
}

// RateFound returns the smallest rise of a rate that arms of these sizes
// prove with the plan's power, at most 1 − base.
func (p Plan) RateFound(base float64, s Size) (float64, error) {
	p, err := p.withDefaults()
	if err != nil {
		return 0, err
	}
	if !(base >= 0 && base <= 1) || s.Treated < 1 || s.Control < 1 {
		return 0, fmt.Errorf("experiment: rate %g, arms %+v", base, s)
	}
	// δ² = z²(base(1−base)/c + (base+δ)(1−base−δ)/t), a quadratic in δ.
	t, c, z2 := float64(s.Treated), float64(s.Control), p.z()*p.z()
	v := base * (1 - base)
	qa, qb, qc := 1+z2/t, z2*(1-2*base)/t, z2*v*(1/c+1/t)
	return min(1-base, (qb+math.Sqrt(qb*qb+4*qa*qc))/(2*qa)), nil
}

// PowerFor returns the probability that arms of these sizes prove an effect of
// delta where what customers spend has standard deviation sigma.
func (p Plan) PowerFor(sigma, delta float64, s Size) (float64, error) {
	p, err := p.withDefaults()
	if err != nil {
		return 0, err
	}
	if !(sigma > 0) || !finite(sigma, delta) || s.Treated < 1 || s.Control < 1 {
		return 0, fmt.Errorf("experiment: standard deviation %g, effect %g, arms %+v", sigma, delta, s)
	}
	d := delta / (sigma * math.Sqrt(1/float64(s.Treated)+1/float64(s.Control)))
	z := quantile(p.Level)
	return normalCDF(d-z) + normalCDF(-d-z), nil
}
