package list_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/locale"
)

// A tree finds whom its parts describe, told without SQL: on pages in any
// order, in counts, and when only some members are asked about.
func TestTrees(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		rows := randomMembers(rand.New(rand.NewPCG(5, 6)), 80, me)
		add(t, d, rows)
		rapid.Check(t, func(rt *rapid.T) {
			tree, want := drawTree(rt, 3)
			sort := rapid.SampledFrom([]string{"", "-points", "seen", "-visits", "rhythm", "fee"}).Draw(rt, "sort")
			q := list.Query{Where: tree, Sort: sort, Limit: 100, Count: true}
			var expect []member
			for _, m := range rows {
				if want(m) {
					expect = append(expect, m)
				}
			}
			slices.SortFunc(expect, order(sort))
			half := rows[:40]
			read(t, d, db.Who{User: me}, func(ctx context.Context, tx *db.Tx) error {
				p, err := members.Page(ctx, tx, q)
				if err != nil {
					return err
				}
				if names(p.Rows) != names(expect) || p.Count >= 0 && p.Count != int64(len(expect)) {
					rt.Fatalf("%s, order %q: %d\n got %s\nwant %s", tree, sort, p.Count, names(p.Rows), names(expect))
				}
				n, err := members.Count(ctx, tx, q)
				if err != nil || n != int64(len(expect)) {
					rt.Fatalf("%s counts %d, %v, want %d", tree, n, err, len(expect))
				}
				var all []ids.ID
				for _, m := range expect {
					all = append(all, m.ID)
				}
				slices.SortFunc(all, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
				n, found, err := members.Gather(ctx, tx, q)
				if err != nil || n != int64(len(expect)) || !slices.Equal(found, all) {
					rt.Fatalf("%s gathers %d, counts %d, %v, want %d", tree, len(found), n, err, len(expect))
				}
				looked, walked, err := members.BothWays(ctx, tx, q)
				if err != nil || !slices.EqualFunc(looked, walked, slices.Equal) {
					rt.Fatalf("%s: looked up %v, walked %v, %v", tree, looked, walked, err)
				}
				var asked, some []ids.ID
				for _, m := range half {
					asked = append(asked, m.ID)
					if want(m) {
						some = append(some, m.ID)
					}
				}
				slices.SortFunc(some, func(a, b ids.ID) int { return slices.Compare(a[:], b[:]) })
				got, err := members.Among(ctx, tx, q, asked)
				if !slices.Equal(got, some) {
					rt.Fatalf("%s: among some there are %d, want %d", tree, len(got), len(some))
				}
				return err
			})
		})
	})
}

// drawTree returns a tree and what it means.
func drawTree(t *rapid.T, depth int) (list.Tree, func(member) bool) {
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	switch {
	case depth == 0 || kind == 0:
		f := filterTests[rapid.IntRange(0, len(filterTests)-1).Draw(t, "filter")]
		filter, err := list.ParseFilter(f.filter)
		if err != nil {
			t.Fatal(err)
		}
		return list.LeafOf(filter), f.want
	case kind == 1:
		part, want := drawTree(t, depth-1)
		return list.Tree{Join: list.Not, Parts: []list.Tree{part}}, func(m member) bool { return !want(m) }
	case kind == 2:
		word := rapid.SampledFrom([]string{"gold", "vip", "none"}).Draw(t, "word")
		not := list.Tree{Join: list.Not, Parts: []list.Tree{list.LeafOf(list.Filter{Column: "word", Op: list.Eq, Values: []string{word}})}}
		if rapid.Bool().Draw(t, "other") {
			return list.Tree{Join: list.All, Has: "mark", Parts: []list.Tree{not}}, func(m member) bool {
				return slices.ContainsFunc(m.Tags, func(s string) bool { return s != word })
			}
		}
		return list.Tree{Join: list.Any, Has: "mark", Parts: not.Parts}, func(m member) bool { return slices.Contains(m.Tags, word) }
	case kind == 3:
		return drawBuy(t)
	case kind == 4:
		sum := rapid.Int64Range(0, 4).Draw(t, "sum")
		return list.Tree{Join: list.All, Has: "deal", Parts: []list.Tree{leaf(t, fmt.Sprint("sum:gte:", sum))}}, func(m member) bool {
			return slices.ContainsFunc(m.Deals, func(d deal) bool { return !d.Void && d.Sum >= sum })
		}
	}
	join := list.All
	if kind == 5 {
		join = list.Any
	}
	tree := list.Tree{Join: join}
	var wants []func(member) bool
	for range rapid.IntRange(0, 3).Draw(t, "parts") {
		part, want := drawTree(t, depth-1)
		tree.Parts, wants = append(tree.Parts, part), append(wants, want)
	}
	return tree, func(m member) bool {
		if join == list.Any {
			return slices.ContainsFunc(wants, func(w func(member) bool) bool { return w(m) })
		}
		return !slices.ContainsFunc(wants, func(w func(member) bool) bool { return !w(m) })
	}
}

func leaf(t *rapid.T, text string) list.Tree {
	f, err := list.ParseFilter(text)
	if err != nil {
		t.Fatal(err)
	}
	return list.LeafOf(f)
}

// buyTests are conditions on what was bought, each with what it means.
var buyTests = []struct {
	filter string
	want   func(d deal, i item) bool
}{
	{"good:eq:" + goods[0].id.String(), func(_ deal, i item) bool { return i.Good == 0 }},
	{"good:ne:" + goods[0].id.String(), func(_ deal, i item) bool { return i.Good != 0 }},
	{"good:in:" + goods[1].id.String() + "," + goods[2].id.String(), func(_ deal, i item) bool { return i.Good == 1 || i.Good == 2 }},
	{"good:filled", func(_ deal, i item) bool { return i.Good >= 0 }},
	{"sort:eq:tea", func(_ deal, i item) bool { return sortOf(i) == "tea" }},
	{"sort:ne:tea", func(_ deal, i item) bool { return sortOf(i) != "tea" }},
	{"sort:in:rice,tea", func(_ deal, i item) bool { return sortOf(i) != "" }},
	{"sort:starts:r", func(_ deal, i item) bool { return sortOf(i) == "rice" }},
	{"sort:contains:e", func(_ deal, i item) bool { return sortOf(i) != "" }},
	{"sort:empty", func(_ deal, i item) bool { return sortOf(i) == "" }},
	{"sort:filled", func(_ deal, i item) bool { return sortOf(i) != "" }},
	{"sort:eq:none", func(deal, item) bool { return false }},
	{"sum:gte:2", func(d deal, _ item) bool { return d.Sum >= 2 }},
	{"sum:ne:1", func(d deal, _ item) bool { return d.Sum != 1 }},
	{"pieces:gt:1", func(_ deal, i item) bool { return i.Pieces > 1 }},
}

func sortOf(i item) string {
	if i.Good < 0 {
		return ""
	}
	return goods[i.Good].sort
}

// drawBuy returns conditions on one thing that was bought, and what they mean.
func drawBuy(t *rapid.T) (list.Tree, func(member) bool) {
	tree := list.Tree{Join: rapid.SampledFrom([]list.Join{list.All, list.All, list.Any}).Draw(t, "buy"), Has: "buy"}
	var wants []func(deal, item) bool
	for range rapid.IntRange(1, 3).Draw(t, "asked") {
		b := buyTests[rapid.IntRange(0, len(buyTests)-1).Draw(t, "of")]
		part, want := leaf(t, b.filter), b.want
		if rapid.IntRange(0, 5).Draw(t, "deny") == 0 {
			part, want = list.Tree{Join: list.Not, Parts: []list.Tree{part}}, func(d deal, i item) bool { return !b.want(d, i) }
		}
		tree.Parts, wants = append(tree.Parts, part), append(wants, want)
	}
	meets := func(d deal, i item) bool {
		if tree.Join == list.Any {
			return slices.ContainsFunc(wants, func(w func(deal, item) bool) bool { return w(d, i) })
		}
		return !slices.ContainsFunc(wants, func(w func(deal, item) bool) bool { return !w(d, i) })
	}
	return tree, func(m member) bool {
		for _, d := range m.Deals {
			if !d.Void && slices.ContainsFunc(d.Items, func(i item) bool { return i.Pieces > 0 && meets(d, i) }) {
				return true
			}
		}
		return false
	}
}

func TestTreeRefusals(t *testing.T) {
	d := dbtest.Open(t, modules...)
	for _, tt := range []struct{ text, field, key string }{
		{`{"all":["city:eq:Bandung","hat:eq:red"]}`, "where.1", "list.filter.column"},
		{`{"any":[{"all":["city:eq:a"]},{"not":"points:gte:x"}]}`, "where.1.0", "list.filter.value"},
		{`{"all":["city:bigger:a"]}`, "where.0", "list.filter.operator"},
		{`{"all":[{"has":"car","all":[]}]}`, "where.0", "list.tree.kid"},
		{`{"has":"mark","all":["city:eq:a"]}`, "where.0", "list.filter.column"},
		{`{"has":"mark","all":[{"has":"mark","all":[]}]}`, "where.0", "list.tree.form"},
		{`{"all":[],"any":[]}`, "where", "list.tree.form"},
		{`{"all":"city:eq:a"}`, "where", "list.tree.form"},
		{`{"some":[]}`, "where", "list.tree.form"},
		{`[1]`, "where", "list.tree.form"},
		{`{"all":[7]}`, "where.0", "list.tree.form"},
		{`{"all":["city"]}`, "where.0", "list.filter.form"},
		{`{"all":[]} x`, "where", "list.tree.form"},
		{`{"all":[` + strings.Repeat(`{"not":`, 9) + `"city:eq:a"` + strings.Repeat(`}`, 9) + `]}`, "where.0.0.0.0.0.0.0.0.0", "list.tree.deep"},
		{`{"all":["city:eq:a"` + strings.Repeat(`,"city:eq:a"`, 60) + `]}`, "where", "list.tree.many"},
		{strings.Repeat(" ", 30_000) + `1`, "where", "list.tree.many"},
	} {
		tree, err := list.ParseTree(tt.text)
		if err == nil {
			err = d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error { return members.Check(tx, list.Query{Where: tree}) })
		}
		all := errs.All(err)
		if len(all) == 0 || all[0].Kind != errs.Invalid || all[0].Field != tt.field || all[0].Key != tt.key {
			t.Errorf("%.60s: %v, want %s at %s", tt.text, err, tt.key, tt.field)
		}
	}
}

func TestSentence(t *testing.T) {
	cat, err := locale.Load(list.Text, memberTexts)
	if err != nil {
		t.Fatal(err)
	}
	id, en := cat.Printer(locale.ID, locale.Workspace{}), cat.Printer(locale.EN, locale.Workspace{})
	for _, tt := range []struct{ tree, id, en string }{
		{`{"all":["city:eq:Bandung",{"any":["phase:eq:new","fee:gte:10000000"]}]}`,
			"Kota adalah Bandung dan (Tahap adalah Baru atau Iuran paling sedikit Rp\u00a010.000.000)",
			"City is Bandung and (Phase is New or Fee is at least Rp\u00a010.000.000)"},
		{`{"not":"tag:eq:vip"}`, "bukan (Label adalah vip)", "not (Tag is vip)"},
		{`"city:empty"`, "Kota kosong", "City is empty"},
		{`{"has":"mark","all":["word:eq:vip"]}`, "ada Label (Label adalah vip)", "has Tag (Tag is vip)"},
		{`{"all":[]}`, "semua", "all"},
	} {
		tree, err := list.ParseTree(tt.tree)
		if err != nil {
			t.Fatal(err)
		}
		if got := members.Sentence(id, tree, nil); got != tt.id {
			t.Errorf("%s is %q, want %q", tt.tree, got, tt.id)
		}
		if got := members.Sentence(en, tree, nil); got != tt.en {
			t.Errorf("%s is %q, want %q", tt.tree, got, tt.en)
		}
	}
}

// Whatever is read is written such that it reads the same, and can be asked or
// is refused; tidying changes nothing about what it means.
func FuzzTree(f *testing.F) {
	for _, s := range []string{
		"", `{"all":[]}`, `"city:eq:a"`, `{"all":["city:eq:\"<&>","phase:in:new,old"]}`, `{"any":[{"not":{"all":["fee:gt:1"]}}]}`,
		`{"has":"mark","any":["word:eq:vip"]}`, `{"not":{"has":"mark","all":[]}}`, `{"all":[{"any":[]},{"all":[{"all":[]}]}]}`,
		`{"all":["visits:gte:2","rhythm:lt:3","visits:empty"]}`, "{", `{"all":[null]}`, `{"not":7}`, `"\u0000"`,
	} {
		f.Add(s)
	}
	d := dbtest.Open(f, modules...)
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := list.ParseTree(text)
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := list.ParseTree(tree.String())
		if err != nil || !reflect.DeepEqual(again, tree) {
			t.Fatalf("%q is %+v, and written and read again %+v, %v", text, tree, again, err)
		}
		q, err := list.Parse(list.Query{Where: tree}.Values())
		if err != nil || !reflect.DeepEqual(q.Where, tree) {
			t.Fatalf("%q through an address: %+v, %v", text, q.Where, err)
		}
		if _, err := url.ParseQuery(q.Values().Encode()); err != nil {
			t.Fatal(err)
		}
		err = d.Read(t.Context(), db.Who{User: me}, func(tx *db.Tx) error {
			n, err := members.Count(t.Context(), tx, q)
			if errs.KindOf(err) == errs.Invalid {
				return nil
			}
			if err != nil {
				return err
			}
			m, err := members.Count(t.Context(), tx, list.Query{Where: tree.Tidy()})
			if n != m {
				t.Errorf("%q finds %d, tidied %d", text, n, m)
			}
			return err
		})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}
