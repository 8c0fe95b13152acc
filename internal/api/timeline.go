package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// interactionFields are what programs write of an interaction.
type interactionFields struct {
	Customer  string     `json:"customer_id,omitempty" format:"uuid"`
	Kind      string     `json:"kind,omitempty" example:"call" doc:"call, email, meeting, visit, note, chat, form, letter, or a kind of your own in small letters; note if absent"`
	Direction string     `json:"direction,omitempty" doc:"in or out; empty if neither"`
	Channel   string     `json:"channel,omitempty" example:"whatsapp"`
	Subject   string     `json:"subject,omitempty"`
	Body      string     `json:"body,omitempty"`
	At        *time.Time `json:"occurred_at,omitempty" doc:"Now if absent."`
	Seconds   int64      `json:"duration_s,omitempty"`
	Actor     string     `json:"actor,omitempty" doc:"Who of the company; the token's name if absent."`
	Promise   string     `json:"promise,omitempty" doc:"What was promised."`
	Due       *time.Time `json:"due_at,omitempty" doc:"By when."`
	Kept      *time.Time `json:"kept_at,omitempty" doc:"When the promise was kept."`
	Private   bool       `json:"private,omitempty" doc:"Only its author sees it."`
	Pinned    bool       `json:"pinned,omitempty"`
	Ref       string     `json:"ref,omitempty" doc:"Number of what it is about in another system."`
}

// interaction is one as the API answers it.
type interaction struct {
	ID        string     `json:"id" format:"uuid"`
	Customer  string     `json:"customer_id" format:"uuid"`
	Kind      string     `json:"kind"`
	Direction string     `json:"direction"`
	Channel   string     `json:"channel"`
	Subject   string     `json:"subject"`
	Body      string     `json:"body"`
	At        time.Time  `json:"occurred_at"`
	Seconds   int64      `json:"duration_s"`
	ActorID   *string    `json:"actor_id"`
	Actor     string     `json:"actor"`
	Promise   string     `json:"promise"`
	Due       *time.Time `json:"due_at"`
	Kept      *time.Time `json:"kept_at"`
	Private   bool       `json:"private"`
	Pinned    bool       `json:"pinned"`
	Ref       string     `json:"ref"`
	Files     []fileMeta `json:"files"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

type fileMeta struct {
	ID        string `json:"id" format:"uuid"`
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`
}

type interactionPage struct {
	Items []interaction `json:"items"`
	Count *int64        `json:"count" doc:"Always null: timelines are not counted."`
	Next  *string       `json:"next"`
}

func encodeInteraction(i *activity.Interaction) interaction {
	out := interaction{
		ID: i.ID.String(), Customer: i.Customer.String(), Kind: string(i.Kind), Direction: string(i.Direction), Channel: i.Channel,
		Subject: i.Subject, Body: i.Body, At: i.At, Seconds: i.Seconds, ActorID: text(i.ActorID), Actor: i.Actor, Promise: i.Promise,
		Due: timeOrNull(i.Due), Kept: timeOrNull(i.Kept), Private: i.Private, Pinned: i.Pinned, Ref: i.Ref,
		CreatedAt: i.Created, UpdatedAt: i.Updated, Files: []fileMeta{},
	}
	for _, f := range i.Files {
		out.Files = append(out.Files, fileMeta{f.ID.String(), f.Name, f.MediaType, f.Size})
	}
	return out
}

func (f *interactionFields) apply(i *activity.Interaction) error {
	i.Kind, i.Direction, i.Channel = activity.Kind(f.Kind), activity.Direction(f.Direction), f.Channel
	i.Subject, i.Body, i.Seconds, i.Promise, i.Private, i.Pinned, i.Ref = f.Subject, f.Body, f.Seconds, f.Promise, f.Private, f.Pinned, f.Ref
	var bad errs.List
	i.At, i.Due, i.Kept = parseTime(&bad, "occurred_at", f.At), parseTime(&bad, "due_at", f.Due), parseTime(&bad, "kept_at", f.Kept)
	return bad.Err()
}

func (i *interaction) fields() interactionFields {
	return interactionFields{
		Customer: i.Customer, Kind: i.Kind, Direction: i.Direction, Channel: i.Channel, Subject: i.Subject, Body: i.Body, At: &i.At,
		Seconds: i.Seconds, Actor: i.Actor, Promise: i.Promise, Due: i.Due, Kept: i.Kept, Private: i.Private, Pinned: i.Pinned, Ref: i.Ref,
	}
}

func (a *API) timelineOperations() {
	add(a, operation{method: "GET", path: "/api/v1/customers/{id}/timeline", id: "get-timeline", summary: "A customer's timeline",
		text: "Newest first; of an organisation or household, its people's too.", need: activity.PermRead, out: interactionPage{}, status: 200}, a.timeline)
	add(a, operation{method: "POST", path: "/api/v1/interactions", id: "log-interaction", summary: "Log an interaction",
		need: activity.PermWrite, out: interaction{}, status: 201}, a.logInteraction)
	add(a, operation{method: "GET", path: "/api/v1/interactions/{id}", id: "get-interaction", summary: "Get an interaction",
		need: activity.PermRead, out: interaction{}, status: 200}, a.getInteraction)
	add(a, operation{method: "PATCH", path: "/api/v1/interactions/{id}", id: "update-interaction", summary: "Change an interaction",
		text: "A JSON merge patch (RFC 7396). Its customer and actor stay.", need: activity.PermWrite, out: interaction{}, status: 200}, a.patchInteraction)
	add(a, operation{method: "DELETE", path: "/api/v1/interactions/{id}", id: "delete-interaction", summary: "Delete an interaction",
		need: activity.PermWrite, status: 204}, a.deleteInteraction)
}

func (a *API) timeline(ctx context.Context, c *caller, in *struct {
	ID     string   `path:"id"`
	Kinds  []string `query:"kind,explode" doc:"Only these kinds." maxItems:"20"`
	Limit  int      `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor string   `query:"cursor"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	after, err := activity.ParsePlace(in.Cursor)
	if err != nil {
		return nil, err
	}
	f := activity.Filter{Limit: in.Limit}
	for _, k := range in.Kinds {
		f.Kinds = append(f.Kinds, activity.Kind(k))
	}
	page := interactionPage{Items: []interaction{}}
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		if _, err := customers.Get(ctx, tx, id); err != nil {
			return err
		}
		got, err := activity.Timeline(ctx, tx, id, after, f)
		if err != nil {
			return err
		}
		for i := range got.Items {
			page.Items = append(page.Items, encodeInteraction(&got.Items[i]))
		}
		page.Next = textOrNull(got.Next)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, page)
}

func (a *API) logInteraction(ctx context.Context, c *caller, in *struct {
	Body    interactionFields
	RawBody []byte
}) (*answer, error) {
	customer, err := ids.Parse(in.Body.Customer)
	if err != nil {
		key := "api.id"
		if in.Body.Customer == "" {
			key = "error.required"
		}
		return nil, errs.InvalidField("customer_id", key)
	}
	op := db.Op{Why: "interaction.create", Subject: customer}
	return a.change(ctx, c, op, "POST", "/interactions", in.RawBody, func(tx *db.Tx) (*answer, error) {
		i := activity.Interaction{Customer: customer, Actor: in.Body.Actor}
		if err := in.Body.apply(&i); err != nil {
			return nil, err
		}
		if err := activity.Log(ctx, tx, &i); err != nil {
			return nil, err
		}
		if err := a.nameOp(ctx, tx, &i); err != nil {
			return nil, err
		}
		n, err := jsonAnswer(http.StatusCreated, encodeInteraction(&i))
		return n.with("Location", "/api/v1/interactions/"+i.ID.String()).with("ETag", tagOf(&i)), err
	})
}

// nameOp says in the operation whose interaction it is about.
func (a *API) nameOp(ctx context.Context, tx *db.Tx, i *activity.Interaction) error {
	names, err := customers.Names(ctx, tx, []ids.ID{i.Customer})
	if err != nil {
		return err
	}
	return tx.SetOp(ctx, i.Customer, map[string]any{"name": names[i.Customer], "kind": string(i.Kind)})
}

func tagOf(i *activity.Interaction) string {
	return `"` + strings.ToLower(strconv.FormatInt(i.Rev, 36)) + `"`
}

func (a *API) getInteraction(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var i activity.Interaction
	if err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) { i, err = activity.Get(ctx, tx, id); return err }); err != nil {
		return nil, err
	}
	if matches(in.IfNoneMatch, tagOf(&i)) {
		return (&answer{status: http.StatusNotModified}).with("ETag", tagOf(&i)), nil
	}
	n, err := jsonAnswer(http.StatusOK, encodeInteraction(&i))
	return n.with("ETag", tagOf(&i)), err
}

func (a *API) patchInteraction(ctx context.Context, c *caller, in *struct {
	RecordPath
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "interaction.update"}, "PATCH", in.ID, in.RawBody, func(tx *db.Tx) (*answer, error) {
		now, err := activity.Update(ctx, tx, id, 0, func(i *activity.Interaction) error {
			if err := expect(in.IfMatch, tagOf(i)); err != nil {
				return err
			}
			shown := encodeInteraction(i)
			fields := shown.fields()
			if err := mergePatch(&fields, in.RawBody); err != nil {
				return err
			}
			return fields.apply(i)
		})
		if err != nil {
			return nil, err
		}
		if err := a.nameOp(ctx, tx, &now); err != nil {
			return nil, err
		}
		n, err := jsonAnswer(http.StatusOK, encodeInteraction(&now))
		return n.with("ETag", tagOf(&now)), err
	})
}

func (a *API) deleteInteraction(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "interaction.delete"}, "DELETE", in.ID, nil, func(tx *db.Tx) (*answer, error) {
		if err := activity.Lock(ctx, tx, id); err != nil {
			return nil, err
		}
		old, err := activity.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := expect(in.IfMatch, tagOf(&old)); err != nil {
			return nil, err
		}
		if err := a.nameOp(ctx, tx, &old); err != nil {
			return nil, err
		}
		return &answer{status: http.StatusNoContent}, activity.Delete(ctx, tx, id)
	})
}
