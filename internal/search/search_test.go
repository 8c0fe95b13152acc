package search_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/search"
)

// each runs f on both engines with the search prepared.
func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, []db.Module{search.Module}, func(t *testing.T, d *db.DB) {
		if err := search.Prepare(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		f(t, d)
	})
}

// people is a source whose records are kept in memory.
type people struct {
	names  map[ids.ID]string
	phones map[ids.ID]string
	hidden map[ids.ID]bool
	loads  int
}

func (p *people) index() *search.Index {
	x := &search.Index{}
	x.Add(search.Source{Kind: "person", Keys: p.keys, Load: p.load})
	return x
}

func (p *people) keys(ctx context.Context, tx *db.Tx, q search.Query) ([]ids.ID, error) {
	var list []ids.ID
	for id, phone := range p.phones {
		if q.Digits != "" && strings.HasPrefix(phone, q.Digits) {
			list = append(list, id)
		}
	}
	return list, nil
}

func (p *people) load(ctx context.Context, tx *db.Tx, list []ids.ID) ([]search.Hit, error) {
	p.loads++
	var hits []search.Hit
	for _, id := range list {
		if name, ok := p.names[id]; ok && !p.hidden[id] {
			hits = append(hits, search.Hit{Kind: "person", Ref: id, Title: name})
		}
	}
	return hits, nil
}

// add puts one document for each name, each touched a minute after the one before.
func (p *people) add(t *testing.T, d *db.DB, names ...string) []ids.ID {
	t.Helper()
	if p.names == nil {
		p.names = map[ids.ID]string{}
	}
	var docs []search.Doc
	var list []ids.ID
	for i, name := range names {
		id := ids.New(dbtest.Now)
		title, terms, _ := strings.Cut(name, "|")
		p.names[id] = title
		list = append(list, id)
		docs = append(docs, search.Doc{Kind: "person", Ref: id, Title: title, Terms: strings.Split(terms, "|"),
			Touched: dbtest.Now.Add(time.Duration(i) * time.Minute)})
	}
	write(t, d, func(tx *db.Tx) error { return search.PutNew(t.Context(), tx, docs) })
	return list
}

func write(t testing.TB, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), db.Op{}, f); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, d *db.DB, x *search.Index, text string, opt search.Options) []string {
	t.Helper()
	var titles []string
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
		hits, err := x.Find(t.Context(), tx, text, opt)
		for _, h := range hits {
			titles = append(titles, h.Title)
		}
		return err
	})
	if err != nil {
		t.Fatalf("Find(%q): %v", text, err)
	}
	return titles
}

func TestFind(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := &people{}
		p.add(t, d, "Budi", "Santoso Budi", "Budi Santoso", "Budianto Susilo", "Toko Maju|Bapak Budi Hartono",
			"José Ñandú", "Ma'ruf Amin", "PT. Sinar Jaya, Tbk", "王小明", "स्मिता पाटिल", "Zoë O'Neil", "Eka 🦄 Putri")
		x := p.index()
		tests := []struct {
			text string
			want string
		}{
			{"", ""},
			{"b", ""},
			{"🦄", ""},
			{"bu", "Budianto Susilo, Budi Santoso, Budi, Santoso Budi, Toko Maju"},
			{"budi", "Budi, Budi Santoso, Budianto Susilo, Santoso Budi, Toko Maju"},
			{"BUDI  santoso", "Budi Santoso, Santoso Budi"},
			{"san bud", "Santoso Budi, Budi Santoso"},
			{"budi s", "Budi Santoso, Budianto Susilo, Santoso Budi"},
			{"bu budi", "Budianto Susilo, Budi Santoso, Santoso Budi, Budi, Toko Maju"},
			{"hartono", "Toko Maju"},
			{"bapak bud", "Toko Maju"},
			{"jose nandu", "José Ñandú"},
			{"NÁNDÙ", "José Ñandú"},
			{"maruf", "Ma'ruf Amin"},
			{"ma’ruf", "Ma'ruf Amin"},
			{"pt sinar jaya tbk", "PT. Sinar Jaya, Tbk"},
			{"sinar-jaya", "PT. Sinar Jaya, Tbk"},
			{"王", "王小明"},
			{"王小", "王小明"},
			{"स्मि", "स्मिता पाटिल"},
			{"oneil", "Zoë O'Neil"},
			{"putri eka", "Eka 🦄 Putri"},
			{"budi NOT santoso", ""},
			{`" OR budi`, ""},
			{"budi*", "Budi, Budi Santoso, Budianto Susilo, Santoso Budi, Toko Maju"},
			{"budx", ""},
		}
		for _, tt := range tests {
			if got := strings.Join(find(t, d, x, tt.text, search.Options{}), ", "); got != tt.want {
				t.Errorf("Find(%q) = %s; want %s", tt.text, got, tt.want)
			}
		}
		if got := find(t, d, x, "budi", search.Options{Limit: 2}); len(got) != 2 {
			t.Errorf("two hits asked for, got %v", got)
		}
		if got := find(t, d, x, "budi", search.Options{Kind: "order"}); len(got) != 0 {
			t.Errorf("orders of which there are none: %v", got)
		}
	})
}

func TestNumbersComeFirst(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := &people{}
		list := p.add(t, d, "Ana", "0812 Toko", "Budi")
		p.phones = map[ids.ID]string{list[0]: "08123045"}
		got := find(t, d, p.index(), "0812", search.Options{})
		if fmt.Sprint(got) != "[Ana 0812 Toko]" {
			t.Errorf("Find(0812) = %v", got)
		}
		if got := find(t, d, p.index(), "0812-3045", search.Options{}); fmt.Sprint(got) != "[Ana]" {
			t.Errorf("Find(0812-3045) = %v", got)
		}
	})
}

func TestTheExactNameIsFoundAmongThousands(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := &people{}
		names := []string{"Siti"}
		for i := range 1500 {
			names = append(names, fmt.Sprint("Siti Nomor ", i))
		}
		p.add(t, d, names...)
		if got := find(t, d, p.index(), "siti", search.Options{}); got[0] != "Siti" {
			t.Errorf("Find(siti) = %v, want Siti first", got)
		}
	})
}

func TestWhoSeesLittleStillFinds(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := &people{hidden: map[ids.ID]bool{}}
		var names []string
		for i := range 900 {
			names = append(names, fmt.Sprint("Budi ", i))
		}
		list := p.add(t, d, names...)
		for _, id := range list[3:] {
			p.hidden[id] = true
		}
		if got := find(t, d, p.index(), "budi", search.Options{}); len(got) != 3 {
			t.Errorf("three are visible, found %v", got)
		}
		if p.loads > 30 {
			t.Errorf("%d loads for one search", p.loads)
		}
	})
}

func TestPutReplaces(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		p := &people{}
		id := p.add(t, d, "Budi|Bandung", "Ana")[0]
		x := p.index()
		p.names[id] = "Wayan"
		put := func(docs ...search.Doc) {
			write(t, d, func(tx *db.Tx) error { return search.Put(ctx, tx, docs) })
		}
		// Of two for one record in one call the later holds.
		put(search.Doc{Kind: "person", Ref: id, Title: "Made"}, search.Doc{Kind: "person", Ref: id, Title: "Wayan"})
		for text, want := range map[string]string{"budi": "[]", "bandung": "[]", "made": "[]", "wayan": "[Wayan]", "ana": "[Ana]"} {
			if got := find(t, d, x, text, search.Options{}); fmt.Sprint(got) != want {
				t.Errorf("Find(%s) = %v, want %s", text, got, want)
			}
		}
		check(t, d, 2)

		newID := ids.New(dbtest.Now)
		p.names[newID] = "Komang"
		put(search.Doc{Kind: "person", Ref: newID, Title: "Komang"}, search.Doc{Kind: "person", Ref: id, Title: "Wayan"})
		if got := find(t, d, x, "koman", search.Options{}); fmt.Sprint(got) != "[Komang]" {
			t.Errorf("Find(koman) = %v", got)
		}
		check(t, d, 3)

		err := d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			return search.PutNew(ctx, tx, []search.Doc{{Kind: "person", Ref: id, Title: "Again"}})
		})
		if errs.KindOf(err) != errs.Conflict {
			t.Errorf("PutNew of a record that has a document: %v, want Conflict", err)
		}
	})
}

func TestRemove(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		p := &people{}
		list := p.add(t, d, "Budi", "Budianto")
		gone := ids.New(dbtest.Now)
		write(t, d, func(tx *db.Tx) error { return search.Remove(ctx, tx, []ids.ID{list[0], gone}) })
		if got := find(t, d, p.index(), "budi", search.Options{}); fmt.Sprint(got) != "[Budianto]" {
			t.Errorf("Find = %v", got)
		}
		check(t, d, 1)
		d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			missing, err := search.Missing(ctx, tx, append(list, gone))
			if err != nil || !slices.Equal(missing, []ids.ID{list[0], gone}) {
				t.Errorf("Missing = %v, %v", missing, err)
			}
			var refs []ids.ID
			err = search.Refs(ctx, tx, "person", func(id ids.ID) error { refs = append(refs, id); return nil })
			if err != nil || !slices.Equal(refs, list[1:]) {
				t.Errorf("Refs = %v, %v", refs, err)
			}
			return nil
		})
		// The record comes back, as after an undo.
		write(t, d, func(tx *db.Tx) error {
			return search.Put(ctx, tx, []search.Doc{{Kind: "person", Ref: list[0], Title: "Budi"}})
		})
		if got := find(t, d, p.index(), "budi", search.Options{}); fmt.Sprint(got) != "[Budi Budianto]" {
			t.Errorf("Find = %v", got)
		}
	})
}

func TestTouch(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := &people{}
		list := p.add(t, d, "Ana Satu", "Ana Dua")
		d.Now = func() time.Time { return dbtest.Now.Add(time.Hour) }
		write(t, d, func(tx *db.Tx) error { return search.Touch(t.Context(), tx, list[:1]) })
		if got := find(t, d, p.index(), "ana", search.Options{}); fmt.Sprint(got) != "[Ana Satu Ana Dua]" {
			t.Errorf("Find = %v, want the latest touched first", got)
		}
	})
}

// check fails unless the index is sound and has n documents.
func check(t *testing.T, d *db.DB, n int) {
	t.Helper()
	err := d.Read(t.Context(), db.Who{}, func(tx *db.Tx) error {
		got, err := search.Check(t.Context(), tx)
		if got != (search.State{Docs: n}) {
			t.Errorf("Check = %+v, want %d sound documents", got, n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPrepareFillsAndRebuildMends(t *testing.T) {
	dbtest.Each(t, []db.Module{search.Module}, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		id := ids.New(dbtest.Now)
		p := &people{names: map[ids.ID]string{id: "Budi"}}
		write(t, d, func(tx *db.Tx) error { // as after a move from another engine
			_, err := tx.Exec(ctx, `INSERT INTO search_doc (kind, ref, title, terms, touched) VALUES ('person', $1, 'budi', 'x', 1)`, id)
			return err
		})
		for range 2 {
			if err := search.Prepare(ctx, d); err != nil {
				t.Fatal(err)
			}
			check(t, d, 1)
			if got := find(t, d, p.index(), "bud", search.Options{}); len(got) != 1 {
				t.Errorf("Find = %v", got)
			}
		}
		id2 := ids.New(dbtest.Now)
		p.names[id2] = "Budi Dua"
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO search_doc (kind, ref, title, terms, touched) VALUES ('person', $1, 'budi dua', '', 1)`, id2)
			return err
		})
		err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
			got, err := search.Check(ctx, tx)
			if got != (search.State{Docs: 2, Unindexed: 1}) {
				t.Errorf("Check = %+v, want one unindexed", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error { return search.Rebuild(ctx, tx) })
		check(t, d, 2)
		if got := find(t, d, p.index(), "dua", search.Options{}); len(got) != 1 {
			t.Errorf("after Rebuild, Find = %v", got)
		}
	})
}

func TestLongAndHostileText(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := &people{}
		long := strings.Repeat("panjang ", 500) + "ekor"
		word := strings.Repeat("é", 5000)
		p.add(t, d, long, word, "Robert'); DROP TABLE search_doc;--", "a' | b & !c:*")
		x := p.index()
		for text, want := range map[string]int{
			"panjang": 1, "ekor": 0 + 1, word: 1, word[:80]: 1, "robert'); drop": 1, "' | '": 0, "a | b & !c:*": 1, "\\": 0, "\x00\xff": 0, "ro\x00bert": 0,
		} {
			if got := find(t, d, x, text, search.Options{}); len(got) != want {
				t.Errorf("Find(%.40q) found %d, want %d", text, len(got), want)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"budi", "bu", `"`, "'", "a AND b", "NEAR(a b)", "a*", "^a", "-a", "a:b", "\x00", "\xff", "王", "a\\b", "0812 3045", "x@y.id", strings.Repeat("a ", 300)} {
		f.Add(s)
	}
	d, err := db.Open(context.Background(), f.TempDir()+"/test.db")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { d.Close() })
	if err := d.Migrate(context.Background(), search.Module); err != nil {
		f.Fatal(err)
	}
	if err := search.Prepare(context.Background(), d); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 190 {
			return // what lies beyond isn't looked at
		}
		id := ids.New(dbtest.Now)
		p := &people{names: map[ids.ID]string{id: s}}
		err := d.Write(t.Context(), db.Op{}, func(tx *db.Tx) error {
			if err := search.Put(t.Context(), tx, []search.Doc{{Kind: "person", Ref: id, Title: s}}); err != nil {
				return err
			}
			hits, err := p.index().Find(t.Context(), tx, s, search.Options{})
			// What folds to two letters or more is found by itself.
			if len(search.Parse(s).Folded) > 1 && err == nil && len(hits) != 1 {
				t.Errorf("a document titled %q isn't found by its title", s)
			}
			if err != nil {
				return err
			}
			return search.Remove(t.Context(), tx, []ids.ID{id})
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestFindMissesNothing compares with a search that looks at every record.
func TestFindMissesNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		g, p := newNames(), &people{}
		var list []string
		for i := range 4000 {
			title, terms := g.next()
			if i == 100 {
				title = "Kurniadi Pratikno" // rare, among many Kurniawan and Pratama
			}
			list = append(list, title+"|"+strings.Join(terms, "|"))
		}
		p.add(t, d, list...)
		queries := []string{"kurniadi", "pratikno", "kurniadi pratik", "budi kurniadi", "kur pra", "cut wenda", "wenda pt", "pt 8",
			"sri utami jakarta", "siti s j", "pt sinar jaya 12", "jakarta pratik"}
		for range 100 {
			var words []string
			for _, w := range strings.Fields(strings.ToLower(strings.ReplaceAll(list[g.r.IntN(len(list))], "|", " "))) {
				if g.r.IntN(2) == 0 && len(words) < 3 {
					words = append(words, w[:1+g.r.IntN(len(w))])
				}
			}
			queries = append(queries, strings.Join(words, " "))
		}
		for _, q := range queries {
			if len(q) < 2 {
				continue
			}
			want := 0
			for _, s := range list {
				if hasAll(strings.Fields(strings.ToLower(strings.ReplaceAll(s, "|", " "))), strings.Fields(q)) {
					want++
				}
			}
			if got := find(t, d, p.index(), q, search.Options{}); len(got) != min(want, 10) {
				t.Errorf("Find(%q) found %d, want %d", q, len(got), min(want, 10))
			}
		}
	})
}

func hasAll(words, beginnings []string) bool {
	for _, b := range beginnings {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, b) }) {
			return false
		}
	}
	return true
}

// Merging changes nothing that is found, and comes to an end.
func TestMerge(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		p := &people{}
		for i := range 60 {
			p.add(t, d, fmt.Sprintf("Wayan %03d", i))
		}
		more := true
		for n := 0; more; n++ {
			if n == 100 {
				t.Fatal("still more to merge after a hundred slices")
			}
			write(t, d, func(tx *db.Tx) (err error) { more, err = search.Merge(t.Context(), tx); return err })
		}
		x := p.index()
		for i := range 60 {
			if got := find(t, d, x, fmt.Sprintf("way %03d", i), search.Options{}); len(got) != 1 {
				t.Errorf("of number %d are found %v", i, got)
			}
		}
		check(t, d, 60)
	})
}
