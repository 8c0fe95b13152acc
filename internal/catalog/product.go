// Package catalog is what the company sells: products with their prices,
// technical facts and pictures, and what goes with what.
//
// A product's code is compared exactly, since real catalogues have codes that
// differ only by case; it is searched folded. [Create], [Update] and
// [Shelf.Remove] keep what is derived (keys, search documents) in the same
// transaction.
package catalog

import (
	"context"
	"embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/workspace"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// A Product is something that the company sells.
type Product struct {
	ID            ids.ID
	Code          string // unique where not empty, compared exactly
	NameID        string // in Indonesian
	NameEN        string // in English
	Family        string
	Tier          string         // its place within the family, in the company's words
	Unit          string         // pcs, box, metre
	Price         *money.Price   // of one unit without tax; nil if it is not known
	Cost          *money.Price   // what one unit costs the company; nil if it is not known
	Currency      money.Currency // of Price and Cost; the workspace's if empty when it is made
	Tax           *int64         // rate in millionths, 110000 is 11%; nil for the workspace's
	DescriptionID string
	DescriptionEN string
	Archived      bool // not sold any more
	Offering      Offering

	Facts    []Fact
	Links    []Link
	Pictures []Picture

	Created time.Time
	Updated time.Time
	Rev     int64 // grows with every change; never goes back, not even by undo
}

// ETag returns the entity tag of the product's present state (RFC 9110 §8.8.3).
func (p *Product) ETag() string { return `"` + strconv.FormatInt(p.Rev, 36) + `"` }

// Name returns the name in lang, else in the other language, else the code.
func (p *Product) Name(lang locale.Lang) string { return name(lang, p.NameID, p.NameEN, p.Code) }

// Description returns the description in lang, else in the other language.
func (p *Product) Description(lang locale.Lang) string {
	return pick(lang, p.DescriptionID, p.DescriptionEN)
}

// Margin returns what is left of the price after the cost, in millionths of the
// price, and whether both are known and there is a price to speak of.
func (p *Product) Margin() (share float64, ok bool) {
	if p.Price == nil || p.Cost == nil || *p.Price <= 0 {
		return 0, false
	}
	return 1 - float64(*p.Cost)/float64(*p.Price), true
}

// pick returns the text in lang, else the other one.
func pick(lang locale.Lang, id, en string) string {
	if lang == locale.EN {
		id, en = en, id
	}
	if id == "" {
		return en
	}
	return id
}

func name(lang locale.Lang, id, en, code string) string {
	if s := pick(lang, id, en); s != "" {
		return s
	}
	if code != "" {
		return code
	}
	return "–"
}

const productCols = `p.id, p.code, p.name_id, p.name_en, p.family, p.tier, p.unit, p.price, p.cost, p.currency, p.tax,
	p.description_id, p.description_en, p.archived, p.offering, p.created_at, p.updated_at, p.rev`

func scanProduct(s db.Scanner, p *Product) error {
	var created, updated int64
	err := s.Scan(&p.ID, &p.Code, &p.NameID, &p.NameEN, &p.Family, &p.Tier, &p.Unit, &p.Price, &p.Cost, &p.Currency, &p.Tax,
		&p.DescriptionID, &p.DescriptionEN, &p.Archived, &p.Offering, &created, &updated, &p.Rev)
	p.Created, p.Updated = db.Time(created), db.Time(updated)
	return err
}

// Get returns the product with the given ID, or a NotFound error.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Product, error) {
	list, err := GetMany(ctx, tx, []ids.ID{id})
	if err != nil {
		return Product{}, err
	}
	if len(list) == 0 {
		return Product{}, errs.New(errs.NotFound, "product.not_found")
	}
	return list[0], nil
}

// GetMany returns those of the given products that exist, in the order of list.
func GetMany(ctx context.Context, tx *db.Tx, list []ids.ID) ([]Product, error) {
	found, err := db.ListIn(ctx, tx, scanProduct, list, `SELECT `+productCols+` FROM product p WHERE p.id IN ($list)`)
	if err != nil {
		return nil, err
	}
	if err := LoadParts(ctx, tx, found); err != nil {
		return nil, err
	}
	at := make(map[ids.ID]*Product, len(found))
	for i := range found {
		at[found[i].ID] = &found[i]
	}
	out := make([]Product, 0, len(list))
	for _, id := range list {
		if p := at[id]; p != nil {
			out = append(out, *p)
		}
	}
	return out, nil
}

// A Brief is of a product what a line of an order needs.
type Brief struct {
	ID       ids.ID
	Code     string
	NameID   string
	NameEN   string
	Unit     string
	Price    *money.Price // nil if it is not known
	Currency money.Currency
	Tax      *int64 // rate in millionths; nil for the workspace's
	Archived bool
}

// Name returns the name as [Product.Name] does.
func (b *Brief) Name(lang locale.Lang) string { return name(lang, b.NameID, b.NameEN, b.Code) }

const briefCols = `id, code, name_id, name_en, unit, price, currency, tax, archived`

func scanBrief(s db.Scanner, b *Brief) error {
	return s.Scan(&b.ID, &b.Code, &b.NameID, &b.NameEN, &b.Unit, &b.Price, &b.Currency, &b.Tax, &b.Archived)
}

// ByCode returns the products that have one of the given codes, by their codes.
// Codes are compared exactly.
func ByCode(ctx context.Context, tx *db.Tx, codes []string) (map[string]Brief, error) {
	want := slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return c == "" })
	list, err := db.ListIn(ctx, tx, scanBrief, want, `SELECT `+briefCols+` FROM product WHERE code IN ($list) AND code <> ''`)
	out := make(map[string]Brief, len(list))
	for _, b := range list {
		out[b.Code] = b
	}
	return out, err
}

// Briefs returns those of the given products that exist, by their ids.
func Briefs(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]Brief, error) {
	found, err := db.ListIn(ctx, tx, scanBrief, list, `SELECT `+briefCols+` FROM product WHERE id IN ($list)`)
	out := make(map[ids.ID]Brief, len(found))
	for _, b := range found {
		out[b.ID] = b
	}
	return out, err
}

type idName struct {
	id   ids.ID
	name string
}

// Names returns what products are called where no language is asked for: in
// Indonesian if they have such a name, else in English, else their code.
func Names(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *idName) error { return s.Scan(&r.id, &r.name) }, list,
		`SELECT id, CASE WHEN name_id <> '' THEN name_id WHEN name_en <> '' THEN name_en ELSE code END FROM product WHERE id IN ($list)`)
	names := make(map[ids.ID]string, len(rows))
	for _, r := range rows {
		names[r.id] = r.name
	}
	return names, err
}

// Any reports whether there are products at all.
func Any(ctx context.Context, tx *db.Tx) (bool, error) {
	_, ok, err := db.Find(ctx, tx, db.One[ids.ID], `SELECT id FROM product LIMIT 1`)
	return ok, err
}

// Families returns the families that there are, at most limit, by the alphabet.
func Families(ctx context.Context, tx *db.Tx, limit int) ([]string, error) {
	return db.List(ctx, tx, db.One[string], `
		WITH RECURSIVE f (k) AS (
			SELECT MIN(family_key) FROM product WHERE family_key > ''
			UNION ALL
			SELECT (SELECT MIN(p.family_key) FROM product p WHERE p.family_key > f.k) FROM f WHERE f.k IS NOT NULL
		)
		SELECT (SELECT MIN(p.family) FROM product p WHERE p.family_key = f.k) FROM f WHERE f.k IS NOT NULL
		ORDER BY k LIMIT $1`, limit)
}

// Create adds p with its parts and sets p.ID. It returns Invalid errors for
// what is wrong with fields, all of them at once, and a Conflict error about
// the field code if another product has that code.
func Create(ctx context.Context, tx *db.Tx, p *Product) error {
	return CreateMany(ctx, tx, []*Product{p})
}

// CreateMany adds many products at once, as Create does each. If one is refused
// none is added.
func CreateMany(ctx context.Context, tx *db.Tx, list []*Product) error {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	codes := make([]string, len(list))
	for i, p := range list {
		if err := p.Normalize(set.Currency); err != nil {
			return err
		}
		codes[i] = p.Code
	}
	taken, err := ByCode(ctx, tx, codes)
	if err != nil {
		return err
	}
	for _, p := range list {
		if b, ok := taken[p.Code]; ok {
			return codeTaken(&b)
		}
		if err := checkLinks(ctx, tx, p); err != nil {
			return err
		}
	}
	return Insert(ctx, tx, list)
}

// codeTaken returns the error about a code that b has.
func codeTaken(b *Brief) *errs.Error {
	e := errs.New(errs.Conflict, "product.code_taken", "name", b.Name(locale.ID))
	e.Field = "code"
	return e
}

// Insert adds products that [Product.Normalize] accepted and whose codes
// nobody has: thousands at once. It returns a Conflict error if a code is taken.
func Insert(ctx context.Context, tx *db.Tx, list []*Product) error {
	for _, p := range list {
		if p.ID.IsZero() {
			p.ID = ids.New(tx.Now)
		}
		p.Created, p.Updated, p.Rev = tx.Now, tx.Now, 1
		p.number()
	}
	if err := insertRows(ctx, tx, list); err != nil {
		return err
	}
	if err := insertParts(ctx, tx, list); err != nil {
		return err
	}
	return index(ctx, tx, list, true)
}

func insertRows(ctx context.Context, tx *db.Tx, list []*Product) error {
	cols := []string{"id", "code", "name_id", "name_en", "family", "tier", "unit", "price", "cost", "currency", "tax",
		"description_id", "description_en", "archived", "offering", "created_at", "updated_at", "name_key", "code_key", "family_key", "created_op"}
	i, row := 0, make([]any, len(cols))
	return tx.Copy(ctx, `product`, cols, func() ([]any, bool) {
		if i == len(list) {
			return nil, false
		}
		p := list[i]
		i++
		row = append(row[:0], p.ID, p.Code, p.NameID, p.NameEN, p.Family, p.Tier, p.Unit, orNull(p.Price), orNull(p.Cost), string(p.Currency), orNull(p.Tax),
			p.DescriptionID, p.DescriptionEN, p.Archived, p.Offering.orNull(), p.Created.UnixMilli(), p.Updated.UnixMilli(), p.nameKey(), CodeKey(p.Code), fold.Text(p.Family), tx.Op)
		return row, true
	})
}

// Lock makes others who would change the product wait until tx ends. What is
// read after it is what they left.
func Lock(ctx context.Context, tx *db.Tx, id ids.ID) error {
	return tx.LockRecord(ctx, `product`, id)
}

// Update changes the product with the given ID: change gets it as it is and
// makes of it what it shall be. If rev is not zero it must be the product's
// present Rev, else the error is Stale. It returns the product as stored.
func Update(ctx context.Context, tx *db.Tx, id ids.ID, rev int64, change func(*Product) error) (Product, error) {
	if err := Lock(ctx, tx, id); err != nil {
		return Product{}, err
	}
	old, err := Get(ctx, tx, id)
	if err != nil {
		return old, err
	}
	if rev != 0 && rev != old.Rev {
		return old, errs.New(errs.Stale, "error.stale")
	}
	p := old.clone()
	if err := change(&p); err != nil {
		return old, err
	}
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return old, err
	}
	if err := p.Normalize(set.Currency); err != nil {
		return old, err
	}
	return p, Save(ctx, tx, &old, &p)
}

// Save stores p, which [Product.Normalize] accepted, over old. Nothing is
// written if nothing changed. It returns a Conflict error about the field code
// if another product has p's.
func Save(ctx context.Context, tx *db.Tx, old, p *Product) error {
	p.ID, p.Created, p.Updated, p.Rev = old.ID, old.Created, old.Updated, old.Rev
	if p.Code != old.Code && p.Code != "" {
		taken, err := ByCode(ctx, tx, []string{p.Code})
		if err != nil {
			return err
		}
		if b, ok := taken[p.Code]; ok && b.ID != p.ID {
			return codeTaken(&b)
		}
	}
	if !slices.Equal(p.Links, old.Links) {
		if err := checkLinks(ctx, tx, p); err != nil {
			return err
		}
	}
	changed, err := syncParts(ctx, tx, old, p)
	if err != nil {
		return err
	}
	if !changed && equalValues(rowValues(old), rowValues(p)) {
		return nil
	}
	p.Updated = tx.Now
	n, err := tx.Exec(ctx, `
		UPDATE product SET code = $2, name_id = $3, name_en = $4, family = $5, tier = $6, unit = $7, price = $8, cost = $9, currency = $10,
			tax = $11, description_id = $12, description_en = $13, archived = $14, updated_at = $15, name_key = $16, code_key = $17,
			family_key = $18, offering = $19, rev = rev + 1
		WHERE id = $1 AND rev = $20`,
		p.ID, p.Code, p.NameID, p.NameEN, p.Family, p.Tier, p.Unit, orNull(p.Price), orNull(p.Cost), string(p.Currency),
		orNull(p.Tax), p.DescriptionID, p.DescriptionEN, p.Archived, tx.Now.UnixMilli(), p.nameKey(), CodeKey(p.Code),
		fold.Text(p.Family), p.Offering.orNull(), old.Rev)
	if err != nil {
		return err
	}
	if n == 0 {
		// On PostgreSQL somebody else may have written since it was read.
		return errs.New(errs.Stale, "error.stale")
	}
	p.Rev = old.Rev + 1
	return index(ctx, tx, []*Product{p}, false)
}

// rowValues returns what stands in table product and is not derived.
func rowValues(p *Product) []any {
	return []any{p.Code, p.NameID, p.NameEN, p.Family, p.Tier, p.Unit, orNull(p.Price), orNull(p.Cost), p.Currency, orNull(p.Tax),
		p.DescriptionID, p.DescriptionEN, p.Archived, p.Offering}
}

func equalValues(a, b []any) bool { return slices.Equal(a, b) }

// orNull returns the number at v for a BIGINT column, NULL if there is none.
func orNull[T ~int64](v *T) any {
	if v == nil {
		return nil
	}
	return int64(*v)
}

// nameKey is the key by which the product is sorted: those without a name come last.
func (p *Product) nameKey() string {
	if key := fold.SortKey(pick(locale.ID, p.NameID, p.NameEN)); key != "" {
		return key
	}
	return "~" + fold.SortKey(p.Code)
}

// CodeKey returns the form in which codes are searched: "PA-125" and "pa 125"
// give "pa125".
func CodeKey(code string) string { return strings.ReplaceAll(fold.Text(code), " ", "") }

// An Asker returns which of the given products must stay because another module
// refers to them, such as lines of orders.
type Asker func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]ids.ID, error)

// A Shelf is the products together with those who must be asked before one goes.
type Shelf struct {
	Used []Asker
}

// Remove deletes those of the given products that nothing refers to, and
// archives the others. Deleting is final only when the journal forgets.
func (s *Shelf) Remove(ctx context.Context, tx *db.Tx, list []ids.ID) (deleted, archived []ids.ID, err error) {
	used := map[ids.ID]bool{}
	for _, ask := range s.Used {
		some, err := ask(ctx, tx, list)
		if err != nil {
			return nil, nil, err
		}
		for _, id := range some {
			used[id] = true
		}
	}
	for _, id := range list {
		if used[id] {
			archived = append(archived, id)
		} else {
			deleted = append(deleted, id)
		}
	}
	if err := archive(ctx, tx, archived); err != nil {
		return nil, nil, err
	}
	return deleted, archived, remove(ctx, tx, deleted)
}

func archive(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	_, err := db.ExecIn(ctx, tx, list, `
		UPDATE product SET archived = TRUE, updated_at = $1, rev = rev + 1 WHERE id IN ($list) AND NOT archived`, tx.Now.UnixMilli())
	return err
}

// remove deletes products, and what others say of them.
func remove(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	if len(list) == 0 {
		return nil
	}
	if _, err := db.ExecIn(ctx, tx, list, `
		UPDATE product SET rev = rev + 1 WHERE id IN (SELECT product_id FROM product_link WHERE other_id IN ($list))`); err != nil {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM product_link WHERE other_id IN ($list)`); err != nil {
		return err
	}
	if err := deleteParts(ctx, tx, list); err != nil {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM product WHERE id IN ($list)`); err != nil {
		return err
	}
	return unindex(ctx, tx, list)
}
