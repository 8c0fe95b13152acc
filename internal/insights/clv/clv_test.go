package clv

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// shared opens a file of the shared data, or skips the test.
func shared(t testing.TB, name string) io.Reader {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		f, err := os.Open(filepath.Join(dir, "shared", "data", name))
		if err == nil {
			t.Cleanup(func() { f.Close() })
			if filepath.Ext(name) != ".gz" {
				return bufio.NewReader(f)
			}
			z, err := gzip.NewReader(bufio.NewReader(f))
			if err != nil {
				t.Fatal(err)
			}
			return z
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("shared data %s is not here", name)
		}
		dir = up
	}
}

// summary reads the rounded statistics of CDNOW's customers.
func summary(t testing.TB) []Stats {
	rows, err := csv.NewReader(shared(t, "cdnow/cdnow_customers_summary.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []Stats
	for _, r := range rows[1:] {
		x, _ := strconv.Atoi(r[1])
		recency, _ := strconv.ParseFloat(r[2], 64)
		age, _ := strconv.ParseFloat(r[3], 64)
		list = append(list, Stats{Repeats: x, Recency: recency, Age: age})
	}
	return list
}

func sample(t testing.TB, list []Stats) *Sample {
	t.Helper()
	s, err := NewSample(list)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// near fails the test if got is further than tol from want.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.8g, want %.8g ± %g", what, got, want, tol)
	}
}
