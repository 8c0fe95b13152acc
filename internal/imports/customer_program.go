package imports

import (
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

// A customerProgram is a mapping made ready for a million rows. It is not changed once
// made, so several goroutines may use it; only the ledger belongs to the one that plans.
type customerProgram struct {
	header []string
	order  locale.DateOrder
	region string            // country of telephone numbers without prefix
	today  string            // YYYY-MM-DD, when the import was made
	owners map[string]ids.ID // users by name and e-mail address, in small letters
	erase  bool              // an empty cell erases
	cards  bool              // rows are vCards: see builder.report
	keys   []customers.KeyKind
	dry    *ledger // what a dry run would have stored; nil otherwise

	texts     []textColumn
	single    map[string]int // column of each other field that a customer has one of
	tags      []int
	emails    []pointGroup
	phones    []pointGroup
	addresses []addressGroup
	handles   []handleGroup
	traits    []traitGroup
}

func (p *customerProgram) reader() reader { return &customerBuilder{p: p} }

// batchRows is small, since each row may be about customers that must be read.
func (p *customerProgram) batchRows() int { return 256 }

func (p *customerProgram) rehearse() (end func(), err error) {
	if p.dry, err = newLedger(p.keys); err != nil {
		return nil, err
	}
	return p.dry.close, nil
}

// A textColumn is a column that is taken as it is.
type textColumn struct {
	column int
	field  *textField
}

// A textField is a field of any text.
type textField struct {
	name string
	at   func(c *customers.Customer) *string
}

var textFields = []textField{
	{"name", func(c *customers.Customer) *string { return &c.Name }},
	{"honorific", func(c *customers.Customer) *string { return &c.Honorific }},
	{"given_name", func(c *customers.Customer) *string { return &c.Given }},
	{"middle_name", func(c *customers.Customer) *string { return &c.Middle }},
	{"family_name", func(c *customers.Customer) *string { return &c.Family }},
	{"suffix", func(c *customers.Customer) *string { return &c.Suffix }},
	{"nickname", func(c *customers.Customer) *string { return &c.Nickname }},
	{"addressing", func(c *customers.Customer) *string { return &c.Addressing }},
	{"hours", func(c *customers.Customer) *string { return &c.Hours }},
	{"remember", func(c *customers.Customer) *string { return &c.Remember }},
	{"external_id", func(c *customers.Customer) *string { return &c.ExternalID }},
	{"source", func(c *customers.Customer) *string { return &c.Source }},
}

// A pointGroup is the columns of one e-mail address or telephone number.
type pointGroup struct {
	word                         string // label of all rows
	value, label, state, primary int
}

// An addressGroup is the columns of one postal address.
type addressGroup struct {
	word                  string
	number                int
	lines                 []int // of the street, below each other
	rt, rw                int
	label, state, primary int
	parts                 []addressPart
}

type addressPart struct {
	column int
	at     func(a *customers.Address) *string
}

var addressFields = map[string]func(a *customers.Address) *string{
	"village":     func(a *customers.Address) *string { return &a.Village },
	"district":    func(a *customers.Address) *string { return &a.District },
	"city":        func(a *customers.Address) *string { return &a.City },
	"province":    func(a *customers.Address) *string { return &a.Province },
	"postal_code": func(a *customers.Address) *string { return &a.Postcode },
	"country":     func(a *customers.Address) *string { return &a.Country },
}

type handleGroup struct {
	word           string
	value, network int
}

type traitGroup struct {
	word         string // label of all rows
	value, label int
}

// compile makes a mapping ready.
func compile(header []string, m Mapping) *customerProgram {
	p := &customerProgram{header: header, single: map[string]int{}}
	groups := map[string][]columnGroup{}
	for i, t := range Customers.targets(m, header) {
		switch {
		case t == Target{}:
		case t.Field == "trait":
			p.traits = append(p.traits, traitGroup{word: t.Part, value: i, label: none})
		case t.Group != "":
			groups[t.Field] = addColumn(groups[t.Field], t, i)
		case t.Field == "tags":
			p.tags = append(p.tags, i)
		default:
			p.addScalar(t.Field, i)
		}
	}
	for name, list := range groups {
		sortGroups(list)
		for _, g := range list {
			p.addGroup(name, g)
		}
	}
	return p
}

func (p *customerProgram) addScalar(name string, column int) {
	for i := range textFields {
		if textFields[i].name == name {
			p.texts = append(p.texts, textColumn{column, &textFields[i]})
			return
		}
	}
	if _, ok := p.single[name]; !ok {
		p.single[name] = column
	}
}

// A columnGroup is the columns of one group, by part.
type columnGroup struct {
	name  string
	first int // column that stands first
	parts map[string]int
}

func addColumn(list []columnGroup, t Target, column int) []columnGroup {
	i := slices.IndexFunc(list, func(g columnGroup) bool { return g.name == t.Group })
	if i < 0 {
		i = len(list)
		list = append(list, columnGroup{name: t.Group, first: column, parts: map[string]int{}})
	}
	if _, ok := list[i].parts[t.Part]; !ok {
		list[i].parts[t.Part] = column
	}
	return list
}

// sortGroups puts the numbered groups first, by number; the others are in the
// order of the file.
func sortGroups(list []columnGroup) {
	slices.SortStableFunc(list, func(a, b columnGroup) int {
		n, isNumber := groupNumber(a.name)
		m, isNumber2 := groupNumber(b.name)
		switch {
		case isNumber && isNumber2:
			return n - m
		case isNumber != isNumber2:
			if isNumber {
				return -1
			}
			return 1
		}
		return a.first - b.first
	})
}

func (g *columnGroup) column(part string) int {
	if c, ok := g.parts[part]; ok {
		return c
	}
	return none
}

func (p *customerProgram) addGroup(list string, g columnGroup) {
	point := pointGroup{
		word: groupWord(g.name), value: g.column("value"), label: g.column("label"), state: g.column("state"), primary: g.column("primary"),
	}
	switch list {
	case "emails":
		p.emails = append(p.emails, point)
	case "phones":
		p.phones = append(p.phones, point)
	case "handles":
		p.handles = append(p.handles, handleGroup{word: point.word, value: point.value, network: g.column("network")})
	case "traits":
		p.traits = append(p.traits, traitGroup{word: point.word, value: point.value, label: point.label})
	case "addresses":
		a := addressGroup{
			word: point.word, number: g.column("number"), rt: g.column("rt"), rw: g.column("rw"),
			label: point.label, state: point.state, primary: point.primary,
		}
		for _, part := range []string{"street", "street2", "street3", "po_box"} {
			if c := g.column(part); c != none {
				a.lines = append(a.lines, c)
			}
		}
		for _, part := range listParts["addresses"] {
			if c := g.column(part); c != none && addressFields[part] != nil {
				a.parts = append(a.parts, addressPart{c, addressFields[part]})
			}
		}
		p.addresses = append(p.addresses, a)
	}
}

// has reports whether a field that a customer has one of is mapped.
func (p *customerProgram) has(name string) bool {
	_, ok := p.single[name]
	return ok || slices.ContainsFunc(p.texts, func(t textColumn) bool { return t.field.name == name })
}

// parseBirthday reads a birthday, also one without a year. Nobody is born in
// the future: a year of two digits is then of the century before.
func parseBirthday(s string, order locale.DateOrder, today string) (string, bool) {
	if rest, ok := strings.CutPrefix(s, "--"); ok {
		rest = strings.ReplaceAll(rest, "-", "")
		if len(rest) != 4 {
			return "", false
		}
		s = "0000-" + rest[:2] + "-" + rest[2:]
	}
	if rest, ok := strings.CutPrefix(s, "0000-"); ok {
		_, err := time.Parse(time.DateOnly, "2000-"+rest)
		return s, err == nil
	}
	date, err := locale.ParseDate(s, order)
	if err != nil {
		return "", false
	}
	if date > today {
		if strings.Contains(s, date[:4]) {
			return "", false
		}
		date = itoa(atoi(date[:4])-100) + date[4:]
	}
	return date, true
}

// noBirthday reports whether a cell is what programs write for no date.
func noBirthday(s string) bool { return strings.Trim(s, "0/-. :") == "" }

func atoi(s string) int {
	n, _ := groupNumber(s)
	return n
}
