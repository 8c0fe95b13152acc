package importsweb

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/ui"
)

// problemsPage is the rows that need somebody's hand.
type problemsPage struct {
	*ui.View
	imports.Job
	Rows  []imports.Row
	After int // the first page begins after 0
	Next  int // the last row shown, if there are more; 0 if not
	Total int
	Done  int // row that was put right just now: it leaves the page
}

func (p *Pages) problems(w http.ResponseWriter, r *ui.Req) error {
	j, err := p.job(r)
	if err != nil {
		return err
	}
	page := &problemsPage{View: r.View, Job: j, After: int(min(max(r.Int("after", 0), 0), 1<<40))}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.Total, err = imports.CountProblems(r.Context(), tx, j.ID); err != nil {
			return err
		}
		page.Rows, err = imports.Problems(r.Context(), tx, j.ID, page.After, perPage+1)
		return err
	})
	if err != nil {
		return err
	}
	if len(page.Rows) > perPage {
		page.Rows = page.Rows[:perPage]
		page.Next = page.Rows[perPage-1].Row
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// repair takes the cells that somebody put right, or leaves the row as it is.
func (p *Pages) repair(w http.ResponseWriter, r *ui.Req) error {
	j, err := p.job(r)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(r.PathValue("row"))
	if err != nil || number < 1 {
		return errs.New(errs.NotFound, "error.not_found")
	}
	var row imports.Row
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		row, err = imports.GetRow(r.Context(), tx, j.ID, number)
		return err
	})
	if err != nil {
		return err
	}
	if r.Form.Get("do") == "drop" {
		err = p.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error { return imports.Drop(r.Context(), tx, j.ID, number) })
		if err != nil {
			return err
		}
		ui.Flash(w, r, ui.Toast{Key: "import.row.dropped", Args: []string{"row", strconv.Itoa(number)}})
		return p.repaired(w, r, j, number)
	}
	cells := slices.Clone(row.Cells)
	for i := range min(len(cells), len(j.Header)) {
		if _, sent := r.Form["c."+strconv.Itoa(i)]; sent {
			cells[i] = r.Text("c." + strconv.Itoa(i))
		}
	}
	if row, err = imports.Repair(r.Context(), p.DB, r.Who, j.ID, number, cells); err != nil {
		return err
	}
	if row.Open() {
		page := &problemsPage{View: r.View, Job: j, Rows: []imports.Row{row}, Total: 1, After: number - 1}
		return ui.Render(w, r, http.StatusUnprocessableEntity, page.page())
	}
	toast := ui.Toast{Key: "import.row.mended", Args: []string{"row", strconv.Itoa(number)}}
	if !row.Record.IsZero() {
		toast.Key, toast.Href = "import.row.repaired", home(j.Kind)+"/"+row.Record.String()
	}
	ui.Flash(w, r, toast)
	return p.repaired(w, r, j, number)
}

// repaired takes a row off the page.
func (p *Pages) repaired(w http.ResponseWriter, r *ui.Req, j imports.Job, number int) error {
	if r.Partial() {
		page := &problemsPage{View: r.View, Job: j, Done: number}
		return ui.Render(w, r, http.StatusOK, page.page())
	}
	return ui.Redirect(w, r, r.Back(path(j.ID, "problems")))
}

// download sends the refused rows, to be put right in a spreadsheet.
func (p *Pages) download(w http.ResponseWriter, r *ui.Req) error {
	j, err := p.job(r)
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(strings.TrimSuffix(j.Name, ".gz"), ".csv") + "-" + r.View.T("import.download.name") + ".csv"
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-store")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // a long file on a slow line
	return imports.WriteProblems(r.Context(), p.DB, j.ID, w, r.Bool("all"), func(x imports.Problem) string { return r.View.T(x.Code, x.Args...) })
}

// fixable are the columns of a row that are offered to be changed: those with
// something wrong, or if it is the row as a whole, all that become something.
func (p *problemsPage) fixable(r *imports.Row) []int {
	if list := r.BadColumns(); len(list) > 0 {
		return list
	}
	var list []int
	for i, h := range p.Header {
		if p.Map[h] != "" && i < len(r.Cells) && len(list) < 40 && (p.Source == "sheet" || r.Cells[i] != "" || i < 6) {
			list = append(list, i)
		}
	}
	return list
}

// reason returns what is wrong with a cell, or "".
func (p *problemsPage) reason(r *imports.Row, column int) string {
	for _, x := range r.Problems {
		if x.Column == column {
			return p.T(x.Code, x.Args...)
		}
	}
	return ""
}

// title returns the first cells of a row, by which people know it.
func (p *problemsPage) title(r *imports.Row) string {
	var list []string
	for i, c := range r.Cells {
		if c = strings.TrimSpace(c); c != "" && i < len(p.Header) && p.Map[p.Header[i]] != "" {
			list = append(list, cellAt(r.Cells, i))
		}
		if len(list) == 3 {
			break
		}
	}
	return strings.Join(list, " · ")
}

func (p *problemsPage) columnName(i int) string {
	t, _ := p.Kind.ParseTarget(p.Map[p.Header[i]])
	if p.Source != "sheet" {
		return targetName(p.View, p.Kind, t)
	}
	return p.Header[i]
}
