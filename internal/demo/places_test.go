package demo

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPlacesAreReal checks towns and districts against a list of all of them.
func TestPlacesAreReal(t *testing.T) {
	dir := shared(t, "data/indonesia")
	provinces := map[string]string{} // code by folded name
	for _, r := range readCSV(t, filepath.Join(dir, "provinces.csv")) {
		provinces[folded(r[1])] = r[0]
	}
	cities := map[string]string{}
	for _, r := range readCSV(t, filepath.Join(dir, "regencies.csv")) {
		cities[r[1]+folded(r[2])] = r[0]
	}
	districts := map[string]bool{}
	for _, r := range readCSV(t, filepath.Join(dir, "districts.csv")) {
		districts[r[1]+folded(r[2])] = true
	}
	for _, p := range places {
		code, ok := provinces[folded(p.province)]
		city, found := cities[code+folded(p.city)]
		if !ok || !found {
			t.Errorf("there is no %s in %s", p.city, p.province)
			continue
		}
		for _, a := range p.areas {
			if !districts[city+folded(a.district)] {
				t.Errorf("there is no %s in %s", a.district, p.city)
			}
		}
	}
}

func TestPostcodes(t *testing.T) {
	prefixes := map[string][]string{
		jakarta: {"1"}, banten: {"15"}, westJava: {"16", "17", "40", "45"}, midJava: {"5"}, yogyakarta: {"55"}, eastJava: {"6"}, bali: {"80", "82"},
	}
	for _, p := range places {
		for _, a := range p.areas {
			for _, v := range a.villages {
				fits := slices.ContainsFunc(prefixes[p.province], func(s string) bool { return strings.HasPrefix(v.postcode, s) })
				if len(v.postcode) != 5 || !fits {
					t.Errorf("%s, %s has postcode %q", v.name, p.city, v.postcode)
				}
			}
		}
	}
}

func folded(s string) string {
	s = strings.ToLower(strings.NewReplacer("DKI ", "", "DI ", "", "DAERAH ISTIMEWA ", "").Replace(strings.ToUpper(s)))
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, s)
}

func readCSV(t *testing.T, file string) [][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// shared returns a folder of the data that lie beside the project, and skips
// the test where they are not.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("there is no shared/%s beside the project", name)
		}
		dir = up
	}
}
