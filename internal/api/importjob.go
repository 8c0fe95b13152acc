package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/team"
)

// importOut is an import as the API answers it.
type importOut struct {
	ID            string `json:"id" format:"uuid"`
	Kind          string `json:"kind"`
	File          string `json:"file"`
	State         string `json:"state" enum:"uploading,uploaded,mapped,running,done,failed,cancelled"`
	DryRun        bool   `json:"dry_run"`
	Rows          int64  `json:"rows" doc:"Done so far; each counts once as created, updated, skipped or an error."`
	Created       int64  `json:"created"`
	Updated       int64  `json:"updated"`
	Skipped       int64  `json:"skipped"`
	Errors        int64  `json:"errors" doc:"Rows that were refused; see /errors."`
	Warnings      int64  `json:"warnings" doc:"Cells that were left out of rows that came in."`
	Duplicates    int64  `json:"duplicates" doc:"Created ones that are likely there already."`
	Organizations int64  `json:"organizations" doc:"Made because a person belongs to them."`
	Orders        int64  `json:"orders" doc:"Made or replaced; the rows are their lines."`
	Products      int64  `json:"products" doc:"Made because a line of an order names them."`
	Customers     int64  `json:"customers" doc:"Made because an order is theirs."`
	Operation     string `json:"operation" doc:"Operation to which all changes belong."`
	Reason        string `json:"reason,omitempty" doc:"Why it failed."`
}

func (c *caller) encodeImport(j *imports.Job) importOut {
	s := j.Summary()
	out := importOut{
		ID: s.ID.String(), Kind: string(s.Kind), File: s.File, State: string(s.State), DryRun: s.DryRun, Rows: s.Rows, Created: s.Created, Updated: s.Updated,
		Skipped: s.Skipped, Errors: s.Errors, Warnings: s.Warnings, Duplicates: s.Duplicates, Organizations: s.Organizations, Orders: s.Orders, Products: s.Products, Customers: s.Customers, Operation: s.Operation.String(),
	}
	if j.Reason != nil {
		out.Reason = c.Error(j.Reason)
	}
	return out
}

// maxFields bounds the form fields beside the file.
const maxFields = 1 << 20

func (a *API) importOperations() {
	add(a, operation{method: "GET", path: "/api/v1/imports/{id}", id: "get-import", summary: "Get an import",
		need: imports.PermRun, out: importOut{}, status: 200}, a.getImport)

	// Files are streamed, which huma does not do: this one operation is served
	// and described by hand.
	a.mux.HandleFunc("POST /api/v1/imports", a.startImport)
	a.mux.HandleFunc("GET /api/v1/imports/{id}/errors", a.importErrors)
	a.ops = append(a.ops, Operation{"POST", "/api/v1/imports", imports.PermRun}, Operation{"GET", "/api/v1/imports/{id}/errors", imports.PermRun})
	text := &huma.Schema{Type: "string"}
	op := &huma.Operation{
		Method: "POST", Path: "/api/v1/imports", OperationID: "start-import", Summary: "Import customers, products or orders from a file",
		Description: "CSV (also gzipped), XLSX or vCard of any encoding, separator and date order; of orders, each row is a line, and lines with the same number are one order. The answer comes when the file is there; the import goes on in the background.",
		Security:    []map[string][]string{{"token": {}}}, Responses: map[string]*huma.Response{},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
			Type: "object", Required: []string{"file"}, Properties: map[string]*huma.Schema{
				"file":     {Type: "string", Format: "binary", Description: "Comes last, so that the other fields are known when it arrives; or first, then they are read after it."},
				"kind":     {Type: "string", Enum: []any{"customers", "products", "orders"}, Description: "customers if absent"},
				"map":      {Type: "string", Description: `JSON: which column is which field, {"Nama": "name"}.`},
				"key":      {Type: "array", Items: text, Description: "Field by which records are known again, of orders those by which their customers are; may come several times."},
				"mode":     {Type: "string", Enum: []any{"create", "update", "upsert"}},
				"currency": {Type: "string", Description: "Code of the currency of prices whose row names none; the workspace's if absent."},
				"returns":  {Type: "string", Description: "Which orders are returns: the beginning of their number, such as C; negative; both with a comma between; or none."},
				"dry_run":  {Type: "boolean", Description: "Only count what would happen."},
			},
		}}}},
	}
	a.describe(op, operation{method: "POST", out: importOut{}, status: 202})
	a.huma.OpenAPI().AddOperation(op)
	errors := &huma.Operation{
		Method: "GET", Path: "/api/v1/imports/{id}/errors", OperationID: "get-import-errors", Summary: "The refused rows of an import as CSV, with reasons",
		Security: []map[string][]string{{"token": {}}}, Parameters: []*huma.Param{{Name: "id", In: "path", Required: true, Schema: text}},
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/csv": {Schema: text}}}},
	}
	a.huma.OpenAPI().AddOperation(errors)
}

func (a *API) getImport(ctx context.Context, c *caller, in *idPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var j imports.Job
	if err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) { j, err = imports.Get(ctx, tx, id); return err }); err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, c.encodeImport(&j))
}

// by answers a request that does not go through huma, after it has found who
// sends it and whether they may.
func (a *API) by(w http.ResponseWriter, r *http.Request, need team.Perm, f func(c *caller) error) {
	c, err := a.caller(r.Context(), r.Header.Get("Authorization"), r.Header.Get("Accept-Language"))
	if err == nil && !c.Can(need) {
		err = errs.New(errs.Forbidden, "error.forbidden")
	}
	if err == nil {
		err = f(c)
	}
	if err == nil {
		return
	}
	p := a.fault(c.Printer, err)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="akrab"`)
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	w.Write(p.json())
}

func (a *API) importErrors(w http.ResponseWriter, r *http.Request) {
	a.by(w, r, imports.PermRun, func(c *caller) error {
		id, err := ids.Parse(r.PathValue("id"))
		if err != nil {
			return err
		}
		err = a.DB.Read(r.Context(), c.Who(), func(tx *db.Tx) error { _, err := imports.Get(r.Context(), tx, id); return err })
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="errors.csv"`)
		return imports.WriteProblems(r.Context(), a.DB, id, w, true, func(p imports.Problem) string { return c.T(p.Code, p.Args...) })
	})
}

func (a *API) startImport(w http.ResponseWriter, r *http.Request) {
	a.by(w, r, imports.PermRun, func(c *caller) error {
		job, dry, err := a.receive(r, c)
		if err != nil {
			return err
		}
		ctx := r.Context()
		err = a.DB.Write(ctx, db.Op{}, func(tx *db.Tx) error {
			if job, err = imports.Begin(ctx, tx, job.ID, dry); err != nil {
				return err
			}
			return imports.Queue(ctx, tx, &job)
		})
		if err != nil {
			return err
		}
		n, err := jsonAnswer(http.StatusAccepted, c.encodeImport(&job))
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/api/v1/imports/"+job.ID.String())
		w.WriteHeader(n.status)
		_, err = w.Write(n.body)
		return err
	})
}

// form is what comes beside the file.
type form struct {
	opt imports.Options
	dry bool
}

// receive reads a multipart form as it arrives: the file goes straight to the
// database. Fields may come before the file or after it; for those after it
// the file's settings are changed.
func (a *API) receive(r *http.Request, c *caller) (job imports.Job, dry bool, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return job, false, newFault(http.StatusUnsupportedMediaType, "api.multipart")
	}
	f := form{opt: imports.Options{Who: c.Who()}}
	got, late := false, false
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return job, false, newFault(http.StatusBadRequest, "api.multipart")
		}
		if part.FormName() != "file" {
			if err := f.field(part.FormName(), part); err != nil {
				return job, false, err
			}
			late = late || got
			continue
		}
		if got {
			return job, false, errs.InvalidField("file", "api.one_file")
		}
		got = true
		if job, err = imports.Start(r.Context(), a.DB, part, part.FileName(), f.opt); err != nil {
			return job, false, err
		}
	}
	if !got {
		return job, false, errs.InvalidField("file", "error.required")
	}
	if late {
		job, err = a.configure(r.Context(), job, f.opt)
	}
	return job, f.dry, err
}

// configure applies what came after the file.
func (a *API) configure(ctx context.Context, job imports.Job, opt imports.Options) (imports.Job, error) {
	if opt.Kind != "" && opt.Kind != job.Kind {
		var err error
		if job, err = imports.SetKind(ctx, a.DB, job.ID, opt.Kind); err != nil {
			return job, err
		}
	}
	set := job.Settings
	keys, err := job.Kind.ParseKeys(opt.Keys)
	if err != nil {
		return job, err
	}
	set.Keys, set.Mode = keys, opt.Mode
	if opt.Returns != nil {
		set.Returns = *opt.Returns
	}
	if opt.Currency != "" {
		if set.Currency, err = money.ParseCurrency(opt.Currency); err != nil {
			return job, errs.InvalidField("currency", "money.currency")
		}
	}
	named, err := job.Kind.ParseMapping(opt.Map, job.Header)
	if err != nil {
		return job, err
	}
	taken := map[string]bool{}
	for _, target := range named {
		taken[target] = true
	}
	for column, target := range set.Map {
		if _, ok := named[column]; !ok && !taken[target] {
			named[column] = target
		}
	}
	set.Map = named
	return imports.Configure(ctx, a.DB, job.ID, nil, set)
}

// field reads one field of the form.
func (f *form) field(name string, r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, maxFields+1))
	if err != nil {
		return newFault(http.StatusBadRequest, "api.multipart")
	}
	if len(text) > maxFields {
		return errs.InvalidField(name, "error.too_large")
	}
	value := strings.TrimSpace(string(text))
	switch name {
	case "kind":
		f.opt.Kind = imports.Kind(value)
	case "map":
		f.opt.Map = []byte(value)
	case "key":
		for key := range strings.SplitSeq(value, ",") {
			if key = strings.TrimSpace(key); key != "" {
				f.opt.Keys = append(f.opt.Keys, key)
			}
		}
	case "mode":
		f.opt.Mode = imports.Mode(value)
	case "dry_run":
		f.dry = value == "true" || value == "1" || value == "on"
	case "currency":
		f.opt.Currency = value
	case "returns":
		if value != "" {
			rule := imports.ParseReturns(value)
			f.opt.Returns = &rule
		}
	default:
		return errs.InvalidField(name, "api.unknown")
	}
	return nil
}
