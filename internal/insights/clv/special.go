package clv

import "math"

// digamma returns the derivative of the logarithm of the gamma function, for
// x > 0: by recurrence up to 10, then by the asymptotic series.
func digamma(x float64) float64 {
	v := 0.0
	for ; x < 10; x++ {
		v -= 1 / x
	}
	f := 1 / (x * x)
	return v + math.Log(x) - .5/x - f*(1./12-f*(1./120-f*(1./252-f*(1./240-f*(1./132-f*691/32760)))))
}

// lgamma returns the logarithm of the gamma function, for x > 0.
func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// hyper2F1 returns Gauss's hypergeometric series for 0 ≤ z < 1; false if it
// doesn't converge within a few thousand terms.
func hyper2F1(a, b, c, z float64) (float64, bool) {
	sum, term := 1.0, 1.0
	for j := 0.0; j < 4000; j++ {
		term *= (a + j) * (b + j) / ((c + j) * (j + 1)) * z
		sum += term
		if math.Abs(term) <= 1e-16*math.Abs(sum) {
			return sum, true
		}
	}
	return sum, false
}

// betaMean returns the mean of f over a Beta(a, b) variable: by the trapezoidal
// rule over its log-odds, stretched by sinh around their mode, which converges
// as fast for flat and one-sided variables as for narrow ones (after Takahasi
// and Mori 1974).
func betaMean(a, b float64, f func(float64) float64) float64 {
	const step, reach = 1. / 10, 12
	mode, width := math.Log(a/b), math.Sqrt(1/a+1/b)
	top := -a*softplus(-mode) - b*softplus(mode)
	var sum, total float64
	for i := -reach / step; i <= reach/step; i++ {
		odds := mode + width*math.Sinh(i*step)
		p := -softplus(-odds) // logarithm of the probability
		w := a*p - b*softplus(odds) - top + math.Log(math.Cosh(i*step))
		if w < -50 {
			continue
		}
		w = math.Exp(w)
		sum += w * f(math.Exp(p))
		total += w
	}
	return sum / total
}

// softplus returns ln(1 + exp(x)).
func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// betaCDF returns the regularised incomplete beta function I_x(a, b), by
// Lentz's continued fraction.
func betaCDF(x, a, b float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	if x > (a+1)/(a+b+2) {
		return 1 - betaCDF(1-x, b, a)
	}
	front := math.Exp(lgamma(a+b)-lgamma(a)-lgamma(b)+a*math.Log(x)+b*math.Log1p(-x)) / a
	return clamp(front*betaFraction(x, a, b), 0, 1)
}

func betaFraction(x, a, b float64) float64 {
	const tiny = 1e-300
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	h := d
	step := func(v float64) float64 {
		if d = 1 + v*d; math.Abs(d) < tiny {
			d = tiny
		}
		if c = 1 + v/c; math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		h *= d * c
		return d * c
	}
	for j := 1.0; j < 10000; j++ {
		step(j * (b - j) * x / ((a + 2*j - 1) * (a + 2*j)))
		if math.Abs(step(-(a+j)*(a+b+j)*x/((a+2*j)*(a+2*j+1)))-1) < 1e-14 {
			break
		}
	}
	return h
}

// normalCDF returns the standard normal distribution function.
func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
