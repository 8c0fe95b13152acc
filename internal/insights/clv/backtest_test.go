package clv

import (
	"math"
	"strings"
	"testing"
)

// days turns simulated customers into purchase days before and in a window.
func days(n int) []Purchases {
	s := newShop(11, Model{Kind: MBG, K: 1, R: .8, Alpha: 6, A: .9, B: 2.2})
	var list []Purchases
	for range n {
		first := int32(s.Float64() * 400)
		p := Purchases{{Day: first, Amount: 1000}}
		rate := s.gamma(s.m.R) / s.m.Alpha / 7
		a, b := s.gamma(s.m.A), s.gamma(s.m.B)
		nu := s.gamma(s.q) / s.g
		for t := float64(first); s.Float64() > a/(a+b); {
			if t += s.ExpFloat64() / rate; t > 700 {
				break
			}
			if day := int32(t); day > p[len(p)-1].Day {
				p = append(p, Day{day, int64(100 * s.gamma(s.p) / nu)})
			}
		}
		list = append(list, p)
	}
	return list
}

func TestBackTest(t *testing.T) {
	shop := days(4000)
	windows := Rolling(700, 90, 3)
	if windows[0].Now != 430 || windows[2].Now != 610 || windows[2].Days != 90 {
		t.Fatalf("%+v", windows)
	}
	var chosen, nobodyLeaves []Result
	for _, w := range windows {
		r, err := BackTest(shop, w, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		n, err := BackTest(shop, w, NBD, 1)
		if err != nil {
			t.Fatal(err)
		}
		chosen, nobodyLeaves = append(chosen, r), append(nobodyLeaves, n)
		if r.Fit.Kind == NBD || r.AUC < .7 || r.Brier >= r.BrierBase || r.MAE >= r.NaiveMAE || r.ECE > .04 {
			t.Errorf("%+v", r)
		}
		if r.Customers != 4000 || math.Abs(r.Expected-r.Actual) > .15*r.Actual {
			t.Errorf("%.0f expected of %d customers, %.0f bought", r.Expected, r.Customers, r.Actual)
		}
		if r.CountCoverage < .94 || r.MoneyCoverage < .93 || r.MoneyShown < 2000 {
			t.Errorf("intervals held %.3f and %.3f of %d", r.CountCoverage, r.MoneyCoverage, r.MoneyShown)
		}
		for i, b := range r.Calibration[1:] {
			if b.Foretold < r.Calibration[i].Foretold {
				t.Errorf("tenths out of order: %+v", r.Calibration)
			}
		}
	}
	if !NoWorse(chosen, nobodyLeaves) || NoWorse(nobodyLeaves, chosen) || !NoWorse(chosen, nil) || NoWorse(nil, chosen) {
		t.Error("the better model doesn't go live, or the worse one does")
	}
	if _, err := BackTest(shop, Window{Now: 0, Days: 90}, "", 0); err != ErrThin {
		t.Errorf("before anybody bought: %v", err)
	}
	if _, err := BackTest(shop, windows[0], "none", 1); err == nil {
		t.Error("an unknown kind of model is taken")
	}
}

func TestRanks(t *testing.T) {
	yes := []bool{false, true, false, true}
	near(t, "AUC", AUC([]float64{.1, .9, .2, .8}, yes), 1, 0)
	near(t, "AUC of ties", AUC([]float64{.5, .5, .5, .5}, yes), .5, 0)
	near(t, "AUC", AUC([]float64{.1, .2, .2, .3}, yes), .875, 0)
	near(t, "AUC of nobody", AUC([]float64{1, 2}, []bool{false, false}), .5, 0)
	near(t, "capture", Capture([]float64{5, 4, 3, 2, 1}, []float64{6, 2, 1, 1, 0}), .6, 0)
	bins := Calibration([]float64{.1, .2, .8, .9}, []float64{0, 0, 1, 1}, 2)
	if len(bins) != 2 || bins[1].Customers != 2 || math.Abs(bins[1].Foretold-.85) > 1e-12 || bins[1].Happened != 1 {
		t.Errorf("%+v", bins)
	}
}

// FuzzReaders reads whatever there is: an error or a report, and never more.
func FuzzReaders(f *testing.F) {
	f.Add(" 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n")
	f.Add("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n536365,85123A,\"A \"\" B\",6,2010-12-01 08:26:00,2.55,17850,UK\nC5,85123A,x,-1,2010-12-01 08:26:00,2.55,17850,UK\n")
	f.Add("1 2 99999999 1 NaN")
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(string) ([]Purchases, error){
			func(s string) ([]Purchases, error) { return readCDNOW(strings.NewReader(s)) },
			func(s string) ([]Purchases, error) { return readOnlineRetail(strings.NewReader(s)) },
		} {
			list, err := read(text)
			if err != nil {
				continue
			}
			for _, p := range list {
				for i := range p[1:] {
					if p[i+1].Day <= p[i].Day {
						t.Fatalf("days out of order: %v", p)
					}
				}
			}
			if r, err := BackTest(list, Window{Now: 15218, Days: 100}, BG, 1); err == nil && !finite(r.MAE, r.AUC, r.Brier, r.Expected) {
				t.Fatalf("%+v", r)
			}
		}
	})
}
