package imports_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/imports"
)

// bringShared imports a file of the shared data.
func bringShared(t *testing.T, d *db.DB, name string, opt imports.Options) imports.Job {
	t.Helper()
	f, err := os.Open(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return bringFile(t, d, filepath.Base(name), f, opt)
}

// expectedContacts is contact-csv/expected.json.
type expectedContact struct {
	Rows                                                  int
	First, Middle, Last, Nickname, Org, Title, Birthday   string
	Email, Company, Mobile, City, Region, Postal, Country string
	BusinessPhone                                         string `json:"business_phone"`
	Website                                               string
	Emails, Phones                                        []json.RawMessage
	Labels                                                []string
}

func TestSharedContacts(t *testing.T) {
	data, err := os.ReadFile(shared(t, "contact-csv/expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]expectedContact
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB) {
				j := bringShared(t, d, "contact-csv/"+name, imports.Options{})
				if j.Created != int64(want.Rows) || j.Errors+j.Warnings > 0 {
					t.Fatalf("counted %v", counts(j))
				}
				var c customers.Customer
				for _, p := range people(t, d) {
					if p.Kind == customers.Person {
						c = p
					}
				}
				want.compare(t, d, &c)
			})
		})
	}
}

func (want *expectedContact) compare(t *testing.T, d *db.DB, c *customers.Customer) {
	t.Helper()
	check := func(what, got, want string) {
		t.Helper()
		if want != "" && got != want {
			t.Errorf("%s is %q, want %q", what, got, want)
		}
	}
	check("given name", c.Given, want.First)
	check("middle name", c.Middle, want.Middle)
	check("family name", c.Family, want.Last)
	check("nickname", c.Nickname, want.Nickname)
	check("birthday", c.Birthday, want.Birthday)
	for _, org := range []string{want.Org, want.Company} {
		if org == "" {
			continue
		}
		firm := only(t, d, org)
		if firm.Kind != customers.Organization || len(c.Relations) != 1 || c.Relations[0].Other != firm.ID {
			t.Errorf("not linked to %q: %+v", org, c.Relations)
			continue
		}
		check("title", c.Relations[0].Title, want.Title)
	}
	emails := want.Emails
	if want.Email != "" {
		emails = append(emails, json.RawMessage(`"`+want.Email+`"`))
	}
	if len(c.Emails) != len(emails) {
		t.Fatalf("e-mails %+v", c.Emails)
	}
	for i, raw := range emails {
		label, value := labelled(raw)
		check("e-mail", c.Emails[i].Value, value)
		check("label", c.Emails[i].Label, plainLabel(label))
		if strings.HasPrefix(label, "* ") != c.Emails[i].Primary && len(emails) > 1 {
			t.Errorf("%s: primary %v", value, c.Emails[i].Primary)
		}
	}
	phones := map[string]string{}
	for _, raw := range want.Phones {
		label, value := labelled(raw)
		phones[value] = plainLabel(label)
	}
	if want.Mobile != "" {
		phones[want.Mobile] = "mobile"
	}
	if want.BusinessPhone != "" {
		phones[want.BusinessPhone] = "work"
	}
	if len(c.Phones) != len(phones) {
		t.Errorf("telephones %+v, want %v", c.Phones, phones)
	}
	for _, p := range c.Phones {
		if label, ok := phones[p.Value]; !ok || label != p.Label {
			t.Errorf("telephone %q is labelled %q, want %v", p.Value, p.Label, phones)
		}
	}
	var tags []string
	for _, l := range want.Labels {
		if !strings.HasPrefix(l, "* ") {
			tags = append(tags, l)
		}
	}
	if len(c.Tags) != len(tags) || len(tags) > 0 && c.Tags[0].Value != tags[0] {
		t.Errorf("tags %+v, want %v", c.Tags, tags)
	}
	if want.City != "" {
		a := c.Addresses[0]
		check("city", a.City, want.City)
		check("region", a.Province, want.Region)
		check("postal code", a.Postcode, want.Postal)
		check("country", a.Country, want.Country)
	}
	if want.Website != "" && (len(c.Handles) != 1 || c.Handles[0].Value != want.Website || c.Handles[0].Network != "website") {
		t.Errorf("handles %+v", c.Handles)
	}
}

func labelled(raw json.RawMessage) (label, value string) {
	var pair []string
	if json.Unmarshal(raw, &pair) == nil && len(pair) == 2 {
		return pair[0], pair[1]
	}
	_ = json.Unmarshal(raw, &value)
	return "", value
}

func plainLabel(s string) string { return strings.ToLower(strings.TrimPrefix(s, "* ")) }

func TestSharedFebrl(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		path := shared(t, "dedupe/febrl/dataset2.csv")
		j := bringShared(t, d, "dedupe/febrl/dataset2.csv", imports.Options{})
		wantWarnings, wantDuplicates := febrlAnswers(t, path)
		if got := counts(j); got != [7]int64{5000, 0, 0, 0, wantWarnings, wantDuplicates, 0} {
			t.Errorf("counted %v, want 5000 created, %d bad dates, %d with a name before them", got, wantWarnings, wantDuplicates)
		}
		if wantWarnings != 10 {
			t.Errorf("%d bad dates in the file, want 10", wantWarnings)
		}
		c := only(t, d, "aleisha hobson")
		a := c.Addresses[0]
		if c.Birthday != "1929-04-27" || a.Street != "54 oliver street\ninglewood" || a.City != "toowoomba" || a.Postcode != "3175" || a.Province != "qld" ||
			c.ExternalID != "rec-3004-org" || len(c.Traits) != 1 || c.Traits[0].Value != "5967384" {
			t.Errorf("%+v", c)
		}
		again := bringShared(t, d, "dedupe/febrl/dataset2.csv", imports.Options{Keys: []string{"external_id"}})
		if again.Skipped != 5000 {
			t.Errorf("imported again: %v", counts(again))
		}
	})
}

// febrlAnswers counts, by other means, dates that are in no calendar and rows
// whose name stands further up.
func febrlAnswers(t *testing.T, path string) (badDates, repeats int64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	days := []int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		if date := row[9]; date != "" {
			y, m, day := num(date[:4]), num(date[4:6]), num(date[6:])
			leap := y%4 == 0 && (y%100 != 0 || y%400 == 0)
			ok := m >= 1 && m <= 12 && day >= 1 && (day <= days[min(m, 12)] || m == 2 && day == 29 && leap)
			if !ok || len(date) != 8 {
				badDates++
			}
		}
		words := strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(row[1]+" "+row[2]), "'", ""), func(r rune) bool { return r < 'a' || r > 'z' })
		slices.Sort(words)
		key := strings.Join(words, " ")
		if key != "" && seen[key] {
			repeats++
		}
		seen[key] = true
	}
	return badDates, repeats
}

func num(s string) int {
	n := 0
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

// TestSharedTables imports every CSV and XLSX file of the shared data that is
// meant to break readers.
func TestSharedTables(t *testing.T) {
	for _, dir := range []string{"csv", "dedupe/splink", "crm", "indonesia", "email-bounces", "online-retail"} {
		root := shared(t, dir)
		err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			ext := filepath.Ext(path)
			if err != nil || ext != ".csv" && ext != ".xlsx" && ext != ".tsv" && ext != ".gz" || info.Size() > 1<<20 {
				return err
			}
			t.Run(filepath.Base(path), func(t *testing.T) { tortured(t, path) })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func tortured(t *testing.T, path string) {
	d := open(t)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	j, err := imports.Start(t.Context(), d, f, filepath.Base(path), imports.Options{})
	if err != nil {
		t.Logf("not a table: %v", err)
		return
	}
	// Whatever the columns are called: the first one is the name.
	set := j.Settings
	set.Map = imports.Mapping{j.Header[0]: "name"}
	for i, h := range j.Header[1:] {
		if i < 5 {
			set.Map[h] = "trait:" + h
		}
	}
	if j, err = imports.Configure(t.Context(), d, j.ID, nil, set); err != nil {
		t.Fatal(err)
	}
	dry := run(t, d, j.ID, true)
	j = run(t, d, j.ID, false)
	if dry.Counts != j.Counts || j.Rows() != j.Place {
		t.Errorf("counted %+v, dry %+v, of %d rows", j.Counts, dry.Counts, j.Place)
	}
}

func TestSharedCards(t *testing.T) {
	dir := filepath.Dir(shared(t, "vcard/expected_python_vobject.json"))
	data, err := os.ReadFile(filepath.Join(dir, "expected_python_vobject.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]struct {
		Cards []struct {
			FN    []string
			Email []string
			Tel   []json.RawMessage
			Org   []json.RawMessage
			Bday  []string
		}
		Begin int `json:"cards_BEGIN"`
	}
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "ez-vcard", "*.vcf"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB) {
				j := bringShared(t, d, "vcard/ez-vcard/"+name, imports.Options{})
				want, ok := expected[name]
				if !ok {
					t.Logf("%s: no answers", name)
					return
				}
				if j.Rows() != int64(want.Begin) {
					t.Errorf("%d rows of %d cards", j.Rows(), want.Begin)
				}
				if j.Errors+j.Skipped > 0 {
					t.Errorf("counted %v: %+v", counts(j), problems(t, d, j))
				}
				found := map[string]bool{}
				for _, c := range people(t, d) {
					found[strings.Join(strings.Fields(c.Name), " ")] = true
					for _, e := range c.Emails {
						found[e.Value] = true
					}
					for _, p := range c.Phones {
						found[p.Value] = true
					}
				}
				for _, card := range want.Cards {
					for _, list := range [][]string{card.FN, card.Email} {
						for _, s := range list {
							s = strings.Join(strings.Fields(s), " ")
							// The answers end a name at a comma.
							if s != "" && !slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(f string) bool { return f == s || strings.HasPrefix(f, s+",") }) {
								t.Errorf("%q didn't come in", s)
							}
						}
					}
					for _, raw := range card.Tel {
						var pair []json.RawMessage
						var number string
						if json.Unmarshal(raw, &pair) != nil || len(pair) == 0 || json.Unmarshal(pair[0], &number) != nil {
							continue
						}
						number, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(number), "tel:"), ";")
						if !slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(f string) bool { return strings.HasPrefix(f, number) }) {
							t.Errorf("telephone %q didn't come in", number)
						}
					}
				}
			})
		})
	}
}

func problems(t *testing.T, d *db.DB, j imports.Job) (rows []imports.Row) {
	t.Helper()
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		rows, err = imports.Problems(t.Context(), tx, j.ID, 0, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestSharedPhones imports numbers as people write them, and compares with the
// answers of Google's library.
func TestSharedPhones(t *testing.T) {
	f, err := os.Open(shared(t, "phone/indonesia_expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(bufio.NewReader(f)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write([]string{"Nama", "No HP"})
	want := map[string]string{}
	for i, row := range rows[1:] {
		if row[1] != "ID" || row[2] != "ok" || row[4] != "true" {
			continue
		}
		name := "N" + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		want[name] = row[7]
		_ = w.Write([]string{name, row[0]})
	}
	w.Flush()
	d := open(t)
	j := bring(t, d, text.String(), imports.Options{})
	if j.Created != int64(len(want)) {
		t.Errorf("counted %v of %d: %+v", counts(j), len(want), problems(t, d, j))
	}
	for _, c := range people(t, d) {
		if len(c.Phones) != 1 || c.Phones[0].E164 != want[c.Name] {
			t.Errorf("%+v, want %s", c.Phones, want[c.Name])
		}
	}
}
