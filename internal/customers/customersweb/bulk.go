package customersweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/list/bulkweb"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// A bulkChange is what is done to many customers alike.
type bulkChange struct {
	Do    string // owner, phase, tag, untag, archive, unarchive or delete
	Owner ids.ID
	Phase customers.Phase
	Tag   string
}

// Deletes implements [bulkweb.Change].
func (b bulkChange) Deletes() bool { return b.Do == "delete" }

// apply makes the change in c, but for delete.
func (b bulkChange) apply(c *customers.Customer) {
	key := fold.Text(b.Tag)
	has := func(t customers.Tag) bool { return t.Key == key }
	switch b.Do {
	case "owner":
		c.Owner = b.Owner
	case "phase":
		c.Phase = b.Phase
	case "tag":
		if !slices.ContainsFunc(c.Tags, has) {
			c.Tags = append(c.Tags, customers.Tag{Value: b.Tag})
		}
	case "untag":
		c.Tags = slices.DeleteFunc(c.Tags, has)
	case "archive", "unarchive":
		c.Archived = b.Do == "archive"
	}
}

// bulk is what makes a change to many customers.
func (p *Pages) bulk() *bulkweb.Bulk[customers.Customer, bulkChange] {
	return &bulkweb.Bulk[customers.Customer, bulkChange]{
		DB: p.DB, Def: p.Book.Def(), Path: listPath, At: "customers", Kind: "customers_bulk", Run: p.bulkRun,
		Words: bulkweb.Words{
			Title: "record.customers", Update: "customer.bulk_update", Remove: "customer.bulk_delete",
			Changed: "customers.bulk.changed", Deleted: "customers.bulk.deleted", Kept: "customers.bulk.kept",
			Ask: "customers.bulk.ask", AskText: "customers.bulk.ask.text", Delete: "customers.bulk.delete",
		},
	}
}

// Handle lets r do the large changes.
func (p *Pages) Handle(r *jobs.Runner) { p.bulk().Handle(r) }

// bulkRun changes customers.
func (p *Pages) bulkRun(ctx context.Context, tx *db.Tx, b bulkChange, among []ids.ID) (n, kept int, err error) {
	if b.Deletes() {
		return len(among), 0, p.Book.Delete(ctx, tx, among)
	}
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return 0, 0, err
	}
	found, err := customers.GetMany(ctx, tx, among)
	if err != nil {
		return 0, 0, err
	}
	for i := range found {
		c := found[i].Clone()
		b.apply(&c)
		if err := c.Normalize(set.Region); err != nil {
			return n, 0, err
		}
		if err := customers.Save(ctx, tx, &found[i], &c); err != nil {
			return n, 0, err
		}
		if c.Rev != found[i].Rev {
			n++
		}
	}
	return n, 0, nil
}

func (p *Pages) bulkOwner(w http.ResponseWriter, r *ui.Req) error {
	var users []team.User
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		users, err = team.Users(r.Context(), tx, true)
		return err
	})
	if err != nil {
		return err
	}
	owner, err := ownerOf(r.Text("owner_id"), users)
	if err != nil {
		return err
	}
	return p.bulk().Do(w, r, bulkChange{Do: "owner", Owner: owner})
}

func (p *Pages) bulkPhase(w http.ResponseWriter, r *ui.Req) error {
	phase := customers.Phase(r.Text("phase"))
	if !slices.Contains(customers.Phases, phase) {
		return errs.InvalidField("phase", "error.invalid")
	}
	return p.bulk().Do(w, r, bulkChange{Do: "phase", Phase: phase})
}

func (p *Pages) bulkTag(w http.ResponseWriter, r *ui.Req) error   { return p.bulkWord(w, r, "tag") }
func (p *Pages) bulkUntag(w http.ResponseWriter, r *ui.Req) error { return p.bulkWord(w, r, "untag") }

func (p *Pages) bulkWord(w http.ResponseWriter, r *ui.Req, do string) error {
	word := r.Text("tag")
	if word == "" {
		return errs.InvalidField("tag", "customers.bulk.tag.none")
	}
	if len(word) > 300 {
		return errs.InvalidField("tag", "error.too_long", "max", 300)
	}
	return p.bulk().Do(w, r, bulkChange{Do: do, Tag: word})
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
