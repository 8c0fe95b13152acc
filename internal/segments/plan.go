package segments

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/workspace"
)

const (
	maxTitle   = 120
	maxActions = 20

	// MaxTasks is how many tasks a plan may make at once.
	MaxTasks = 300

	maxMost = 1_000_000_000
)

// values are the segments of value.
var values = []string{"A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "N"}

// Values lists the segments of value that plans may be about.
func Values() []string { return slices.Clone(values) }

func isValue(s string) bool { return slices.Contains(values, s) }

// Value returns the segment of value that a plan is about, or "".
func (p *Plan) Value() string {
	value, _, _ := subject(p.Subject)
	return value
}

// Segment returns the segment that a plan is about, or the zero ID.
func (p *Plan) Segment() ids.ID {
	_, id, _ := subject(p.Subject)
	return id
}

const planCols = `p.id, p.subject, p.title, p.strategy, p.budget, p.currency, p.owner_id, p.most, p.target, p.target_value,
	COALESCE(p.starts, ''), COALESCE(p.ends, ''), p.status, p.result, p.started_at, p.ended_at,
	p.customers_before, p.customers_after, p.value_before, p.value_after, p.margin_before, p.margin_after, p.worth_currency, p.effect,
	p.created_at, p.updated_at, p.rev`

func scanPlan(s db.Scanner, p *Plan) error {
	var started, ended, created, updated int64
	var before, after [3]*int64
	var currency money.Currency
	var effect string
	err := s.Scan(&p.ID, &p.Subject, &p.Title, &p.Strategy, &p.Budget, &p.Currency, &p.Owner, &p.Most, &p.Target, &p.Goal,
		&p.Starts, &p.Ends, &p.Status, &p.Result, &started, &ended,
		&before[0], &after[0], &before[1], &after[1], &before[2], &after[2], &currency, &effect, &created, &updated, &p.Rev)
	if err != nil {
		return err
	}
	p.Started, p.Ended, p.Created, p.Updated = db.Time(started), db.Time(ended), db.Time(created), db.Time(updated)
	p.Before, p.After, p.Effect, p.Actions = worth(before, currency), worth(after, currency), nil, nil
	if effect != "" {
		p.Effect = new(Effect)
		if err := json.Unmarshal([]byte(effect), p.Effect); err != nil {
			return fmt.Errorf("effect of plan %s: %w", p.ID, err)
		}
	}
	return nil
}

func worth(v [3]*int64, currency money.Currency) (w Worth) {
	if v[0] == nil {
		return w
	}
	w.Customers, w.Currency = *v[0], currency
	if w.Known = v[1] != nil && v[2] != nil; w.Known {
		w.Value, w.Margin = *v[1], *v[2]
	}
	return w
}

// Plans describes the list of plans.
var Plans = list.Def[Plan]{
	Name: "plan", From: `plan p`, ID: `p.id`,
	Select: planCols, Scan: scanPlan,
	Columns: []list.Column{
		{Key: "title", Label: "plan.title", Type: list.Name, SQL: `p.title_key`, Sort: true},
		{Key: "subject", Label: "plan.subject", Type: list.Plain, SQL: `p.subject`},
		{Key: "status", Label: "plan.status", Type: list.Choice, SQL: `p.status`, Choices: options("plan.status.", Statuses)},
		{Key: "progress", Label: "plan.progress", Type: list.Number, Show: true},
		{Key: "owner", Label: "plan.owner", Type: list.User, SQL: `p.owner_id`, Null: true},
		{Key: "ends", Label: "plan.ends", Type: list.Date, SQL: `p.ends`, Null: true},
		{Key: "created", Label: "plan.created", Type: list.Time, SQL: `p.created_at`, Sort: true, Hidden: true},
	},
	Fast: []list.Pair{
		{Sort: "title"}, {Sort: "created"}, {Filter: "status", Sort: "created"}, {Filter: "subject", Sort: "created"}, {Filter: "owner", Sort: "created"},
	},
	Default: "-created",
}

// GetPlan returns a plan with its actions, or a NotFound error.
func GetPlan(ctx context.Context, tx *db.Tx, id ids.ID) (Plan, error) {
	p, err := db.Get(ctx, tx, scanPlan, `SELECT `+planCols+` FROM plan p WHERE p.id = $1`, id)
	if err != nil {
		return p, err
	}
	p.Actions, err = db.List(ctx, tx, func(s db.Scanner, a *Action) error {
		return s.Scan(&a.Text, &a.Kind, &a.Due, &a.Assignee, &a.PerCustomer, &a.Task)
	}, `SELECT text, kind, COALESCE(due_date, ''), assignee_id, per_customer, task_id FROM plan_action WHERE plan_id = $1 ORDER BY n`, id)
	return p, err
}

// PlansFor returns the plans about a subject, the latest first.
func PlansFor(ctx context.Context, tx *db.Tx, subject string, limit int) ([]Plan, error) {
	return db.List(ctx, tx, scanPlan, `SELECT `+planCols+` FROM plan p WHERE p.subject = $1 ORDER BY p.created_at DESC, p.id DESC LIMIT $2`, subject, limit)
}

// PlanNames returns the titles of plans.
func PlanNames(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error) {
	type row struct {
		id   ids.ID
		name string
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.id, &r.name) }, list, `SELECT id, title FROM plan WHERE id IN ($list)`)
	names := make(map[ids.ID]string, len(rows))
	for _, r := range rows {
		names[r.id] = r.name
	}
	return names, err
}

// A Progress is how many tasks of a plan there are, and how many are done.
type Progress struct{ Tasks, Done int64 }

// ProgressOf returns the progress of plans.
func ProgressOf(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]Progress, error) {
	type row struct {
		id ids.ID
		p  Progress
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.id, &r.p.Tasks, &r.p.Done) }, list, `
		SELECT subject_id, COUNT(*), COUNT(*) FILTER (WHERE done) FROM task WHERE subject_id IN ($list) AND subject_kind = 'plan' GROUP BY subject_id`)
	all := make(map[ids.ID]Progress, len(rows))
	for _, r := range rows {
		all[r.id] = r.p
	}
	return all, err
}

// CreatePlan adds a draft of a plan and sets its ID. It returns Invalid errors
// for what is wrong with fields.
func CreatePlan(ctx context.Context, tx *db.Tx, p *Plan) error {
	p.ID, p.Status, p.Created, p.Updated, p.Rev = ids.New(tx.Now), Draft, tx.Now, tx.Now, 1
	if p.Owner.IsZero() {
		p.Owner = tx.Who.User
	}
	if err := p.normalize(ctx, tx, nil); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO plan (id, subject, title, title_key, strategy, budget, currency, owner_id, most, target, target_value, starts, ends,
			status, result, worth_currency, created_at, updated_at, created_op)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'draft', '', '', $14, $14, $15)`,
		p.ID, p.Subject, p.Title, fold.SortKey(p.Title), p.Strategy, p.Budget, string(p.Currency), p.Owner, orNil(p.Most), p.Target, p.Goal,
		orNull(p.Starts), orNull(p.Ends), tx.Now.UnixMilli(), tx.Op)
	if err != nil {
		return err
	}
	return putActions(ctx, tx, p, true)
}

// UpdatePlan changes a plan; change may set what people write. What it is
// about, how many customers it reaches and its actions are settled once it has
// begun. If rev is not zero it must be the plan's present Rev, else the error
// is Stale.
func UpdatePlan(ctx context.Context, tx *db.Tx, id ids.ID, rev int64, change func(*Plan) error) (Plan, error) {
	old, err := lockPlan(ctx, tx, id, rev)
	if err != nil {
		return old, err
	}
	p := old
	p.Actions = slices.Clone(old.Actions)
	if err := change(&p); err != nil {
		return old, err
	}
	p.ID, p.Status, p.Created, p.Started, p.Ended = old.ID, old.Status, old.Created, old.Started, old.Ended
	if old.Status != Draft {
		p.Subject, p.Most, p.Actions = old.Subject, old.Most, old.Actions
	}
	if err := p.normalize(ctx, tx, &old); err != nil {
		return old, err
	}
	if reflect.DeepEqual(p, old) {
		return old, nil
	}
	_, err = tx.Exec(ctx, `
		UPDATE plan SET subject = $2, title = $3, title_key = $4, strategy = $5, budget = $6, currency = $7, owner_id = $8, most = $9, target = $10,
			target_value = $11, starts = $12, ends = $13, result = $14, updated_at = $15, rev = rev + 1 WHERE id = $1`,
		id, p.Subject, p.Title, fold.SortKey(p.Title), p.Strategy, p.Budget, string(p.Currency), p.Owner, orNil(p.Most), p.Target, p.Goal,
		orNull(p.Starts), orNull(p.Ends), p.Result, tx.Now.UnixMilli())
	if err != nil {
		return old, err
	}
	p.Updated, p.Rev = tx.Now, old.Rev+1
	if slices.Equal(p.Actions, old.Actions) {
		return p, nil
	}
	return p, putActions(ctx, tx, &p, false)
}

// LockPlan returns a plan that nobody changes until tx ends, or a NotFound error.
func LockPlan(ctx context.Context, tx *db.Tx, id ids.ID) (Plan, error) {
	return lockPlan(ctx, tx, id, 0)
}

func lockPlan(ctx context.Context, tx *db.Tx, id ids.ID, rev int64) (Plan, error) {
	if err := tx.LockRecord(ctx, `plan`, id); err != nil {
		return Plan{}, err
	}
	p, err := GetPlan(ctx, tx, id)
	if err == nil && rev != 0 && rev != p.Rev {
		err = errs.New(errs.Stale, "error.stale")
	}
	return p, err
}

// putActions stores the actions of a plan in place of those it has.
func putActions(ctx context.Context, tx *db.Tx, p *Plan, fresh bool) error {
	op := tx.Op
	if fresh {
		op = ids.ID{} // they come with the plan
	} else if _, err := tx.Exec(ctx, `DELETE FROM plan_action WHERE plan_id = $1`, p.ID); err != nil {
		return err
	}
	for i, a := range p.Actions {
		_, err := tx.Exec(ctx, `
			INSERT INTO plan_action (plan_id, n, text, kind, due_date, assignee_id, per_customer, task_id, created_op) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			p.ID, i+1, a.Text, a.Kind, orNull(a.Due), a.Assignee, a.PerCustomer, a.Task, op)
		if err != nil {
			return err
		}
	}
	return nil
}

// DeletePlan removes a plan. It returns a Conflict error while the plan runs.
// Its tasks stay.
func DeletePlan(ctx context.Context, tx *db.Tx, id ids.ID) error {
	p, err := lockPlan(ctx, tx, id, 0)
	if err != nil {
		return err
	}
	if p.Status == Running {
		return errs.New(errs.Conflict, "plan.running")
	}
	if _, err := tx.Exec(ctx, `DELETE FROM plan_action WHERE plan_id = $1`, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM plan WHERE id = $1`, id); err != nil {
		return err
	}
	return RefreshPlans(ctx, tx, []ids.ID{id})
}

// normalize checks p and tidies it. old is the plan as it was, nil if it is new.
func (p *Plan) normalize(ctx context.Context, tx *db.Tx, old *Plan) error {
	var bad errs.List
	p.Title = strings.Join(strings.Fields(p.Title), " ")
	p.Strategy, p.Target, p.Result = strings.TrimSpace(p.Strategy), strings.TrimSpace(p.Target), strings.TrimSpace(p.Result)
	checkText(&bad, "title", p.Title, maxTitle)
	checkText(&bad, "strategy", p.Strategy, maxNote)
	checkText(&bad, "target", p.Target, maxNote)
	checkText(&bad, "result", p.Result, maxNote)
	if p.Title == "" {
		bad.Add(errs.InvalidField("title", "error.required"))
	}
	if p.Budget != nil && *p.Budget < 0 {
		bad.Add(errs.InvalidField("budget", "plan.negative"))
	}
	if p.Goal != nil && *p.Goal <= 0 {
		bad.Add(errs.InvalidField("goal", "plan.goal.invalid"))
	}
	if p.Most < 0 || p.Most > maxMost {
		bad.Add(errs.InvalidField("most", "plan.most.invalid"))
	}
	p.checkDates(&bad)
	p.checkActions(&bad)
	if p.Currency == "" {
		set, err := workspace.Get(ctx, tx)
		if err != nil {
			return err
		}
		p.Currency = set.Locale().Currency
	}
	if old == nil || old.Subject != p.Subject {
		if err := p.checkSubject(ctx, tx, &bad); err != nil {
			return err
		}
	}
	if err := p.checkUsers(ctx, tx, old, &bad); err != nil {
		return err
	}
	return bad.Err()
}

func (p *Plan) checkDates(bad *errs.List) {
	day := func(field string, s *string) {
		*s = strings.TrimSpace(*s)
		if t, err := time.Parse(time.DateOnly, *s); *s != "" && (err != nil || t.Year() < 1900 || t.Year() > 2200) {
			bad.Add(errs.InvalidField(field, "date.invalid"))
		}
	}
	day("starts", &p.Starts)
	day("ends", &p.Ends)
	if p.Starts != "" && p.Ends != "" && p.Ends < p.Starts {
		bad.Add(errs.InvalidField("ends", "plan.ends.early"))
	}
	for i := range p.Actions {
		day(actionField(i, "due"), &p.Actions[i].Due)
	}
}

func actionField(i int, name string) string { return "actions." + strconv.Itoa(i) + "." + name }

func (p *Plan) checkActions(bad *errs.List) {
	if len(p.Actions) > maxActions {
		bad.Add(errs.InvalidField("actions", "plan.actions.many", "max", maxActions))
		return
	}
	each := int64(0)
	for i := range p.Actions {
		a := &p.Actions[i]
		a.Text = strings.Join(strings.Fields(a.Text), " ")
		checkText(bad, actionField(i, "text"), a.Text, 200)
		if a.Text == "" {
			bad.Add(errs.InvalidField(actionField(i, "text"), "error.required"))
		}
		if a.Kind == "" {
			a.Kind = string(tasks.Plain)
		}
		if !slices.Contains(tasks.Kinds, tasks.Kind(a.Kind)) {
			bad.Add(errs.InvalidField(actionField(i, "kind"), "error.choice"))
		}
		if a.PerCustomer {
			each++
		}
	}
	if each > 0 && (p.Most == 0 || p.Most*each > MaxTasks) {
		bad.Add(errs.InvalidField("most", "plan.most.tasks", "max", MaxTasks/each))
	}
	if len(p.Actions) == 0 {
		p.Actions = nil
	}
}

func (p *Plan) checkSubject(ctx context.Context, tx *db.Tx, bad *errs.List) error {
	value, id, ok := subject(p.Subject)
	switch {
	case !ok:
		bad.Add(errs.InvalidField("subject", "error.choice"))
	case value == "":
		found, err := Names(ctx, tx, []ids.ID{id})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			bad.Add(errs.InvalidField("subject", "error.choice"))
		}
	}
	return nil
}

// checkUsers makes sure that those whom p names newly are there.
func (p *Plan) checkUsers(ctx context.Context, tx *db.Tx, old *Plan, bad *errs.List) error {
	known := map[ids.ID]bool{{}: true}
	if old != nil {
		known[old.Owner] = true
		for _, a := range old.Actions {
			known[a.Assignee] = true
		}
	}
	check := func(field string, id ids.ID) error {
		if known[id] {
			return nil
		}
		_, ok, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM team_user WHERE id = $1 AND active = TRUE`, id)
		if err == nil && !ok {
			bad.Add(errs.InvalidField(field, "error.choice"))
		}
		return err
	}
	if err := check("owner", p.Owner); err != nil {
		return err
	}
	for i, a := range p.Actions {
		if err := check(actionField(i, "assignee"), a.Assignee); err != nil {
			return err
		}
	}
	return nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNil(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// RefreshPlans makes anew what is derived of plans: whom a plan was about when
// it began, if that was undone or brought back.
func RefreshPlans(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	plans, err := db.ListIn(ctx, tx, scanPlan, list, `SELECT `+planCols+` FROM plan p WHERE p.id IN ($list)`)
	if err != nil {
		return err
	}
	begun := map[ids.ID]bool{}
	for _, p := range plans {
		if _, err := tx.Exec(ctx, `UPDATE plan SET title_key = $2 WHERE id = $1 AND title_key <> $2`, p.ID, fold.SortKey(p.Title)); err != nil {
			return err
		}
		if p.Status == Draft {
			continue
		}
		begun[p.ID] = true
		_, frozen, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM plan_member WHERE plan_id = $1 LIMIT 1`, p.ID)
		if err != nil {
			return err
		}
		if !frozen && p.Status == Running {
			if err := askFreeze(ctx, tx, p.ID); err != nil {
				return err
			}
		}
	}
	var idle []ids.ID
	for _, id := range list {
		if !begun[id] {
			idle = append(idle, id)
		}
	}
	_, err = db.ExecIn(ctx, tx, idle, `DELETE FROM plan_member WHERE plan_id IN ($list)`)
	return err
}

// RunningByValue returns the plans that run for segments of value, the latest
// of each, by the segment's name.
func RunningByValue(ctx context.Context, tx *db.Tx) (map[string]Plan, error) {
	list, err := db.List(ctx, tx, scanPlan, `
		SELECT `+planCols+` FROM plan p WHERE p.status = 'running' AND p.subject LIKE 'value:%' ORDER BY p.created_at, p.id LIMIT 1000`)
	plans := map[string]Plan{}
	for _, p := range list {
		plans[p.Value()] = p
	}
	return plans, err
}
