// Package segments keeps groups of customers that a condition describes, and
// what is planned for them.
//
// A segment's condition is a [list.Tree] over anything that the list of
// customers can be filtered by. Its members are kept ready in a table: made
// anew for touched customers within a second of the event, and for all by a
// job when the condition changes and every night, since conditions such as
// "within the last 30 days" change by themselves. How a segment grew and
// shrank is kept by the day.
//
// A plan says what is to be done for the customers of a segment, or of a
// segment of value. Beginning it makes tasks, once. Customers of the general
// hold-out are left alone, so that what the plan brought can be told.
package segments

import (
	"embed"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/team"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// Module is the segments' part of the database. Who belongs to a segment is
// derived; how it was on each day and whom a plan was about can't be told
// again, so that is exported.
var Module = db.Module{Name: "segments", Schema: schema, Tables: []db.Table{
	{Name: "segment", Journal: true, Refresh: Refresh, Omit: []string{"name_key", "size", "counted_at", "asked", "looked"}},
	{Name: "segment_member", Key: []string{"segment_id", "customer_id"}, Private: true},
	{Name: "segment_day", Key: []string{"segment_id", "day"}},
	{Name: "plan", Journal: true, Refresh: RefreshPlans, Omit: []string{"title_key", "effect", "measured_at"}},
	{Name: "plan_action", Key: []string{"plan_id", "n"}, Parent: "plan", Journal: true},
	{Name: "plan_member", Key: []string{"plan_id", "customer_id"}},
}}

// The permissions of this module.
const (
	PermRead  team.Perm = "segments.read"
	PermWrite team.Perm = "segments.write"
	PermPlan  team.Perm = "plans.write"
)

// Permissions declares them, with the built-in roles that have them.
var Permissions = []team.Permission{
	{Key: PermRead, Label: "perm.segments.read", Group: "segments.permissions", Roles: []string{"manager", "agent", "viewer"}},
	{Key: PermWrite, Label: "perm.segments.write", Group: "segments.permissions", Roles: []string{"manager", "agent"}},
	{Key: PermPlan, Label: "perm.plans.write", Group: "segments.permissions", Roles: []string{"manager"}},
}

// A Segment is the customers whom a condition describes.
type Segment struct {
	ID      ids.ID
	Name    string // at most 80 characters
	Note    string
	Cond    list.Tree
	Owner   ids.ID    // whom "me" means in the condition
	Size    int64     // members
	Counted time.Time // when all customers were last looked at; zero if they have yet to be, for this condition
	Pending bool      // whether they are to be looked at, now or soon
	Created time.Time
	Updated time.Time
	Rev     int64
}

// ETag returns the tag of this version.
func (s *Segment) ETag() string { return `"` + strconv.FormatInt(s.Rev, 36) + `"` }

// A Day is how a segment was on a day.
type Day struct {
	Day       string // 2006-01-02 in the workspace's zone
	Customers int64  // members at its end
	Came      int64
	Went      int64
	Known     bool         // whether Value and Margin are
	Value     money.Amount // what the members will bring in 52 weeks
	Margin    money.Amount // what they brought in the 12 months before
}

// A Status says where a plan stands.
type Status string

// The statuses.
const (
	Draft   Status = "draft"
	Running Status = "running"
	Over    Status = "done"
	Dropped Status = "dropped"
)

// Statuses lists them in their order.
var Statuses = []Status{Draft, Running, Over, Dropped}

// A Plan is what is to be done for the customers of a segment.
type Plan struct {
	ID       ids.ID
	Subject  string // "value:A1", a segment of value, or "segment:<id>"
	Title    string
	Strategy string
	Budget   *int64 // minor units of Currency; nil if none is set
	Currency money.Currency
	Owner    ids.ID
	Most     int64  // only so many customers, the most valuable; 0 means all
	Target   string // in words
	Goal     *int64 // by how much the margin is to grow, minor units, above zero; nil if that is not said
	Starts   string // 2006-01-02, or ""
	Ends     string
	Status   Status
	Result   string // in words
	Started  time.Time
	Ended    time.Time
	Before   Worth   // of the subject when the plan began
	After    Worth   // and when it ended
	Effect   *Effect // nil before it was measured
	Actions  []Action
	Created  time.Time
	Updated  time.Time
	Rev      int64
}

// A Worth is what the customers of a plan's subject were worth at a time.
type Worth struct {
	Known     bool
	Customers int64
	Value     int64 // what they will bring in 52 weeks, minor units
	Margin    int64 // what they brought in the 12 months before, minor units
	Currency  money.Currency
}

// ETag returns the tag of this version.
func (p *Plan) ETag() string { return `"` + strconv.FormatInt(p.Rev, 36) + `"` }

// An Action is one thing to be done for a plan.
type Action struct {
	Text        string
	Kind        string // of the tasks that it becomes
	Due         string // 2006-01-02, or ""
	Assignee    ids.ID // zero: who is responsible for the customer, or for the plan
	PerCustomer bool   // a task for each customer
	Task        ids.ID // the task it became, if it is one
}
