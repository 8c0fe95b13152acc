package importsweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/ui"
)

// wizardPage is where a person says how a file is read.
type wizardPage struct {
	*ui.View
	imports.Job
	Preview  imports.Preview
	FileErr  error // why the file can't be read so
	Err      error // what is wrong with the settings
	Problems int   // rows that a dry run found fault with
	Mended   int   // rows that were put right
}

const (
	previewRows  = 8
	columnsShown = 200
)

// wizard shows the settings of an import that has not run: those of j, which
// may not be stored.
func (p *Pages) wizard(w http.ResponseWriter, r *ui.Req, status int, j imports.Job, bad error) error {
	page := &wizardPage{View: r.View, Job: j, Err: bad}
	page.Preview, page.FileErr = j.Preview(r.Context(), p.DB, previewRows)
	if k := errs.KindOf(page.FileErr); page.FileErr != nil && k != errs.Invalid && k != errs.TooLarge {
		return page.FileErr
	}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.Problems, err = imports.CountProblems(r.Context(), tx, j.ID); err != nil {
			return err
		}
		page.Mended, err = imports.CountMended(r.Context(), tx, j.ID)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, page.page())
}

// save keeps the settings, and does what the button says: nothing more, a dry
// run, or the import itself.
func (p *Pages) save(w http.ResponseWriter, r *ui.Req) error {
	j, err := p.job(r)
	if err != nil {
		return err
	}
	do := r.Form.Get("do")
	if kind := imports.Kind(r.Form.Get("kind")); kind != "" && kind != j.Kind {
		return p.change(w, r, j, kind)
	}
	format, set := readSettings(r, &j)
	saved, err := imports.Configure(r.Context(), p.DB, j.ID, format, set)
	if errs.KindOf(err) == errs.Invalid {
		j.Settings = set
		if format != nil {
			j.Format = *format
		}
		return p.wizard(w, r, http.StatusUnprocessableEntity, j, err)
	}
	if err != nil {
		return err
	}
	if do == "check" || do == "start" {
		return p.begin(w, r, saved, do == "check")
	}
	if r.Partial() {
		return p.wizard(w, r, http.StatusOK, saved, nil)
	}
	return ui.Redirect(w, r, path(j.ID))
}

// change makes the rows something else. What was said of the columns meant
// other fields: they are guessed anew.
func (p *Pages) change(w http.ResponseWriter, r *ui.Req, j imports.Job, kind imports.Kind) error {
	j, err := imports.SetKind(r.Context(), p.DB, j.ID, kind)
	if err != nil {
		return err
	}
	if r.Partial() {
		return p.wizard(w, r, http.StatusOK, j, nil)
	}
	return ui.Redirect(w, r, path(j.ID))
}

func (p *Pages) begin(w http.ResponseWriter, r *ui.Req, j imports.Job, dry bool) error {
	err := p.DB.Write(r.Context(), db.Op{}, func(tx *db.Tx) error {
		j, err := imports.Begin(r.Context(), tx, j.ID, dry)
		if err != nil {
			return err
		}
		return imports.Queue(r.Context(), tx, &j)
	})
	if errs.KindOf(err) == errs.Invalid {
		return p.wizard(w, r, http.StatusUnprocessableEntity, j, err)
	}
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, path(j.ID))
}

// readSettings reads the form. The format is nil if it is not part of it.
func readSettings(r *ui.Req, j *imports.Job) (*sheet.Format, imports.Settings) {
	set := imports.Settings{Map: imports.Mapping{}, Mode: imports.Mode(r.Form.Get("mode")), Erase: r.Bool("erase")}
	for i, h := range j.Header {
		name := "col." + strconv.Itoa(i)
		if _, sent := r.Form[name]; sent {
			set.Map[h] = r.Form.Get(name)
		} else {
			set.Map[h] = j.Map[h] // of a file with more columns than the page shows
		}
	}
	for _, k := range j.Kind.KeyFields() {
		if slices.Contains(r.Form["key"], string(k)) {
			set.Keys = append(set.Keys, k)
		}
	}
	switch {
	case len(set.Keys) == 0 && j.Kind != imports.Orders:
		set.Mode = imports.Create
	case set.Mode == "":
		set.Mode = imports.Upsert
	}
	set.Currency, set.Returns = j.Currency, j.Returns
	if _, sent := r.Form["currency"]; sent {
		set.Currency = money.Currency(r.Form.Get("currency"))
	}
	if _, sent := r.Form["return_prefix"]; sent {
		set.Returns = imports.ReturnRule{Prefix: r.Text("return_prefix"), Negative: r.Bool("return_negative")}
	}
	if r.Form.Get("encoding")+r.Form.Get("date_order") == "" {
		return nil, set
	}
	f := j.Format
	if f.Kind == sheet.CSV {
		f.Encoding = r.Form.Get("encoding")
		f.Comma = firstRune(commaNames[r.Form.Get("comma")], r.Form.Get("comma"))
	}
	f.Decimal = firstRune("", r.Form.Get("decimal"))
	f.DateOrder = r.Form.Get("date_order")
	f.Header = r.Bool("header")
	f.Top = int(min(max(r.Int("top", 0), 0), 1000))
	f.Sheet = r.Form.Get("sheet")
	return &f, set
}

// commaNames are separators that a form can't hold as they are.
var commaNames = map[string]string{"tab": "\t", "unit": "\x1f", "start": "\x01"}

func firstRune(texts ...string) rune {
	for _, s := range texts {
		for _, r := range s {
			return r
		}
	}
	return 0
}

func commaName(r rune) string {
	for name, s := range commaNames {
		if s == string(r) {
			return name
		}
	}
	return string(r)
}

// encodings are the choices of encodings.
func (p *wizardPage) encodings() []ui.Option {
	var list []ui.Option
	for _, e := range sheet.Encodings {
		list = append(list, ui.Option{Value: e, Label: strings.ToUpper(e)})
	}
	return list
}

func (p *wizardPage) commas() []ui.Option {
	list := []ui.Option{
		{Value: ",", Label: p.T("import.comma.comma")}, {Value: ";", Label: p.T("import.comma.semicolon")},
		{Value: "tab", Label: p.T("import.comma.tab")}, {Value: "|", Label: p.T("import.comma.bar")},
	}
	now := commaName(p.Format.Comma)
	if !slices.ContainsFunc(list, func(o ui.Option) bool { return o.Value == now }) {
		list = append(list, ui.Option{Value: now, Label: p.T("import.comma.other", "sign", strconv.QuoteRune(p.Format.Comma))})
	}
	return list
}

func (p *wizardPage) decimals() []ui.Option {
	return []ui.Option{{Value: ",", Label: "1.234,56"}, {Value: ".", Label: "1,234.56"}}
}

func (p *wizardPage) orders() []ui.Option {
	return []ui.Option{
		{Value: "dmy", Label: p.T("import.order.dmy")}, {Value: "mdy", Label: p.T("import.order.mdy")}, {Value: "ymd", Label: p.T("import.order.ymd")},
	}
}

func (p *wizardPage) sheets() []ui.Option {
	var list []ui.Option
	for _, s := range p.Preview.Sheets {
		list = append(list, ui.Option{Value: s, Label: s})
	}
	return list
}

// isTable reports whether the file has a format that can be changed.
func (p *wizardPage) isTable() bool { return p.Source == "sheet" }

// shownColumns are the columns that the page lists.
func (p *wizardPage) shownColumns() []imports.Column {
	return p.Preview.Columns[:min(len(p.Preview.Columns), columnsShown)]
}

// ask returns a text about what the file is.
func (p *wizardPage) ask(what string) string { return p.T("import.ask." + string(p.Kind) + "." + what) }

// home returns where records of a kind are listed.
func home(k imports.Kind) string { return "/" + string(k) }

// currencies are the choices of currencies, the workspace's first.
func (p *wizardPage) currencies() []ui.Option {
	list := []ui.Option{{Value: "", Label: p.T("import.currency.own", "currency", string(p.View.Currency))}}
	for _, c := range money.Currencies() {
		if c != p.View.Currency || c == p.Currency {
			list = append(list, ui.Option{Value: string(c), Label: string(c)})
		}
	}
	return list
}

// keyChoices are the fields by which records can be known again.
func (p *wizardPage) keyChoices() []ui.Option {
	var list []ui.Option
	for _, k := range p.Kind.KeyFields() {
		list = append(list, ui.Option{Value: string(k), Label: p.T("import.key." + string(k))})
	}
	return list
}

func (p *wizardPage) hasKey(value string) bool {
	for _, k := range p.Keys {
		if string(k) == value {
			return true
		}
	}
	return false
}

// checked reports whether a dry run has counted.
func (p *wizardPage) checked() bool { return p.DryRun && p.State == imports.Done }

// problemAt returns what is wrong with a cell of the preview, or "".
func (p *wizardPage) problemAt(row, column int) string {
	for _, x := range p.Preview.Drafts[row].Problems {
		if x.Column == column {
			return p.T(x.Code, x.Args...)
		}
	}
	return ""
}

// problemOf returns what is wrong with a row of the preview as a whole, or "".
func (p *wizardPage) problemOf(row int) string {
	return p.problemAt(row, -1)
}

// used are the columns of the preview that become something.
func (p *wizardPage) used() []int {
	var list []int
	for i, c := range p.Preview.Columns {
		if c.Target != (imports.Target{}) && len(list) < 30 && (p.isTable() || len(c.Samples) > 0) {
			list = append(list, i)
		}
	}
	return list
}

func cellAt(row []string, i int) string {
	if i >= len(row) {
		return ""
	}
	s := strings.TrimSpace(row[i])
	if len(s) > 60 {
		runes := []rune(s)
		if len(runes) > 60 {
			return string(runes[:60]) + "…"
		}
	}
	return s
}
