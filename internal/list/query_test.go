package list_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/list"
)

func TestParse(t *testing.T) {
	v, err := url.ParseQuery(`f=city:eq:Bandung&f=name:eq:Smith, John: the \ 2nd&f=tag:in:a\,b,c\\,,d&f=owner:empty&f=fee:between:1,2` +
		`&sort=-name&limit=20&c=name,city&c=phase&c=city&count=true&cursor=abc&tab=all`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := list.Parse(v)
	want := list.Query{
		Filters: []list.Filter{
			{Column: "city", Op: list.Eq, Values: []string{"Bandung"}},
			{Column: "name", Op: list.Eq, Values: []string{`Smith, John: the \ 2nd`}},
			{Column: "tag", Op: list.In, Values: []string{"a,b", `c\`, "", "d"}},
			{Column: "owner", Op: list.Empty},
			{Column: "fee", Op: list.Between, Values: []string{"1", "2"}},
		},
		Sort: "-name", Limit: 20, Columns: []string{"name", "city", "phase"}, Count: true, Cursor: "abc",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

// A query means the same after a way through an address or a saved view.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"", "f=city:eq:Bandung", "f=a:in:x\\,y,,z\\\\&sort=-a&limit=7&c=b,a&count=1&cursor=q", "f=a:empty:x", "f=a:in", "f=a:in:",
		"f=a:eq", "f=a:eq:", "f=::", "f=a:between:1,2,3", "limit=-1", "count=x", "f=a:\\,:b", "f=a:nin:\\", "c=,,", "f=%ff:eq:%00",
	} {
		f.Add(s)
	}
	d := dbtest.Open(f, modules...)
	f.Fuzz(func(t *testing.T, text string) {
		v, _ := url.ParseQuery(text) // what is broken is left out
		q, err := list.Parse(v)
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := list.Parse(q.Values())
		if err != nil || !reflect.DeepEqual(again, q) {
			t.Errorf("%q is %+v, and through an address %+v, %v", text, q, again, err)
		}
		saved, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		var view list.Query
		if err := json.Unmarshal(saved, &view); err != nil {
			t.Fatal(err)
		}
		if want := q.First(); view.Values().Encode() != withoutCount(want).Values().Encode() && !strings.Contains(string(saved), `\ufffd`) {
			t.Errorf("%q saved as %s is %+v", text, saved, view)
		}
		err = d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
			_, err := members.Page(t.Context(), tx, q)
			return err
		})
		if err != nil && errs.KindOf(err) != errs.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func withoutCount(q list.Query) list.Query {
	q.Count = false
	return q
}

// No value of any column makes the database fail.
func FuzzValue(f *testing.F) {
	for _, s := range []string{
		"", "me", "-30d", "1m", "last-quarter", "2026-02-29", "2024-02-29T10:00:00+07:00", "1.50", "-0", "1e5", "0x10", "٣", "true",
		"0812-3045-7781", "+62", "a@b.id", "%_\\", "'", "\U0010ffff", "\xed\x9f\xbf", "01900000-0000-7000-8000-000000000001", "a,b", "\\,",
		strings.Repeat("x", 501), "9223372036854775807", "-92233720368547758.08", "9999-12-31", "0999-01-01", "NaN", "ｊｏｓé",
	} {
		f.Add(s)
	}
	d := dbtest.Open(f, modules...)
	f.Fuzz(func(t *testing.T, value string) {
		err := d.Read(t.Context(), db.Who{User: me}, func(tx *db.Tx) error {
			for i := range members.Columns {
				c := &members.Columns[i]
				for _, op := range c.Operators() {
					filter := list.Filter{Column: c.Key, Op: op, Values: []string{value}}
					switch op.Arity() {
					case 0:
						filter.Values = nil
					case 2:
						filter.Values = []string{value, value}
					}
					_, err := members.Page(t.Context(), tx, list.Query{Filters: []list.Filter{filter}})
					if err != nil && errs.KindOf(err) != errs.Invalid {
						t.Errorf("%s: %v", filter, err)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
