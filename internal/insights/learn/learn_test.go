package learn

import (
	"encoding/json"
	"testing"
	"time"
)

func dump(t *testing.T, name string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Logf("%s: %s", name, b)
}

func TestTry(t *testing.T) {
	m := retail(t, day(2011, 12, 9))
	opt := Options{Run: 1, Rate: .1}
	start := time.Now()
	c, err := Learn(t.Context(), m, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(start))
	c.Retention.Chain.P = nil
	dump(t, "ch", c.Health.Challenger.Quality.AUC)
	dump(t, "ret", c.Retention)
	t.Log(c.Retention.Gain(.05))
	dump(t, "cohorts", c.Cohorts)
	dump(t, "months", c.Months)
	j, err := Judge(t.Context(), m, &c.Models, opt, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	dump(t, "board", j.Board)
	j.Whale.Curve.Points = nil
	dump(t, "whale", j.Whale.Curve)
	start = time.Now()
	opt.Progress = func(s string) { t.Log(s, time.Since(start)) }
	l, err := LearnLinks(t.Context(), m, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(start))
	dump(t, "links", l.Health)
	dump(t, "odds", l.Odds)
}
