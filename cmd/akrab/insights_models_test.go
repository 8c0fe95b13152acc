package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// orderFile writes rows as a file of orders and returns its name.
func orderFile(t *testing.T, rows func(add func(cells ...string))) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "orders.csv")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	add := func(cells ...string) {
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	add("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
	rows(add)
	w.Flush()
	if err := errors.Join(w.Error(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// imported imports orders and fails if a row does.
func imported(t *testing.T, at, file string, args ...string) {
	t.Helper()
	got := decode[summary](t, akrab(t, append([]string{"import", "orders", file, "--json", at}, args...)...))
	if got.State != "done" || got.Errors > 0 {
		t.Fatalf("import: %+v", got)
	}
}

// TestInsightsCDNOW imports CDNOW's purchases as orders like anyone's and finds
// the parameters that Fader, Hardie and Lee published, on either engine.
func TestInsightsCDNOW(t *testing.T) {
	file, err := os.Open(sharedFile(t, "cdnow/CDNOW_sample.txt"))
	if err != nil {
		t.Skip("the shared data are not beside this checkout")
	}
	defer file.Close()
	rows := orderFile(t, func(add func(cells ...string)) {
		n := 0
		for sc := bufio.NewScanner(file); sc.Scan(); {
			f := strings.Fields(sc.Text())
			n++
			day := f[2][:4] + "-" + f[2][4:6] + "-" + f[2][6:]
			add("I"+strconv.Itoa(n), "CD", "CDs", "1", day+" 12:00", f[4], "C"+f[1])
		}
	})
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		imported(t, at, rows, "--currency", "USD", "--returns", "none")
		akrab(t, "insights", "refresh", "--as-of", "1997-09-30", at)
		r := decode[modelsReport](t, akrab(t, "insights", "models", "--json", at))
		if r.Customers != 2357 || r.Repeaters != 946 || r.AsOf != "1997-09-30" || r.Currency != "USD" || r.Margin || r.Rival != nil || r.Run != 1 {
			t.Errorf("models of run %d as of %s: %d customers, %d came back, %s, margin %v, rival %v", r.Run, r.AsOf, r.Customers, r.Repeaters, r.Currency, r.Margin, r.Rival)
		}
		near := func(name string, got, want, within float64) {
			t.Helper()
			if !(math.Abs(got-want) <= within*math.Abs(want)) {
				t.Errorf("%s = %.6f, want %.6f", name, got, want)
			}
		}
		tried := map[string]triedModel{}
		for _, m := range r.Purchase {
			tried[m.Name] = m
		}
		bg, mbg, nbd := tried["BG/NBD"], tried["MBG/NBD"], tried["NBD"]
		near("BG/NBD r", bg.R, .24259, 1e-4)
		near("BG/NBD alpha", bg.Alpha, 4.41360, 1e-4)
		near("BG/NBD a", bg.A, .79292, 1e-4)
		near("BG/NBD b", bg.B, 2.42591, 1e-4)
		near("BG/NBD log-likelihood", bg.LogLikelihood, -9582.42921, 1e-8)
		near("MBG/NBD log-likelihood", mbg.LogLikelihood, -9582.13572, 1e-8)
		near("NBD log-likelihood", nbd.LogLikelihood, -9763.65761, 1e-8)
		if len(tried) != 9 {
			t.Errorf("%d models were tried", len(tried))
		}
		if r.Spend == nil || len(r.Spend.Bands) != 1 {
			t.Fatalf("Gamma-Gamma: %+v", r.Spend)
		}
		near("Gamma-Gamma p", r.Spend.Bands[0].P, 6.2496, 2e-3)
		near("Gamma-Gamma q", r.Spend.Bands[0].Q, 3.7442, 2e-3)
		near("Gamma-Gamma gamma, in cents", r.Spend.Bands[0].Gamma, 1544.35, 4e-3)
		if text := akrab(t, "insights", "models", at); !strings.Contains(text, "MBG/CNBD-4") || !strings.Contains(text, "back-test") {
			t.Errorf("models: %s", text)
		}

		// The book's customer 1516 bought 26 times after the first.
		x := decode[explanation](t, akrab(t, "insights", "explain", "C1516", "--json", at))
		if x.How == nil || x.How.Stats.Repeats != 26 || x.Facts.Days != 27 || x.Sentence == "" || x.Score.Value <= 0 || x.AsOf != "1997-09-30" {
			t.Errorf("customer 1516: %+v", x)
		}
		if h := x.How; h != nil {
			near("recency", h.Stats.Recency, 216./7, 1e-9)
			near("age", h.Stats.Age, 31, 1e-9)
			near("value", float64(h.Value), h.Counted*h.Amount, 1e-4)
			if h.Value != x.Score.Value {
				t.Errorf("explained is %d, stored %d", h.Value, x.Score.Value)
			}
		}
		if text := akrab(t, "insights", "explain", "C1516", at); !strings.Contains(text, "segment A") || !strings.Contains(text, "survival") {
			t.Errorf("customer 1516: %s", text)
		}
	})
}

// TestInsightsGroceries imports the baskets of arules' Groceries as orders of
// nobody known, and finds as many rules as arules does, with a price and
// without one.
func TestInsightsGroceries(t *testing.T) {
	name := sharedFile(t, "groceries/groceries.csv")
	file := func(t *testing.T, price string) string {
		f, err := os.Open(name)
		if err != nil {
			t.Skip("the shared data are not beside this checkout")
		}
		defer f.Close()
		return orderFile(t, func(add func(cells ...string)) {
			r := csv.NewReader(f)
			for i := 0; ; i++ {
				row, err := r.Read()
				if errors.Is(err, io.EOF) {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if i > 0 {
					add("G"+row[0], row[1], row[1], "1", "2026-01-05 10:00", price, "")
				}
			}
		})
	}
	type ruleList struct {
		Baskets  int           `json:"baskets"`
		Products int           `json:"products"`
		Itemsets int           `json:"itemsets"`
		Rules    []printedRule `json:"rules"`
		Count    int           `json:"count"`
	}
	eachEngine(t, func(t *testing.T, fresh func() string) {
		for _, price := range []string{"1.5", "0"} {
			at := fresh()
			imported(t, at, file(t, price), "--currency", "USD", "--returns", "none")
			rules := func(support, confidence string, more ...string) ruleList {
				return decode[ruleList](t, akrab(t, append([]string{"insights", "rules", "--min-support", support, "--min-confidence", confidence, "--json", at}, more...)...))
			}
			for _, tt := range []struct {
				support, confidence string
				more                []string
				want                int
			}{
				{".001", ".5", nil, 5668}, {".001", ".8", nil, 410}, {".006", ".25", nil, 463}, {".006", ".25", []string{"--min-items", "1"}, 464},
				{".001", ".25", []string{"--max-items", "2"}, 367},
			} {
				if got := rules(tt.support, tt.confidence, tt.more...); got.Count != tt.want || len(got.Rules) != tt.want || got.Baskets != 9835 || got.Products != 169 {
					t.Errorf("price %s: %s/%s %v: %d rules in %d baskets of %d products, want %d", price, tt.support, tt.confidence, tt.more, got.Count, got.Baskets, got.Products, tt.want)
				}
			}
			top, all := printedRule{}, rules(".001", ".5")
			if all.Itemsets != 13492 {
				t.Errorf("%d itemsets", all.Itemsets)
			}
			for _, r := range all.Rules {
				if r.Lift > top.Lift {
					top = r
				}
				if !(r.P >= 0 && r.P <= 1) || !(r.Expected > 0) {
					t.Fatalf("rule %+v", r)
				}
			}
			if math.Abs(top.Lift-18.99565) > 1e-5 || top.Count != 12 || top.Then != "hamburger meat" || top.AdjustedLift < 5 || top.P > 1e-6 {
				t.Errorf("the greatest lift: %+v", top)
			}
			if text := akrab(t, "insights", "rules", "--min-support", ".01", "--min-confidence", ".5", at); !strings.HasSuffix(text, "15 rules of 333 sets that occur in 99 or more of 9835 orders with 169 products\n") {
				t.Errorf("rules: %s", text)
			}
		}
	})
}

// TestInsightsEvaluate compares with published figures: with the right data all
// are as they should be, with a part of them the command fails.
func TestInsightsEvaluate(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	type evaluation struct {
		OK     bool    `json:"ok"`
		Checks []check `json:"checks"`
	}
	name := sharedFile(t, "cdnow/CDNOW_sample.txt")
	good := decode[evaluation](t, akrab(t, "insights", "evaluate", "cdnow", "--file", name, "--json"))
	if !good.OK || len(good.Checks) < 20 {
		t.Errorf("cdnow: %+v", good)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half.txt")
	if err := os.WriteFile(half, data[:len(data)/2-len(data)/2%strings.Index(string(data), "\n")], 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "insights", "evaluate", "cdnow", "--file", half)
	<-p.over
	if p.err == nil || !strings.Contains(p.out.String(), "off") || !strings.Contains(p.errs.String(), "not all figures") {
		t.Errorf("half of cdnow: %v\n%s%s", p.err, p.out.String(), p.errs.String())
	}
}

// TestInsightsOfNothing says what to do where nothing was learned, and what is
// left where data are few.
func TestInsightsOfNothing(t *testing.T) {
	eachEngine(t, func(t *testing.T, fresh func() string) {
		at := fresh()
		imported(t, at, orderFile(t, func(add func(cells ...string)) {
			for i := range 30 {
				add("F"+strconv.Itoa(i), "P", "Pump", "1", "2026-01-0"+strconv.Itoa(1+i%9), "10", "K"+strconv.Itoa(i%10))
			}
		}), "--returns", "none")
		akrab(t, "insights", "refresh", "--as-of", "2026-02-01", at)
		r := decode[modelsReport](t, akrab(t, "insights", "models", "--json", at))
		if r.Enough || r.Why != "customers" || r.Customers != 10 || r.Best != "" {
			t.Errorf("models of ten customers: %+v", r)
		}
		x := decode[explanation](t, akrab(t, "insights", "explain", "K3", "--json", at))
		if x.How != nil || x.Facts.Days != 3 || x.Score.Signal != "" || !strings.Contains(x.Sentence, "too few") {
			t.Errorf("a customer of ten: %+v", x)
		}
		if out := string(akrab(t, "insights", "explain", "K3", at)); !strings.HasPrefix(out, "K3 (") {
			t.Errorf("who has only a number is explained as %.40q", out)
		}
		for want, args := range map[string][]string{
			"no customer has": {"explain", "nobody"},
			"not exist":       {"explain", "01900000-0000-7000-8000-00000000ffff"},
			"--min-support":   {"rules", "--min-support", "nan"},
			"a share, 0 to 1": {"rules", "--min-confidence", "50"},
			"--max-items 0":   {"rules", "--max-items", "0"},
			"--max-sets 0":    {"rules", "--max-sets", "0"},
			"--min-items 5":   {"rules", "--min-items", "5", "--max-items", "2"},
			"from 1970":       {"refresh", "--as-of", "3000-01-01"},
		} {
			p := start(t, append(append([]string{"insights"}, args...), at)...)
			<-p.over
			if p.err == nil || !strings.Contains(p.err.Error()+p.errs.String(), want) || strings.Contains(p.errs.String(), "panic") {
				t.Errorf("%v: %v %s", args, p.err, p.errs.String())
			}
		}
	})
}
