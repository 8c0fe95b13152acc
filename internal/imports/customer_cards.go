package imports

import (
	"io"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/sheet"
	"github.com/akrab-crm/akrab/internal/vcard"
)

// How many of each the table of cards has columns for. What a card has beyond
// stands in the last column together.
const (
	cardEmails, cardPhones, cardAddresses, cardHandles = 10, 12, 4, 8
)

// cards reads vCards as the rows of a table whose columns are named as the
// fields of a customer.
type cards struct {
	d      *vcard.Decoder
	header []string
	column map[string]int
	cells  []string
	n      int

	// warnings are what could not be read of the last card.
	warnings []*errs.Error
}

// openCards starts to read a file of vCards.
func openCards(r io.Reader) (*cards, error) {
	c := &cards{d: vcard.NewDecoder(r), column: map[string]int{}}
	for _, f := range []string{
		"name", "honorific", "given_name", "middle_name", "family_name", "suffix", "nickname", "kind",
		"organization", "title", "department", "role", "birthday", "language", "tags", "remember",
	} {
		c.add(f)
	}
	for _, list := range []struct {
		name string
		n    int
	}{{"emails", cardEmails}, {"phones", cardPhones}, {"addresses", cardAddresses}, {"handles", cardHandles}} {
		for i := range list.n {
			for _, part := range listParts[list.name] {
				if part != "state" && part != "rt" && part != "rw" && part != "number" && part != "street3" && part != "village" && part != "district" {
					c.add(list.name + "." + itoa(i+1) + "." + part)
				}
			}
		}
	}
	c.add("traits.1.label")
	c.add("traits.1.value")
	return c, nil
}

func (c *cards) add(name string) {
	c.column[name] = len(c.header)
	c.header = append(c.header, name)
}

// cardMap is the mapping of cards: each column is what it is called.
func (c *cards) mapping() Mapping {
	m := Mapping{}
	for _, h := range c.header {
		m[h] = h
	}
	return m
}

func (c *cards) Header() []string        { return c.header }
func (c *cards) Offset() int64           { return c.d.Offset() }
func (c *cards) Close() error            { return nil }
func (c *cards) Warnings() []*errs.Error { return c.warnings }

// Skip passes over n cards.
func (c *cards) Skip(n int) error {
	c.n += n
	return c.d.Skip(n)
}

// Next returns the next card as a row. An empty card is an empty row.
func (c *cards) Next() (sheet.Row, error) {
	card, err := c.d.Next()
	c.cells, c.warnings = make([]string, len(c.header)), nil
	if err != nil {
		e := errs.All(err)
		if len(e) == 0 || e[0].Key == "vcard.empty" {
			return sheet.Row{}, err
		}
		c.n++
		row := sheet.Row{N: c.n, Line: int(argument(e[0], "line")), Cells: c.cells}
		if e[0].Key != "vcard.blank" {
			row.Err = err
		}
		return row, nil
	}
	c.n++
	if card.Kind != vcard.Group { // a list of other cards is nobody
		c.fill(card)
	}
	return sheet.Row{N: c.n, Line: card.Line, Cells: c.cells}, nil
}

func argument(e *errs.Error, name string) int64 {
	for i := 0; i+1 < len(e.Args); i += 2 {
		if n, ok := e.Args[i+1].(int); ok && e.Args[i] == name {
			return int64(n)
		}
	}
	return 0
}

func (c *cards) set(name, value string) { c.cells[c.column[name]] = value }

// fill writes a card into the cells.
func (c *cards) fill(card *vcard.Card) {
	n := &card.Name
	c.set("name", card.FormattedName)
	c.set("honorific", n.Prefix)
	c.set("given_name", n.Given)
	c.set("middle_name", n.Additional)
	c.set("family_name", n.Family)
	c.set("suffix", n.Suffix)
	c.set("nickname", strings.Join(card.Nicknames, ", "))
	c.set("kind", cardKind(card))
	if len(card.Orgs) > 0 {
		c.set("organization", card.Orgs[0].Name)
		c.set("department", strings.Join(card.Orgs[0].Units, ", "))
	}
	c.set("title", card.Title)
	c.set("role", card.Role)
	c.set("birthday", card.Birthday)
	c.set("language", card.Lang)
	c.set("tags", strings.Join(card.Categories, " ::: "))
	c.set("remember", strings.Join(card.Notes, "\n"))
	if card.Anniversary != "" {
		c.set("traits.1.label", "Anniversary")
		c.set("traits.1.value", card.Anniversary)
	}
	c.points("emails", cardEmails, card.Emails)
	c.points("phones", cardPhones, card.Phones)
	c.addresses(card.Addresses)
	c.handles(card)
	for _, w := range card.Warnings {
		c.warn(w)
	}
}

func cardKind(card *vcard.Card) string {
	n := card.Name
	switch {
	case card.Kind == vcard.Org || card.Kind == vcard.Location:
		return "organization"
	case card.Kind == "" && n.Given+n.Family == "" && len(card.Orgs) > 0 && strings.TrimSpace(card.FormattedName) == strings.TrimSpace(card.Orgs[0].Name):
		return "organization"
	}
	return ""
}

// points writes e-mail addresses or telephone numbers.
func (c *cards) points(list string, columns int, points []vcard.Contact) {
	for i, p := range points {
		at := list + "." + itoa(min(i+1, columns)) + "."
		if i >= columns {
			c.set(at+"value", c.cells[c.column[at+"value"]]+"\n"+p.Value)
			continue
		}
		c.set(at+"value", p.Value)
		c.set(at+"label", cardLabel(p.Label, p.Types))
		if p.Pref {
			c.set(at+"primary", "yes")
		}
	}
}

// cardLabel returns the one label that says most.
func cardLabel(label string, types []string) string {
	if label != "" {
		return label
	}
	for _, t := range []string{"fax", "cell", "work", "home", "main", "pager", "car"} {
		if slices.Contains(types, t) {
			return t
		}
	}
	for _, t := range types {
		if t != "voice" && t != "msg" && t != "text" && t != "dom" && t != "intl" && t != "postal" && t != "parcel" {
			return t
		}
	}
	return ""
}

func (c *cards) addresses(list []vcard.Address) {
	for i, a := range list[:min(len(list), cardAddresses)] {
		at := "addresses." + itoa(i+1) + "."
		c.set(at+"street", a.Street)
		c.set(at+"street2", a.Extended)
		c.set(at+"po_box", a.Box)
		c.set(at+"city", a.City)
		c.set(at+"province", a.Region)
		c.set(at+"postal_code", a.Code)
		c.set(at+"country", a.Country)
		c.set(at+"label", cardLabel(a.Label, a.Types))
		if a.Street+a.Extended+a.Box+a.City+a.Region+a.Code+a.Country == "" {
			c.set(at+"street", a.Formatted)
		}
		if a.Pref {
			c.set(at+"primary", "yes")
		}
	}
}

func (c *cards) handles(card *vcard.Card) {
	i := 0
	put := func(value, network string) {
		if i < cardHandles {
			at := "handles." + itoa(i+1) + "."
			c.set(at+"value", value)
			c.set(at+"network", network)
			i++
		}
	}
	for _, u := range card.URLs {
		put(u.Value, "website")
	}
	for _, m := range card.IMs {
		put(m.Value, m.Service)
	}
}

// warn keeps what a person wants to know. A birthday that can't be read is put
// back, to be mended like any other.
func (c *cards) warn(w *errs.Error) {
	switch w.Key {
	case "vcard.photo", "vcard.photo_too_large", "vcard.binary": // not imported anyway
	case "vcard.date":
		for i := 0; i+3 < len(w.Args); i++ {
			if name, ok := w.Args[i+1].(string); ok && w.Args[i] == "name" && name == "BDAY" {
				value, _ := w.Args[i+3].(string)
				c.set("birthday", value)
			}
		}
	default:
		c.warnings = append(c.warnings, w)
	}
}
