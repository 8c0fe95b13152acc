package catalogweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/list/bulkweb"
	"github.com/akrab-crm/akrab/internal/ui"
)

// A bulkChange is what is done to many products alike.
type bulkChange struct {
	Do   string // family, tier, offering, archive, unarchive or delete
	Text string
}

// Deletes implements [bulkweb.Change].
func (b bulkChange) Deletes() bool { return b.Do == "delete" }

// apply makes the change in c, but for delete.
func (b bulkChange) apply(c *catalog.Product) {
	switch b.Do {
	case "family":
		c.Family = b.Text
	case "tier":
		c.Tier = b.Text
	case "offering":
		c.Offering = catalog.Offering(b.Text)
	case "archive", "unarchive":
		c.Archived = b.Do == "archive"
	}
}

// bulk is what makes a change to many products.
func (p *Pages) bulk() *bulkweb.Bulk[catalog.Product, bulkChange] {
	return &bulkweb.Bulk[catalog.Product, bulkChange]{
		DB: p.DB, Def: &catalog.List, Path: listPath, At: NavItem.Key, Kind: "products_bulk", Run: p.bulkRun,
		Words: bulkweb.Words{
			Title: "products.title", Update: "product.bulk_update", Remove: "product.bulk_delete",
			Changed: "products.bulk.changed", Deleted: "products.bulk.deleted", Kept: "products.bulk.kept",
			Ask: "products.bulk.ask", AskText: "products.bulk.ask.text", Delete: "products.bulk.delete",
		},
	}
}

// Handle lets r do the large changes.
func (p *Pages) Handle(r *jobs.Runner) { p.bulk().Handle(r) }

// bulkRun changes products. Kept are those that are archived since they are
// used, and were to be deleted.
func (p *Pages) bulkRun(ctx context.Context, tx *db.Tx, b bulkChange, among []ids.ID) (n, kept int, err error) {
	if b.Deletes() {
		deleted, archived, err := p.Shelf.Remove(ctx, tx, among)
		return len(deleted), len(archived), err
	}
	found, err := catalog.GetMany(ctx, tx, among)
	if err != nil {
		return 0, 0, err
	}
	for i := range found {
		c := found[i]
		b.apply(&c)
		if err := c.Normalize(c.Currency); err != nil {
			return n, 0, err
		}
		if err := catalog.Save(ctx, tx, &found[i], &c); err != nil {
			return n, 0, err
		}
		if c.Rev != found[i].Rev {
			n++
		}
	}
	return n, 0, nil
}

func (p *Pages) bulkFamily(w http.ResponseWriter, r *ui.Req) error { return p.bulkWord(w, r, "family") }
func (p *Pages) bulkTier(w http.ResponseWriter, r *ui.Req) error   { return p.bulkWord(w, r, "tier") }

func (p *Pages) bulkOffering(w http.ResponseWriter, r *ui.Req) error {
	o := catalog.Offering(r.Text("offering"))
	if o != catalog.Offered && !slices.Contains(catalog.Offerings, o) {
		return errs.InvalidField("offering", "error.choice")
	}
	return p.bulk().Do(w, r, bulkChange{"offering", string(o)})
}

func (p *Pages) bulkWord(w http.ResponseWriter, r *ui.Req, do string) error {
	word := r.Text(do)
	if len(word) > 300 {
		return errs.InvalidField(do, "error.too_long", "max", 300)
	}
	return p.bulk().Do(w, r, bulkChange{do, word})
}

func (p *Pages) bulkArchive(w http.ResponseWriter, r *ui.Req) error {
	return p.bulk().Do(w, r, bulkChange{Do: "archive"})
}

func (p *Pages) bulkUnarchive(w http.ResponseWriter, r *ui.Req) error {
	return p.bulk().Do(w, r, bulkChange{Do: "unarchive"})
}

func (p *Pages) bulkDelete(w http.ResponseWriter, r *ui.Req) error {
	return p.bulk().Do(w, r, bulkChange{Do: "delete"})
}

func (p *Pages) bulkProgress(w http.ResponseWriter, r *ui.Req) error { return p.bulk().Progress(w, r) }
func (p *Pages) bulkRetry(w http.ResponseWriter, r *ui.Req) error    { return p.bulk().Retry(w, r) }
