package segments

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/experiment"
	"github.com/akrab-crm/akrab/internal/jobs"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// A Start is what has to be read, which may take a while, before a plan begins.
type Start struct {
	Plan    ids.ID
	Worth   Worth
	members []member // those whom it is about, if that is limited
}

// A member is a customer whom a plan is about.
type member struct {
	customer ids.ID
	owner    ids.ID
	spent    int64
	held     bool
}

// Prepare reads what [Begin] needs, in a transaction that only reads.
func Prepare(ctx context.Context, tx *db.Tx, plan ids.ID) (Start, error) {
	s := Start{Plan: plan}
	p, err := GetPlan(ctx, tx, plan)
	if err != nil {
		return s, err
	}
	if s.Worth, err = worthOf(ctx, tx, p.Subject); err != nil || p.Most == 0 {
		return s, err
	}
	s.members, err = top(ctx, tx, &p)
	return s, err
}

// top returns the most valuable customers of p's subject, at most p.Most.
func top(ctx context.Context, tx *db.Tx, p *Plan) ([]member, error) {
	set, err := insights.GetSettings(ctx, tx)
	if err != nil {
		return nil, err
	}
	scan := func(s db.Scanner, m *member) error { return s.Scan(&m.customer, &m.spent) }
	var list []member
	if id := p.Segment(); !id.IsZero() {
		list, err = db.List(ctx, tx, scan, `
			SELECT m.customer_id, COALESCE(f.year, 0) FROM segment_member m LEFT JOIN customer_fact f ON f.customer_id = m.customer_id
			WHERE m.segment_id = $1 ORDER BY COALESCE(f.value, 0) DESC, m.customer_id LIMIT $2`, id, p.Most)
	} else {
		list, err = db.List(ctx, tx, scan, `
			SELECT f.customer_id, f.year FROM customer_fact f
			WHERE f.segment = $1 ORDER BY COALESCE(f.value, 0) DESC, f.customer_id LIMIT $2`, p.Value(), p.Most)
	}
	if err != nil {
		return nil, err
	}
	if err := lookUp(ctx, tx, list); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].held = set.Held(list[i].customer)
	}
	return list, nil
}

// lookUp fills in who is responsible for customers.
func lookUp(ctx context.Context, tx *db.Tx, list []member) error {
	if len(list) > MaxTasks {
		return nil // no tasks for each
	}
	of := make([]ids.ID, len(list))
	for i, m := range list {
		of[i] = m.customer
	}
	heads, err := customers.Heads(ctx, tx, of)
	for i := range list {
		if c := heads[list[i].customer]; c != nil {
			list[i].owner = c.Owner
		}
	}
	return err
}

// Begin begins a plan: its actions become tasks, once, and whom it is about is
// written down. Customers of the hold-out get no task. It returns a Conflict
// error if the plan is no draft any more.
func Begin(ctx context.Context, tx *db.Tx, s Start, rev int64) (Plan, error) {
	p, err := lockPlan(ctx, tx, s.Plan, rev)
	if err != nil {
		return p, err
	}
	if p.Status != Draft {
		return p, errs.New(errs.Conflict, "plan.begun")
	}
	if len(p.Actions) == 0 {
		return p, errs.InvalidField("actions", "plan.no_actions")
	}
	day, err := today(ctx, tx)
	if err != nil {
		return p, err
	}
	if p.Starts == "" {
		p.Starts = day
	}
	w := nullable(s.Worth)
	n, err := tx.Exec(ctx, `
		UPDATE plan SET status = 'running', started_at = $2, starts = $3, customers_before = $4, value_before = $5, margin_before = $6, worth_currency = $7,
			updated_at = $2, rev = rev + 1
		WHERE id = $1 AND status = 'draft'`, p.ID, tx.Now.UnixMilli(), p.Starts, w[0], w[1], w[2], string(s.Worth.Currency))
	if err != nil {
		return p, err
	}
	if n == 0 {
		return p, errs.New(errs.Conflict, "plan.begun")
	}
	if err := makeTasks(ctx, tx, &p, s.members); err != nil {
		return p, err
	}
	if p.Most == 0 {
		err = askFreeze(ctx, tx, p.ID)
	} else {
		err = putMembers(ctx, tx, p.ID, s.members)
	}
	if err != nil {
		return p, err
	}
	return GetPlan(ctx, tx, p.ID)
}

func nullable(w Worth) [3]any {
	if !w.Known {
		return [3]any{w.Customers, nil, nil}
	}
	return [3]any{w.Customers, w.Value, w.Margin}
}

// makeTasks makes the tasks of a plan's actions.
func makeTasks(ctx context.Context, tx *db.Tx, p *Plan, members []member) error {
	about := tasks.Subject{Kind: "plan", ID: p.ID}
	var many []*tasks.Task
	for i, a := range p.Actions {
		day := a.Due
		if day == "" {
			day = p.Ends
		}
		t := tasks.Task{Title: a.Text, Note: p.Strategy, Kind: tasks.Kind(a.Kind), Day: day, Assignee: a.Assignee, Subject: about, Creator: tx.Who.User}
		if !a.PerCustomer {
			if t.Assignee.IsZero() {
				t.Assignee = p.Owner
			}
			if err := tasks.Create(ctx, tx, &t); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE plan_action SET task_id = $3 WHERE plan_id = $1 AND n = $2`, p.ID, i+1, t.ID); err != nil {
				return err
			}
			continue
		}
		for _, m := range members {
			if m.held {
				continue
			}
			one := t
			one.Customer = m.customer
			if one.Assignee.IsZero() {
				one.Assignee = m.owner
			}
			if one.Assignee.IsZero() {
				one.Assignee = p.Owner
			}
			many = append(many, &one)
		}
	}
	if len(many) == 0 {
		return nil
	}
	return tasks.Insert(ctx, tx, many)
}

func putMembers(ctx context.Context, tx *db.Tx, plan ids.ID, list []member) error {
	n := 0
	return tx.Copy(ctx, `plan_member`, []string{"plan_id", "customer_id", "held", "spent"}, func() ([]any, bool) {
		if n == len(list) {
			return nil, false
		}
		m := list[n]
		n++
		return []any{plan, m.customer, m.held, m.spent}, true
	})
}

const freezeJob = "planning.freeze"

// freezeArgs are the arguments of the job that writes down whom a plan is about.
type freezeArgs struct {
	Plan ids.ID `json:"plan"`
}

func askFreeze(ctx context.Context, tx *db.Tx, plan ids.ID) error {
	_, err := jobs.Add(ctx, tx, freezeJob, freezeArgs{plan}, jobs.Options{Unique: freezeJob + ":" + plan.String(), Attempts: 10})
	return err
}

// freezeSlice is how many customers are written down in one transaction.
const freezeSlice = 500

// freeze writes down whom a plan is about, and goes on where a killed process
// left: behind the last who is written down.
func freeze(ctx context.Context, d *db.DB, plan ids.ID) error {
	var limited []member
	var set insights.Settings
	var p Plan
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		if p, err = GetPlan(ctx, tx, plan); err != nil {
			return err
		}
		if set, err = insights.GetSettings(ctx, tx); err != nil || p.Most == 0 {
			return err
		}
		limited, err = top(ctx, tx, &p)
		return err
	})
	if errs.KindOf(err) == errs.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	for more := true; more; {
		err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			more = false
			now, there, err := db.Find(ctx, tx, scanPlan, `SELECT `+planCols+` FROM plan p WHERE p.id = $1`, plan)
			if err != nil || !there || now.Status != Running {
				return err
			}
			if p.Most > 0 {
				_, frozen, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM plan_member WHERE plan_id = $1 LIMIT 1`, plan)
				if err != nil || frozen {
					return err
				}
				return putMembers(ctx, tx, plan, limited)
			}
			part, err := nextMembers(ctx, tx, &p)
			for i := range part {
				part[i].held = set.Held(part[i].customer)
			}
			if more = len(part) > 0; err != nil || !more {
				return err
			}
			return putMembers(ctx, tx, plan, part)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// first comes before every id. (The zero ID is NULL to the database.)
var first = ids.ID{15: 1}

// nextMembers returns the customers of a plan's subject behind those who are
// written down.
func nextMembers(ctx context.Context, tx *db.Tx, p *Plan) ([]member, error) {
	after, there, err := db.Find(ctx, tx, db.One[ids.ID], `SELECT customer_id FROM plan_member WHERE plan_id = $1 ORDER BY customer_id DESC LIMIT 1`, p.ID)
	if err != nil {
		return nil, err
	}
	if !there {
		after = first
	}
	scan := func(s db.Scanner, m *member) error { return s.Scan(&m.customer, &m.spent) }
	if id := p.Segment(); !id.IsZero() {
		return db.List(ctx, tx, scan, `
			SELECT m.customer_id, COALESCE(f.year, 0) FROM segment_member m LEFT JOIN customer_fact f ON f.customer_id = m.customer_id
			WHERE m.segment_id = $1 AND m.customer_id > $2 ORDER BY m.customer_id LIMIT $3`, id, after, freezeSlice)
	}
	return db.List(ctx, tx, scan, `
		SELECT f.customer_id, f.year FROM customer_fact f
		WHERE f.segment = $1 AND f.customer_id > $2 ORDER BY f.customer_id LIMIT $3`, p.Value(), after, freezeSlice)
}

// An Effect is what a plan brought, against customers whom chance left alone.
type Effect struct {
	Treated experiment.Count `json:"treated"` // bought since it began, of those whom it reached
	Held    experiment.Count `json:"held"`    // likewise, of those who were left alone

	// Rate is by how much the share who bought is higher; nil if either side is
	// too small for an honest answer.
	Rate *experiment.Difference `json:"rate,omitempty"`

	// Money is how much more each brought since, minor units of the worth's
	// currency; nil if either side is too small.
	Money *experiment.Difference `json:"money,omitempty"`

	// Year is what all whom the plan is about bring in 12 months; nil of plans
	// measured before this was known. The subject's own sum says less: who grows
	// goes into another segment.
	Year *Change `json:"year,omitempty"`
}

// A Change is a sum of money before and after, in minor units.
type Change struct {
	Before int64 `json:"before"` // in the 12 months before the plan began
	After  int64 `json:"after"`  // in the 12 months before it was measured
}

// A Measure is how a plan's subject stands now.
type Measure struct {
	Plan   ids.ID
	Worth  Worth
	Effect Effect
}

// Measured reads how a plan stands, which may take a while, in a transaction
// that only reads.
func Measured(ctx context.Context, tx *db.Tx, plan ids.ID) (Measure, error) {
	m := Measure{Plan: plan}
	p, err := GetPlan(ctx, tx, plan)
	if err != nil {
		return m, err
	}
	if m.Worth, err = worthOf(ctx, tx, p.Subject); err != nil {
		return m, err
	}
	m.Effect, err = effect(ctx, tx, &p)
	return m, err
}

// effect compares those whom a plan reached with those who were left alone: all
// whom it was about when it began, whether or not somebody got to them.
func effect(ctx context.Context, tx *db.Tx, p *Plan) (e Effect, err error) {
	currency := p.Before.Currency
	if currency == "" {
		currency = p.Currency
	}
	type row struct {
		held               bool
		spent, year, since int64
		bought             bool
	}
	var treated, held experiment.Arm
	e.Year = new(Change)
	err = db.Each(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.held, &r.spent, &r.year, &r.since, &r.bought) }, func(r *row) error {
		e.Year.Before += r.spent
		e.Year.After += r.year
		arm, count := &treated, &e.Treated
		if r.held {
			arm, count = &held, &e.Held
		}
		count.Of++
		if r.bought {
			count.Did++
		}
		arm.Add(float64(r.since), float64(r.spent))
		return nil
	}, `
		SELECT m.held, m.spent, COALESCE(f.year, 0),
			COALESCE((SELECT CAST(SUM(o.total) AS BIGINT) FROM sales_order o
				WHERE o.customer_id = m.customer_id AND o.ordered_at >= $2 AND o.currency = $3 AND o.status NOT IN ('draft', 'cancelled')), 0),
			EXISTS (SELECT 1 FROM sales_order o
				WHERE o.customer_id = m.customer_id AND o.ordered_at >= $2 AND NOT o.is_return AND o.status NOT IN ('draft', 'cancelled'))
		FROM plan_member m LEFT JOIN customer_fact f ON f.customer_id = m.customer_id
		WHERE m.plan_id = $1 ORDER BY m.customer_id`, p.ID, p.Started.UnixMilli(), string(currency))
	if err != nil {
		return e, err
	}
	if e.Treated.Of >= experiment.AnswersNeed && e.Held.Of >= experiment.AnswersNeed {
		if e.Rate, err = answered(experiment.Rates(e.Treated, e.Held, experiment.Usual)); err != nil {
			return e, err
		}
	}
	e.Money, err = answered(experiment.Money(treated, held))
	return e, err
}

// answered returns a difference, or nil if the data were too few for one.
func answered(d experiment.Difference, err error) (*experiment.Difference, error) {
	if errors.Is(err, experiment.ErrFew) {
		return nil, nil
	}
	return &d, err
}

// Finish ends a plan that runs, with its result in words; m was measured
// before. It returns a Conflict error if the plan does not run.
func Finish(ctx context.Context, tx *db.Tx, m Measure, rev int64, result string) (Plan, error) {
	return end(ctx, tx, m, rev, Over, result)
}

// Drop ends a plan that was not gone through with. Its open tasks stay.
func Drop(ctx context.Context, tx *db.Tx, m Measure, rev int64, result string) (Plan, error) {
	return end(ctx, tx, m, rev, Dropped, result)
}

func end(ctx context.Context, tx *db.Tx, m Measure, rev int64, status Status, result string) (Plan, error) {
	p, err := lockPlan(ctx, tx, m.Plan, rev)
	if err != nil {
		return p, err
	}
	if p.Status != Running && !(p.Status == Draft && status == Dropped) {
		return p, errs.New(errs.Conflict, "plan.not_running")
	}
	p.Result = result
	var bad errs.List
	checkText(&bad, "result", result, maxNote)
	if err := bad.Err(); err != nil {
		return p, err
	}
	w := nullable(m.Worth)
	if p.Status == Draft {
		w = [3]any{}
	}
	_, err = tx.Exec(ctx, `
		UPDATE plan SET status = $2, result = $3, ended_at = $4, customers_after = $5, value_after = $6, margin_after = $7, updated_at = $4, rev = rev + 1
		WHERE id = $1`, p.ID, string(status), result, tx.Now.UnixMilli(), w[0], w[1], w[2])
	if err != nil {
		return p, err
	}
	if p.Status == Running {
		if err := keepEffect(ctx, tx, m); err != nil {
			return p, err
		}
	}
	return GetPlan(ctx, tx, p.ID)
}

func keepEffect(ctx context.Context, tx *db.Tx, m Measure) error {
	b, err := json.Marshal(m.Effect)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE plan SET effect = $2, measured_at = $3 WHERE id = $1`, m.Plan, string(b), tx.Now.UnixMilli())
	return err
}

// MeasureAll measures the plans that run and were not measured today.
func MeasureAll(ctx context.Context, d *db.DB) error {
	var due []ids.ID
	err := d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		set, err := workspace.Get(ctx, tx)
		if err != nil {
			return err
		}
		due, err = db.List(ctx, tx, db.One[ids.ID], `
			SELECT p.id FROM plan p WHERE p.status = 'running' AND (p.measured_at IS NULL OR p.measured_at < $1) ORDER BY p.id`,
			midnight(tx.Now, set.Locale().Zone).UnixMilli())
		return err
	})
	for _, id := range due {
		if err != nil {
			return err
		}
		var m Measure
		if err = d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { m, err = Measured(ctx, tx, id); return err }); err != nil {
			continue
		}
		err = d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error { return keepEffect(ctx, tx, m) })
	}
	return err
}
