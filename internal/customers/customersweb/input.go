package customersweb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/locale"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// An input makes of a customer what a form says of it. Each of its methods
// that has the name of a group of fields reads that group; what the form
// doesn't show stays as it is.
type input struct {
	r   *ui.Req
	tx  *db.Tx
	p   *Pages
	set workspace.Settings
	c   *customers.Customer

	bad    errs.List
	failed error            // of the database
	rows   map[string][]int // for each kind of part, the row of the form that each part came from
	picks  picks            // other customers who are to be chosen from several of one name
}

// picks are the customers to choose from, by the name of the field.
type picks map[string][]other

func (p *Pages) input(ctx context.Context, tx *db.Tx, r *ui.Req, c *customers.Customer) (*input, error) {
	set, err := workspace.Get(ctx, tx)
	return &input{r: r, tx: tx, p: p, set: set, c: c, rows: map[string][]int{}, picks: picks{}}, err
}

// finish normalizes the customer. The error is about the fields as the form
// names them.
func (in *input) finish() error {
	if in.failed != nil {
		return in.failed
	}
	err := in.c.Normalize(in.set.Region)
	if len(in.bad) == 0 {
		return in.inForm(err)
	}
	return in.inForm(append(in.bad, errs.All(err)...).Err())
}

// inForm returns err with the numbers of parts replaced by those of the form's
// rows.
func (in *input) inForm(err error) error {
	list := errs.All(err)
	if len(list) == 0 {
		return err
	}
	out := make(errs.List, len(list))
	for i, e := range list {
		moved := *e
		moved.Field = in.fieldInForm(e.Field)
		out[i] = &moved
	}
	return out.Err()
}

func (in *input) fieldInForm(field string) string {
	name, rest, _ := strings.Cut(field, ".")
	num, sub, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(num)
	if rows := in.rows[name]; err == nil && i < len(rows) {
		return ui.RowName(name, rows[i], sub)
	}
	return field
}

// name reads all parts of the name. A name that was made of its parts is made
// anew when they change.
func (in *input) name() {
	c, r := in.c, in.r
	made := c.Name != "" && c.Name == madeName(c)
	was := c.Name
	defer func() {
		if made && c.Name == was {
			c.Name = "" // Normalize makes it
		}
	}()
	c.Name, c.Honorific, c.Given, c.Middle = r.Text("name"), r.Text("honorific"), r.Text("given_name"), r.Text("middle_name")
	c.Family, c.Suffix, c.Nickname = r.Text("family_name"), r.Text("suffix"), r.Text("nickname")
}

// madeName returns the name that the parts make.
func madeName(c *customers.Customer) string {
	return strings.Join(strings.Fields(strings.Join([]string{c.Given, c.Middle, c.Family, c.Suffix}, " ")), " ")
}

func (in *input) kind() {
	if k := in.r.Text("kind"); k != "" {
		in.c.Kind = customers.Kind(k)
	}
}

func (in *input) addressing() { in.c.Addressing = in.r.Text("addressing") }
func (in *input) language()   { in.c.Language = in.r.Text("language") }
func (in *input) channel()    { in.c.Channel, in.c.Hours = in.r.Text("channel"), in.r.Text("hours") }
func (in *input) remember()   { in.c.Remember = lines(in.r.Form.Get("remember")) }
func (in *input) phase()      { in.c.Phase = customers.Phase(in.r.Text("phase")) }
func (in *input) reseller()   { in.c.Reseller = customers.Reseller(in.r.Text("roles")) }
func (in *input) number()     { in.c.ExternalID = in.r.Text("external_id") }
func (in *input) source()     { in.c.Source = in.r.Text("source") }

// lines returns what was typed into a text area: browsers send CR LF.
func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func (in *input) owner() {
	id, err := in.r.MaybeID("owner_id")
	if err != nil {
		in.bad.Add(errs.InvalidField("owner_id", "error.choice"))
		return
	}
	if !id.IsZero() && id != in.c.Owner {
		if _, err := team.Get(in.r.Context(), in.tx, id); errs.KindOf(err) == errs.NotFound {
			in.bad.Add(errs.InvalidField("owner_id", "error.choice"))
			return
		} else if err != nil {
			in.failed = err
		}
	}
	in.c.Owner = id
}

func (in *input) birthday() {
	day, err := parseBirthday(in.r.Text("birthday"), in.set.DateOrder)
	if err != nil {
		in.bad.Add(errs.InvalidField("birthday", "record.birthday.invalid"))
		return
	}
	in.c.Birthday = day
}

// yearless is the year of a birthday whose year nobody knows.
const yearless = "0000"

// parseBirthday reads a date with or without a year: "4-12-1978", "4 Des".
// It returns it as YYYY-MM-DD, with the year 0000 if there was none.
func parseBirthday(text string, order locale.DateOrder) (string, error) {
	if text == "" {
		return "", nil
	}
	if day, err := locale.ParseDate(text, order); err == nil {
		return day, nil
	}
	text = strings.TrimPrefix(text, "--")
	if order == locale.YMD {
		order = locale.MDY
	}
	// 2000 was a leap year.
	day, err := locale.ParseDate(strings.TrimRight(text, " -/.")+" 2000", order)
	if err != nil || !strings.HasPrefix(day, "2000-") {
		return "", errs.New(errs.Invalid, "date.invalid")
	}
	return yearless + day[4:], nil
}

func (in *input) tags() {
	if in.r.Text("tags") == joinTags(in.c.Tags) {
		return // a comma within a tag does not part it
	}
	var list []customers.Tag
	was := map[string]customers.Tag{}
	for _, t := range in.c.Tags {
		was[t.Value] = t
	}
	for _, s := range splitTags(in.r.Form["tags"]) {
		t := was[s]
		t.Value = s
		list = append(list, t)
	}
	in.c.Tags = list
}

func joinTags(tags []customers.Tag) string {
	list := make([]string, len(tags))
	for i, t := range tags {
		list[i] = t.Value
	}
	return strings.Join(list, ", ")
}

// splitTags returns the words between commas and line ends.
func splitTags(texts []string) []string {
	var list []string
	for _, text := range texts {
		for s := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ';' }) {
			if s = strings.TrimSpace(s); s != "" {
				list = append(list, s)
			}
		}
	}
	return list
}

func (in *input) emails() {
	readRows(in, "emails", &in.c.Emails, func(p *customers.Email) *int64 { return &p.N }, func(e *customers.Email, row rowInput) bool {
		e.Value, e.Label, e.Primary = row.text("value"), row.label(), row.primary()
		row.state(&e.State)
		return e.Value != ""
	})
}

func (in *input) phones() {
	readRows(in, "phones", &in.c.Phones, func(p *customers.Phone) *int64 { return &p.N }, func(t *customers.Phone, row rowInput) bool {
		t.Value, t.Label, t.Primary = row.text("value"), row.label(), row.primary()
		row.state(&t.State)
		return t.Value != ""
	})
}

func (in *input) addresses() {
	readRows(in, "addresses", &in.c.Addresses, func(p *customers.Address) *int64 { return &p.N }, func(a *customers.Address, row rowInput) bool {
		a.Label, a.Street, a.Village, a.District = row.label(), row.text("street"), row.text("village"), row.text("district")
		a.City, a.Province, a.Postcode, a.Country = row.text("city"), row.text("province"), row.text("postal_code"), row.text("country")
		a.Primary = row.primary()
		row.state(&a.State)
		if a.State == customers.OptedOut { // that is said of a channel, not of a place
			in.bad.Add(errs.InvalidField(row.name("state"), "error.choice"))
		}
		return a.Street+a.Village+a.District+a.City+a.Province+a.Postcode+a.Country != ""
	})
}

func (in *input) handles() {
	readRows(in, "handles", &in.c.Handles, func(p *customers.Handle) *int64 { return &p.N }, func(h *customers.Handle, row rowInput) bool {
		h.Network, h.Value, h.Primary = row.text("network"), row.text("value"), row.primary()
		row.state(&h.State)
		return h.Value != ""
	})
}

func (in *input) traits() {
	readRows(in, "traits", &in.c.Traits, func(p *customers.Trait) *int64 { return &p.N }, func(t *customers.Trait, row rowInput) bool {
		t.Label, t.Value = row.text("label"), row.text("value")
		return t.Label+t.Value != ""
	})
}

// consents adds the rows of the form: what was agreed to before stays, as the
// proof that it is.
func (in *input) consents() {
	was := in.c.Consents
	var added []customers.Consent
	for range was {
		in.rows["consents"] = append(in.rows["consents"], -1)
	}
	readRows(in, "consents", &added, func(p *customers.Consent) *int64 { return &p.N }, func(s *customers.Consent, row rowInput) bool {
		s.N, s.Channel, s.Purpose, s.Source = 0, row.text("channel"), row.text("purpose"), row.text("source")
		s.Granted, s.At = row.text("granted") == "1", in.tx.Now
		return row.text("granted") != ""
	})
	in.c.Consents = slices.Concat(was, added)
}

func (in *input) relations() {
	readRows(in, "relations", &in.c.Relations, func(p *customers.Relation) *int64 { return &p.N }, func(t *customers.Relation, row rowInput) bool {
		t.Kind, t.Role, t.Title, t.Department = customers.RelationKind(row.text("kind")), row.text("role"), row.text("title"), row.text("department")
		t.From, t.To, t.Primary = row.text("from"), row.text("to"), row.primary()
		var there bool
		t.Other, there = in.other(row.name("other"))
		return there
	})
}

func (in *input) parent() { in.c.Parent, _ = in.other("parent") }

// A rowInput reads one of several rows of a form.
type rowInput struct {
	in    *input
	list  string
	index int
}

func (w rowInput) name(field string) string { return ui.RowName(w.list, w.index, field) }
func (w rowInput) text(field string) string { return w.in.r.Text(w.name(field)) }

// label returns the row's label, by its key if it is one of those suggested.
func (w rowInput) label() string {
	text := w.text("label")
	for _, l := range labels {
		if text == w.in.r.View.T("record.label."+l) {
			return l
		}
	}
	return text
}

func (w rowInput) primary() bool {
	return w.in.r.Form.Get(w.list+".primary") == strconv.Itoa(w.index)
}

func (w rowInput) state(s *customers.State) {
	if text := w.text("state"); text != "" {
		*s = customers.State(text)
	}
}

// readRows replaces list by what the form's rows of that name make of it. Rows
// carry the numbers of the parts that they show, so that a part keeps what the
// form doesn't show; those without are new. read reports whether the row holds
// anything.
func readRows[P any](in *input, name string, list *[]P, num func(*P) *int64, read func(*P, rowInput) bool) {
	was := map[int64]P{}
	for _, p := range *list {
		was[*num(&p)] = p
	}
	var out []P
	for _, i := range in.r.Rows(name) {
		row := rowInput{in, name, i}
		n, _ := strconv.ParseInt(row.text("n"), 10, 64)
		p := was[n] // a new part if there is none of that number
		if read(&p, row) {
			out = append(out, p)
			in.rows[name] = append(in.rows[name], i)
		}
	}
	*list = out
}
