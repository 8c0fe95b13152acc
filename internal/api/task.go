package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/tasks"
)

// taskFields are what programs read and write of a task.
type taskFields struct {
	Title    string       `json:"title,omitempty" example:"Telepon Bu Ratna"`
	Kind     string       `json:"kind,omitempty" enum:"task,call,message,meeting,visit" doc:"task if absent."`
	Note     string       `json:"note,omitempty" doc:"For colleagues; guests don't get it. @name calls somebody."`
	Place    string       `json:"place,omitempty"`
	Day      string       `json:"due_date,omitempty" format:"date" doc:"The day on which it is due, in the workspace's zone. It follows due_at if that is given."`
	At       *time.Time   `json:"due_at,omitempty" doc:"When it is due; null for any time of the day."`
	Ends     *time.Time   `json:"ends_at,omitempty"`
	Remind   *time.Time   `json:"remind_at,omitempty" doc:"When its assignee is reminded."`
	Repeat   string       `json:"repeat,omitempty" example:"FREQ=WEEKLY;BYDAY=MO,TH" doc:"Rule of repetition (RRULE of RFC 5545), by the day at most. Doing an occurrence makes the next one."`
	Assignee *string      `json:"assignee_id,omitempty" format:"uuid" doc:"User who does it."`
	Role     *string      `json:"role_id,omitempty" format:"uuid" doc:"Or whoever has this role."`
	Customer *string      `json:"customer_id,omitempty" format:"uuid"`
	Subject  *taskSubject `json:"subject,omitempty" doc:"Another record that it is about."`
	Guests   []taskGuest  `json:"guests,omitempty" doc:"Who is asked to come. They get invitations by e-mail."`
}

type taskSubject struct {
	Kind string `json:"kind" example:"order"`
	ID   string `json:"id" format:"uuid"`
}

type taskGuest struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email"`
	State string `json:"state,omitempty" enum:"asked,yes,no,maybe" doc:"What they answered."`
}

// task is a task as the API answers it. Everything is there, empty or not.
type task struct {
	ID        string       `json:"id" format:"uuid"`
	Title     string       `json:"title"`
	Kind      string       `json:"kind"`
	Note      string       `json:"note"`
	Place     string       `json:"place"`
	Day       *string      `json:"due_date"`
	At        *time.Time   `json:"due_at"`
	Ends      *time.Time   `json:"ends_at"`
	Remind    *time.Time   `json:"remind_at"`
	Repeat    string       `json:"repeat"`
	Series    *string      `json:"series_id" doc:"The same for all occurrences of a repeating task."`
	N         int64        `json:"occurrence" doc:"Counts the occurrences from 1; 0 if it doesn't repeat."`
	Assignee  *string      `json:"assignee_id"`
	Role      *string      `json:"role_id"`
	Customer  *string      `json:"customer_id"`
	Subject   *taskSubject `json:"subject"`
	Guests    []taskGuest  `json:"guests"`
	Done      *time.Time   `json:"done_at"`
	DoneBy    *string      `json:"done_by"`
	Creator   *string      `json:"creator_id"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

type taskPage struct {
	Items []task  `json:"items"`
	Count *int64  `json:"count" doc:"How many there are in all; null if it was not asked for."`
	Next  *string `json:"next" doc:"Cursor of the next page; null at the end."`
}

func encodeTask(t *tasks.Task) task {
	out := task{
		ID: t.ID.String(), Title: t.Title, Kind: string(t.Kind), Note: t.Note, Place: t.Place, Day: textOrNull(t.Day),
		At: timeOrNull(t.At), Ends: timeOrNull(t.Ends), Remind: timeOrNull(t.Remind), Repeat: t.Repeat, Series: idOrNull(t.Series), N: t.N,
		Assignee: idOrNull(t.Assignee), Role: idOrNull(t.Role), Customer: idOrNull(t.Customer),
		Done: timeOrNull(t.Done), DoneBy: idOrNull(t.DoneBy), Creator: idOrNull(t.Creator), CreatedAt: t.Created, UpdatedAt: t.Updated,
		Guests: make([]taskGuest, len(t.Guests)),
	}
	if t.Subject.Kind != "" {
		out.Subject = &taskSubject{t.Subject.Kind, t.Subject.ID.String()}
	}
	for i, g := range t.Guests {
		out.Guests[i] = taskGuest{g.Name, g.Email, string(g.State)}
	}
	return out
}

// fields returns what programs write, as it is. The day follows the time.
func (t *task) fields() taskFields {
	f := taskFields{
		Title: t.Title, Kind: t.Kind, Note: t.Note, Place: t.Place, At: t.At, Ends: t.Ends, Remind: t.Remind, Repeat: t.Repeat,
		Assignee: t.Assignee, Role: t.Role, Customer: t.Customer, Subject: t.Subject, Guests: t.Guests,
	}
	if t.Day != nil {
		f.Day = *t.Day
	}
	return f
}

// apply makes t what f says.
func (f *taskFields) apply(t *tasks.Task) error {
	var bad errs.List
	t.Title, t.Kind, t.Note, t.Place, t.Day, t.Repeat = f.Title, tasks.Kind(f.Kind), f.Note, f.Place, f.Day, f.Repeat
	t.At, t.Ends, t.Remind = parseTime(&bad, "due_at", f.At), parseTime(&bad, "ends_at", f.Ends), parseTime(&bad, "remind_at", f.Remind)
	t.Assignee, t.Role = parseID(&bad, "assignee_id", f.Assignee), parseID(&bad, "role_id", f.Role)
	t.Customer = parseID(&bad, "customer_id", f.Customer)
	t.Subject = tasks.Subject{}
	if f.Subject != nil {
		t.Subject = tasks.Subject{Kind: f.Subject.Kind, ID: parseID(&bad, "subject.id", &f.Subject.ID)}
	}
	t.Guests = nil
	for _, g := range f.Guests {
		t.Guests = append(t.Guests, tasks.Guest{Name: g.Name, Email: g.Email, State: tasks.State(g.State)})
	}
	return bad.Err()
}

// A TaskPath names one task.
type TaskPath struct {
	ID          string `path:"id" doc:"Id of the task."`
	IfMatch     string `header:"If-Match" doc:"ETag that it must still have, else 412."`
	IfNoneMatch string `header:"If-None-Match"`
}

func (a *API) taskOperations() {
	add(a, operation{method: "GET", path: "/api/v1/tasks", id: "list-tasks", summary: "List tasks",
		need: tasks.PermRead, out: taskPage{}, status: 200}, a.listTasks)
	add(a, operation{method: "POST", path: "/api/v1/tasks", id: "create-task", summary: "Add a task",
		need: tasks.PermWrite, out: task{}, status: 201}, a.createTask)
	add(a, operation{method: "GET", path: "/api/v1/tasks/{id}", id: "get-task", summary: "Get a task",
		need: tasks.PermRead, out: task{}, status: 200}, a.getTask)
	add(a, operation{method: "PATCH", path: "/api/v1/tasks/{id}", id: "update-task", summary: "Change a task",
		text: "A JSON merge patch (RFC 7396): what is absent stays, null empties, lists are replaced. A due_date alone moves a time of the day along.",
		need: tasks.PermWrite, out: task{}, status: 200}, a.patchTask)
	add(a, operation{method: "DELETE", path: "/api/v1/tasks/{id}", id: "delete-task", summary: "Delete a task",
		text: "A repeating one ends. It can be undone for 30 days.", need: tasks.PermWrite, status: 204}, a.deleteTask)
	add(a, operation{method: "POST", path: "/api/v1/tasks/{id}/done", id: "finish-task", summary: "Mark a task as done, or as open again",
		text: "Of a repeating one the next occurrence is made, once.", need: tasks.PermWrite, out: task{}, status: 200}, a.finishTask)
}

// TasksQuery is a question for the list of tasks.
type TasksQuery struct {
	Filters []string `query:"f,explode" doc:"column:operator:value, for example assignee:eq:me or due:within:today; all must hold." maxItems:"20"`
	Sort    string   `query:"sort" doc:"Column, with - before it for downwards." example:"due"`
	Limit   int      `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor  string   `query:"cursor" doc:"next of an earlier page."`
	Count   bool     `query:"count" doc:"Whether to count the whole list."`
}

func (a *API) listTasks(ctx context.Context, c *caller, in *TasksQuery) (*answer, error) {
	q, err := list.Parse(url.Values{"f": in.Filters, "sort": {in.Sort}, "cursor": {in.Cursor}, "limit": {strconv.Itoa(in.Limit)}})
	if err != nil {
		return nil, err
	}
	q.Count, q.In = in.Count, c.in
	page := taskPage{Items: []task{}}
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) error {
		got, err := tasks.List.Page(ctx, tx, q)
		if err != nil {
			return err
		}
		if in.Count && got.Count < 0 {
			if got.Count, err = tasks.List.Count(ctx, tx, q); err != nil {
				return err
			}
		}
		if err := tasks.LoadGuests(ctx, tx, got.Rows); err != nil {
			return err
		}
		page = taskPage{Items: make([]task, len(got.Rows)), Next: textOrNull(got.Next)}
		for i := range got.Rows {
			page.Items[i] = encodeTask(&got.Rows[i])
		}
		if in.Count {
			page.Count = &got.Count
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return jsonAnswer(http.StatusOK, page)
}

func (a *API) getTask(ctx context.Context, c *caller, in *TaskPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	var got tasks.Task
	err = a.DB.Read(ctx, c.Who(), func(tx *db.Tx) (err error) {
		got, err = tasks.Get(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if matches(in.IfNoneMatch, got.ETag()) {
		return (&answer{status: http.StatusNotModified}).with("ETag", got.ETag()), nil
	}
	return taggedTask(http.StatusOK, &got)
}

func taggedTask(status int, t *tasks.Task) (*answer, error) {
	n, err := jsonAnswer(status, encodeTask(t))
	return n.with("ETag", t.ETag()), err
}

func (a *API) createTask(ctx context.Context, c *caller, in *struct {
	Body    taskFields
	RawBody []byte
}) (*answer, error) {
	var made tasks.Task
	if err := in.Body.apply(&made); err != nil {
		return nil, err
	}
	op := db.Op{Why: "task.create", Args: map[string]any{"title": made.Title}, Subject: ids.New(a.DB.Now())}
	return a.change(ctx, c, op, "POST", "/tasks", in.RawBody, func(tx *db.Tx) (*answer, error) {
		now := made // what is tried again begins anew
		now.ID = op.Subject
		if err := tasks.Create(ctx, tx, &now); err != nil {
			return nil, err
		}
		n, err := taggedTask(http.StatusCreated, &now)
		return n.with("Location", "/api/v1/tasks/"+now.ID.String()), err
	})
}

func (a *API) patchTask(ctx context.Context, c *caller, in *struct {
	TaskPath
	Scope   string `query:"scope" enum:"this,following" default:"following" doc:"Of a repeating task: only this occurrence, or all that follow too."`
	RawBody []byte `contentType:"application/merge-patch+json"`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	scope := tasks.Following
	if in.Scope == "this" {
		scope = tasks.OnlyThis
	}
	op := db.Op{Why: "task.update", Subject: id}
	return a.change(ctx, c, op, "PATCH", in.ID+"?"+in.Scope, in.RawBody, func(tx *db.Tx) (*answer, error) {
		now, err := tasks.Update(ctx, tx, id, 0, scope, func(t *tasks.Task) error {
			if err := expect(in.IfMatch, t.ETag()); err != nil {
				return err
			}
			shown := encodeTask(t)
			fields := shown.fields()
			if err := mergePatch(&fields, in.RawBody); err != nil {
				return err
			}
			return a.applyTask(c, t, &shown, &fields)
		})
		if err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"title": now.Title}); err != nil {
			return nil, err
		}
		return taggedTask(http.StatusOK, &now)
	})
}

// applyTask makes t what a patch says. Of day and time the one that the patch
// changes counts: another day takes time, end and reminder along.
func (a *API) applyTask(c *caller, t *tasks.Task, shown *task, f *taskFields) error {
	was := shown.fields()
	moved := f.Day != was.Day && f.At != nil && was.At != nil && f.At.Equal(*was.At)
	day, err := time.ParseInLocation(time.DateOnly, f.Day, c.in.Zone)
	if moved && f.Day != "" && err != nil {
		return errs.InvalidField("due_date", "date.invalid")
	}
	if err := f.apply(t); err != nil || !moved {
		return err
	}
	if f.Day == "" {
		t.At, t.Ends = time.Time{}, time.Time{}
		return nil
	}
	t.Day = was.Day
	t.Move(day, c.in.Zone)
	return nil
}

func (a *API) deleteTask(ctx context.Context, c *caller, in *TaskPath) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	op := db.Op{Why: "task.delete", Subject: id}
	return a.change(ctx, c, op, "DELETE", in.ID, nil, func(tx *db.Tx) (*answer, error) {
		old, err := a.lockTask(ctx, tx, id, in.IfMatch)
		if err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"title": old.Title}); err != nil {
			return nil, err
		}
		return &answer{status: http.StatusNoContent}, tasks.Delete(ctx, tx, []ids.ID{id})
	})
}

// lockTask returns a task that must still have the ETag, and that nobody
// changes until tx ends.
func (a *API) lockTask(ctx context.Context, tx *db.Tx, id ids.ID, tag string) (tasks.Task, error) {
	if err := tasks.Lock(ctx, tx, id); err != nil {
		return tasks.Task{}, err
	}
	t, err := tasks.Get(ctx, tx, id)
	if err != nil {
		return t, err
	}
	return t, expect(tag, t.ETag())
}

func (a *API) finishTask(ctx context.Context, c *caller, in *struct {
	TaskPath
	Open bool `query:"open" doc:"Opens it again instead."`
}) (*answer, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	op := db.Op{Why: "task.finish", Subject: id}
	if in.Open {
		op.Why = "task.reopen"
	}
	return a.change(ctx, c, op, "POST", in.ID+"/"+op.Why, nil, func(tx *db.Tx) (*answer, error) {
		old, err := a.lockTask(ctx, tx, id, in.IfMatch)
		if err != nil {
			return nil, err
		}
		if err := tx.SetOp(ctx, id, map[string]any{"title": old.Title}); err != nil {
			return nil, err
		}
		if err := tasks.Done(ctx, tx, id, !in.Open); err != nil {
			return nil, err
		}
		now, err := tasks.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		return taggedTask(http.StatusOK, &now)
	})
}

func idOrNull(id ids.ID) *string {
	if id.IsZero() {
		return nil
	}
	s := id.String()
	return &s
}
