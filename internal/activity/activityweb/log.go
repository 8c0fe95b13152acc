package activityweb

import (
	"errors"
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// log adds an entry to a customer's timeline.
func (p *Pages) log(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	i := activity.Interaction{Customer: id}
	bad := read(r, &i)
	files, err := uploads(r)
	if err = errors.Join(bad, err); err != nil {
		return p.refuse(w, r, id, err)
	}
	if i.Kind == "" {
		i.Kind = activity.Note
	}
	var name string
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "interaction.create", Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		entry := i
		c, err := customers.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		name = c.Title()
		if entry.Files, err = keep(r, tx, files); err != nil {
			return err
		}
		if err := activity.Log(r.Context(), tx, &entry); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), id, map[string]any{"name": name, "kind": string(entry.Kind)})
	})
	if errs.KindOf(err) == errs.Invalid {
		return p.refuse(w, r, id, err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "timeline.logged", Args: []string{"kind", kindName(r.View, i.Kind), "name", name}, Undo: op})
	return ui.Redirect(w, r, r.Back(customerHref(id)))
}

// keep stores the files of an entry.
func keep(r *ui.Req, tx *db.Tx, list []upload) ([]activity.File, error) {
	var out []activity.File
	for _, u := range list {
		f, err := activity.AddFile(r.Context(), tx, u.name, u.mediaType, u.data)
		if err != nil {
			return nil, inFiles(err)
		}
		out = append(out, f)
	}
	return out, nil
}

// refile adds files to an entry and takes those away whose boxes, which the
// form shows ticked, are no longer so.
func refile(r *ui.Req, tx *db.Tx, i *activity.Interaction, list []upload) error {
	if r.Bool("files_shown") {
		kept, err := r.IDs("file")
		if err != nil {
			return err
		}
		for _, f := range i.Files {
			if !slices.Contains(kept, f.ID) {
				if err := activity.Detach(r.Context(), tx, i.ID, f.ID); err != nil {
					return err
				}
			}
		}
	}
	files, err := keep(r, tx, list)
	if err != nil || len(files) == 0 {
		return err
	}
	return inFiles(activity.Attach(r.Context(), tx, i.ID, files...))
}

// inFiles says of an error about a file at which field it stands.
func inFiles(err error) error {
	if e, ok := errors.AsType[*errs.Error](err); ok && (e.Kind == errs.Invalid || e.Kind == errs.TooLarge) {
		return errs.InvalidField("files", e.Key, e.Args...)
	}
	return err
}

func (p *Pages) refuse(w http.ResponseWriter, r *ui.Req, id ids.ID, err error) error {
	return p.Customer(w, r, http.StatusUnprocessableEntity, id, err)
}

// act changes an entry by one click.
func (p *Pages) act(w http.ResponseWriter, r *ui.Req, why, toast string, f func(tx *db.Tx, id ids.ID) error) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var of, op ids.ID
	var name string
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: why, Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		i, err := activity.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		of = i.Customer
		names, err := customers.Names(r.Context(), tx, []ids.ID{of})
		if err != nil {
			return err
		}
		name = names[of]
		if err := f(tx, id); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), of, map[string]any{"name": name})
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, Args: []string{"name", name}, Undo: op})
	return ui.Redirect(w, r, r.Back(customerHref(of)))
}

func (p *Pages) pin(w http.ResponseWriter, r *ui.Req) error {
	pinned := r.Form.Get("pinned") != "0"
	why, toast := "interaction.pin", "timeline.pinned"
	if !pinned {
		why, toast = "interaction.unpin", "timeline.unpinned"
	}
	return p.act(w, r, why, toast, func(tx *db.Tx, id ids.ID) error {
		_, err := activity.Update(r.Context(), tx, id, 0, func(i *activity.Interaction) error {
			i.Pinned = pinned
			return nil
		})
		return err
	})
}

func (p *Pages) kept(w http.ResponseWriter, r *ui.Req) error {
	kept := r.Form.Get("kept") != "0"
	why, toast := "interaction.keep", "timeline.promise.kept_toast"
	if !kept {
		why, toast = "interaction.reopen", "timeline.promise.reopened"
	}
	return p.act(w, r, why, toast, func(tx *db.Tx, id ids.ID) error {
		return activity.Keep(r.Context(), tx, id, kept)
	})
}

func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	return p.act(w, r, "interaction.delete", "timeline.deleted", func(tx *db.Tx, id ids.ID) error {
		return activity.Delete(r.Context(), tx, id)
	})
}

// editPage is the data of the form of an entry.
type editPage struct {
	*entryForm
	Of     string // name of the customer
	OfID   ids.ID
	ID     ids.ID
	Rev    int64
	Back   string
	Stored *activity.Interaction // what somebody else saved meanwhile; nil if nobody did
}

func (p *Pages) edit(w http.ResponseWriter, r *ui.Req) error {
	return p.showEdit(w, r, http.StatusOK, false, nil)
}

// showEdit shows the form of an entry; sent says that the request holds it.
func (p *Pages) showEdit(w http.ResponseWriter, r *ui.Req, status int, sent bool, cause error) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	page := editPage{ID: id}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		i, err := activity.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		if isRecord(&i) {
			return errs.New(errs.Conflict, "activity.entry")
		}
		names, err := customers.Names(r.Context(), tx, []ids.ID{i.Customer})
		page.Of, page.OfID, page.Rev = names[i.Customer], i.Customer, i.Rev
		page.entryForm = &entryForm{View: r.View, r: r, i: i, sent: sent, err: cause, whole: true}
		if sent && r.Int("rev", 0) != i.Rev {
			page.Stored = &i
		}
		return err
	})
	if err != nil {
		return err
	}
	page.Back = customerHref(page.OfID)
	return ui.Render(w, r, status, page.page())
}

// update changes an entry. If somebody else changed it since the form was
// shown, the form is shown again with what they wrote; sent once more it
// stands.
func (p *Pages) update(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	if err := parse(r); err != nil {
		return err
	}
	files, err := uploads(r)
	if err != nil {
		return p.showEdit(w, r, http.StatusUnprocessableEntity, true, err)
	}
	var of, op ids.ID
	var name string
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "interaction.update", Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		saved, err := activity.Update(r.Context(), tx, id, r.Int("rev", -1), func(i *activity.Interaction) error { return read(r, i) })
		if err != nil {
			return err
		}
		of = saved.Customer
		if err := refile(r, tx, &saved, files); err != nil {
			return err
		}
		names, err := customers.Names(r.Context(), tx, []ids.ID{of})
		if err != nil {
			return err
		}
		name = names[of]
		return tx.SetOp(r.Context(), of, map[string]any{"name": name})
	})
	switch errs.KindOf(err) {
	case errs.Stale:
		return p.showEdit(w, r, http.StatusConflict, true, nil)
	case errs.Invalid:
		return p.showEdit(w, r, http.StatusUnprocessableEntity, true, err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "timeline.saved", Args: []string{"name", name}, Undo: op})
	return ui.Redirect(w, r, customerHref(of))
}
