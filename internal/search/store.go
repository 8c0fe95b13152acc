package search

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A Doc is what can be found of a record.
type Doc struct {
	Kind    string // of the record: "customer"
	Ref     ids.ID
	Title   string    // the name that is shown
	Terms   []string  // other names and words by which it is found
	Touched time.Time // when something last happened to it; zero is now
}

const (
	maxTitle = 200  // bytes of a folded title that are kept
	maxTerms = 2000 // bytes of folded terms that are kept
	maxToken = 60   // bytes of a word that count
)

// row is a Doc as it is stored.
type row struct {
	title, terms string
	touched      int64
}

func fields(tx *db.Tx, d *Doc) row {
	r := row{title: fold.Text(d.Title), touched: tx.Now.UnixMilli()}
	if !d.Touched.IsZero() {
		r.touched = d.Touched.UnixMilli()
	}
	var extra []string
	if len(r.title) > maxTitle {
		head := clip(r.title, maxTitle)
		extra = append(extra, r.title[len(head):])
		r.title = head
	}
	for _, t := range d.Terms {
		if t = fold.Text(t); t != "" {
			extra = append(extra, t)
		}
	}
	if len(extra) > 0 {
		r.terms = joinNew(r.title, extra)
	}
	return r
}

// joinNew joins the words of texts that aren't words of title, each once.
func joinNew(title string, texts []string) string {
	have := strings.Fields(title)
	var b strings.Builder
	for _, t := range texts {
		for w := range strings.FieldsSeq(t) {
			w = clip(w, maxToken)
			if slices.Contains(have, w) {
				continue
			}
			if b.Len()+len(w) >= maxTerms {
				return b.String()
			}
			have = append(have, w)
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(w)
		}
	}
	return b.String()
}

// PutNew adds documents of records that have none yet, quicker than [Put].
// It returns a Conflict error if one has.
func PutNew(ctx context.Context, tx *db.Tx, docs []Doc) error {
	if tx.Engine() == db.Postgres {
		return pgPut(ctx, tx, docs, false)
	}
	return litePutNew(ctx, tx, docs)
}

// Put adds documents, or replaces those of the same records. A document whose
// words are as they were costs little.
func Put(ctx context.Context, tx *db.Tx, docs []Doc) error {
	if tx.Engine() == db.Postgres {
		return pgPut(ctx, tx, lastOnly(docs), true)
	}
	for i := range docs {
		if err := litePut(ctx, tx, &docs[i]); err != nil {
			return err
		}
	}
	return nil
}

// lastOnly returns docs without those that a later one of the same record replaces.
func lastOnly(docs []Doc) []Doc {
	last := make(map[ids.ID]int, len(docs))
	for i := range docs {
		last[docs[i].Ref] = i
	}
	if len(last) == len(docs) {
		return docs
	}
	var list []Doc
	for i := range docs {
		if last[docs[i].Ref] == i {
			list = append(list, docs[i])
		}
	}
	return list
}

// Remove removes the documents of records. Records without one are passed over.
func Remove(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	if tx.Engine() == db.SQLite {
		_, err := db.ExecInGenerated(ctx, tx, list,
			db.Generate(`DELETE FROM search_word WHERE rowid IN (SELECT n FROM search_doc WHERE ref IN ($list))`))
		if err != nil {
			return err
		}
	}
	_, err := db.ExecIn(ctx, tx, list, `DELETE FROM search_doc WHERE ref IN ($list)`)
	return err
}

// Touch notes that something happened now to the given records: of equal
// matches, the latest touched is shown first.
func Touch(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	_, err := db.ExecIn(ctx, tx, list, `UPDATE search_doc SET touched = $1 WHERE ref IN ($list)`, db.Millis(tx.Now))
	return err
}

// Count returns how many documents of a kind there are.
func Count(ctx context.Context, tx *db.Tx, kind string) (int, error) {
	return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM search_doc WHERE kind = $1`, kind)
}

// Refs calls f with the record of every document of a kind, so that a check can
// compare them with the records.
func Refs(ctx context.Context, tx *db.Tx, kind string, f func(ref ids.ID) error) error {
	return db.Each(ctx, tx, db.One[ids.ID], func(id *ids.ID) error { return f(*id) },
		`SELECT ref FROM search_doc WHERE kind = $1 ORDER BY ref`, kind)
}

// Missing returns which of the given records have no document.
func Missing(ctx context.Context, tx *db.Tx, list []ids.ID) ([]ids.ID, error) {
	have, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `SELECT ref FROM search_doc WHERE ref IN ($list)`)
	if err != nil || len(have) == len(list) {
		return nil, err
	}
	found := make(map[ids.ID]bool, len(have))
	for _, id := range have {
		found[id] = true
	}
	var missing []ids.ID
	for _, id := range list {
		if !found[id] {
			missing = append(missing, id)
		}
	}
	return missing, nil
}
