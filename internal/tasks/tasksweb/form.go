package tasksweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/mail"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// formPage is the data of the form of a task.
type formPage struct {
	*ui.View
	r        *ui.Req
	New      bool
	Task     tasks.Task
	Sent     bool // the form was sent: its fields hold what was typed
	Err      error
	Customer string       // name
	Which    []search.Hit // customers who may be meant
	Users    []team.User
	Roles    []team.Role
	About    string // the record that it is about besides a customer
	Mail     bool   // invitations can be sent
	Stored   bool   // somebody else changed it meanwhile
	Back     string
}

func (p *Pages) newForm(w http.ResponseWriter, r *ui.Req) error {
	of, err := r.MaybeID("customer")
	if err != nil {
		return err
	}
	t := tasks.Task{Kind: tasks.Kind(r.Text("kind")), Title: r.Text("title"), Day: r.Text("day"), Assignee: r.Who.User, Customer: of}
	if !slices.Contains(tasks.Kinds, t.Kind) {
		t.Kind = tasks.Plain
	}
	if t.Subject, err = p.subject(r); err != nil {
		return err
	}
	return p.showForm(w, r, http.StatusOK, &formPage{New: true, Task: t})
}

// subject reads the record that a new task is about.
func (p *Pages) subject(r *ui.Req) (tasks.Subject, error) {
	kind := r.Text("subject_kind")
	if _, ok := p.Kinds[kind]; !ok {
		return tasks.Subject{}, nil
	}
	id, err := r.MaybeID("subject_id")
	if err != nil || id.IsZero() {
		return tasks.Subject{}, err
	}
	return tasks.Subject{Kind: kind, ID: id}, nil
}

func (p *Pages) editForm(w http.ResponseWriter, r *ui.Req) error {
	t, err := p.task(r)
	if err != nil {
		return err
	}
	return p.showForm(w, r, http.StatusOK, &formPage{Task: t})
}

// task returns the task of the address.
func (p *Pages) task(r *ui.Req) (t tasks.Task, err error) {
	id, err := r.ID("id")
	if err != nil {
		return t, err
	}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		t, err = tasks.Get(r.Context(), tx, id)
		return err
	})
	return t, err
}

// showForm renders the form with what there is to choose from.
func (p *Pages) showForm(w http.ResponseWriter, r *ui.Req, status int, page *formPage) error {
	page.View, page.r = r.View, r
	page.Back = r.Back(mine)
	if !page.New {
		page.Back = href(page.Task.ID)
	}
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.Users, err = team.Users(r.Context(), tx, true); err != nil {
			return err
		}
		if page.Roles, err = team.Roles(r.Context(), tx); err != nil {
			return err
		}
		if page.Mail, err = mail.Ready(r.Context(), tx); err != nil {
			return err
		}
		if page.About, err = p.about(r.Context(), tx, page.Task.Subject); err != nil {
			return err
		}
		if !page.Task.Customer.IsZero() {
			names, err := customers.Names(r.Context(), tx, []ids.ID{page.Task.Customer})
			page.Customer = names[page.Task.Customer]
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, page.page())
}

// about returns the name of the record that a task is about, or "".
func (p *Pages) about(ctx context.Context, tx *db.Tx, s tasks.Subject) (string, error) {
	k, ok := p.Kinds[s.Kind]
	if !ok || k.Names == nil {
		return "", nil
	}
	names, err := k.Names(ctx, tx, []ids.ID{s.ID})
	return names[s.ID], err
}

func (p *Pages) create(w http.ResponseWriter, r *ui.Req) error {
	page := &formPage{New: true, Sent: true}
	subject, err := p.subject(r)
	if err != nil {
		return err
	}
	page.Task.Subject = subject
	if r.Reshape() {
		return p.showForm(w, r, http.StatusOK, page)
	}
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "task.create"}, func(tx *db.Tx) error {
		op = tx.Op
		t := tasks.Task{Subject: subject}
		err := p.read(r, tx, page, &t)
		if err == nil {
			err = tasks.Create(r.Context(), tx, &t)
		}
		page.Task = t
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), t.ID, map[string]any{"title": t.Title})
	})
	return p.saved(w, r, page, op, "tasks.toast.added", err)
}

// update changes a task. If somebody else changed it since the form was shown,
// the form is shown again; sent once more it stands.
func (p *Pages) update(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	page := &formPage{Sent: true}
	if page.Task, err = p.task(r); err != nil {
		return err
	}
	if r.Reshape() {
		return p.showForm(w, r, http.StatusOK, page)
	}
	scope := tasks.Following
	if r.Text("scope") == "this" {
		scope = tasks.OnlyThis
	}
	var op ids.ID
	err = p.DB.Write(r.Context(), db.Op{Who: r.Who, Why: "task.update", Subject: id}, func(tx *db.Tx) error {
		op = tx.Op
		t, err := tasks.Update(r.Context(), tx, id, r.Int("rev", -1), scope, func(t *tasks.Task) error { return p.read(r, tx, page, t) })
		if err != nil {
			return err
		}
		page.Task = t
		return tx.SetOp(r.Context(), id, map[string]any{"title": t.Title})
	})
	if errs.KindOf(err) == errs.Stale {
		page.Stored = true
		return p.showForm(w, r, http.StatusConflict, page)
	}
	return p.saved(w, r, page, op, "tasks.toast.saved", err)
}

func (p *Pages) saved(w http.ResponseWriter, r *ui.Req, page *formPage, op ids.ID, toast string, err error) error {
	if errs.KindOf(err) == errs.Invalid {
		page.Err = err
		return p.showForm(w, r, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: toast, Args: []string{"title", page.Task.Title}, Undo: op, Href: href(page.Task.ID)})
	to := href(page.Task.ID)
	if page.New {
		to = r.Back(to)
	}
	return ui.Redirect(w, r, to)
}

// read makes of t what the form says.
func (p *Pages) read(r *ui.Req, tx *db.Tx, page *formPage, t *tasks.Task) error {
	var bad errs.List
	t.Title, t.Note, t.Place = r.Text("title"), r.Text("note"), r.Text("place")
	t.Kind = tasks.Kind(r.Text("kind"))
	t.Day, t.At, t.Ends = r.Text("due_date"), time.Time{}, time.Time{}
	readTimes(r, t, &bad)
	if err := readAssignee(r.Text("assignee"), t); err != nil {
		bad.Add(errs.InvalidField("assignee_id", "error.choice"))
	}
	t.Repeat = readRepeat(r, t)
	readReminder(r, t)
	was := t.Guests
	t.Guests = nil
	for _, i := range r.Rows("guests") {
		g := tasks.Guest{Name: r.Text(ui.RowName("guests", i, "name")), Email: r.Text(ui.RowName("guests", i, "email"))}
		if g.Name == "" && g.Email == "" {
			continue
		}
		if at := slices.IndexFunc(was, func(o tasks.Guest) bool { return strings.EqualFold(o.Email, g.Email) }); at >= 0 {
			g.State = was[at].State
		}
		t.Guests = append(t.Guests, g)
	}
	if pick, err := r.MaybeID("pick"); err == nil && !pick.IsZero() {
		t.Customer = pick // among several of one name
		return bad.Err()
	}
	id, err := r.MaybeID("customer_id")
	if err != nil {
		id = ids.ID{}
	}
	of, which, err := p.customerBy(r.Context(), tx, id, r.Text("customer"))
	if errs.KindOf(err) == errs.Invalid {
		page.Which = which
		bad.Add(errs.All(err)[0])
	} else if err != nil {
		return err
	}
	t.Customer = of
	return bad.Err()
}

// readTimes reads from when until when t is.
func readTimes(r *ui.Req, t *tasks.Task, bad *errs.List) {
	read := func(field string) time.Time {
		clock := r.Text(field)
		if clock == "" {
			return time.Time{}
		}
		if t.Day == "" {
			bad.Add(errs.InvalidField("due_date", "tasks.time.day"))
			return time.Time{}
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", t.Day+" "+strings.ReplaceAll(clock, ".", ":"), r.View.Zone)
		if err != nil {
			bad.Add(errs.InvalidField(field, "time.invalid"))
		}
		return at
	}
	t.At = read("due_time")
	t.Ends = read("end_time")
}

// readAssignee reads who does t: the id of a user, "role:" and that of a role,
// or nothing.
func readAssignee(s string, t *tasks.Task) error {
	t.Assignee, t.Role = ids.ID{}, ids.ID{}
	if s == "" {
		return nil
	}
	if role, ok := strings.CutPrefix(s, "role:"); ok {
		id, err := ids.Parse(role)
		t.Role = id
		return err
	}
	id, err := ids.Parse(s)
	t.Assignee = id
	return err
}

// weekdays are those of a rule, from Monday.
var weekdays = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// readRepeat returns the rule that the form describes; one of another kind
// stays as it is.
func readRepeat(r *ui.Req, t *tasks.Task) string {
	var rule string
	switch r.Text("repeat") {
	case "daily":
		rule = "FREQ=DAILY"
	case "workdays":
		rule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
	case "weekly", "biweekly":
		rule = "FREQ=WEEKLY"
		if r.Text("repeat") == "biweekly" {
			rule += ";INTERVAL=2"
		}
		var days []string
		for _, d := range weekdays {
			if slices.Contains(r.Form["repeat_day"], d) {
				days = append(days, d)
			}
		}
		if len(days) > 0 {
			rule += ";BYDAY=" + strings.Join(days, ",")
		}
	case "monthly":
		rule = "FREQ=MONTHLY"
	case "month_end":
		rule = "FREQ=MONTHLY;BYMONTHDAY=-1"
	case "yearly":
		rule = "FREQ=YEARLY"
	case "other":
		return t.Repeat
	default:
		return ""
	}
	if until := r.Text("repeat_until"); until != "" {
		if day, err := time.ParseInLocation(time.DateOnly, until, r.View.Zone); err == nil {
			rule += ";UNTIL=" + day.AddDate(0, 0, 1).Add(-time.Second).UTC().Format("20060102T150405Z")
		}
	}
	return rule
}

// morning is when reminders come of what is due at no particular time.
const morning = 8 * time.Hour

// reminders are how many minutes before a task reminders are offered.
var reminders = []int64{0, 10, 30, 60, 24 * 60}

// remindedFrom returns the moment that reminders are counted from.
func remindedFrom(t *tasks.Task, z *time.Location) time.Time {
	if !t.At.IsZero() {
		return t.At
	}
	day, err := time.ParseInLocation(time.DateOnly, t.Day, z)
	if err != nil {
		return time.Time{}
	}
	return day.Add(morning)
}

func readReminder(r *ui.Req, t *tasks.Task) {
	s := r.Text("remind")
	if s == "same" {
		return
	}
	t.Remind = time.Time{}
	n, err := strconv.ParseInt(s, 10, 64)
	from := remindedFrom(t, r.View.Zone)
	if err != nil || n < 0 || n > 366*24*60 || from.IsZero() {
		return
	}
	t.Remind = from.Add(-time.Duration(n) * time.Minute)
}

// repeatOf says which choice of the form a rule is, and its days and end.
func repeatOf(rule string, z *time.Location) (choice string, days []string, until string) {
	if rule == "" {
		return "", nil, ""
	}
	var rest []string
	for part := range strings.SplitSeq(rule, ";") {
		if end, ok := strings.CutPrefix(part, "UNTIL="); ok {
			at, err := time.Parse("20060102T150405Z", end)
			if err != nil {
				return "other", nil, ""
			}
			until = at.In(z).Format(time.DateOnly)
			continue
		}
		if list, ok := strings.CutPrefix(part, "BYDAY="); ok && strings.HasPrefix(rule, "FREQ=WEEKLY") {
			days = strings.Split(list, ",")
			continue
		}
		rest = append(rest, part)
	}
	switch strings.Join(rest, ";") {
	case "FREQ=DAILY":
		choice = "daily"
	case "FREQ=WEEKLY":
		choice = "weekly"
		if slices.Equal(days, weekdays[:5]) {
			choice = "workdays"
		}
	case "FREQ=WEEKLY;INTERVAL=2":
		choice = "biweekly"
	case "FREQ=MONTHLY":
		choice = "monthly"
	case "FREQ=MONTHLY;BYMONTHDAY=-1":
		choice = "month_end"
	case "FREQ=YEARLY":
		choice = "yearly"
	default:
		return "other", nil, ""
	}
	return choice, days, until
}

// typed returns what a field holds: what was sent, else what is stored.
func (p *formPage) typed(name, stored string) string {
	if p.Sent {
		return p.r.Form.Get(name)
	}
	return stored
}

func (p *formPage) field(name, label, stored string) ui.Field {
	return ui.Field{Name: name, Label: p.T(label), Value: p.typed(name, stored), Error: p.FieldError(p.Err, name)}
}

func with(f ui.Field, change func(*ui.Field)) ui.Field {
	change(&f)
	return f
}

func (p *formPage) kinds() ui.Field {
	return with(p.field("kind", "task.kind", string(p.Task.Kind)), func(f *ui.Field) {
		f.Type, f.Full = "radio", true
		for _, k := range tasks.Kinds {
			f.Options = append(f.Options, ui.Option{Value: string(k), Label: p.T("task.kind." + string(k))})
		}
		if f.Value == "" {
			f.Value = string(tasks.Plain)
		}
	})
}

func (p *formPage) clock(name, label string, t time.Time) ui.Field {
	stored := ""
	if !t.IsZero() {
		stored = t.In(p.Zone).Format("15:04")
	}
	return with(p.field(name, label, stored), func(f *ui.Field) {
		f.Type = "time"
		if name == "end_time" && f.Error == "" {
			f.Error = p.FieldError(p.Err, "ends_at")
		}
	})
}

func (p *formPage) assignee() ui.Field {
	stored := ""
	switch {
	case !p.Task.Assignee.IsZero():
		stored = p.Task.Assignee.String()
	case !p.Task.Role.IsZero():
		stored = "role:" + p.Task.Role.String()
	}
	return with(p.field("assignee", "task.assignee", stored), func(f *ui.Field) {
		f.Type, f.Error = "select", p.FieldError(p.Err, "assignee_id")
		f.Options = append([]ui.Option{{Label: p.T("tasks.nobody")}}, userOptions(p.Users)...)
		for i := range p.Roles {
			f.Options = append(f.Options, ui.Option{Value: "role:" + p.Roles[i].ID.String(), Label: p.T("tasks.role", "name", roleName(p.View, &p.Roles[i]))})
		}
	})
}

func (p *formPage) reminder() ui.Field {
	stored := ""
	f := ui.Field{Name: "remind", Label: p.T("tasks.remind"), Type: "select", Options: []ui.Option{{Label: p.T("tasks.remind.none")}}, Error: p.FieldError(p.Err, "remind_at")}
	for _, n := range reminders {
		f.Options = append(f.Options, ui.Option{Value: strconv.FormatInt(n, 10), Label: p.T("tasks.remind." + strconv.FormatInt(n, 10))})
	}
	if !p.Task.Remind.IsZero() {
		n := int64(remindedFrom(&p.Task, p.Zone).Sub(p.Task.Remind) / time.Minute)
		stored = strconv.FormatInt(n, 10)
		if !slices.Contains(reminders, n) {
			stored = "same"
			f.Options = append(f.Options, ui.Option{Value: stored, Label: p.DateTime(p.Task.Remind)})
		}
	}
	f.Value = p.typed("remind", stored)
	f.Hint = p.T("tasks.remind.hint")
	return f
}

func (p *formPage) repeat() ui.Field {
	choice, _, _ := repeatOf(p.Task.Repeat, p.Zone)
	return with(p.field("repeat", "tasks.repeat", choice), func(f *ui.Field) {
		f.Type = "select"
		f.Options = []ui.Option{{Label: p.T("tasks.repeat.none")}}
		for _, k := range []string{"daily", "workdays", "weekly", "biweekly", "monthly", "month_end", "yearly"} {
			f.Options = append(f.Options, ui.Option{Value: k, Label: p.T("tasks.repeat." + k)})
		}
		if choice == "other" {
			f.Options = append(f.Options, ui.Option{Value: "other", Label: repeats(p.View, &p.Task)})
		}
	})
}

// hasDay reports whether the rule falls on a weekday.
func (p *formPage) hasDay(d string) bool {
	if p.Sent {
		return slices.Contains(p.r.Form["repeat_day"], d)
	}
	_, days, _ := repeatOf(p.Task.Repeat, p.Zone)
	return slices.Contains(days, d)
}

func (p *formPage) until() ui.Field {
	_, _, until := repeatOf(p.Task.Repeat, p.Zone)
	return with(p.field("repeat_until", "tasks.repeat.until", until), func(f *ui.Field) { f.Type = "date" })
}

// weekdayName returns the name of a rule's weekday.
func (p *formPage) weekdayName(i int) string { return p.WeekdayShort(time.Weekday((i + 1) % 7)) }

func (p *formPage) customer() ui.Field {
	return with(p.field("customer", "task.customer", p.Customer), func(f *ui.Field) {
		f.Attrs = map[string]any{"data-suggest": "/tasks/customers"}
		f.Options = []ui.Option{{Value: p.Customer}}
		f.Placeholder = p.T("tasks.customer.example")
		if f.Error == "" {
			f.Error = p.FieldError(p.Err, "customer_id")
		}
	})
}

// guests returns the rows of guests to show.
func (p *formPage) guests() []int {
	if p.Sent {
		return p.r.Indexes("guests")
	}
	list := make([]int, max(len(p.Task.Guests), 1))
	for i := range list {
		list[i] = i
	}
	return list
}

func (p *formPage) guestField(i int, field, label, kind string) ui.Field {
	name := ui.RowName("guests", i, field)
	stored := ""
	if i >= 0 && i < len(p.Task.Guests) {
		stored = p.Task.Guests[i].Name
		if field == "email" {
			stored = p.Task.Guests[i].Email
		}
	}
	return ui.Field{Name: name, Label: p.T(label), Type: kind, Value: p.typed(name, stored), Error: p.FieldError(p.Err, name)}
}

// title is what the page is called.
func (p *formPage) title() string {
	if p.New {
		return p.T("tasks.new")
	}
	return p.T("tasks.edit", "title", p.Task.Title)
}

func (p *formPage) action() string {
	if p.New {
		return "/tasks"
	}
	return href(p.Task.ID) + "/edit"
}

// scope returns what an edit of a repeating task is about at first.
func (p *formPage) scope() string {
	if s := p.typed("scope", "this"); s == "all" {
		return s
	}
	return "this"
}

// guestsText says what guests get.
func (p *formPage) guestsText() string {
	if p.Mail {
		return p.T("tasks.guests.text")
	}
	return p.T("tasks.guests.no_mail")
}
