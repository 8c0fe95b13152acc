package search

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/db"
)

// Full text is one of the few things that the engines have no common words
// for. On SQLite a contentless FTS5 table holds the words of each search_doc
// by its n; on PostgreSQL a column of search_doc does, with a GIN index.

// Prepare makes what differs between the engines, unless it is there, and
// fills it from the documents. It is called after every migration.
func Prepare(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		if tx.Engine() == db.Postgres {
			return pgPrepare(ctx, tx)
		}
		return litePrepare(ctx, tx)
	})
}

// run executes constant statements of one engine.
func run(ctx context.Context, tx *db.Tx, texts ...string) error {
	for _, t := range texts {
		if _, err := tx.ExecGenerated(ctx, db.Generate(t)); err != nil {
			return err
		}
	}
	return nil
}

// SQLite.
//
// The tokenizer "ascii" parts words at ASCII signs only, which is right for
// text that fold has parted by spaces. detail=none keeps no positions, which
// nobody asks for. A beginning of a length that has an index of its own is read
// from its newest document on; for any other, FTS5 first joins all documents of
// all words that begin so, which takes 40 ms for "jakarta" in a million. So the
// reader looks up shorter beginnings and compares the rest.

const liteTable = `
	CREATE VIRTUAL TABLE search_word USING fts5 (
		words, content='', contentless_delete=1, detail=none, prefix='1 2 3 4 6', tokenize='ascii')`

// indexed returns the longest beginning of w that has an index of its own.
func indexed(w string) string {
	letters, at := 0, 0
	for i := range w {
		if letters == 4 {
			at = i
		}
		if letters == 6 {
			return w[:i]
		}
		letters++
	}
	if letters == 5 {
		return w[:at]
	}
	return w
}

func litePrepare(ctx context.Context, tx *db.Tx) error {
	n, err := db.GetGenerated(ctx, tx, db.One[int], db.Generate(`SELECT COUNT(*) FROM sqlite_master WHERE name = 'search_word'`))
	if n > 0 || err != nil {
		return err
	}
	return run(ctx, tx, liteTable,
		// Each look-up reads a page of every segment: small ones are read sooner.
		`INSERT INTO search_word (search_word, rank) VALUES ('pgsz', 500)`,
		`INSERT INTO search_word (rowid, words) SELECT n, title || ' ' || terms FROM search_doc ORDER BY n`)
}

// mergePages is how many pages of the index Merge makes at once: a few
// milliseconds.
const mergePages = 100

var (
	liteMerge   = db.Generate(fmt.Sprintf(`INSERT INTO search_word (search_word, rank) VALUES ('merge', %d)`, mergePages))
	liteChanges = db.Generate(`SELECT total_changes()`)
)

// Merge joins the parts in which new words were written, for a slice of time,
// and reports whether there is more to do. Else whoever writes next does it,
// little by little: after an import those who create a customer would pay a
// quarter more for hundreds of them. PostgreSQL does it by itself.
func Merge(ctx context.Context, tx *db.Tx) (more bool, err error) {
	if tx.Engine() == db.Postgres {
		return false, nil
	}
	for slice := tx.Slice(); !slice.Over(); {
		before, err := db.GetGenerated(ctx, tx, db.One[int64], liteChanges)
		if err != nil {
			return false, err
		}
		if err := run(ctx, tx, liteMerge.String()); err != nil {
			return false, err
		}
		after, err := db.GetGenerated(ctx, tx, db.One[int64], liteChanges)
		if err != nil || after-before < 2 { // as FTS5 says that it found nothing
			return false, err
		}
	}
	return true, nil
}

var liteWord = db.Generate(`INSERT INTO search_word (rowid, words) VALUES ($1, $2)`)

// litePutNew numbers the documents itself: there is one writer, and RETURNING
// would open a savepoint, at each of which FTS5 writes out all that it gathered.
func litePutNew(ctx context.Context, tx *db.Tx, docs []Doc) error {
	last, err := db.Get(ctx, tx, db.One[int64], `SELECT COALESCE(MAX(n), 0) FROM search_doc`)
	if err != nil {
		return err
	}
	for i := range docs {
		last++
		r := fields(tx, &docs[i])
		_, err := tx.Exec(ctx, `
			INSERT INTO search_doc (n, kind, ref, title, terms, touched) VALUES ($1, $2, $3, $4, $5, $6)`,
			last, docs[i].Kind, docs[i].Ref, r.title, r.terms, r.touched)
		if err != nil {
			return err
		}
		if _, err := tx.ExecGenerated(ctx, liteWord, last, r.title+" "+r.terms); err != nil {
			return err
		}
	}
	return nil
}

type stored struct {
	n            int64
	title, terms string
}

func scanStored(s db.Scanner, o *stored) error { return s.Scan(&o.n, &o.title, &o.terms) }

func litePut(ctx context.Context, tx *db.Tx, d *Doc) error {
	r := fields(tx, d)
	old, ok, err := db.Find(ctx, tx, scanStored, `SELECT n, title, terms FROM search_doc WHERE ref = $1`, d.Ref)
	if err != nil {
		return err
	}
	if !ok {
		return litePutNew(ctx, tx, []Doc{*d})
	}
	if old.title == r.title && old.terms == r.terms {
		_, err = tx.Exec(ctx, `UPDATE search_doc SET kind = $2, touched = $3 WHERE n = $1`, old.n, d.Kind, r.touched)
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE search_doc SET kind = $2, title = $3, terms = $4, touched = $5 WHERE n = $1`,
		old.n, d.Kind, r.title, r.terms, r.touched)
	if err != nil {
		return err
	}
	if _, err := tx.ExecGenerated(ctx, db.Generate(`DELETE FROM search_word WHERE rowid = $1`), old.n); err != nil {
		return err
	}
	_, err = tx.ExecGenerated(ctx, liteWord, old.n, r.title+" "+r.terms)
	return err
}

// pageText is page in a statement. (A parameter as LIMIT makes SQLite prepare
// the statement anew each time.)
const pageText = "100"

var liteFind = db.Generate(`
	SELECT ` + matchCols + ` FROM search_word w CROSS JOIN search_doc d ON d.n = w.rowid
	WHERE w.search_word MATCH $1 AND w.rowid < $2
	ORDER BY w.rowid DESC LIMIT ` + pageText)

func liteNewest(ctx context.Context, tx *db.Tx, beginnings []string, before int64) ([]match, error) {
	return db.ListGenerated(ctx, tx, scanMatch, liteFind, liteMatch(beginnings), before)
}

// liteMatch returns the FTS5 expression for documents with all the beginnings
// that aren't empty.
func liteMatch(beginnings []string) string {
	var b strings.Builder
	for _, w := range beginnings {
		if w == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + w + `"*`) // words of folded text have no quotes
	}
	return b.String()
}

var liteReachText = db.Generate(`
	SELECT rowid FROM search_word WHERE search_word MATCH $1 ORDER BY rowid DESC LIMIT 1 OFFSET ` + pageText + ` - 1`)

// liteReach returns the number of the oldest document of the first page of
// those that have a word with the given beginning; 0 if they are less than a page.
func liteReach(ctx context.Context, tx *db.Tx, beginning string) (int64, error) {
	list, err := db.ListGenerated(ctx, tx, db.One[int64], liteReachText, liteMatch([]string{beginning}))
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0], nil
}

// PostgreSQL.
//
// A prefix of up to three letters is a lexeme of its own: looking up one is
// quicker than joining the thousands of words that begin with it, and the
// planner knows how common it is.

const pgPrefix = 3 // letters

func pgPrepare(ctx context.Context, tx *db.Tx) error {
	have, err := db.GetGenerated(ctx, tx, db.One[int], db.Generate(`
		SELECT COUNT(*) FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = 'search_doc' AND column_name = 'words'`))
	if have > 0 || err != nil {
		return err
	}
	err = run(ctx, tx,
		// Two processes that start at once prepare one after the other.
		`LOCK TABLE search_doc IN ACCESS EXCLUSIVE MODE`,
		`ALTER TABLE search_doc ADD COLUMN IF NOT EXISTS words tsvector`,
		`CREATE INDEX IF NOT EXISTS search_doc_words ON search_doc USING gin (words)`)
	if err != nil {
		return err
	}
	return pgFill(ctx, tx)
}

type unfilled struct {
	n            int64
	title, terms string
}

// pgFill sets the words of documents that have none.
func pgFill(ctx context.Context, tx *db.Tx) error {
	for {
		list, err := db.ListGenerated(ctx, tx, func(s db.Scanner, u *unfilled) error {
			return s.Scan(&u.n, &u.title, &u.terms)
		}, db.Generate(`SELECT n, title, terms FROM search_doc WHERE words IS NULL ORDER BY n LIMIT 1000`))
		if err != nil || len(list) == 0 {
			return err
		}
		for _, u := range list {
			_, err := tx.ExecGenerated(ctx, db.Generate(`
				UPDATE search_doc SET words = array_to_tsvector(string_to_array(CAST($2 AS text), ' ')) WHERE n = $1`),
				u.n, lexemes(u.title, u.terms))
			if err != nil {
				return err
			}
		}
	}
}

// lexemes returns the words of a document and the beginnings that are looked
// up as words, each once.
func lexemes(title, terms string) string {
	var list []string
	have := map[string]bool{"": true}
	add := func(w string) {
		if !have[w] {
			have[w] = true
			list = append(list, w)
		}
	}
	for w := range strings.FieldsSeq(title + " " + terms) {
		w = clip(w, maxToken)
		add(w)
		at := 0
		for range pgPrefix {
			_, size := utf8.DecodeRuneInString(w[at:])
			at += size
			add(w[:at])
		}
	}
	return strings.Join(list, " ")
}

// pgChunks are the numbers of documents that one statement takes.
var pgChunks = []int{64, 8, 1}

func pgPut(ctx context.Context, tx *db.Tx, docs []Doc, replace bool) error {
	for _, size := range pgChunks {
		for len(docs) >= size {
			if err := pgPutChunk(ctx, tx, docs[:size], replace); err != nil {
				return err
			}
			docs = docs[size:]
		}
	}
	return nil
}

var pgInserts, pgUpserts = pgPutTexts(""), pgPutTexts(`
	ON CONFLICT (ref) DO UPDATE SET kind = excluded.kind, title = excluded.title,
		terms = excluded.terms, touched = excluded.touched, words = excluded.words`)

func pgPutTexts(end string) map[int]db.Generated {
	texts := map[int]db.Generated{}
	for _, size := range pgChunks {
		var b strings.Builder
		b.WriteString(`INSERT INTO search_doc (kind, ref, title, terms, touched, words) VALUES `)
		for i := range size {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, `($%d, $%d, $%d, $%d, $%d, array_to_tsvector(string_to_array(CAST($%d AS text), ' ')))`,
				i*6+1, i*6+2, i*6+3, i*6+4, i*6+5, i*6+6)
		}
		texts[size] = db.Generate(b.String() + end)
	}
	return texts
}

func pgPutChunk(ctx context.Context, tx *db.Tx, docs []Doc, replace bool) error {
	args := make([]any, 0, 6*len(docs))
	for i := range docs {
		r := fields(tx, &docs[i])
		args = append(args, docs[i].Kind, docs[i].Ref, r.title, r.terms, r.touched, lexemes(r.title, r.terms))
	}
	text := pgInserts[len(docs)]
	if replace {
		text = pgUpserts[len(docs)]
	}
	_, err := tx.ExecGenerated(ctx, text, args...)
	return err
}

// A common word is found among the newest documents, a rare one by the index of
// words. PostgreSQL takes every beginning of a word for one in two hundred and,
// left to choose, reads a million documents for one that nobody has.
var (
	pgNear = db.Generate(`
	SELECT ` + matchCols + ` FROM (SELECT * FROM search_doc WHERE n < $2 ORDER BY n DESC LIMIT 10000) d
	WHERE d.words @@ CAST(CAST($1 AS text) AS tsquery)
	ORDER BY d.n DESC LIMIT ` + pageText)
	pgFind = db.Generate(`
	WITH d AS MATERIALIZED (SELECT n, kind, ref, title, terms, touched FROM search_doc WHERE words @@ CAST(CAST($1 AS text) AS tsquery) AND n < $2)
	SELECT ` + matchCols + ` FROM d ORDER BY d.n DESC LIMIT ` + pageText)
)

// customPlans makes PostgreSQL plan anew for every word: the best way for a
// rare one is the worst for a common one.
var customPlans = db.Generate(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`)

func pgNewest(ctx context.Context, tx *db.Tx, beginnings []string, before int64) ([]match, error) {
	if _, err := db.GetGenerated(ctx, tx, db.One[string], customPlans); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, w := range beginnings {
		if i > 0 {
			b.WriteString(" & ")
		}
		b.WriteString("'" + w + "'") // words of folded text have no quotes
		if utf8.RuneCountInString(w) > pgPrefix {
			b.WriteString(":*")
		}
	}
	list, err := db.ListGenerated(ctx, tx, scanMatch, pgNear, b.String(), before)
	if err != nil || len(list) == page {
		return list, err
	}
	return db.ListGenerated(ctx, tx, scanMatch, pgFind, b.String(), before)
}

// State is what [Check] found.
type State struct {
	Docs      int // documents
	Unindexed int // documents that their words don't find
	Stray     int // entries of the index that belong to no document
}

func scanState(s db.Scanner, st *State) error { return s.Scan(&st.Docs, &st.Unindexed, &st.Stray) }

// Check compares the documents with the index of their words.
func Check(ctx context.Context, tx *db.Tx) (State, error) {
	text := `
		SELECT (SELECT COUNT(*) FROM search_doc),
			(SELECT COUNT(*) FROM search_doc WHERE n NOT IN (SELECT id FROM search_word_docsize)),
			(SELECT COUNT(*) FROM search_word_docsize WHERE id NOT IN (SELECT n FROM search_doc))`
	if tx.Engine() == db.Postgres {
		text = `SELECT COUNT(*), COUNT(*) FILTER (WHERE words IS NULL), CAST(0 AS BIGINT) FROM search_doc`
	}
	return db.GetGenerated(ctx, tx, scanState, db.Generate(text))
}

// Rebuild makes the index of words anew from the documents.
func Rebuild(ctx context.Context, tx *db.Tx) error {
	if tx.Engine() == db.SQLite {
		if err := run(ctx, tx, `DROP TABLE IF EXISTS search_word`); err != nil {
			return err
		}
		return litePrepare(ctx, tx)
	}
	if err := run(ctx, tx, `UPDATE search_doc SET words = NULL WHERE words IS NOT NULL`); err != nil {
		return err
	}
	return pgFill(ctx, tx)
}
