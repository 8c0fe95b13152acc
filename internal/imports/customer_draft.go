package imports

import (
	"cmp"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/mailaddr"
	"github.com/akrab-crm/akrab/internal/phone"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// A customerDraft is what a row says of a customer.
type customerDraft struct {
	record
	c                      customers.Customer // normalized
	org, title, dept, role string             // organisation to which a person belongs
	orgKey                 string             // folded name of it
	nameKey                string             // fold.Name of c.Name
	kindGiven, phaseGiven  bool
	archivedGiven          bool
	starEmail, starPhone   bool // the row says which one is the primary
	states                 bool // the row says states of contact points
	gone                   []string
}

// keys returns the keys of a kind.
func (d *customerDraft) keys(kind customers.KeyKind) []string {
	if kind == customers.KeyName {
		if d.nameKey == "" {
			return nil
		}
		return []string{d.nameKey}
	}
	return d.c.Keys(kind)
}

// A customerBuilder makes drafts of rows.
type customerBuilder struct {
	p    *customerProgram
	base *customers.Customer // whom the row is about, if it is about a known one
	list []*customerDraft    // what was read and not taken yet
	d    *customerDraft

	// columns from which the parts of the draft's customer come
	fromEmail, fromPhone, fromAddress, fromHandle, fromTag, fromTrait []int
}

// read makes a draft of a row.
func (b *customerBuilder) read(row *sheet.Row) *record {
	d := b.build(row)
	b.list = append(b.list, d)
	return &d.record
}

// take returns the drafts that were made since it was called last.
func (b *customerBuilder) take(bool) (work, int) {
	w := &customerWork{p: b.p, drafts: b.list}
	b.list = nil
	return w, len(w.drafts)
}

// build makes a draft of a row. The row's cells may be overwritten afterwards.
func (b *customerBuilder) build(row *sheet.Row) *customerDraft {
	d := &customerDraft{}
	b.d = d
	b.fromEmail, b.fromPhone, b.fromAddress = b.fromEmail[:0], b.fromPhone[:0], b.fromAddress[:0]
	b.fromHandle, b.fromTag, b.fromTrait = b.fromHandle[:0], b.fromTag[:0], b.fromTrait[:0]
	if !d.begin(row) {
		return d
	}
	b.scalars()
	b.points()
	b.postal()
	b.others()
	b.asOrganization()
	b.normalize()
	d.name = cmp.Or(d.c.Name, d.org)
	return d
}

// cell returns a cell without the blanks around it.
func (b *customerBuilder) cell(column int) string { return b.d.cell(column) }

// word returns a cell of anything but text: "" if it is as good as empty.
func (b *customerBuilder) word(field string) (string, int) {
	column, ok := b.p.single[field]
	if !ok {
		return "", none
	}
	s := b.cell(column)
	if s == "" && b.p.erase {
		b.d.gone = append(b.d.gone, field)
	}
	if s != "" && blank(s) {
		return "", column
	}
	return s, column
}

func (b *customerBuilder) bad(column int, fatal bool, code string, args ...any) {
	b.d.bad(column, fatal, code, args...)
}

// scalars reads the fields that a customer has one of.
func (b *customerBuilder) scalars() {
	c := &b.d.c
	for _, t := range b.p.texts {
		at, s := t.field.at(c), b.cell(t.column)
		switch {
		case s == "" && *at == "" && b.p.erase:
			b.d.gone = append(b.d.gone, t.field.name)
		case *at != "" && s != "" && t.field.name == "remember":
			*at += "\n" + s
		case s != "":
			*at = s
		}
	}
	b.choices()
	if s, column := b.word("birthday"); s != "" && !noBirthday(s) {
		if v, ok := parseBirthday(s, b.p.order, b.p.today); ok {
			c.Birthday = v
		} else {
			b.bad(column, false, "date.invalid")
		}
	}
	if s, column := b.word("owner"); s != "" {
		if v, ok := b.p.owners[strings.ToLower(s)]; ok {
			c.Owner = v
		} else {
			b.bad(column, false, "import.owner")
		}
	}
	b.d.org, b.d.title = b.text("organization"), b.text("title")
	b.d.dept, b.d.role = b.text("department"), b.text("role")
}

// text returns the cell of a field as it is.
func (b *customerBuilder) text(field string) string {
	if column, ok := b.p.single[field]; ok {
		return b.cell(column)
	}
	return ""
}

// choices reads the fields for which only some words are taken.
func (b *customerBuilder) choices() {
	c := &b.d.c
	if s, column := b.word("kind"); s != "" {
		if k, ok := choose[customers.Kind](kindWords, s); ok {
			c.Kind, b.d.kindGiven = k, true
		} else {
			b.bad(column, true, "import.kind")
		}
	}
	if s := b.text("is_company"); s != "" {
		if k, ok := companyKind(s); ok {
			c.Kind, b.d.kindGiven = k, true
		} else if !blank(s) {
			b.bad(b.p.single["is_company"], false, "import.yes_no")
		}
	}
	if s, column := b.word("phase"); s != "" {
		if v, ok := choose[customers.Phase](phaseWords, s); ok {
			c.Phase, b.d.phaseGiven = v, true
		} else {
			b.bad(column, false, "import.phase")
		}
	}
	if s, column := b.word("reseller"); s != "" {
		if v, ok := choose[customers.Reseller](resellerWords, s); !ok {
			b.bad(column, false, "import.reseller")
		} else if v != "none" {
			c.Reseller = v
		}
	}
	if s, column := b.word("channel"); s != "" {
		if v, ok := choose[string](channelWords, s); ok {
			c.Channel = v
		} else {
			b.bad(column, false, "import.channel")
		}
	}
	if s, column := b.word("language"); s != "" {
		if v, ok := language(s); ok {
			c.Language = v
		} else {
			b.bad(column, false, "import.language")
		}
	}
	if s := b.text("archived"); s != "" {
		if v, ok := yesWords[fold.Text(s)]; ok {
			c.Archived, b.d.archivedGiven = v == "yes", true
		} else if !blank(s) {
			b.bad(b.p.single["archived"], false, "import.yes_no")
		}
	}
}

// points reads e-mail addresses and telephone numbers.
func (b *customerBuilder) points() {
	c := &b.d.c
	for _, g := range b.p.emails {
		text := b.cell(g.value)
		if blank(text) {
			continue
		}
		e := customers.Email{}
		e.Label, e.State, e.Primary = b.pointMarks(g)
		for _, part := range splitEmails(text) {
			e.Value = part
			c.Emails = append(c.Emails, e)
			b.fromEmail = append(b.fromEmail, g.value)
			b.d.starEmail = b.d.starEmail || e.Primary
			e.Primary = false
		}
	}
	for _, g := range b.p.phones {
		text := b.cell(g.value)
		if blank(text) {
			continue
		}
		p := customers.Phone{}
		p.Label, p.State, p.Primary = b.pointMarks(g)
		for _, part := range splitPhones(text) {
			p.Value = part
			c.Phones = append(c.Phones, p)
			b.fromPhone = append(b.fromPhone, g.value)
			b.d.starPhone = b.d.starPhone || p.Primary
			p.Primary = false
		}
	}
}

// pointMarks reads what is said of a contact point besides its value.
func (b *customerBuilder) pointMarks(g pointGroup) (text string, state customers.State, primary bool) {
	text, primary = label(b.cell(g.label))
	if text == "" {
		text = g.word
	}
	if s := b.cell(g.state); s != "" {
		if v, ok := choose[customers.State](stateWords, s); ok {
			state, b.d.states = v, true
		} else {
			b.bad(g.state, false, "import.state")
		}
	}
	if s := b.cell(g.primary); s != "" {
		primary = primary || yesWords[fold.Text(s)] == "yes"
	}
	return text, state, primary
}

// splitEmails returns the addresses in a cell, without the names beside them.
func splitEmails(text string) []string {
	if !strings.ContainsAny(text, ",;<(\n\r\" ") && !strings.Contains(text, ":::") {
		return []string{text}
	}
	list := mailaddr.Split(text)
	for i, part := range list {
		if _, a, err := mailaddr.ParseNamed(part); err == nil {
			list[i] = a.Text
		}
	}
	return list
}

func splitPhones(text string) []string {
	if !strings.ContainsAny(text, ",;/|\n\r") && !strings.Contains(text, ":::") {
		return []string{text}
	}
	return phone.Split(text)
}

// postal reads the addresses.
func (b *customerBuilder) postal() {
	for i := range b.p.addresses {
		g := &b.p.addresses[i]
		a := customers.Address{}
		from := none
		for _, part := range g.parts {
			if s := b.cell(part.column); s != "" {
				*part.at(&a) = s
				from = part.column
			}
		}
		a.Street = b.street(g, &from)
		if from == none {
			continue
		}
		a.Label, a.State, a.Primary = b.pointMarks(pointGroup{word: g.word, label: g.label, state: g.state, primary: g.primary})
		b.d.c.Addresses = append(b.d.c.Addresses, a)
		b.fromAddress = append(b.fromAddress, i)
	}
}

// street puts the lines of a street together.
func (b *customerBuilder) street(g *addressGroup, from *int) string {
	var lines []string
	for i, column := range g.lines {
		s := b.cell(column)
		if i == 0 && g.number != none {
			s = strings.TrimSpace(b.cell(g.number) + " " + s)
		}
		if s != "" {
			lines = append(lines, s)
			*from = column
		}
	}
	if rt, rw := b.cell(g.rt), b.cell(g.rw); rt != "" || rw != "" {
		var parts []string
		if rt != "" {
			parts = append(parts, "RT "+rt)
		}
		if rw != "" {
			parts = append(parts, "RW "+rw)
		}
		lines = append(lines, strings.Join(parts, "/"))
		*from = max(g.rt, g.rw)
	}
	return strings.Join(lines, "\n")
}

// others reads handles, tags and characteristics.
func (b *customerBuilder) others() {
	c := &b.d.c
	for _, g := range b.p.handles {
		for _, s := range strings.Split(b.cell(g.value), " ::: ") {
			if blank(s) {
				continue
			}
			word := g.word
			if n := b.cell(g.network); n != "" {
				word = n
			}
			c.Handles = append(c.Handles, customers.Handle{Network: handleNetwork(word, s), Value: s})
			b.fromHandle = append(b.fromHandle, g.value)
		}
	}
	for _, column := range b.p.tags {
		for _, s := range splitTags(b.cell(column)) {
			c.Tags = append(c.Tags, customers.Tag{Value: s})
			b.fromTag = append(b.fromTag, column)
		}
	}
	for _, g := range b.p.traits {
		s := b.cell(g.value)
		if s == "" {
			continue
		}
		name := g.word
		if l := b.cell(g.label); l != "" {
			name = l
		}
		c.Traits = append(c.Traits, customers.Trait{Label: cmp.Or(name, b.p.header[g.value]), Value: s})
		b.fromTrait = append(b.fromTrait, g.value)
	}
}

func handleNetwork(word, value string) string {
	if word != "" {
		return network(word)
	}
	if strings.Contains(value, "://") || strings.HasPrefix(value, "www.") {
		return "website"
	}
	return "other"
}

// ownGroups are what telephones call the group of everybody.
var ownGroups = map[string]bool{"my contacts": true, "mycontacts": true, "system group my contacts": true}

// splitTags returns the tags in a cell, without the groups that Google has for
// itself, which begin with a star.
func splitTags(text string) []string {
	if text == "" {
		return nil
	}
	var list []string
	for part := range strings.SplitSeq(text, ":::") {
		for _, s := range strings.FieldsFunc(part, func(r rune) bool { return r == ';' || r == ',' || r == '|' || r == '\n' }) {
			if s = strings.TrimSpace(s); s != "" && !strings.HasPrefix(s, "* ") && !ownGroups[fold.Text(s)] {
				list = append(list, s)
			}
		}
	}
	return list
}

// asOrganization makes an organisation of a row that has no other name.
func (b *customerBuilder) asOrganization() {
	d := b.d
	c := &d.c
	nameless := c.Name == "" && c.Given == "" && c.Middle == "" && c.Family == ""
	if d.org != "" && nameless && (!d.kindGiven || c.Kind == customers.Organization) {
		c.Name, c.Kind, d.org = d.org, customers.Organization, ""
	}
	if d.org != "" && c.Kind == customers.Organization && fold.Name(d.org) == fold.Name(c.Name) {
		d.org = "" // its own
	}
	if d.org == "" {
		return
	}
	for _, s := range []*string{&d.org, &d.title, &d.dept, &d.role} {
		if len(*s) > 300 && len([]rune(*s)) > 300 {
			b.bad(b.p.single["organization"], false, "error.too_long", "max", 300)
			d.org = ""
			return
		}
	}
	d.orgKey = orgKey(d.org)
}

// orgKey returns the key by which an organisation is found: its folded name,
// or the name itself if nothing of it folds.
func orgKey(name string) string {
	if key := fold.Name(name); key != "" {
		return key
	}
	return "=" + name
}

// normalize checks the customer. What is wrong with cells that identify nobody
// is left out and reported; the rest makes the row refused.
func (b *customerBuilder) normalize() {
	d := b.d
	if b.base != nil {
		d.c.Name = cmp.Or(d.c.Name, b.base.Name)
		d.c.ExternalID = cmp.Or(d.c.ExternalID, b.base.ExternalID)
		if d.c.Name+d.c.ExternalID == "" { // all that is known of them is how to reach them
			d.c.Emails = append(d.c.Emails, b.base.Emails...)
			d.c.Phones = append(d.c.Phones, b.base.Phones...)
		}
	}
	for tries := 0; ; tries++ { // leaving out one cell may show another problem
		err := d.c.Normalize(b.p.region)
		if err == nil {
			break
		}
		for _, e := range errs.All(err) {
			b.report(e)
		}
		if tries == 5 && !d.refused {
			b.bad(none, true, "error.invalid")
		}
		if d.refused {
			return
		}
	}
	// What was left out stands empty; empty tags are gone already.
	c := &d.c
	c.Handles = slices.DeleteFunc(c.Handles, func(h customers.Handle) bool { return h.Value == "" })
	c.Traits = slices.DeleteFunc(c.Traits, func(t customers.Trait) bool { return t.Value == "" })
	d.nameKey = fold.Name(c.Name)
}

// report records an error that Normalize made. It takes the cell out of the
// draft, or refuses the row if it is needed.
//
// Telephones take anything for a number. Nobody shall be lost for that, so a
// card keeps what is no number or address, marked as unusable.
func (b *customerBuilder) report(e *errs.Error) {
	list, rest, _ := strings.Cut(e.Field, ".")
	index, part, _ := strings.Cut(rest, ".")
	i := atoi(index)
	if index == "" && rest == "" && listParts[list] != nil || list == "tags" && index == "" { // too many of them
		b.bad(none, true, e.Key, e.Args...)
		return
	}
	switch list {
	case "emails":
		keep := b.p.cards && part == "value" && e.Key == "mailaddr.invalid" && i < len(b.d.c.Emails)
		if keep {
			b.d.c.Emails[i].State = customers.Unusable
		}
		b.bad(at(b.fromEmail, i), !keep, e.Key, e.Args...)
		return
	case "phones":
		keep := b.p.cards && part == "value" && e.Key == "phone.invalid" && i < len(b.d.c.Phones)
		if keep {
			b.d.c.Phones[i].State = customers.Unusable
		}
		b.bad(at(b.fromPhone, i), !keep, e.Key, e.Args...)
		return
	case "addresses":
		b.reportAddress(at(b.fromAddress, i), i, part, e)
		return
	case "handles":
		b.bad(at(b.fromHandle, i), false, e.Key, e.Args...)
		b.d.c.Handles[min(i, len(b.d.c.Handles)-1)].Value = ""
		return
	case "tags":
		b.bad(at(b.fromTag, i), false, e.Key, e.Args...)
		b.d.c.Tags[min(i, len(b.d.c.Tags)-1)].Value = ""
		return
	case "traits":
		b.bad(at(b.fromTrait, i), false, e.Key, e.Args...)
		b.d.c.Traits[min(i, len(b.d.c.Traits)-1)] = customers.Trait{}
		return
	}
	for _, t := range b.p.texts {
		if t.field.name == e.Field && !slices.Contains(identifying, e.Field) {
			b.bad(t.column, false, e.Key, e.Args...)
			*t.field.at(&b.d.c) = ""
			return
		}
		if t.field.name == e.Field && b.cell(t.column) != "" {
			b.bad(t.column, true, e.Key, e.Args...)
			return
		}
	}
	code := e.Key
	if e.Key == "error.required" {
		code = "import.nobody"
	}
	b.bad(none, true, code, e.Args...)
}

// identifying are the texts without which a row isn't imported.
var identifying = []string{"name", "given_name", "middle_name", "family_name", "external_id"}

// reportAddress leaves out one part of an address.
func (b *customerBuilder) reportAddress(group, i int, part string, e *errs.Error) {
	if group == none || i >= len(b.d.c.Addresses) {
		b.bad(none, true, e.Key, e.Args...)
		return
	}
	a, g := &b.d.c.Addresses[i], &b.p.addresses[group]
	column := g.label
	switch at := addressFields[part]; {
	case part == "street" && len(g.lines) > 0:
		column, a.Street = g.lines[0], ""
	case at != nil:
		*at(a) = ""
		j := slices.IndexFunc(g.parts, func(p addressPart) bool { return p.at(a) == at(a) })
		column = g.parts[max(j, 0)].column
	default:
		a.Label = ""
	}
	b.bad(column, false, e.Key, e.Args...)
}

func at(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return none
}
