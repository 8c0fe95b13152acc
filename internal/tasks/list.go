package tasks

import "github.com/akrab-crm/akrab/internal/list"

// List describes the list of tasks: pages, API, exports, bulk edits and saved
// views all ask it. The column due holds only what is open; of what is done
// there is done_at.
var List = list.Def[Task]{
	Name: "task", From: `task t`, ID: `t.id`, Owner: `t.assignee_id`,
	Select: taskCols, Scan: scanTask,
	Columns: []list.Column{
		{Key: "title", Label: "task.title", Type: list.Plain, SQL: `t.title`, Ops: []list.Op{list.Contains, list.Starts}},
		{Key: "due", Label: "task.due", Type: list.Time, SQL: `t.due_by`, Sort: true, Ops: []list.Op{list.Within, list.Eq, list.Before, list.Between, list.Lt}},
		{Key: "assignee", Label: "task.assignee", Type: list.User, SQL: `t.assignee_id`, Null: true},
		{Key: "customer", Label: "task.customer", Type: list.Ref, SQL: `t.customer_id`, Null: true},
		{Key: "kind", Label: "task.kind", Type: list.Choice, SQL: `t.kind`, Choices: options("task.kind.", Kinds)},
		{Key: "role", Label: "task.role", Type: list.Ref, SQL: `t.role_id`, Null: true, Hidden: true},
		{Key: "creator", Label: "task.creator", Type: list.User, SQL: `t.creator_id`, Null: true, Hidden: true},
		{Key: "done", Label: "task.done", Type: list.Bool, SQL: `t.done`, Filter: true},
		{Key: "done_at", Label: "task.done_at", Type: list.Time, SQL: `t.done_at`, Null: true, Sort: true, Hidden: true},
		{Key: "created", Label: "task.created", Type: list.Time, SQL: `t.created_at`, Sort: true, Hidden: true},
		{Key: "subject", Label: "task.subject", Type: list.Ref, SQL: `t.subject_id`, Null: true, Filter: true},
	},
	Fast: []list.Pair{
		{Sort: "due"}, {Sort: "done_at"}, {Sort: "created"}, {Filter: "subject"}, {Filter: "done", Sort: "due"},
		{Filter: "assignee", Sort: "due"}, {Filter: "role", Sort: "due"}, {Filter: "customer", Sort: "due"}, {Filter: "creator", Sort: "due"},
	},
	Default: "due",
}

func options[T ~string](prefix string, values []T) []list.Option {
	out := make([]list.Option, len(values))
	for i, v := range values {
		out[i] = list.Option{Value: string(v), Label: prefix + string(v)}
	}
	return out
}
