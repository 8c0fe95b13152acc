package customersweb

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// change makes a change of a customer that needs no form, and leads back to
// their page. why and toast are the keys of messages.
func (p *Pages) change(w http.ResponseWriter, r *ui.Req, why, toast string, f func(*customers.Customer) error) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var c customers.Customer
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: why, Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		var rev int64
		var err error
		c, err = customers.Update(r.Context(), tx, id, 0, func(c *customers.Customer) error {
			rev = c.Rev
			return f(c)
		})
		if err == nil && c.Rev == rev {
			return errSame
		}
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": c.Title()})
	})
	if err != nil && !errors.Is(err, errSame) {
		return err
	}
	if err == nil {
		ui.Flash(w, r, ui.Toast{Key: toast, Args: []string{"name", c.Title()}, Undo: op})
	}
	return ui.Redirect(w, r, back(r, id))
}

// archive puts a customer away, or back if archived is 0.
func (p *Pages) archive(w http.ResponseWriter, r *ui.Req) error {
	if r.Form.Get("archived") == "0" {
		return p.change(w, r, "customer.unarchive", "record.unarchived", func(c *customers.Customer) error {
			c.Archived = false
			return nil
		})
	}
	return p.change(w, r, "customer.archive", "record.archived", func(c *customers.Customer) error {
		c.Archived = true
		return nil
	})
}

// tag adds the words in add, and takes away the tag whose number is drop.
func (p *Pages) tag(w http.ResponseWriter, r *ui.Req) error {
	drop, err := strconv.ParseInt(r.Form.Get("drop"), 10, 64)
	dropping := err == nil
	return p.change(w, r, "customer.update", "record.tags.saved", func(c *customers.Customer) error {
		if dropping {
			c.Tags = slices.DeleteFunc(c.Tags, func(t customers.Tag) bool { return t.N == drop })
		}
		for _, s := range splitTags(r.Form["add"]) {
			c.Tags = append(c.Tags, customers.Tag{Value: s})
		}
		return nil
	})
}

// remove deletes a customer with all that belongs to them.
func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var name string
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "customer.delete", Subject: id}, func(tx *db.Tx) error {
		c, err := customers.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		op, name = tx.Op, c.Title()
		if err := p.Book.Delete(r.Context(), tx, []ids.ID{id}); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": name})
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "record.deleted", Args: []string{"name", name}, Undo: op})
	return ui.Redirect(w, r, "/customers")
}
