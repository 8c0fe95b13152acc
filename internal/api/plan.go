package api

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/experiment"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/tasks"
)

// planFields are what programs write of a plan.
type planFields struct {
	Subject  string             `json:"subject,omitempty" example:"value:A3" doc:"Whom it is for: value: and a segment of value (A1 … C3, N), or segment: and the id of a segment."`
	Title    string             `json:"title,omitempty" example:"Call back those who shrink"`
	Strategy string             `json:"strategy,omitempty"`
	Budget   *moneyJSON         `json:"budget,omitempty"`
	Owner    *string            `json:"owner_id,omitempty" format:"uuid" doc:"User who answers for it."`
	Most     int64              `json:"most,omitempty" minimum:"0" doc:"Only so many customers, the most valuable; 0 or absent: all."`
	Target   string             `json:"target,omitempty" doc:"In words."`
	Goal     *moneyJSON         `json:"target_value,omitempty" doc:"By how much the margin is to grow, in the budget's currency."`
	Starts   string             `json:"starts_on,omitempty" format:"date"`
	Ends     string             `json:"ends_on,omitempty" format:"date"`
	Result   string             `json:"result,omitempty" doc:"In words."`
	Actions  []planActionFields `json:"actions,omitempty" doc:"What becomes tasks when the plan begins."`
}

type planActionFields struct {
	Text     string  `json:"text"`
	Kind     string  `json:"kind,omitempty" enum:",task,call,message,meeting,visit" doc:"Of the tasks that it becomes; task if absent."`
	Day      string  `json:"due_date,omitempty" format:"date" doc:"The plan's end if absent."`
	Assignee *string `json:"assignee_id,omitempty" format:"uuid" doc:"Absent: who is responsible for the customer, or for the plan."`
	Each     bool    `json:"per_customer,omitempty" doc:"A task for each customer but those of the control group; most must be set."`
}

// plan is a plan as the API answers it.
type plan struct {
	ID        string       `json:"id" format:"uuid"`
	Subject   string       `json:"subject"`
	Title     string       `json:"title"`
	Strategy  string       `json:"strategy"`
	Budget    *moneyJSON   `json:"budget"`
	Owner     *string      `json:"owner_id"`
	Most      int64        `json:"most"`
	Target    string       `json:"target"`
	Goal      *moneyJSON   `json:"target_value"`
	Starts    *string      `json:"starts_on"`
	Ends      *string      `json:"ends_on"`
	Status    string       `json:"status" enum:"draft,running,done,dropped"`
	Result    string       `json:"result"`
	Actions   []planAction `json:"actions" doc:"Of a plan by itself; empty in lists."`
	Tasks     planTasks    `json:"tasks" doc:"Which the actions became: f=subject:eq:<id> in the list of tasks finds them."`
	StartedAt *time.Time   `json:"started_at"`
	EndedAt   *time.Time   `json:"ended_at"`
	Before    *planWorth   `json:"before" doc:"What the subject was worth when the plan began; null of a draft."`
	After     *planWorth   `json:"after" doc:"And when it ended."`
	Effect    *planEffect  `json:"effect" doc:"Those it reached against those who were left alone; measured each night, null before."`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

type planAction struct {
	Text     string  `json:"text"`
	Kind     string  `json:"kind"`
	Day      *string `json:"due_date"`
	Assignee *string `json:"assignee_id"`
	Each     bool    `json:"per_customer"`
	Task     *string `json:"task_id" doc:"The task it became, if it is one."`
}

type planTasks struct {
	Count int64 `json:"count"`
	Done  int64 `json:"done"`
}

type planWorth struct {
	Customers int64      `json:"customers"`
	Value     *moneyJSON `json:"value" doc:"What they will bring in 52 weeks; null if that was not known."`
	Margin    *moneyJSON `json:"margin" doc:"What they brought in the 12 months before."`
}

type planEffect struct {
	Treated planShare       `json:"treated"`
	Held    planShare       `json:"held" doc:"Of the control group: left alone."`
	Rate    *planDifference `json:"rate" doc:"By how much the share who bought is higher, −1 to 1; null while there are too few."`
	Money   *planDifference `json:"money" doc:"How much more each brought since, minor units of before.margin's currency; null with less than 1,000 customers on a side."`
	Year    *planChange     `json:"year" doc:"What all whom the plan is about bring in 12 months; null if it is not known."`
}

type planChange struct {
	Before *moneyJSON `json:"before" doc:"In the 12 months before the plan began."`
	After  *moneyJSON `json:"after" doc:"In the 12 months before it was measured."`
}

type planShare struct {
	Bought int64 `json:"bought" doc:"Customers who bought since the plan began."`
	Of     int64 `json:"of"`
}

type planDifference struct {
	Estimate float64 `json:"estimate"`
	Lo       float64 `json:"lo" doc:"The truth lies between lo and hi with 95 %."`
	Hi       float64 `json:"hi"`
	P        float64 `json:"p" doc:"Chance of a difference as large if the plan did nothing."`
}

type planPage struct {
	Items []plan  `json:"items"`
	Count *int64  `json:"count" doc:"How many there are in all; null if it was not asked for."`
	Next  *string `json:"next" doc:"Cursor of the next page; null at the end."`
}

func encodePlan(p *segments.Plan, progress segments.Progress) plan {
	out := plan{
		ID: p.ID.String(), Subject: p.Subject, Title: p.Title, Strategy: p.Strategy, Budget: minorOrNull(p.Budget, p.Currency), Owner: text(p.Owner), Most: p.Most,
		Target: p.Target, Goal: minorOrNull(p.Goal, p.Currency), Starts: textOrNull(p.Starts), Ends: textOrNull(p.Ends), Status: string(p.Status), Result: p.Result,
		Actions: make([]planAction, len(p.Actions)), Tasks: planTasks{progress.Tasks, progress.Done},
		StartedAt: timeOrNull(p.Started), EndedAt: timeOrNull(p.Ended), CreatedAt: p.Created, UpdatedAt: p.Updated,
	}
	for i, a := range p.Actions {
		out.Actions[i] = planAction{a.Text, a.Kind, textOrNull(a.Due), text(a.Assignee), a.PerCustomer, text(a.Task)}
	}
	if !p.Started.IsZero() {
		out.Before = encodeWorth(p.Before)
		if !p.Ended.IsZero() {
			out.After = encodeWorth(p.After)
		}
	}
	if e := p.Effect; e != nil {
		out.Effect = &planEffect{planShare{e.Treated.Did, e.Treated.Of}, planShare{e.Held.Did, e.Held.Of}, encodeDifference(e.Rate), encodeDifference(e.Money), nil}
		if y, c := e.Year, p.Before.Currency; y != nil && c != "" {
			out.Effect.Year = &planChange{&moneyJSON{y.Before, string(c)}, &moneyJSON{y.After, string(c)}}
		}
	}
	return out
}

func minorOrNull(minor *int64, c money.Currency) *moneyJSON {
	if minor == nil {
		return nil
	}
	return &moneyJSON{*minor, string(c)}
}

func encodeWorth(w segments.Worth) *planWorth {
	out := &planWorth{Customers: w.Customers}
	if w.Known {
		out.Value, out.Margin = &moneyJSON{w.Value, string(w.Currency)}, &moneyJSON{w.Margin, string(w.Currency)}
	}
	return out
}

func encodeDifference(d *experiment.Difference) *planDifference {
	if d == nil {
		return nil
	}
	return &planDifference{d.Estimate, d.Lo, d.Hi, d.P}
}

// fieldsOfPlan returns what programs write of p, as it is.
func fieldsOfPlan(p *segments.Plan) planFields {
	f := planFields{
		Subject: p.Subject, Title: p.Title, Strategy: p.Strategy, Budget: minorOrNull(p.Budget, p.Currency), Owner: text(p.Owner), Most: p.Most,
		Target: p.Target, Goal: minorOrNull(p.Goal, p.Currency), Starts: p.Starts, Ends: p.Ends, Result: p.Result,
	}
	for _, a := range p.Actions {
		f.Actions = append(f.Actions, planActionFields{a.Text, a.Kind, a.Due, text(a.Assignee), a.PerCustomer})
	}
	return f
}

// apply makes p what f says.
func (f *planFields) apply(p *segments.Plan) error {
	var bad errs.List
	p.Subject, p.Title, p.Strategy, p.Most, p.Target, p.Result = f.Subject, f.Title, f.Strategy, f.Most, f.Target, f.Result
	p.Starts, p.Ends, p.Owner = f.Starts, f.Ends, parseID(&bad, "owner_id", f.Owner)
	f.applyMoney(p, &bad)
	p.Actions = nil
	for i, a := range f.Actions {
		who := parseID(&bad, "actions."+strconv.Itoa(i)+".assignee_id", a.Assignee)
		p.Actions = append(p.Actions, segments.Action{Text: a.Text, Kind: a.Kind, Due: a.Day, Assignee: who, PerCustomer: a.Each})
	}
	return bad.Err()
}

// applyMoney reads budget and target, which are in one currency.
func (f *planFields) applyMoney(p *segments.Plan, bad *errs.List) {
	p.Budget, p.Goal = nil, nil
	read := func(field string, m *moneyJSON) *int64 {
		if m == nil {
			return nil
		}
		c, err := money.ParseCurrency(m.Currency)
		switch {
		case err != nil:
			bad.Add(errs.InvalidField(field+".currency", "money.currency"))
		case p.Budget != nil && c != p.Currency:
			bad.Add(errs.InvalidField(field+".currency", "api.currency_differs"))
		default:
			p.Currency = c
		}
		return &m.Minor
	}
	p.Budget = read("budget", f.Budget)
	p.Goal = read("target_value", f.Goal)
}

// atPlan names the fields of the API in errors about a plan.
func atPlan(err error) error {
	names := map[string]string{"owner": "owner_id", "goal": "target_value", "starts": "starts_on", "ends": "ends_on"}
	for _, e := range errs.All(err) {
		if name, ok := names[e.Field]; ok {
			e.Field = name
			continue
		}
		if rest, ok := strings.CutPrefix(e.Field, "actions."); ok {
			rest = strings.Replace(rest, ".due", ".due_date", 1)
			if strings.HasSuffix(rest, ".assignee") {
				rest += "_id"
			}
			e.Field = "actions." + rest
		}
	}
	return err
}

// A PlanPath names one plan.
type PlanPath struct {
	ID      string `path:"id" doc:"Id of the plan."`
	IfMatch string `header:"If-Match" doc:"ETag that it must still have, else 412."`
}

func (a *API) planOperations() {
	add(a, operation{method: "GET", path: "/api/v1/plans", id: "list-plans", summary: "List plans",
		need: segments.PermRead, out: planPage{}, status: 200}, a.listPlans)
	add(a, operation{method: "POST", path: "/api/v1/plans", id: "create-plan", summary: "Draft a plan",
		need: segments.PermPlan, out: plan{}, status: 201}, a.createPlan)
	add(a, operation{method: "GET", path: "/api/v1/plans/{id}", id: "get-plan", summary: "Get a plan",
		need: segments.PermRead, out: plan{}, status: 200}, a.getPlan)
	add(a, operation{method: "PATCH", path: "/api/v1/plans/{id}", id: "update-plan", summary: "Change a plan",
		text: "A JSON merge patch (RFC 7396): what is absent stays, null empties, lists are replaced. Subject, most and actions are settled once it has begun.",
		need: segments.PermPlan, out: plan{}, status: 200}, a.patchPlan)
	add(a, operation{method: "DELETE", path: "/api/v1/plans/{id}", id: "delete-plan", summary: "Delete a plan that does not run",
		text: "Its tasks stay. It can be undone for 30 days.", need: segments.PermPlan, status: 204}, a.deletePlan)
	add(a, operation{method: "POST", path: "/api/v1/plans/{id}/begin", id: "begin-plan", summary: "Begin a plan",
		text: "Its actions become tasks, once, and whom it is about is written down. Customers of the control group get none.",
		need: segments.PermPlan, out: plan{}, status: 200}, a.beginPlan)
	add(a, operation{method: "POST", path: "/api/v1/plans/{id}/end", id: "end-plan", summary: "End a plan, done or dropped",
		text: "What it brought is measured against those who were left alone. Open tasks stay.",
		need: segments.PermPlan, out: plan{}, status: 200}, a.endPlan)
	add(a, operation{method: "GET", path: "/api/v1/plans/{id}/tasks", id: "list-plan-tasks", summary: "List the tasks of a plan",
		text: "Pages, order and further conditions as in the list of tasks.", need: tasks.PermRead, out: taskPage{}, status: 200}, a.listPlanTasks)
}

func (a *API) listPlans(ctx context.Context, c *caller, in *struct {
	Filters []string `query:"f,explode" doc:"column:operator:value, for example status:eq:running or subject:eq:value:A1; all must hold." maxItems:"20"`
	Sort    string   `query:"sort" example:"-created"`
	Limit   int      `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor  string   `query:"cursor" doc:"next of an earlier page."`
	Count   bool     `query:"count" doc:"Whether to count the whole list."`
}) (*answer, error) {
	q, err := list.Parse(url.Values{"f": in.Filters, "sort": {in.Sort}, "cursor": {in.Cursor}, "limit": {strconv.Itoa(in.Limit)}})
	if err != nil {
		return nil, err
	}
	q.Count, q.In = in.Count, c.in
	var page planPage
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		got, err := segments.Plans.Page(ctx, tx, q)
		if err != nil {
			return err
		}
		if in.Count && got.Count < 0 {
			if got.Count, err = segments.Plans.Count(ctx, tx, q); err != nil {
				return err
			}
		}
		of := make([]ids.ID, len(got.Rows))
		for i := range got.Rows {
			of[i] = got.Rows[i].ID
		}
		progress, err := segments.ProgressOf(ctx, tx, of)
		page = planPage{Items: make([]plan, len(got.Rows)), Next: textOrNull(got.Next)}
		for i := range got.Rows {
			page.Items[i] = encodePlan(&got.Rows[i], progress[of[i]])
		}
		if in.Count {
			page.Count = &got.Count
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, page)
}

// taggedPlan answers with a plan and how far its tasks are.
func taggedPlan(ctx context.Context, tx *db.Tx, status int, p *segments.Plan) (*answer, error) {
	progress, err := segments.ProgressOf(ctx, tx, []ids.ID{p.ID})
	if err != nil {
		return nil, err
	}
	n, err := jsonAnswer(status, encodePlan(p, progress[p.ID]))
	return n.with("ETag", p.ETag()), err
}

func (a *API) createPlan(ctx context.Context, c *caller, in *struct {
	Body    planFields
	RawBody []byte
}) (*answer, error) {
	return a.change(ctx, c, db.Op{Why: "plan.create"}, "POST", "/plans", in.RawBody, func(tx *db.Tx) (*answer, error) {
		var p segments.Plan
		if err := in.Body.apply(&p); err != nil {
			return nil, err
		}
		if err := segments.CreatePlan(ctx, tx, &p); err != nil {
			return nil, atPlan(err)
		}
		if err := tx.SetOp(ctx, p.ID, map[string]any{"title": p.Title}); err != nil {
			return nil, err
		}
		n, err := taggedPlan(ctx, tx, http.StatusCreated, &p)
		return n.with("Location", "/api/v1/plans/"+p.ID.String()), err
	})
}

func (a *API) getPlan(ctx context.Context, c *caller, in *PlanPath) (n *answer, err error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		p, err := segments.GetPlan(ctx, tx, id)
		if err != nil {
			return err
		}
		n, err = taggedPlan(ctx, tx, http.StatusOK, &p) // tasks get done without its version: never 304
		return err
	})
	return n, err
}

func (a *API) patchPlan(ctx context.Context, c *caller, in *struct {
	PlanPath
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "plan.update", Subject: id}, "PATCH", in.ID, in.RawBody, func(tx *db.Tx) (*answer, error) {
		now, err := segments.UpdatePlan(ctx, tx, id, 0, func(p *segments.Plan) error {
			if err := expect(in.IfMatch, p.ETag()); err != nil {
				return err
			}
			was := fieldsOfPlan(p)
			f := fieldsOfPlan(p)
			if err := mergePatch(&f, in.RawBody); err != nil {
				return err
			}
			if p.Status != segments.Draft {
				if err := f.settled(&was); err != nil {
					return err
				}
			}
			return f.apply(p)
		})
		if err != nil {
			return nil, atPlan(err)
		}
		if err := tx.SetOp(ctx, id, map[string]any{"title": now.Title}); err != nil {
			return nil, err
		}
		return taggedPlan(ctx, tx, http.StatusOK, &now)
	})
}

// settled refuses to change what can't be changed of a plan that has begun.
func (f *planFields) settled(was *planFields) error {
	var bad errs.List
	same := func(field string, ok bool) {
		if !ok {
			bad.Add(errs.InvalidField(field, "api.unchangeable"))
		}
	}
	same("subject", f.Subject == was.Subject)
	same("most", f.Most == was.Most)
	same("actions", reflect.DeepEqual(f.Actions, was.Actions))
	return bad.Err()
}

// lockedPlan returns a plan that must still have the ETag.
func lockedPlan(ctx context.Context, tx *db.Tx, id ids.ID, tag string) (segments.Plan, error) {
	p, err := segments.LockPlan(ctx, tx, id)
	if err != nil {
		return p, err
	}
	return p, expect(tag, p.ETag())
}

func (a *API) deletePlan(ctx context.Context, c *caller, in *PlanPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	return a.change(ctx, c, db.Op{Why: "plan.delete", Subject: id}, "DELETE", in.ID, nil, func(tx *db.Tx) (*answer, error) {
		p, err := lockedPlan(ctx, tx, id, in.IfMatch)
		if err != nil {
			return nil, err
		}
		if err := segments.DeletePlan(ctx, tx, id); err != nil {
			return nil, err
		}
		return &answer{status: http.StatusNoContent}, tx.SetOp(ctx, id, map[string]any{"title": p.Title})
	})
}

func (a *API) beginPlan(ctx context.Context, c *caller, in *PlanPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var s segments.Start // what has to be read is read before anybody is made to wait
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) { s, err = segments.Prepare(ctx, tx, id); return err })
	if err != nil {
		return nil, err
	}
	return a.movePlan(ctx, c, "plan.begin", in, id, nil, func(tx *db.Tx) (segments.Plan, error) { return segments.Begin(ctx, tx, s, 0) })
}

func (a *API) endPlan(ctx context.Context, c *caller, in *struct {
	PlanPath
	Body struct {
		Status string  `json:"status" enum:"done,dropped"`
		Result *string `json:"result,omitempty" doc:"In words; as it is if absent."`
	}
	RawBody []byte
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var m segments.Measure
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) { m, err = segments.Measured(ctx, tx, id); return err })
	if err != nil {
		return nil, err
	}
	why, end := "plan.finish", segments.Finish
	if in.Body.Status == string(segments.Dropped) {
		why, end = "plan.drop", segments.Drop
	}
	return a.movePlan(ctx, c, why, &in.PlanPath, id, in.RawBody, func(tx *db.Tx) (segments.Plan, error) {
		p, err := segments.GetPlan(ctx, tx, id)
		if err != nil {
			return p, err
		}
		if in.Body.Result != nil {
			p.Result = *in.Body.Result
		}
		return end(ctx, tx, m, 0, p.Result)
	})
}

// movePlan moves a plan on, as one operation.
func (a *API) movePlan(ctx context.Context, c *caller, why string, in *PlanPath, id ids.ID, body []byte, f func(tx *db.Tx) (segments.Plan, error)) (*answer, error) {
	return a.change(ctx, c, db.Op{Why: why, Subject: id}, "POST", in.ID+"/"+why, body, func(tx *db.Tx) (*answer, error) {
		old, err := lockedPlan(ctx, tx, id, in.IfMatch)
		if err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"title": old.Title}); err != nil {
			return nil, err
		}
		now, err := f(tx)
		if err != nil {
			return nil, atPlan(err)
		}
		return taggedPlan(ctx, tx, http.StatusOK, &now)
	})
}

func (a *API) listPlanTasks(ctx context.Context, c *caller, in *struct {
	ID string `path:"id" doc:"Id of the plan."`
	TasksQuery
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error { _, err := segments.GetPlan(ctx, tx, id); return err })
	if err != nil {
		return nil, err
	}
	in.Filters = append(in.Filters, "subject:eq:"+id.String())
	return a.listTasks(ctx, c, &in.TasksQuery)
}
