package experiment

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// The distributions are written here on gonum's special functions: its package
// of distributions would bring all of its linear algebra into the program.

// normalCDF returns the probability that a standard normal variable is at most x.
func normalCDF(x float64) float64 { return .5 * math.Erfc(-x/math.Sqrt2) }

// normalQuantile returns the x that a standard normal variable is at most
// with probability p, 0 … 1.
func normalQuantile(p float64) float64 { return mathext.NormalQuantile(p) }

// studentTails returns the probability that a Student variable of df > 0
// degrees of freedom is at least |x| away from 0.
func studentTails(df, x float64) float64 {
	return mathext.RegIncBeta(df/2, .5, df/(df+x*x))
}

// studentWithin returns the x ≥ 0 such that a Student variable of df > 0
// degrees of freedom is within ±x with probability level, 0 … 1.
func studentWithin(df, level float64) float64 {
	t := mathext.InvRegIncBeta(df/2, .5, 2*(1-(.5+level/2)))
	return math.Sqrt(df * (1 - t) / t)
}

// chiSquareAbove returns the probability that a χ² variable of df > 0 degrees
// of freedom is above x ≥ 0.
func chiSquareAbove(df, x float64) float64 { return mathext.GammaIncRegComp(df/2, x/2) }
