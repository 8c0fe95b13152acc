package api

import (
	"context"
	"net/http"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/views"
)

// viewFields are what programs write of a saved view.
type viewFields struct {
	List   string `json:"list,omitempty" example:"customer" doc:"The list that it is a view of; it stays."`
	Title  string `json:"title,omitempty" example:"Bandung, silent"`
	Query  string `json:"query,omitempty" example:"f=city:eq:Bandung&sort=-last_at" doc:"Conditions, order and columns, as in the address of the list; they are what its API operation takes too."`
	Shared string `json:"shared,omitempty" enum:"private,team,all" doc:"Who sees it; private if absent."`
}

// view is a saved view as the API answers it.
type view struct {
	ID        string    `json:"id" format:"uuid"`
	List      string    `json:"list"`
	Title     string    `json:"title"`
	Query     string    `json:"query"`
	Shared    string    `json:"shared"`
	Owner     *string   `json:"owner_id"`
	Team      *string   `json:"team_id" doc:"Who sees it, if it is shared with a team."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

type viewPage struct {
	Items []view  `json:"items"`
	Count int     `json:"count"`
	Next  *string `json:"next" doc:"Always null: they come in one page."`
}

func encodeView(v *views.View) view {
	return view{
		ID: v.ID.String(), List: v.List, Title: v.Title, Query: v.Query, Shared: string(v.Shared), Owner: text(v.Owner), Team: text(v.Team),
		CreatedAt: v.Created, UpdatedAt: v.Updated,
	}
}

func (a *API) viewOperations() {
	add(a, operation{method: "GET", path: "/api/v1/views", id: "list-views", summary: "List saved views",
		text: "Those that the token's user sees.", out: viewPage{}, status: 200}, a.listViews)
	add(a, operation{method: "POST", path: "/api/v1/views", id: "create-view", summary: "Save a view",
		text: "Sharing it needs the permission views.share.", out: view{}, status: 201}, a.createView)
	add(a, operation{method: "GET", path: "/api/v1/views/{id}", id: "get-view", summary: "Get a saved view", out: view{}, status: 200}, a.getView)
	add(a, operation{method: "PATCH", path: "/api/v1/views/{id}", id: "update-view", summary: "Change a saved view",
		text: "A JSON merge patch (RFC 7396).", out: view{}, status: 200}, a.patchView)
	add(a, operation{method: "DELETE", path: "/api/v1/views/{id}", id: "delete-view", summary: "Delete a saved view", status: 204}, a.deleteView)
}

func (a *API) listViews(ctx context.Context, c *caller, in *struct {
	List string `query:"list" example:"customer" doc:"Only those of this list."`
}) (*answer, error) {
	out := viewPage{Items: []view{}}
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		list, err := views.Each(ctx, tx)
		if in.List != "" {
			list, err = views.Of(ctx, tx, in.List)
		}
		for i := range list {
			out.Items = append(out.Items, encodeView(&list[i]))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Count = len(out.Items)
	return jsonAnswer(http.StatusOK, out)
}

func taggedView(status int, v *views.View) (*answer, error) {
	n, err := jsonAnswer(status, encodeView(v))
	return n.with("ETag", v.ETag()), err
}

func (a *API) createView(ctx context.Context, c *caller, in *struct {
	Body    viewFields
	RawBody []byte
}) (*answer, error) {
	made := views.View{List: in.Body.List, Title: in.Body.Title, Query: in.Body.Query, Shared: views.Shared(in.Body.Shared)}
	if made.Shared == "" {
		made.Shared = views.Private
	}
	if err := views.Allowed(c.Who(), nil, &made, c.Can(views.PermShare)); err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "view.create"}, "POST", "/views", in.RawBody, func(tx *db.Tx) (*answer, error) {
		v := made
		if err := views.Create(ctx, tx, &v); err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, v.ID, map[string]any{"name": v.Title}); err != nil {
			return nil, err
		}
		n, err := taggedView(http.StatusCreated, &v)
		return n.with("Location", "/api/v1/views/"+v.ID.String()), err
	})
}

func (a *API) getView(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var v views.View
	if err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) { v, err = views.Get(ctx, tx, id); return err }); err != nil {
		return nil, err
	}
	if matches(in.IfNoneMatch, v.ETag()) {
		return (&answer{status: http.StatusNotModified}).with("ETag", v.ETag()), nil
	}
	return taggedView(http.StatusOK, &v)
}

func (a *API) patchView(ctx context.Context, c *caller, in *struct {
	RecordPath
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "view.update", Subject: id}, "PATCH", in.ID, in.RawBody, func(tx *db.Tx) (*answer, error) {
		now, err := views.Update(ctx, tx, id, func(v *views.View) error {
			if err := expect(in.IfMatch, v.ETag()); err != nil {
				return err
			}
			old := *v
			fields := viewFields{v.List, v.Title, v.Query, string(v.Shared)}
			if err := mergePatch(&fields, in.RawBody); err != nil {
				return err
			}
			if fields.List != old.List {
				return errs.InvalidField("list", "api.unchangeable")
			}
			v.Title, v.Query, v.Shared = fields.Title, fields.Query, views.Shared(fields.Shared)
			return views.Allowed(c.Who(), &old, v, c.Can(views.PermShare))
		})
		if err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": now.Title}); err != nil {
			return nil, err
		}
		return taggedView(http.StatusOK, &now)
	})
}

func (a *API) deleteView(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "view.delete", Subject: id}, "DELETE", in.ID, nil, func(tx *db.Tx) (*answer, error) {
		if err := views.Lock(ctx, tx, id); err != nil {
			return nil, err
		}
		v, err := views.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := expect(in.IfMatch, v.ETag()); err != nil {
			return nil, err
		}
		if err := views.Allowed(c.Who(), &v, nil, c.Can(views.PermShare)); err != nil {
			return nil, err
		}
		if err := views.Delete(ctx, tx, id); err != nil {
			return nil, err
		}
		return &answer{status: http.StatusNoContent}, tx.SetOp(ctx, id, map[string]any{"name": v.Title})
	})
}
