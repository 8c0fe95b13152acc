package clv

import (
	"sync"
	"testing"
)

// million is a million customers of three years, made once.
var million = sync.OnceValues(func() ([]Stats, []Repeats) {
	stats, all := newShop(1, Model{Kind: MBG, K: 1, R: .8, Alpha: 12, A: .8, B: 2.5}).visits(1_000_000, 156, 0)
	bought := make([]Repeats, len(all))
	for i := range all {
		bought[i] = all[i].bought
		stats[i].Recency = min(float64(int(stats[i].Recency*7))/7, stats[i].Age) // whole days
	}
	return stats, bought
})

func BenchmarkFitCDNOW(b *testing.B) {
	list := summary(b)
	for _, kind := range []Kind{BG, MBG} {
		b.Run(string(kind), func(b *testing.B) {
			cpu(b)
			for b.Loop() {
				s, err := NewSample(list)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.Fit(kind, 1, Model{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMillion(b *testing.B) {
	stats, bought := million()
	s := sample(b, stats)
	fit, err := s.Fit(MBG, 1, Model{})
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d cells, %d evaluations", s.Cells(), fit.Evaluations)
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			cpu(b)
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("sample", func() error { _, err := NewSample(stats); return err })
	run("cold", func() error { _, err := s.Fit(MBG, 1, Model{}); return err })
	near := fit.Model
	near.R *= 1.02
	near.Alpha *= .98
	run("warm", func() error { _, err := s.Fit(MBG, 1, near); return err })
	run("choose", func() error { _, err := s.Choose(near); return err })
	run("spend", func() error { _, err := FitSpend(bought); return err })
	run("forecast", func() error { s.Forecast(fit.Model, nil, 52); return nil })
}

func BenchmarkScore(b *testing.B) {
	stats := summary(b)
	sp := Spend{Bands: []Band{{From: 1, P: 6.25, Q: 3.74, Gamma: 15.44}}}
	h := NewHorizon(52, .1)
	for _, m := range []Model{{MBG, 1, .5248, 6.183, .8914, 1.614}, {MBG, 2, .85, 4.36, .161, 2.01}} {
		run := func(name string, f func(s Stats)) {
			b.Run(m.String()+" "+name, func(b *testing.B) {
				cpu(b)
				for i := 0; b.Loop(); i++ {
					f(stats[i%len(stats)])
				}
			})
		}
		run("active", func(s Stats) { m.Active(s, 13) })
		run("expected", func(s Stats) { m.Expected(s, 52) })
		run("value", func(s Stats) { h.Value(m, &sp, s, Repeats{s.Repeats, 30}) })
		run("money range", func(s Stats) { MoneyRange(m, &sp, s, Repeats{s.Repeats, 30}, 52) })
	}
}
