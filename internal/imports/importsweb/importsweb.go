// Package importsweb is the pages of imports: what was imported, a new file, how
// it is read, how far it has come, and the rows that need somebody's hand.
package importsweb

import (
	"embed"
	"net/http"
	"strconv"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Text holds the messages of these pages.
//
//go:embed text/*.json
var Text embed.FS

// Pages serves the pages of imports.
type Pages struct {
	DB *db.DB

	// MaxFile is how many bytes an uploaded file may have; [imports.MaxFile] if 0.
	MaxFile int64
}

const run = ui.Perm(imports.PermRun)

// Routes returns the route table.
func (p *Pages) Routes() []ui.Route {
	upload := ui.POST("/imports", run, p.upload)
	upload.MaxBody = p.maxFile() + 1<<20 // the form around the file
	settings := ui.POST("/imports/{id}", run, p.save)
	settings.MaxBody = 4 << 20 // of thousands of columns
	repair := ui.POST("/imports/{id}/rows/{row}", run, p.repair)
	repair.MaxBody = 16 << 20
	return []ui.Route{
		ui.GET("/imports", run, p.list),
		ui.GET("/imports/new", run, p.choose),
		upload,
		ui.GET("/imports/{id}", run, p.show),
		settings,
		ui.POST("/imports/{id}/cancel", run, p.cancel),
		ui.POST("/imports/{id}/delete", run, p.remove),
		ui.GET("/imports/{id}/problems", run, p.problems),
		ui.GET("/imports/{id}/problems.csv", run, p.download),
		repair,
	}
}

func (p *Pages) maxFile() int64 {
	if p.MaxFile == 0 {
		return imports.MaxFile
	}
	return p.MaxFile
}

// path returns the address of an import, or of a page below it.
func path(id ids.ID, below ...string) string {
	s := "/imports/" + id.String()
	for _, b := range below {
		s += "/" + b
	}
	return s
}

// job reads the import that the address names.
func (p *Pages) job(r *ui.Req) (j imports.Job, err error) {
	id, err := r.ID("id")
	if err != nil {
		return j, err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		j, err = imports.Get(r.Context(), tx, id)
		return err
	})
	if err == nil && j.State == imports.Uploading {
		err = errs.New(errs.NotFound, "error.not_found")
	}
	return j, err
}

// perPage is how many imports and rows a page shows.
const perPage = 25

// A line is an import in the list.
type line struct {
	imports.Job
	Undone bool
}

// listPage is the list of imports.
type listPage struct {
	*ui.View
	Lines []line
	Next  ids.ID // the last one shown, if there are more; zero if not
	First bool   // whether it is the first page
}

func (p *Pages) list(w http.ResponseWriter, r *ui.Req) error {
	before, err := r.MaybeID("before")
	if err != nil {
		return err
	}
	page := &listPage{View: r.View, First: before.IsZero()}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		jobs, err := imports.List(r.Context(), tx, before, perPage+1)
		if err != nil {
			return err
		}
		if len(jobs) > perPage {
			jobs = jobs[:perPage]
			page.Next = jobs[perPage-1].ID
		}
		var ops []ids.ID
		for _, j := range jobs {
			if !j.Op.IsZero() {
				ops = append(ops, j.Op)
			}
		}
		undone, err := imports.Undone(r.Context(), tx, ops)
		for _, j := range jobs {
			page.Lines = append(page.Lines, line{j, undone[j.Op]})
		}
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// show shows an import as far as it has come.
func (p *Pages) show(w http.ResponseWriter, r *ui.Req) error {
	j, err := p.job(r)
	if err != nil {
		return err
	}
	switch {
	case j.State == imports.Running:
		page := &runPage{View: r.View, Job: j}
		return ui.Render(w, r, http.StatusOK, page.page())
	case j.Op.IsZero() && j.State != imports.Failed && (j.State != imports.Done || j.DryRun):
		return p.wizard(w, r, http.StatusOK, j, nil)
	}
	return p.result(w, r, j)
}

// runPage is an import under way.
type runPage struct {
	*ui.View
	imports.Job
}

// resultPage is an import that is over.
type resultPage struct {
	*ui.View
	imports.Job
	Undone   bool
	Problems int
	Repeats  []imports.Repeat
}

// repeatsShown is how many likely duplicates the result lists.
const repeatsShown = 50

func (p *Pages) result(w http.ResponseWriter, r *ui.Req, j imports.Job) error {
	page := &resultPage{View: r.View, Job: j}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.Problems, err = imports.CountProblems(r.Context(), tx, j.ID); err != nil {
			return err
		}
		if !j.Op.IsZero() {
			undone, err := imports.Undone(r.Context(), tx, []ids.ID{j.Op})
			if err != nil {
				return err
			}
			page.Undone = undone[j.Op]
		}
		page.Repeats, err = imports.Repeats(r.Context(), tx, j.ID, repeatsShown)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// cancel stops an import.
func (p *Pages) cancel(w http.ResponseWriter, r *ui.Req) error {
	j, err := p.job(r)
	if err != nil {
		return err
	}
	// One that ended just now needs no stopping: its page says so.
	if _, err := imports.Cancel(r.Context(), p.DB, j.ID); err != nil && errs.KindOf(err) != errs.Conflict {
		return err
	}
	return ui.Redirect(w, r, path(j.ID))
}

// remove deletes an import that brought nothing.
func (p *Pages) remove(w http.ResponseWriter, r *ui.Req) error {
	j, err := p.job(r)
	if err != nil {
		return err
	}
	if !j.Op.IsZero() {
		return errs.New(errs.Conflict, "import.over")
	}
	if err := imports.Delete(r.Context(), p.DB, j.ID); err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "import.deleted", Args: []string{"file", j.Name}})
	return ui.Redirect(w, r, "/imports")
}

func itoa(n int) string { return strconv.Itoa(n) }
