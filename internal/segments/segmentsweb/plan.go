package segmentsweb

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/list/listweb"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// plansPage is the data of the list of plans.
type plansPage struct {
	*ui.View
	asker
	table    listweb.Table[segments.Plan]
	List     *listweb.Page
	owners   map[ids.ID]string
	segments map[ids.ID]string
	progress map[ids.ID]segments.Progress
}

var planLooks = map[string]listweb.Look{
	"title":    {Icon: "flag", Class: "key", Fill: true},
	"subject":  {Icon: "users", P: 3},
	"status":   {Icon: "check"},
	"progress": {P: 3, Right: true, Class: "num"},
	"owner":    {Icon: "user", P: 4},
	"ends":     {Icon: "cal", P: 2},
	"created":  {Icon: "cal", P: 5, Class: "muted"},
}

var planViews = []listweb.View{
	{Key: "all", Title: "plans.all"},
	{Key: "running", Title: "plan.status.running", Query: "f=status:eq:running"},
	{Key: "draft", Title: "plan.status.draft", Query: "f=status:eq:draft"},
	{Key: "done", Title: "plan.status.done", Query: "f=status:in:done,dropped"},
}

func (p *Pages) plans(w http.ResponseWriter, r *ui.Req) error {
	page := &plansPage{View: r.View}
	page.table = listweb.Table[segments.Plan]{
		Def: &segments.Plans, Path: pathPlans, Caption: "plans.title", Looks: planLooks, Views: planViews, Options: page.options, NameOf: nameOf,
		Row: func(_ *ui.View, x *segments.Plan) ui.Row {
			return ui.Row{ID: x.ID.String(), Label: x.Title, Href: PlanHref(x.ID)}
		},
		Cell: func(_ *ui.View, x *segments.Plan, key string, col ui.Column) templ.Component {
			return page.cell(col, key, x)
		},
		Complete: page.complete,
	}
	if done, err := page.table.Redirect(w, r, p.DB); done || err != nil {
		return err
	}
	var err error
	if page.List, err = page.table.Load(r.Context(), p.DB, r); err != nil {
		return err
	}
	r.View.Path = page.table.Address(page.List)
	return ui.Render(w, r, page.List.Status(), page.page())
}

func (p *plansPage) complete(ctx context.Context, tx *db.Tx, rows []segments.Plan) (err error) {
	var owners, of []ids.ID
	for i := range rows {
		if !rows[i].Owner.IsZero() {
			owners = append(owners, rows[i].Owner)
		}
		if id := rows[i].Segment(); !id.IsZero() {
			of = append(of, id)
		}
	}
	if p.owners, err = team.Names(ctx, tx, owners); err != nil {
		return err
	}
	if p.segments, err = segments.Names(ctx, tx, of); err != nil {
		return err
	}
	p.progress, err = segments.ProgressOf(ctx, tx, idsOf(rows))
	return err
}

func (p *plansPage) isNew() bool {
	return p.List.Err == nil && len(p.List.Rows) == 0 && len(p.List.Query.Filters) == 0 && p.List.Query.Cursor == ""
}

func (p *plansPage) remark() string {
	if p.List.Err != nil || p.List.Count <= 0 {
		return ""
	}
	return p.T("plans.count", "n", p.List.Count)
}

// planForm is the data of the form of a plan.
type planForm struct {
	*ui.View
	r        *ui.Req
	Plan     segments.Plan
	New      bool
	Stored   bool
	Sent     bool // the fields hold what was typed
	Err      error
	users    []team.User
	segments []segments.Segment
	index    []int // of the actions' rows
	filled   []int // of those that are not empty: the n-th is the n-th action
}

func (p *Pages) newPlan(w http.ResponseWriter, r *ui.Req) error {
	page := &planForm{New: true, index: []int{0, 1}}
	page.Plan.Subject, page.Plan.Title, page.Plan.Owner = r.Text("subject"), r.Text("title"), r.Who.User
	if play := r.Text("play"); play != "" && r.View.Has("plans.play."+play) {
		page.Plan.Strategy = r.View.T("plans.play." + play)
	}
	return p.showPlanForm(w, r, http.StatusOK, page)
}

func (p *Pages) editPlan(w http.ResponseWriter, r *ui.Req) error {
	plan, err := p.plan(r)
	if err != nil {
		return err
	}
	page := &planForm{Plan: plan}
	for i := range plan.Actions {
		page.index = append(page.index, i)
	}
	if len(page.index) == 0 {
		page.index = []int{0}
	}
	return p.showPlanForm(w, r, http.StatusOK, page)
}

// plan returns the plan of the address.
func (p *Pages) plan(r *ui.Req) (plan segments.Plan, err error) {
	id, err := r.ID("id")
	if err != nil {
		return plan, err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		plan, err = segments.GetPlan(r.Context(), tx, id)
		return err
	})
	return plan, err
}

func (p *Pages) showPlanForm(w http.ResponseWriter, r *ui.Req, status int, page *planForm) error {
	page.View, page.r = r.View, r
	if page.Sent {
		page.index = r.Indexes("actions")
	}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.users, err = team.Users(r.Context(), tx, true); err != nil {
			return err
		}
		page.segments, err = segments.Each(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, page.page())
}

// together returns what is wrong with a form: what can't be read, and what the
// rest of it is refused for.
func together(unread errs.List, err error) error {
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return err
	}
	return errors.Join(unread.Err(), err)
}

// read makes of a plan what the form says, and returns which fields can't be
// read.
func (f *planForm) read(r *ui.Req, p *segments.Plan) (bad errs.List, err error) {
	ws := r.View.Workspace
	if p.Currency == "" {
		p.Currency = ws.Currency
	}
	money := func(field string) *int64 {
		text := r.Text(field)
		if text == "" {
			return nil
		}
		a, err := money.Parse(text, ws.Decimal, p.Currency)
		if err != nil {
			bad.Add(errs.InvalidField(field, "plans.amount"))
			return nil
		}
		return &a.Minor
	}
	day := func(field string) string {
		text := r.Text(field)
		if d, err := locale.ParseDate(text, locale.DMY); err == nil {
			return d
		}
		return text
	}
	if p.Status == "" || p.Status == segments.Draft {
		p.Subject = r.Text("subject")
		p.Most = readMost(r.Text("most"), ws.Decimal)
		if err := f.readActions(r, p, day); err != nil {
			return nil, err
		}
	}
	p.Title, p.Strategy, p.Target = r.Text("title"), r.Text("strategy"), r.Text("target")
	p.Budget, p.Goal = money("budget"), money("goal")
	p.Starts, p.Ends = day("starts"), day("ends")
	if r.Form.Has("result") {
		p.Result = r.Text("result")
	}
	p.Owner, err = r.MaybeID("owner")
	return bad, err
}

// readMost reads how many customers a plan is for at most: 0 for all, -1 if it
// can't be read.
func readMost(text string, decimal rune) int64 {
	if text == "" {
		return 0
	}
	d, err := locale.ParseNumber(text, decimal)
	if err != nil {
		return -1
	}
	n, err := strconv.ParseInt(d.String(), 10, 64)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

func (f *planForm) readActions(r *ui.Req, p *segments.Plan, day func(string) string) error {
	p.Actions, f.filled = nil, nil
	for _, i := range r.Rows("actions") {
		name := func(field string) string { return ui.RowName("actions", i, field) }
		who, err := r.MaybeID(name("assignee"))
		if err != nil {
			return err
		}
		a := segments.Action{Text: r.Text(name("text")), Kind: r.Text(name("kind")), Due: day(name("due")), Assignee: who, PerCustomer: r.Text(name("each")) == "each"}
		if a.Text == "" && a.Due == "" && a.Assignee.IsZero() && !a.PerCustomer {
			continue // left empty
		}
		p.Actions, f.filled = append(p.Actions, a), append(f.filled, i)
	}
	return nil
}

func (p *Pages) createPlan(w http.ResponseWriter, r *ui.Req) error {
	page := &planForm{New: true, Sent: true}
	if r.Reshape() {
		return p.showPlanForm(w, r, http.StatusOK, page)
	}
	var op ids.ID
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "plan.create"}, func(tx *db.Tx) error {
		op, page.Plan = tx.Op, segments.Plan{}
		wrong, err := page.read(r, &page.Plan)
		if err != nil {
			return err
		}
		if err := together(wrong, segments.CreatePlan(r.Context(), tx, &page.Plan)); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), page.Plan.ID, map[string]any{"title": page.Plan.Title})
	})
	return p.savedPlan(w, r, page, op, "plans.toast.created", err)
}

func (p *Pages) updatePlan(w http.ResponseWriter, r *ui.Req) error {
	plan, err := p.plan(r)
	if err != nil {
		return err
	}
	page := &planForm{Plan: plan, Sent: true}
	if r.Reshape() {
		return p.showPlanForm(w, r, http.StatusOK, page)
	}
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "plan.update", Subject: plan.ID}, func(tx *db.Tx) error {
		op = tx.Op
		var wrong errs.List
		now, err := segments.UpdatePlan(r.Context(), tx, plan.ID, r.Int("rev", -1), func(x *segments.Plan) (err error) {
			wrong, err = page.read(r, x)
			return err
		})
		if err := together(wrong, err); err != nil {
			return err
		}
		return tx.SetOp(r.Context(), plan.ID, map[string]any{"title": now.Title})
	})
	if errs.KindOf(err) == errs.Stale {
		page.Stored = true
		return p.showPlanForm(w, r, http.StatusConflict, page)
	}
	return p.savedPlan(w, r, page, op, "plans.toast.saved", err)
}

func (p *Pages) savedPlan(w http.ResponseWriter, r *ui.Req, page *planForm, op ids.ID, toast string, err error) error {
	if errs.KindOf(err) == errs.Invalid {
		page.Err = err
		return p.showPlanForm(w, r, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, Undo: op})
	return ui.Redirect(w, r, PlanHref(page.Plan.ID))
}

// showPlan is the data of a plan's page.
type showPlan struct {
	*ui.View
	Plan     segments.Plan
	About    string // what it is about
	Names    map[ids.ID]string
	Progress segments.Progress
	Margin   bool   // money is margin; false: sales
	Result   string // as the field holds it
	Err      error  // why the plan was not moved on
}

func (p *Pages) showPlan(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	page, err := p.loadPlan(r, id)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// loadPlan reads what the page of a plan shows.
func (p *Pages) loadPlan(r *ui.Req, id ids.ID) (*showPlan, error) {
	page := &showPlan{View: r.View}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		ctx := r.Context()
		if page.Plan, err = segments.GetPlan(ctx, tx, id); err != nil {
			return err
		}
		users := []ids.ID{page.Plan.Owner}
		for _, a := range page.Plan.Actions {
			users = append(users, a.Assignee)
		}
		if page.Names, err = team.Names(ctx, tx, slices.DeleteFunc(users, ids.ID.IsZero)); err != nil {
			return err
		}
		names := map[ids.ID]string{}
		if of := page.Plan.Segment(); !of.IsZero() {
			if names, err = segments.Names(ctx, tx, []ids.ID{of}); err != nil {
				return err
			}
		}
		page.About = subjectName(r.View, names, &page.Plan)
		progress, err := segments.ProgressOf(ctx, tx, []ids.ID{id})
		if err != nil {
			return err
		}
		page.Progress = progress[id]
		state, err := insights.GetState(ctx, tx)
		page.Margin, page.Result = state.Margin, page.Plan.Result
		return err
	})
	return page, err
}

// begin begins a plan: what has to be read is read before anybody is made to wait.
func (p *Pages) begin(w http.ResponseWriter, r *ui.Req) error {
	plan, err := p.plan(r)
	if err != nil {
		return err
	}
	var s segments.Start
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) { s, err = segments.Prepare(r.Context(), tx, plan.ID); return err })
	if err != nil {
		return err
	}
	return p.move(w, r, plan, "plan.begin", "plans.toast.begun", func(tx *db.Tx) (segments.Plan, error) {
		return segments.Begin(r.Context(), tx, s, r.Int("rev", 0))
	})
}

func (p *Pages) finish(w http.ResponseWriter, r *ui.Req) error {
	return p.end(w, r, "plan.finish", "plans.toast.finished", segments.Finish)
}

func (p *Pages) drop(w http.ResponseWriter, r *ui.Req) error {
	return p.end(w, r, "plan.drop", "plans.toast.dropped", segments.Drop)
}

func (p *Pages) end(w http.ResponseWriter, r *ui.Req, why, toast string, f func(context.Context, *db.Tx, segments.Measure, int64, string) (segments.Plan, error)) error {
	plan, err := p.plan(r)
	if err != nil {
		return err
	}
	var m segments.Measure
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) { m, err = segments.Measured(r.Context(), tx, plan.ID); return err })
	if err != nil {
		return err
	}
	result := plan.Result
	if r.Form.Has("result") {
		result = r.Text("result")
	}
	return p.move(w, r, plan, why, toast, func(tx *db.Tx) (segments.Plan, error) { return f(r.Context(), tx, m, r.Int("rev", 0), result) })
}

// move moves a plan on, as one operation. If that is refused the plan is shown
// as it is now, with the reason and what was typed.
func (p *Pages) move(w http.ResponseWriter, r *ui.Req, plan segments.Plan, why, toast string, f func(tx *db.Tx) (segments.Plan, error)) error {
	var op ids.ID
	err := p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: why, Subject: plan.ID, Args: map[string]any{"title": plan.Title}}, func(tx *db.Tx) error {
		op = tx.Op
		_, err := f(tx)
		return err
	})
	switch errs.KindOf(err) {
	case errs.Stale:
		return p.unmoved(w, r, http.StatusConflict, plan.ID, errs.New(errs.Stale, "plans.moved").Because(err))
	case errs.Conflict:
		return p.unmoved(w, r, http.StatusConflict, plan.ID, err)
	case errs.Invalid:
		return p.unmoved(w, r, http.StatusUnprocessableEntity, plan.ID, err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, Undo: op})
	return ui.Redirect(w, r, PlanHref(plan.ID))
}

// unmoved shows a plan that could not be moved on.
func (p *Pages) unmoved(w http.ResponseWriter, r *ui.Req, status int, id ids.ID, why error) error {
	page, err := p.loadPlan(r, id)
	if err != nil {
		return err
	}
	page.Err = why
	if r.Form.Has("result") {
		page.Result = r.Text("result")
	}
	return ui.Render(w, r, status, page.page())
}

func (p *Pages) removePlan(w http.ResponseWriter, r *ui.Req) error {
	plan, err := p.plan(r)
	if err != nil {
		return err
	}
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "plan.delete", Subject: plan.ID, Args: map[string]any{"title": plan.Title}}, func(tx *db.Tx) error {
		op = tx.Op
		return segments.DeletePlan(r.Context(), tx, plan.ID)
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "plans.toast.deleted", Undo: op})
	return ui.Redirect(w, r, pathPlans)
}

// value returns what a field shows: what was typed, or what is stored.
func (f *planForm) value(name, stored string) string {
	if f.Sent {
		return f.r.Text(name)
	}
	return stored
}

func (f *planForm) field(name, label, stored string) ui.Field {
	return ui.Field{Name: name, Label: f.T(label), Value: f.value(name, stored), Error: f.FieldError(f.Err, name)}
}

// written is field for what people write. If somebody else changed the plan
// meanwhile it says what stands there now.
func (f *planForm) written(name, label, stored string) ui.Field {
	field := f.field(name, label, stored)
	if f.Stored && field.Value != stored {
		field.Error = f.T("plans.clash", "now", orDash(dateOrEmpty(f.View, stored)))
	}
	return field
}

// typed writes minor units as people type them.
func (f *planForm) typed(minor *int64) string {
	if minor == nil {
		return ""
	}
	a := money.Amount{Minor: *minor, Currency: f.currency()}
	return strings.Replace(a.Decimal().String(), ".", string(f.Workspace.Decimal), 1)
}

// currency is that of the plan's amounts.
func (f *planForm) currency() money.Currency {
	if f.Plan.Currency == "" {
		return f.Workspace.Currency
	}
	return f.Plan.Currency
}

func (f *planForm) moneyField(name, label string, stored *int64) ui.Field {
	field := f.written(name, label, f.typed(stored))
	field.Label, field.InputMode, field.MaxLength = f.T(label, "currency", f.currency().Symbol()), "decimal", 40
	return field
}

func (f *planForm) subjects() []ui.Option {
	all := []ui.Option{{Value: "", Label: f.T("plans.subject.choose")}}
	for _, v := range segments.Values() {
		all = append(all, ui.Option{Value: "value:" + v, Label: valueName(f.View, v)})
	}
	for _, g := range f.segments {
		all = append(all, ui.Option{Value: segments.SubjectOf(g.ID), Label: g.Name})
	}
	return all
}

func (f *planForm) people(nobody string) []ui.Option {
	return append([]ui.Option{{Value: "", Label: f.T(nobody)}}, userOptions(f.users)...)
}

// action returns the fields of an action's row.
func (f *planForm) action(i int) templ.Component {
	var a segments.Action
	if i >= 0 && i < len(f.Plan.Actions) && !f.Sent {
		a = f.Plan.Actions[i]
	}
	return f.actionRow(i, a)
}

func (f *planForm) actionField(i int, name, label, stored string) ui.Field {
	key := ui.RowName("actions", i, name)
	field := f.field(key, label, stored)
	field.ID = "f-" + key
	if f.Sent {
		field.Error = f.FieldError(f.Err, "actions."+strconv.Itoa(slices.Index(f.filled, i))+"."+name)
	}
	return field
}

func (f *planForm) kinds() []ui.Option {
	var all []ui.Option
	for _, k := range tasks.Kinds {
		all = append(all, ui.Option{Value: string(k), Label: f.T("task.kind." + string(k))})
	}
	return all
}

func (f *planForm) draft() bool { return f.New || f.Plan.Status == segments.Draft }

func (f *planForm) path() string {
	if f.New {
		return pathPlans
	}
	return PlanHref(f.Plan.ID) + "/edit"
}

func (f *planForm) title() string {
	if f.New {
		return f.T("plans.new")
	}
	return f.Plan.Title
}

func (f *planForm) back() string {
	if f.New {
		return pathPlans
	}
	return PlanHref(f.Plan.ID)
}

func idText(id ids.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func numOrEmpty(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// who returns who does an action.
func (p *showPlan) who(a *segments.Action) string {
	switch {
	case !a.Assignee.IsZero():
		return p.Names[a.Assignee]
	case a.PerCustomer:
		return p.T("plans.assignee.responsible")
	}
	return orDash(p.Names[p.Plan.Owner])
}

// reach says how many customers the plan is about.
func (p *showPlan) reach() string {
	if p.Plan.Most == 0 {
		return p.T("plans.reach.all")
	}
	return p.T("plans.reach.most", "n", p.Plan.Most)
}

// verdict says in words what the plan brought against those left alone.
func (p *showPlan) verdict() string {
	e := p.Plan.Effect
	switch {
	case e == nil && p.Plan.Status != segments.Running:
		return p.T("plans.effect.unknown")
	case e == nil:
		return p.T("plans.effect.later")
	case e.Rate == nil:
		return p.T("plans.effect.few", "treated", e.Treated.Of, "held", e.Held.Of)
	case e.Rate.Proven() && e.Rate.Estimate > 0:
		return p.T("plans.effect.works")
	case e.Rate.Proven():
		return p.T("plans.effect.harms")
	}
	return p.T("plans.effect.unclear")
}

// gained says what the plan's customers bring, and how much of what was to be
// gained that is.
func (p *showPlan) gained() (text string, ok bool) {
	x := &p.Plan
	if x.Effect == nil || x.Effect.Year == nil || x.Before.Currency == "" {
		return "", false
	}
	year, c := x.Effect.Year, x.Before.Currency
	more := year.After - year.Before
	args := []any{"before", whole(p.View, year.Before, c), "after", whole(p.View, year.After, c), "more", signed(p.View, more, c)}
	if x.Goal == nil || *x.Goal <= 0 || x.Currency != c {
		return p.T("plans.gained", args...), true
	}
	share := math.Round(float64(more)/float64(*x.Goal)*100) / 100
	return p.T("plans.gained.of", append(args, "goal", whole(p.View, *x.Goal, c), "share", p.Percent(share))...), true
}

// signed writes a difference of money in full.
func signed(v *ui.View, minor int64, c money.Currency) string {
	if minor > 0 {
		return "+" + whole(v, minor, c)
	}
	return whole(v, minor, c)
}

// points writes a difference of shares in percentage points.
func (p *showPlan) points(f float64) string {
	s := p.Decimal(f*100, 1)
	if f > 0 {
		s = "+" + s
	}
	return s
}

func (p *showPlan) share(did, of int64) string {
	if of == 0 {
		return "–"
	}
	return p.Percent(float64(did) / float64(of))
}

// with returns a field after f changed it.
func with(field ui.Field, f func(*ui.Field)) ui.Field {
	f(&field)
	return field
}

func eachValue(each bool) string {
	if each {
		return "each"
	}
	return "once"
}

func (f *planForm) eaches() []ui.Option {
	return []ui.Option{{Value: "once", Label: f.T("plans.action.each.once")}, {Value: "each", Label: f.T("plans.action.each.each")}}
}

func (p *showPlan) rev() map[string]string {
	return map[string]string{"rev": strconv.FormatInt(p.Plan.Rev, 10)}
}

// after returns a figure at the end of the plan, or a dash while it runs.
func (p *showPlan) after(f func(segments.Worth) string) string {
	if p.Plan.Ended.IsZero() {
		return "–"
	}
	return f(p.Plan.After)
}

func (p *showPlan) marginLabel() string {
	if p.Margin {
		return p.T("segments.margin")
	}
	return p.T("segments.sales")
}

// cash writes a difference of money.
func (p *showPlan) cash(f float64) string {
	s := amount(p.View, int64(f), p.Plan.Before.Currency)
	if f > 0 {
		s = "+" + s
	}
	return s
}

func dateOrEmpty(v *ui.View, day string) string {
	if day == "" {
		return ""
	}
	return v.DateOnly(day)
}

// how says of what kind an action is, for whom and by whom.
func (p *showPlan) how(a *segments.Action) string {
	text := p.T("task.kind." + a.Kind)
	if a.PerCustomer {
		text += " · " + p.T("plans.action.each.each")
	}
	return text + " · " + p.who(a)
}
