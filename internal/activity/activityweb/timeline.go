package activityweb

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/ui"
)

// pageSize is how many entries a page of the timeline has.
const pageSize = 20

// stream is the data of the timeline and of what writes to it.
type stream struct {
	*ui.View
	C      *customers.Customer
	Items  []activity.Interaction
	Pinned []activity.Interaction
	Next   string            // cursor of older entries; empty if there are none
	Show   activity.Kind     // the one kind shown; empty for all
	After  time.Time         // when the page before ended; zero on the first
	Only   bool              // the request asks for the entries alone
	People map[ids.ID]string // of an organisation, whose entries are in its timeline
	Form   *entryForm
	named  *notices.People            // who is named in the entries; nil if nobody is
	Behind map[ids.ID]templ.Component // what stands behind the names of records of other modules, by their ids
}

// Main returns the timeline of a customer, and what writes to it. It is for
// the middle of the customer's page; err is what was wrong with the entry that
// the request brings, or nil.
func (p *Pages) Main(ctx context.Context, tx *db.Tx, r *ui.Req, c *customers.Customer, err error) (templ.Component, error) {
	s := &stream{View: r.View, C: c, Only: r.Partial() && r.Target() == "older"}
	if k := activity.Kind(r.Text("show")); slices.Contains(filterKinds, k) {
		s.Show = k
	}
	place, placeErr := activity.ParsePlace(r.Text("after"))
	if placeErr != nil {
		return nil, placeErr
	}
	s.After = place.At
	f := activity.Filter{Limit: pageSize}
	if s.Show != "" {
		f.Kinds = []activity.Kind{s.Show}
		if s.Show == activity.Order {
			f.Kinds = append(f.Kinds, activity.Return)
		}
	}
	page, readErr := activity.Timeline(ctx, tx, c.ID, place, f)
	if readErr != nil {
		return nil, readErr
	}
	s.Items, s.Next = page.Items, page.Next
	if s.After.IsZero() && s.Show == "" {
		if s.Pinned, readErr = activity.Pinned(ctx, tx, c.ID); readErr != nil {
			return nil, readErr
		}
	}
	if readErr = p.loadRecords(ctx, tx, s); readErr != nil {
		return nil, readErr
	}
	s.Form = &entryForm{View: r.View, r: r, sent: err != nil, err: err, i: activity.Interaction{Kind: activity.Note}}
	if s.People, readErr = customers.Names(ctx, tx, s.others()); readErr != nil {
		return nil, readErr
	}
	if slices.ContainsFunc(s.Items, names) || slices.ContainsFunc(s.Pinned, names) {
		if s.named, readErr = notices.Everybody(ctx, tx, false); readErr != nil {
			return nil, readErr
		}
	}
	return s.main(), nil
}

// names reports whether an entry may name colleagues.
func names(i activity.Interaction) bool {
	return len(notices.Mentions(i.Body)) > 0 || len(notices.Mentions(i.Subject)) > 0 || len(notices.Mentions(i.Promise)) > 0
}

// spans returns where a text names colleagues.
func (s *stream) spans(text string) []ui.Span {
	if s.named == nil {
		return nil
	}
	var list []ui.Span
	for _, m := range s.named.Find(text) {
		list = append(list, ui.Span{Start: m.Start, End: m.End})
	}
	return list
}

// filterKinds are the kinds that the timeline can be narrowed to.
var filterKinds = append(slices.Clone(activity.Kinds), activity.Order)

// loadRecords reads what stands in the timeline for records of other modules.
func (p *Pages) loadRecords(ctx context.Context, tx *db.Tx, s *stream) error {
	var want []ids.ID
	for _, list := range [][]activity.Interaction{s.Items, s.Pinned} {
		for i := range list {
			if id, ok := activity.RecordOf(list[i].ID); ok {
				want = append(want, id)
			}
		}
	}
	if len(want) == 0 || p.Records == nil {
		return nil
	}
	var err error
	s.Behind, err = p.Records(ctx, tx, s.View, want)
	return err
}

// record returns what an entry shows of the record that it stands for, or nil.
func (s *stream) record(i *activity.Interaction) templ.Component {
	id, _ := activity.RecordOf(i.ID)
	return s.Behind[id]
}

// isRecord reports whether an entry stands for a record, so that it is changed
// on that record's page.
func isRecord(i *activity.Interaction) bool {
	_, ok := activity.RecordOf(i.ID)
	return ok
}

// others returns whose entries are in the timeline besides the customer's own.
func (s *stream) others() []ids.ID {
	var list []ids.ID
	for _, i := range s.Items {
		if i.Customer != s.C.ID && !slices.Contains(list, i.Customer) {
			list = append(list, i.Customer)
		}
	}
	return list
}

// href returns the address of the customer's page with that much of the timeline.
func (s *stream) href(show activity.Kind, after string) string {
	q := url.Values{}
	if show != "" {
		q.Set("show", string(show))
	}
	if after != "" {
		q.Set("after", after)
	}
	to := customerHref(s.C.ID)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

// newDay reports whether the heading of a day stands before the entry of that index.
func (s *stream) newDay(n int) bool {
	before := s.After
	if n > 0 {
		before = s.Items[n-1].At
	} else if !s.Only {
		return true
	}
	return before.IsZero() || day(s.View, before) != day(s.View, s.Items[n].At)
}

func day(v *ui.View, t time.Time) string { return t.In(v.Zone).Format(time.DateOnly) }

// callName is what the customer is called when asking for a note.
func (s *stream) callName() string {
	for _, name := range []string{s.C.Addressing, s.C.Nickname} {
		if name != "" {
			return name
		}
	}
	return s.C.Title()
}

// kindName returns the name of a kind; later modules have their own.
func kindName(v *ui.View, k activity.Kind) string {
	if key := "activity.kind." + string(k); v.Has(key) {
		return v.T(key)
	}
	return string(k)
}

// title returns what happened, with its direction: "Panggilan masuk".
func title(v *ui.View, i *activity.Interaction) string {
	if key := "timeline.title." + string(i.Kind) + "_" + string(i.Direction); i.Direction != "" && v.Has(key) {
		return v.T(key)
	}
	return kindName(v, i.Kind)
}

// meta returns with whom, how long and by whom.
func (s *stream) meta(i *activity.Interaction) string {
	var list []string
	if name := s.People[i.Customer]; name != "" {
		list = append(list, s.T("timeline.with", "name", name))
	}
	if i.Channel != "" {
		list = append(list, i.Channel)
	}
	if i.Seconds > 0 {
		list = append(list, s.Duration(i.Seconds))
	}
	if i.Actor != "" {
		list = append(list, s.T("timeline.by", "name", i.Actor))
	}
	return strings.Join(list, " · ")
}

// icon returns the icon of a kind.
func icon(k activity.Kind) string {
	switch k {
	case activity.Note:
		return "pen"
	case activity.Call:
		return "phone"
	case activity.Email:
		return "mail"
	case activity.Chat:
		return "chat"
	case activity.Meeting:
		return "users"
	case activity.Visit:
		return "pin"
	case activity.Form:
		return "globe"
	case activity.Letter:
		return "file"
	case activity.Order:
		return "receipt"
	case activity.Return:
		return "undo"
	}
	return "bolt"
}

// due returns how a promise stands: its words and their tone.
func due(v *ui.View, i *activity.Interaction) (text, tone string) {
	switch {
	case !i.Kept.IsZero():
		return v.T("timeline.promise.kept", "date", v.Date(i.Kept)), "ok"
	case i.Due.IsZero():
		return v.T("timeline.promise.open"), ""
	case i.Due.Before(v.Now):
		return v.T("timeline.promise.late", "when", dueText(v, i.Due)), "bad"
	case day(v, i.Due) == day(v, v.Now):
		return v.T("timeline.promise.today", "when", dueText(v, i.Due)), "warn"
	}
	return v.T("timeline.promise.due", "when", dueText(v, i.Due)), ""
}

// dueText returns when something is due: the day, and the time if one was said.
func dueText(v *ui.View, t time.Time) string {
	if dayOnly(v, t) {
		return v.Date(t)
	}
	return v.DateTime(t)
}

// longText is how many bytes of an entry's text are shown before the rest is folded.
const longText = 1200

// cut divides a long text at the end of a line or word.
func cut(text string) (head, rest string) {
	if len(text) <= longText+longText/4 {
		return text, ""
	}
	at := strings.LastIndexAny(text[:longText], "\n")
	if at < longText/2 {
		at = strings.LastIndexByte(text[:longText], ' ')
	}
	if at < longText/2 {
		at = longText
		for at > 0 && text[at]&0xc0 == 0x80 { // not within a character
			at--
		}
	}
	return text[:at], text[at:]
}

// entryForm is the fields of an entry: those of the composer, or those of an
// entry that is changed.
type entryForm struct {
	*ui.View
	r     *ui.Req
	i     activity.Interaction
	sent  bool // the request holds the fields
	err   error
	whole bool // shows all fields, on a page of its own
}

func (f *entryForm) value(name, stored string) string {
	if f.sent {
		return f.r.Form.Get(name)
	}
	return stored
}

func (f *entryForm) ticked(name string, stored bool) bool {
	if f.sent {
		return f.r.Bool(name)
	}
	return stored
}

// keeps reports whether the form keeps a file.
func (f *entryForm) keeps(file ids.ID) bool {
	return !f.sent || slices.Contains(f.r.Form["file"], file.String())
}

func (f *entryForm) field(name, label, stored string) ui.Field {
	return ui.Field{Name: name, Label: f.T(label), Value: f.value(name, stored), Error: f.FieldError(f.err, name)}
}

func (f *entryForm) kind() activity.Kind {
	if f.sent && f.r.Text("kind") != "" {
		return activity.Kind(f.r.Text("kind"))
	}
	return f.i.Kind
}

func (f *entryForm) way() string {
	stored := string(f.i.Direction)
	if stored == "" {
		stored = string(activity.Out)
	}
	return f.value("direction", stored)
}

func (f *entryForm) minutes() ui.Field {
	stored := ""
	if f.i.Seconds > 0 {
		stored = strconv.FormatFloat(float64(f.i.Seconds)/60, 'f', -1, 64)
		if len(stored) > 8 {
			stored = strconv.FormatFloat(float64(f.i.Seconds)/60, 'f', 2, 64)
		}
		stored = strings.Replace(stored, ".", string(f.Printer.Workspace.Decimal), 1)
	}
	x := f.field("minutes", "timeline.minutes", stored)
	x.Error, x.InputMode = f.FieldError(f.err, "duration_s"), "decimal"
	return x
}

// day and clock are the fields of a moment.
func (f *entryForm) day(name, label string, t time.Time) ui.Field {
	x := f.field(name, label, "")
	if !t.IsZero() {
		x.Value = f.value(name, t.In(f.Zone).Format(time.DateOnly))
	}
	x.Type = "date"
	return x
}

func (f *entryForm) clock(name, label string, t time.Time, def string) ui.Field {
	x := f.field(name, label, "")
	if text := t.In(f.Zone).Format("15:04"); !t.IsZero() && text != def {
		x.Value = f.value(name, text)
	}
	x.Type, x.Error = "time", ""
	return x
}

// composed are the kinds that people log by hand, the commonest first.
var composed = []activity.Kind{activity.Note, activity.Call, activity.Email, activity.Meeting, activity.Visit, activity.Chat, activity.Letter}

// kinds returns the kinds to choose from, with that of the entry.
func (f *entryForm) kinds() []activity.Kind {
	if k := f.kind(); !slices.Contains(composed, k) {
		return append(slices.Clone(composed), k)
	}
	return composed
}

// shows says which fields the composer shows for a kind: a for the direction,
// b for the length, c for a subject.
func shows(k activity.Kind) string {
	has := fieldsOf(k)
	var list []string
	if has.way {
		list = append(list, "a")
	}
	if has.length {
		list = append(list, "b")
	}
	if k != activity.Note {
		list = append(list, "c")
	}
	return strings.Join(list, " ")
}

// key returns the shortcut that begins an entry of a kind.
func key(k activity.Kind) string {
	switch k {
	case activity.Note:
		return "l"
	case activity.Call:
		return "shift+l"
	}
	return ""
}

// fileError returns what was wrong with the files, or that they have to be
// chosen again: a form that is shown again can't keep them.
func (f *entryForm) fileError() string {
	if e := f.FieldError(f.err, "files"); e != "" {
		return e
	}
	if f.sent && f.r.MultipartForm != nil && len(f.r.MultipartForm.File["files"]) > 0 && f.r.MultipartForm.File["files"][0].Filename != "" {
		return f.T("timeline.files.again")
	}
	return ""
}

// problem returns what is wrong with the text of the entry, or with the entry
// as a whole.
func (f *entryForm) problem() string {
	for _, e := range errs.All(f.err) {
		switch e.Field {
		case "body", "", "private", "kind", "direction", "customer_id":
			return f.Printer.Error(e)
		}
	}
	return ""
}

func (f *entryForm) bodyField() ui.Field {
	x := f.field("body", "timeline.body", f.i.Body)
	x.Type, x.Full, x.Rows = "textarea", true, 6
	x.Attrs = templ.Attributes{"data-mention": ui.PathPeople, "data-mention-label": f.T("timeline.colleagues")}
	return x
}

func fullWidth(x ui.Field) ui.Field {
	x.Full = true
	return x
}
