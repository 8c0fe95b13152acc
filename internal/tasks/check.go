package tasks

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/akrab-crm/akrab/internal/calendar"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/mailaddr"
)

const (
	maxShort  = 300
	maxNote   = 20_000
	maxGuests = 100
	maxLength = 31 * 24 * time.Hour // of a meeting
)

// normalize checks t, tidies it, and fills in what is derived.
func (t *Task) normalize(ctx context.Context, tx *db.Tx, z *time.Location) error {
	var bad errs.List
	t.Title, t.Place = strings.TrimSpace(t.Title), strings.TrimSpace(t.Place)
	t.checkText(&bad)
	if t.Kind == "" {
		t.Kind = Plain
	}
	if !slices.Contains(Kinds, t.Kind) {
		bad.Add(errs.InvalidField("kind", "error.choice"))
	}
	t.checkTime(&bad, z)
	t.checkRepeat(&bad, z)
	t.checkGuests(&bad)
	if !t.Assignee.IsZero() && !t.Role.IsZero() {
		bad.Add(errs.InvalidField("assignee_id", "task.one_assignee"))
	}
	if (t.Subject.Kind == "") != t.Subject.ID.IsZero() {
		bad.Add(errs.InvalidField("subject_id", "error.choice"))
	}
	if err := t.checkLinks(ctx, tx, &bad); err != nil {
		return err
	}
	if err := bad.Err(); err != nil {
		return err
	}
	t.derive(z)
	return nil
}

func (t *Task) checkText(bad *errs.List) {
	for _, f := range []struct {
		field, text string
		limit       int
	}{{"title", t.Title, maxShort}, {"note", t.Note, maxNote}, {"place", t.Place, maxShort}, {"subject_kind", t.Subject.Kind, 40}} {
		if _, err := fold.Clean(f.text); err != nil {
			bad.Add(errs.InvalidField(f.field, "error.text_invalid"))
		} else if len(f.text) > f.limit && utf8.RuneCountInString(f.text) > f.limit {
			bad.Add(errs.InvalidField(f.field, "error.too_long", "max", f.limit))
		}
	}
	if t.Title == "" {
		bad.Add(errs.InvalidField("title", "error.required"))
	}
}

func (t *Task) checkTime(bad *errs.List, z *time.Location) {
	if !t.At.IsZero() {
		t.At = t.At.Truncate(time.Minute).UTC()
		t.Day = t.At.In(z).Format(time.DateOnly)
	}
	if day, err := time.Parse(time.DateOnly, t.Day); t.Day != "" && (err != nil || !sane(day)) {
		bad.Add(errs.InvalidField("due_date", "date.invalid"))
		t.Day = ""
	}
	t.Ends, t.Remind = t.Ends.Truncate(time.Minute).UTC(), t.Remind.Truncate(time.Minute).UTC()
	switch {
	case t.Ends.IsZero():
	case t.At.IsZero():
		bad.Add(errs.InvalidField("ends_at", "task.ends_without_start"))
	case !t.Ends.After(t.At):
		bad.Add(errs.InvalidField("ends_at", "task.ends_before_start"))
	case t.Ends.Sub(t.At) > maxLength:
		bad.Add(errs.InvalidField("ends_at", "task.too_long"))
	}
	if !t.Remind.IsZero() && !sane(t.Remind) {
		bad.Add(errs.InvalidField("remind_at", "date.invalid"))
	}
}

func sane(t time.Time) bool { return t.Year() >= 1900 && t.Year() <= 2200 }

func (t *Task) checkRepeat(bad *errs.List, z *time.Location) {
	t.Repeat = strings.TrimSpace(t.Repeat)
	if t.Repeat == "" {
		return
	}
	r, err := calendar.ParseRule(t.Repeat, z)
	switch {
	case err != nil || !r.Calm():
		bad.Add(errs.InvalidField("repeat", "calendar.rule.invalid"))
	case t.Day == "":
		bad.Add(errs.InvalidField("due_date", "task.repeat_from"))
	default:
		t.Repeat = r.String()
	}
}

func (t *Task) checkGuests(bad *errs.List) {
	if len(t.Guests) > maxGuests {
		bad.Add(errs.InvalidField("guests", "task.guests_many", "max", maxGuests))
		return
	}
	seen := map[string]bool{}
	kept := make([]Guest, 0, len(t.Guests))
	for i, g := range t.Guests {
		field := "guests." + strconv.Itoa(i)
		g.Name = strings.TrimSpace(g.Name)
		if g.State == "" {
			g.State = Asked
		}
		if !slices.Contains(States, g.State) {
			bad.Add(errs.InvalidField(field+".state", "error.choice"))
		}
		if _, err := fold.Clean(g.Name); err != nil || len(g.Name) > maxShort {
			bad.Add(errs.InvalidField(field+".name", "error.text_invalid"))
		}
		a, err := mailaddr.Parse(g.Email)
		if err != nil {
			bad.Add(errs.InvalidField(field+".email", "mailaddr.invalid"))
			continue
		}
		g.Email, g.key = a.Text, a.Key
		if !seen[g.key] {
			kept, seen[g.key] = append(kept, g), true
		}
	}
	if bad.Err() == nil {
		t.Guests = kept
	}
	if len(t.Guests) > 0 && t.Day == "" {
		bad.Add(errs.InvalidField("due_date", "task.guests_when"))
	}
	if len(t.Guests) == 0 {
		t.Guests = nil
	}
}

// checkLinks makes sure that those whom t names exist.
func (t *Task) checkLinks(ctx context.Context, tx *db.Tx, bad *errs.List) error {
	if !t.Customer.IsZero() {
		found, err := customers.GetMany(ctx, tx, []ids.ID{t.Customer})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			bad.Add(errs.InvalidField("customer_id", "customer.not_found"))
		}
	}
	if !t.Assignee.IsZero() {
		_, ok, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM team_user WHERE id = $1 AND (active = TRUE OR id = (SELECT assignee_id FROM task WHERE id = $2))`, t.Assignee, t.ID)
		if err != nil {
			return err
		}
		if !ok {
			bad.Add(errs.InvalidField("assignee_id", "error.choice"))
		}
	}
	if !t.Role.IsZero() {
		_, ok, err := db.Find(ctx, tx, db.One[int], `SELECT 1 FROM team_role WHERE id = $1`, t.Role)
		if err != nil {
			return err
		}
		if !ok {
			bad.Add(errs.InvalidField("role_id", "error.choice"))
		}
	}
	return nil
}

// derive sets what follows from the rest.
func (t *Task) derive(z *time.Location) {
	switch {
	case !t.Done.IsZero():
		t.by = farAway + 1
	case !t.At.IsZero():
		t.by = t.At.UnixMilli()
	case t.Day != "":
		day, err := time.ParseInLocation(time.DateOnly, t.Day, z)
		if err != nil {
			t.by = farAway
			return
		}
		t.by = day.AddDate(0, 0, 1).UnixMilli() - 1
	default:
		t.by = farAway
	}
}
