package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/segments"
)

// segmentFields are what programs write of a segment.
type segmentFields struct {
	Name string          `json:"name,omitempty" example:"Quiet in Bandung"`
	Note string          `json:"note,omitempty"`
	Cond json.RawMessage `json:"cond,omitempty" example:"{\"all\":[\"city:eq:Kota Bandung\",{\"any\":[\"segment:eq:A1\",\"year:gte:10000000\"]}]}" doc:"Conditions: {\"all\":[…]}, {\"any\":[…]}, {\"not\":…}, or a filter as in f of the customers' list. With \"has\" beside all or any, one order, bought line, talk or task of the customer must meet the parts."`
}

// segment is a segment as the API answers it.
type segment struct {
	ID        string          `json:"id" format:"uuid"`
	Name      string          `json:"name"`
	Note      string          `json:"note"`
	Cond      json.RawMessage `json:"cond"`
	Owner     *string         `json:"owner_id" doc:"Whom \"me\" means in the conditions."`
	Size      int64           `json:"size" doc:"Customers in it."`
	CountedAt *time.Time      `json:"counted_at" doc:"When all customers were last looked at; null while that is done for new conditions. Changes since are followed one by one."`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

type segmentPage struct {
	Items []segment `json:"items"`
	Count int       `json:"count"`
	Next  *string   `json:"next" doc:"Always null: they come in one page."`
}

type segmentCount struct {
	Count    int64      `json:"count"`
	Sentence string     `json:"sentence" doc:"The conditions in words, in the language of Accept-Language."`
	Sample   []customer `json:"sample" doc:"Up to ten of them."`
}

// segmentDay is how a segment was on a day.
type segmentDay struct {
	Day       string     `json:"day" format:"date" doc:"In the workspace's zone."`
	Customers int64      `json:"customers" doc:"At its end, or now."`
	Came      int64      `json:"came"`
	Went      int64      `json:"went"`
	Value     *moneyJSON `json:"value" doc:"What they will bring in 52 weeks; null if that was not known."`
	Margin    *moneyJSON `json:"margin" doc:"What they brought in the 12 months before."`
}

type segmentDays struct {
	Items []segmentDay `json:"items" doc:"The oldest first."`
}

func encodeSegment(g *segments.Segment) segment {
	s := segment{
		ID: g.ID.String(), Name: g.Name, Note: g.Note, Cond: json.RawMessage(g.Cond.String()), Owner: text(g.Owner), Size: g.Size,
		CreatedAt: g.Created, UpdatedAt: g.Updated,
	}
	if !g.Counted.IsZero() {
		s.CountedAt = &g.Counted
	}
	return s
}

// tree reads conditions. What is wrong with them stands at the field cond.
func (f *segmentFields) tree() (list.Tree, error) {
	t, err := list.ParseTree(string(f.Cond))
	return t, atCond(err)
}

// atCond names the field of the API in errors about conditions.
func atCond(err error) error {
	for _, e := range errs.All(err) {
		if rest, ok := strings.CutPrefix(e.Field, "where"); ok {
			e.Field = "cond" + rest
		}
	}
	return err
}

func (a *API) segmentOperations() {
	add(a, operation{method: "GET", path: "/api/v1/segments", id: "list-segments", summary: "List segments", need: segments.PermRead, out: segmentPage{}, status: 200}, a.listSegments)
	add(a, operation{method: "POST", path: "/api/v1/segments", id: "create-segment", summary: "Create a segment", need: segments.PermWrite, out: segment{}, status: 201}, a.createSegment)
	add(a, operation{method: "POST", path: "/api/v1/segments/count", id: "count-segment", summary: "Count whom conditions describe", need: segments.PermRead,
		text: "Nothing is stored.", out: segmentCount{}, status: 200}, a.countSegment)
	add(a, operation{method: "GET", path: "/api/v1/segments/{id}", id: "get-segment", summary: "Get a segment", need: segments.PermRead, out: segment{}, status: 200}, a.getSegment)
	add(a, operation{method: "PATCH", path: "/api/v1/segments/{id}", id: "update-segment", summary: "Change a segment", need: segments.PermWrite,
		text: "A JSON merge patch (RFC 7396).", out: segment{}, status: 200}, a.patchSegment)
	add(a, operation{method: "DELETE", path: "/api/v1/segments/{id}", id: "delete-segment", summary: "Delete a segment", need: segments.PermWrite, status: 204}, a.deleteSegment)
	add(a, operation{method: "GET", path: "/api/v1/segments/{id}/members", id: "list-segment-members", summary: "List the customers of a segment", need: segments.PermRead,
		text: "Pages, order and further conditions as in the list of customers.", out: customerPage{}, status: 200}, a.listMembers)
	add(a, operation{method: "GET", path: "/api/v1/segments/{id}/days", id: "list-segment-days", summary: "How a segment was day by day", need: segments.PermRead,
		text: "Days on which nobody looked and nobody came or went are left out.", out: segmentDays{}, status: 200}, a.listSegmentDays)
}

func (a *API) listSegments(ctx context.Context, c *caller, _ *struct{}) (*answer, error) {
	out := segmentPage{Items: []segment{}}
	err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		all, err := segments.Each(ctx, tx)
		for i := range all {
			out.Items = append(out.Items, encodeSegment(&all[i]))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Count = len(out.Items)
	return jsonAnswer(http.StatusOK, out)
}

func taggedSegment(status int, g *segments.Segment) (*answer, error) {
	n, err := jsonAnswer(status, encodeSegment(g))
	return n.with("ETag", g.ETag()), err
}

func (a *API) createSegment(ctx context.Context, c *caller, in *struct {
	Body    segmentFields
	RawBody []byte
}) (*answer, error) {
	cond, err := in.Body.tree()
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "segment.create"}, "POST", "/segments", in.RawBody, func(tx *db.Tx) (*answer, error) {
		g := segments.Segment{Name: in.Body.Name, Note: in.Body.Note, Cond: cond}
		if err := segments.Create(ctx, tx, &g); err != nil {
			return nil, atCond(err)
		}
		if err := tx.SetOp(ctx, g.ID, map[string]any{"name": g.Name}); err != nil {
			return nil, err
		}
		n, err := taggedSegment(http.StatusCreated, &g)
		return n.with("Location", "/api/v1/segments/"+g.ID.String()), err
	})
}

func (a *API) getSegment(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var g segments.Segment
	if err := a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) { g, err = segments.Get(ctx, tx, id); return err }); err != nil {
		return nil, err
	}
	return taggedSegment(http.StatusOK, &g) // its size changes without its version: never 304
}

func (a *API) patchSegment(ctx context.Context, c *caller, in *struct {
	RecordPath
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "segment.update", Subject: id}, "PATCH", in.ID, in.RawBody, func(tx *db.Tx) (*answer, error) {
		now, err := segments.Update(ctx, tx, id, 0, func(g *segments.Segment) error {
			if err := expect(in.IfMatch, g.ETag()); err != nil {
				return err
			}
			fields, err := patchedSegment(g, in.RawBody)
			if err != nil {
				return err
			}
			g.Name, g.Note = fields.Name, fields.Note
			g.Cond, err = fields.tree()
			return err
		})
		if err != nil {
			return nil, atCond(err)
		}
		if err := tx.SetOp(ctx, id, map[string]any{"name": now.Name}); err != nil {
			return nil, err
		}
		return taggedSegment(http.StatusOK, &now)
	})
}

// patchedSegment returns the fields of g after a merge patch. Conditions are
// replaced as a whole: they are no object of fields.
func patchedSegment(g *segments.Segment, patch []byte) (segmentFields, error) {
	fields := segmentFields{Name: g.Name, Note: g.Note}
	var given struct {
		Cond json.RawMessage `json:"cond"`
	}
	if err := mergePatch(&fields, patch); err != nil {
		return fields, err
	}
	if err := json.Unmarshal(patch, &given); err != nil {
		return fields, errs.New(errs.Invalid, "api.json").Because(err)
	}
	fields.Cond = given.Cond
	if given.Cond == nil {
		fields.Cond = json.RawMessage(g.Cond.String())
	}
	return fields, nil
}

func (a *API) deleteSegment(ctx context.Context, c *caller, in *RecordPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "segment.delete", Subject: id}, "DELETE", in.ID, nil, func(tx *db.Tx) (*answer, error) {
		g, err := segments.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := expect(in.IfMatch, g.ETag()); err != nil {
			return nil, err
		}
		if err := segments.Delete(ctx, tx, id); err != nil {
			return nil, err
		}
		return &answer{status: http.StatusNoContent}, tx.SetOp(ctx, id, map[string]any{"name": g.Name})
	})
}

func (a *API) countSegment(ctx context.Context, c *caller, in *struct {
	Body struct {
		Cond json.RawMessage `json:"cond" doc:"As of a segment."`
	}
}) (*answer, error) {
	fields := segmentFields{Cond: in.Body.Cond}
	cond, err := fields.tree()
	if err != nil {
		return nil, err
	}
	out := segmentCount{Sentence: a.Book.Def().Sentence(c.Printer, cond, nil)}
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		q := list.Query{Where: cond, In: c.in, Limit: 10}
		got, err := a.Book.Def().Page(ctx, tx, q)
		if err != nil {
			return atCond(err)
		}
		out.Sample = encodeAll(got.Rows)
		out.Count, err = a.Book.Def().Count(ctx, tx, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, out)
}

func (a *API) listMembers(ctx context.Context, c *caller, in *struct {
	RecordPath
	Filters []string `query:"f,explode" doc:"As of the list of customers."`
	Sort    string   `query:"sort"`
	Limit   int      `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor  string   `query:"cursor"`
	Count   bool     `query:"count"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	q, err := list.Parse(url.Values{"f": in.Filters, "sort": {in.Sort}, "cursor": {in.Cursor}, "limit": {strconv.Itoa(in.Limit)}})
	if err != nil {
		return nil, err
	}
	q.Filters = append(q.Filters, list.Filter{Column: segments.Column, Op: list.Eq, Values: []string{id.String()}})
	q.Count = in.Count
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error { _, err := segments.Get(ctx, tx, id); return err })
	if err != nil {
		return nil, err
	}
	return a.customersOf(ctx, c, q)
}

func (a *API) listSegmentDays(ctx context.Context, c *caller, in *struct {
	ID    string `path:"id" doc:"Id of the segment."`
	Limit int    `query:"limit" minimum:"1" maximum:"400" default:"90" doc:"The last so many days."`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	out := segmentDays{Items: []segmentDay{}}
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		if _, err := segments.Get(ctx, tx, id); err != nil {
			return err
		}
		days, err := segments.Days(ctx, tx, id, in.Limit)
		for _, d := range days {
			day := segmentDay{Day: d.Day, Customers: d.Customers, Came: d.Came, Went: d.Went}
			if d.Known {
				value, margin := encodeMoney(d.Value), encodeMoney(d.Margin)
				day.Value, day.Margin = &value, &margin
			}
			out.Items = append(out.Items, day)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, out)
}
