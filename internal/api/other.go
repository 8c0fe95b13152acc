package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Permissions of the journal, which is a service and declares none itself.
const (
	PermOperations team.Perm = "operations.read"
	PermUndo       team.Perm = "operations.undo"
)

type hit struct {
	Kind   string `json:"kind" example:"customer"`
	ID     string `json:"id" format:"uuid"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	URL    string `json:"url" doc:"Path of its page."`
}

type hits struct {
	Items []hit   `json:"items"`
	Count int     `json:"count"`
	Next  *string `json:"next" doc:"Always null: a search has one page."`
}

type operationOut struct {
	ID         string         `json:"id" format:"uuid"`
	Actor      string         `json:"actor"`
	ActorID    *string        `json:"actor_id"`
	Why        string         `json:"why" example:"customer.update"`
	Text       string         `json:"text" doc:"What was done, in words."`
	Args       map[string]any `json:"args"`
	SubjectID  *string        `json:"subject_id" doc:"Record that it is about, if it is one."`
	CauseID    *string        `json:"cause_id" doc:"Operation because of which it happened."`
	UndoOfID   *string        `json:"undo_of_id" doc:"Operation that it undoes."`
	State      string         `json:"state" enum:"running,done,undoing,undone"`
	Kept       []kept         `json:"kept" doc:"What its undo had to leave, because others changed, used or took it since; the first hundred."`
	KeptCount  int64          `json:"kept_count"`
	StartedAt  time.Time      `json:"started_at"`
	FinishedAt *time.Time     `json:"finished_at"`
}

type kept struct {
	Table   string `json:"table"`
	Subject string `json:"subject_id" format:"uuid"`
	Column  string `json:"column"`
	Reason  string `json:"reason" enum:"changed_since,in_use,taken,gone"`
	Label   string `json:"label"`
}

type operationPage struct {
	Items []operationOut `json:"items"`
	Count *int64         `json:"count" doc:"Always null."`
	Next  *string        `json:"next"`
}

type userOut struct {
	ID     string `json:"id" format:"uuid"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Role   string `json:"role"`
	Active bool   `json:"active"`
}

type userList struct {
	Items []userOut `json:"items"`
	Count int       `json:"count"`
	Next  *string   `json:"next"`
}

type workspaceOut struct {
	Name      string `json:"name"`
	LegalName string `json:"legal_name"`
	Currency  string `json:"currency"`
	Zone      string `json:"zone"`
	Region    string `json:"region"`
	Language  string `json:"language"`
}

func (a *API) otherOperations() {
	add(a, operation{method: "GET", path: "/api/v1/search", id: "search", summary: "Find records by what people type",
		text: "Names, organisations, e-mail addresses, telephone numbers in any spelling, numbers; two letters are enough.", out: hits{}, status: 200}, a.search)
	add(a, operation{method: "GET", path: "/api/v1/operations", id: "list-operations", summary: "List operations, newest first",
		need: PermOperations, out: operationPage{}, status: 200}, a.listOperations)
	add(a, operation{method: "GET", path: "/api/v1/operations/{id}", id: "get-operation", summary: "Get an operation",
		need: PermOperations, out: operationOut{}, status: 200}, a.getOperation)
	add(a, operation{method: "POST", path: "/api/v1/operations/{id}/undo", id: "undo-operation", summary: "Undo an operation",
		text: "Answers with the operation that undoes it: 200 when it is done, 202 while it works on. " +
			"One's own operations need no more than that one may write, those of others the permission " + string(PermUndo) + ".",
		out: operationOut{}, status: 200}, a.undo)
	add(a, operation{method: "GET", path: "/api/v1/users", id: "list-users", summary: "List users", out: userList{}, status: 200}, a.listUsers)
	add(a, operation{method: "GET", path: "/api/v1/workspace", id: "get-workspace", summary: "Get the workspace's settings", out: workspaceOut{}, status: 200}, a.getWorkspace)
}

func (a *API) search(ctx context.Context, c *caller, in *struct {
	Text  string `query:"q" required:"true" doc:"What somebody types."`
	Kind  string `query:"kind"`
	Limit int    `query:"limit" default:"10" minimum:"1" maximum:"50"`
}) (*answer, error) {
	out := hits{Items: []hit{}}
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		found, err := a.Search.Find(ctx, tx, in.Text, search.Options{Kind: in.Kind, Limit: in.Limit})
		for _, h := range found {
			if c.Can(team.Perm(h.Kind + "s.read")) {
				out.Items = append(out.Items, hit{h.Kind, h.Ref.String(), h.Title, h.Detail, h.URL})
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Count = len(out.Items)
	return jsonAnswer(http.StatusOK, out)
}

func (c *caller) operation(o *journal.Operation) operationOut {
	out := operationOut{
		ID: o.ID.String(), Actor: o.ActorName, ActorID: text(o.Actor), Why: o.Why, Args: o.Args, SubjectID: text(o.Subject),
		CauseID: text(o.Cause), UndoOfID: text(o.UndoOf), State: string(o.State), Kept: []kept{}, KeptCount: o.KeptCount,
		StartedAt: o.Started, FinishedAt: timeOrNull(o.Finished),
	}
	var args []any
	for name, value := range o.Args {
		args = append(args, name, value)
	}
	out.Text = c.T(o.Why, args...)
	for _, k := range o.Kept {
		out.Kept = append(out.Kept, kept{k.Table, k.Subject.String(), k.Column, string(k.Reason), k.Label})
	}
	return out
}

func (a *API) listOperations(ctx context.Context, c *caller, in *struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor string `query:"cursor"`
}) (*answer, error) {
	after := ids.ID{}
	if in.Cursor != "" {
		var err error
		if after, err = ids.Parse(in.Cursor); err != nil {
			return nil, errs.InvalidField("cursor", "list.cursor")
		}
	}
	page := operationPage{Items: []operationOut{}}
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		got, err := journal.List(ctx, tx, after, in.Limit+1)
		if len(got) > in.Limit {
			got = got[:in.Limit]
			page.Next = textOrNull(got[in.Limit-1].ID.String())
		}
		for i := range got {
			page.Items = append(page.Items, c.operation(&got[i]))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, page)
}

type idPath struct {
	ID string `path:"id"`
}

func (a *API) getOperation(ctx context.Context, c *caller, in *idPath) (*answer, error) {
	o, err := a.operation(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, c.operation(&o))
}

func (a *API) operation(ctx context.Context, c *caller, text string) (o journal.Operation, err error) {
	id, err := ids.Parse(text)
	if err != nil {
		return o, err
	}
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) {
		o, err = journal.Get(ctx, tx, id)
		return err
	})
	return o, err
}

// undoAnswer is how long an undo may take before it is answered while it works on.
const undoAnswer = 2 * time.Second

// mayUndo reports whether a program may undo an operation: with the permission
// any, else what it did itself, under its own name, while it may still write.
func (c *caller) mayUndo(o *journal.Operation) bool {
	if c.Can(PermUndo) {
		return true
	}
	writes := slices.ContainsFunc(c.Role.Permissions(), func(p team.Perm) bool { return strings.HasSuffix(string(p), ".write") })
	return writes && o.Actor == c.User && o.ActorName == c.Name && c.Name != ""
}

// undo needs no idempotency key: an operation is undone once.
func (a *API) undo(ctx context.Context, c *caller, in *idPath) (*answer, error) {
	o, err := a.operation(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if !c.mayUndo(&o) {
		return nil, errs.New(errs.Forbidden, "error.forbidden")
	}
	if err := journal.CanUndo(o, a.DB.Now()); err != nil {
		return nil, err
	}
	type result struct {
		op  journal.Operation
		err error
	}
	done := make(chan result, 1)
	go func() { // it goes on when the answer has been given; what a crash stops, a restart takes up
		op, err := journal.Undo(context.WithoutCancel(ctx), a.DB, c.Who(), o.ID, nil)
		if err != nil && !errors.Is(err, context.Canceled) && len(errs.All(err)) == 0 {
			a.Log.Error("undo failed", "operation", o.ID, "err", err)
		}
		done <- result{op, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, r.err
		}
		return jsonAnswer(http.StatusOK, c.operation(&r.op))
	case <-time.After(undoAnswer):
	}
	var under journal.Operation
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) {
		under, err = journal.UndoOf(ctx, tx, o.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	n, err := jsonAnswer(http.StatusAccepted, c.operation(&under))
	return n.with("Location", "/api/v1/operations/"+under.ID.String()), err
}

func (a *API) listUsers(ctx context.Context, c *caller, _ *struct{}) (*answer, error) {
	out := userList{Items: []userOut{}}
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		users, err := team.Users(ctx, tx, false)
		for _, u := range users {
			out.Items = append(out.Items, userOut{u.ID.String(), u.Name, u.Email, u.Role.Key, u.Active})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Count = len(out.Items)
	return jsonAnswer(http.StatusOK, out)
}

func (a *API) getWorkspace(ctx context.Context, c *caller, _ *struct{}) (*answer, error) {
	var set workspace.Settings
	if err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) { set, err = workspace.Get(ctx, tx); return err }); err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, workspaceOut{set.Name, set.LegalName, string(set.Currency), set.Zone, set.Region, string(set.Language)})
}
