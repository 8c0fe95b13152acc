package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/akrab-crm/akrab/internal/app"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/orders"
	"github.com/akrab-crm/akrab/internal/portable"
	"github.com/akrab-crm/akrab/internal/search"
)

type importCmd struct {
	source
	What     string   `arg:"" help:"customers, products or orders (a file of their lines), or the folder of an exported workspace."`
	File     string   `arg:"" optional:"" help:"CSV (also gzipped) or XLSX file, or vCards of customers."`
	Map      string   `help:"JSON file that says which column is which field: {\"Nama Lengkap\": \"name\"}. Headers that are known need none." type:"existingfile"`
	Key      []string `help:"Field by which records are known again. Customers: for example external_id, email, phone; they are updated instead of created. Products: code. Orders: by which their customers are known."`
	Mode     string   `help:"create, update or upsert." enum:"create,update,upsert," default:""`
	Currency string   `help:"Currency of prices whose row names none; the workspace's if absent." placeholder:"CODE"`
	Returns  string   `help:"Which orders are returns: those whose number begins with this and a digit, such as C; negative for those without a quantity above zero; both with a comma between, or none." placeholder:"RULE"`
	DryRun   bool     `help:"Only count what would happen."`
	JSON     bool     `name:"json" help:"Print the summary as JSON."`
}

// Run imports a file or a whole workspace.
func (c *importCmd) Run(ctx context.Context, e *env) error {
	if c.File == "" {
		if info, err := os.Stat(c.What); err != nil || !info.IsDir() {
			return fmt.Errorf("%s is no folder; akrab import customers FILE imports a file", c.What)
		}
		return c.workspace(ctx, e)
	}
	kind, err := imports.ParseKind(c.What)
	if err != nil {
		return fmt.Errorf("can't import %q; customers, products and orders can be imported", c.What)
	}
	f, err := os.Open(c.File) // before the workspace, which would be made for nothing
	if err != nil {
		return err
	}
	defer f.Close()
	a, err := c.open(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	job, err := c.start(ctx, e, a, kind, f)
	if err != nil {
		return err
	}
	p := newProgress(e, "import", c.JSON)
	job, err = imports.Run(ctx, a.DB, job.ID, func(j imports.Job) { p.set(j.Place, 0) })
	p.end()
	if err != nil {
		return err
	}
	if !job.Op.IsZero() {
		if err := settle(ctx, a); err != nil {
			return err
		}
	}
	if err := c.report(e, job); err != nil {
		return err
	}
	if job.State != imports.Done {
		if job.Reason != nil {
			return job.Reason
		}
		return fmt.Errorf("the import is %s", job.State)
	}
	return nil
}

// settle does what follows from a large change: facts, phases and figures. What
// is served does that by itself, but here nobody waits for it.
func settle(ctx context.Context, a *app.App) error {
	if err := a.Bus.Drain(ctx); err != nil {
		return err
	}
	if err := a.Jobs.Drain(ctx); err != nil {
		return err
	}
	return orders.MakeFigures(ctx, a.DB)
}

// start stores the file and lets its import begin, or finds the import of the
// same file that was interrupted.
func (c *importCmd) start(ctx context.Context, e *env, a *app.App, kind imports.Kind, f *os.File) (imports.Job, error) {
	opt := imports.Options{Who: system, Kind: kind, Keys: c.Key, Mode: imports.Mode(c.Mode), Currency: c.Currency}
	if c.Returns != "" {
		rule := imports.ParseReturns(c.Returns)
		opt.Returns = &rule
	}
	if c.Map != "" {
		var err error
		if opt.Map, err = os.ReadFile(c.Map); err != nil {
			return imports.Job{}, err
		}
	}
	if job, ok, err := c.interrupted(ctx, a, opt, f); ok || err != nil {
		if ok {
			fmt.Fprintf(e.err, "going on with the import that was interrupted after row %d\n", job.Place)
		}
		return job, err
	}
	job, err := imports.Start(ctx, a.DB, f, filepath.Base(c.File), opt)
	if err != nil {
		return job, err
	}
	err = a.DB.Write(ctx, db.Op{}, func(tx *db.Tx) error {
		job, err = imports.Begin(ctx, tx, job.ID, c.DryRun)
		return err
	})
	return job, err
}

// interrupted finds a running import of the same file with the same settings that
// no process works on. (If one does, [imports.Run] refuses.)
func (c *importCmd) interrupted(ctx context.Context, a *app.App, opt imports.Options, f *os.File) (found imports.Job, ok bool, err error) {
	info, err := f.Stat()
	if err != nil || c.DryRun {
		return found, false, err
	}
	err = a.DB.Read(ctx, system, func(tx *db.Tx) error {
		list, err := imports.List(ctx, tx, ids.ID{}, 20)
		for _, j := range list {
			if j.State == imports.Running && !j.DryRun && j.Name == filepath.Base(c.File) && j.Size == info.Size() && j.Agrees(opt) {
				found, ok = j, true
				return err
			}
		}
		return err
	})
	return found, ok, err
}

func (c *importCmd) report(e *env, job imports.Job) error {
	s := job.Summary()
	if c.JSON {
		return printJSON(e, s)
	}
	what := "imported"
	if s.DryRun {
		what = "would be imported"
	}
	_, err := fmt.Fprintf(e.out, "%d rows %s: %d created, %d updated, %d skipped, %d with errors; %d cells left out", s.Rows, what, s.Created, s.Updated, s.Skipped, s.Errors, s.Warnings)
	switch {
	case err != nil:
	case s.Kind == imports.Orders:
		_, err = fmt.Fprintf(e.out, "; %d orders, %d products made, %d customers made\n", s.Orders, s.Products, s.Customers)
	case s.Kind == imports.Products:
		_, err = fmt.Fprintln(e.out)
	default:
		_, err = fmt.Fprintf(e.out, ", %d likely duplicates, %d organisations made\n", s.Duplicates, s.Organizations)
	}
	if err == nil && !s.DryRun {
		_, err = fmt.Fprintf(e.out, "operation %s\n", s.Operation)
	}
	return err
}

func printJSON(e *env, v any) error {
	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// workspace imports an exported workspace.
func (c *importCmd) workspace(ctx context.Context, e *env) error {
	if _, err := portable.ReadManifest(c.What); err != nil {
		return err
	}
	a, err := c.open(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	p := newProgress(e, "import", c.JSON)
	report, err := portable.Import(ctx, a.DB, c.What, system, p.of)
	p.end()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, map[string]any{"operation": report.Operation, "rows": report.Rows, "skipped": report.Skipped, "unknown": report.Unknown})
	}
	_, err = fmt.Fprintf(e.out, "%d rows imported\noperation %s\n", report.Rows, report.Operation)
	for _, name := range report.Unknown {
		fmt.Fprintf(e.err, "left out: %s is not known to this version\n", name)
	}
	return err
}

type exportCmd struct {
	source
	Dir  string `arg:"" help:"Folder to write to; it must be empty or new."`
	JSON bool   `name:"json" help:"Print the summary as JSON."`
}

// Run exports the workspace.
func (c *exportCmd) Run(ctx context.Context, e *env) error {
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	p := newProgress(e, "export", c.JSON)
	m, err := portable.Export(ctx, a.DB, c.Dir, p.of)
	p.end()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, m)
	}
	rows := 0
	for _, t := range m.Tables {
		rows += t.Rows
	}
	_, err = fmt.Fprintf(e.out, "%d rows exported to %s\n", rows, c.Dir)
	return err
}

type undoCmd struct {
	source
	Operation string `arg:"" help:"Id of the operation, as the import or the list of operations shows it."`
	JSON      bool   `name:"json" help:"Print the result as JSON."`
}

// Run undoes an operation.
func (c *undoCmd) Run(ctx context.Context, e *env) error {
	id, err := ids.Parse(c.Operation)
	if err != nil {
		return errNoOperation
	}
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	p := newProgress(e, "undo", c.JSON)
	op, err := c.undo(ctx, e, a, id, p)
	p.end()
	if err == nil {
		err = settle(ctx, a)
	}
	if errs.KindOf(err) == errs.NotFound {
		return errNoOperation
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, map[string]any{"operation": op.ID, "undone": id, "state": op.State, "kept": op.KeptCount})
	}
	fmt.Fprintf(e.out, "undone by operation %s\n", op.ID)
	if op.KeptCount > 0 {
		fmt.Fprintf(e.out, "%d things were kept, because others changed, used or took them since:\n", op.KeptCount)
		for _, k := range op.Kept {
			fmt.Fprintf(e.out, "  %s %s %s (%s)\n", k.Table, k.Label, k.Column, k.Reason)
		}
	}
	return nil
}

var errNoOperation = errors.New("there is no operation with this id")

// undo undoes the operation. An undo whose process was killed a moment ago
// looks as if it still worked: undo waits until that is certain.
func (c *undoCmd) undo(ctx context.Context, e *env, a *app.App, id ids.ID, p *progress) (journal.Operation, error) {
	for until := time.Now().Add(journal.Patience + 2*time.Second); ; {
		op, err := journal.Undo(ctx, a.DB, system, id, p.of)
		if errs.KindOf(err) != errs.Conflict || time.Now().After(until) {
			return op, err
		}
		var now journal.Operation
		rerr := a.DB.Read(ctx, system, func(tx *db.Tx) (err error) {
			now, err = journal.Get(ctx, tx, id)
			return err
		})
		if rerr != nil || now.State != journal.Undoing {
			return op, err
		}
		p.note("waiting for the undo that was begun before")
		select {
		case <-ctx.Done():
			return op, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

type backupCmd struct {
	source
	File string `arg:"" help:"File to write; .gz compresses it."`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

// Run writes a backup.
func (c *backupCmd) Run(ctx context.Context, e *env) error {
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	p := newProgress(e, "backup", c.JSON)
	err = portable.Backup(ctx, a.DB, c.File, p.of)
	p.end()
	if err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, map[string]any{"file": c.File, "bytes": info.Size()})
	}
	_, err = fmt.Fprintf(e.out, "%s: %.1f MB\n", c.File, float64(info.Size())/1e6)
	return err
}

type restoreCmd struct {
	source
	File  string `arg:"" help:"Backup to restore." type:"existingfile"`
	Force bool   `help:"Replace the workspace that is there."`
	JSON  bool   `name:"json" help:"Print the result as JSON."`
}

// Run restores a backup and checks it.
func (c *restoreCmd) Run(ctx context.Context, e *env) error {
	r := portable.Restorer{Modules: app.Modules, Prepare: search.Prepare, Force: c.Force}
	if err := r.Restore(ctx, c.File, c.url()); err != nil {
		return err
	}
	return (&checkCmd{source: c.source, JSON: c.JSON}).Run(ctx, e)
}

type checkCmd struct {
	source
	Repair bool `help:"Make what is derived anew, and mend what can be mended."`
	JSON   bool `name:"json" help:"Print the findings as JSON."`
}

// Run checks the workspace. What is found and not mended is an error.
func (c *checkCmd) Run(ctx context.Context, e *env) error {
	a, err := c.openExisting(ctx, e)
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := app.English()
	if err != nil {
		return err
	}
	list, err := portable.CheckAll(ctx, a.DB, a.Checks(), c.Repair, nil)
	if err != nil {
		return err
	}
	open := 0
	findings := make([]finding, len(list))
	for i, f := range list {
		findings[i] = finding{f.Check, p.T(f.Key, f.Args...), f.N, f.Repaired}
		if !f.Repaired {
			open++
		}
		if !c.JSON {
			fmt.Fprintln(e.out, findings[i])
		}
	}
	if c.JSON {
		if err := printJSON(e, map[string]any{"findings": findings, "sound": open == 0}); err != nil {
			return err
		}
	}
	if open > 0 {
		return fmt.Errorf("%d findings", open)
	}
	if !c.JSON {
		fmt.Fprintln(e.out, "the data are sound")
	}
	return nil
}

// finding is a finding in words.
type finding struct {
	Check    string `json:"check"`
	Text     string `json:"text"`
	Count    int    `json:"count"`
	Repaired bool   `json:"repaired"`
}

// String is the finding for people.
func (f finding) String() string {
	if f.Repaired {
		return f.Check + ": " + f.Text + " (repaired)"
	}
	return f.Check + ": " + f.Text
}
