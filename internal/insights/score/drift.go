package score

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// A Drift is how different the cases of now are from those learned from, in
// one field or in the predictions.
type Drift struct {
	Name string `json:"name"`

	// PSI is the population stability index, Σ (now − then)·ln(now/then)
	// over the shares of bins: below .1 nothing, above .2 much has changed.
	PSI float64 `json:"psi"`

	Chance float64 `json:"chance"` // what the index stays below 99 times in 100 if nothing has changed
	Alarm  bool    `json:"alarm"`  // PSI above .2 and above Chance

	Bins []DriftBin `json:"bins"`
}

// A DriftBin is the cases in one bin.
type DriftBin struct {
	Word  string   `json:"word,omitempty"`  // "" of words: unknown, and those too rare for a bin
	From  *float64 `json:"from,omitempty"`  // of numbers: at least; nil if without limit
	Below *float64 `json:"below,omitempty"` // nil if without limit
	Then  int      `json:"then"`
	Now   int      `json:"now"`
}

// DriftNumbers compares numbers in bins cut at the deciles of then. Numbers
// that are not finite are left out. Either side without numbers returns ErrFew.
func DriftNumbers(name string, then, now []float64) (Drift, error) {
	then, now = finite(then), finite(now)
	cuts := deciles(then)
	bins := make([]DriftBin, len(cuts)+1)
	for i := range bins {
		if i > 0 {
			bins[i].From = &cuts[i-1]
		}
		if i < len(cuts) {
			bins[i].Below = &cuts[i]
		}
	}
	for _, x := range then {
		bins[part(cuts, x)].Then++
	}
	for _, x := range now {
		bins[part(cuts, x)].Now++
	}
	return drift(name, bins)
}

// DriftWords compares words. Those with less than one in a hundred on both
// sides share a bin with the unknown.
func DriftWords(name string, then, now []string) (Drift, error) {
	words := map[string]DriftBin{}
	for _, w := range then {
		b := words[w]
		b.Then++
		words[w] = b
	}
	for _, w := range now {
		b := words[w]
		b.Now++
		words[w] = b
	}
	bins := []DriftBin{{}}
	for _, w := range slices.Sorted(maps.Keys(words)) {
		b := words[w]
		b.Word = w
		if w == "" || b.Then*100 < len(then) && b.Now*100 < len(now) {
			bins[0].Then += b.Then
			bins[0].Now += b.Now
			continue
		}
		bins = append(bins, b)
	}
	return drift(name, bins)
}

func drift(name string, bins []DriftBin) (Drift, error) {
	bins = slices.DeleteFunc(bins, func(b DriftBin) bool { return b.Then == 0 && b.Now == 0 })
	then, now := 0, 0
	for _, b := range bins {
		then += b.Then
		now += b.Now
	}
	if then == 0 || now == 0 {
		return Drift{}, fmt.Errorf("%w: %d then, %d now", ErrFew, then, now)
	}
	d := Drift{Name: name, Bins: bins}
	k := float64(len(bins))
	for _, b := range bins {
		// Half a case more in each bin: one that was empty is no infinity.
		was := (float64(b.Then) + .5) / (float64(then) + .5*k)
		is := (float64(b.Now) + .5) / (float64(now) + .5*k)
		d.PSI += (is - was) * math.Log(is/was)
	}
	if k > 1 {
		// Without change the index is χ² of k−1, times 1/then + 1/now
		// (Yurdakul & Naranjo, Journal of Risk Model Validation 2020).
		d.Chance = 2 * mathext.GammaIncRegInv((k-1)/2, .99) * (1/float64(then) + 1/float64(now))
	}
	d.Alarm = d.PSI > .2 && d.PSI > d.Chance
	return d, nil
}

func finite(xs []float64) []float64 {
	var good []float64
	for _, x := range xs {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			good = append(good, x)
		}
	}
	return good
}
