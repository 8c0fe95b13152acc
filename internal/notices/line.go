package notices

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

// A Kind says how records of one table are named and where they are shown.
type Kind struct {
	// Names returns what those of the given records are called that tx's actor
	// may see.
	Names func(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]string, error)
	Href  func(id ids.ID) string
}

// Customer is the key of the kind of Notice.Customer.
const Customer = "customer"

// A Line is a notice as its user reads it.
type Line struct {
	Notice
	Text string // the whole sentence
	Name string // what Subject is called; "" if it isn't about one
	Href string // where Subject or Customer is shown; "" if there is none to see
}

// Lines writes notices for tx's actor. What a notice is about is named as it
// is now; of what is gone, or what they may no longer see, nothing is said.
func Lines(ctx context.Context, tx *db.Tx, p *locale.Printer, kinds map[string]Kind, list []Notice) ([]Line, error) {
	about := map[string][]ids.ID{}
	add := func(kind string, id ids.ID) {
		if !id.IsZero() && !slices.Contains(about[kind], id) {
			about[kind] = append(about[kind], id)
		}
	}
	for _, n := range list {
		add(n.SubjectKind, n.Subject)
		add(Customer, n.Customer)
	}
	names := map[string]map[ids.ID]string{}
	for kind, of := range about {
		k, ok := kinds[kind]
		if !ok {
			continue
		}
		var err error
		if names[kind], err = k.Names(ctx, tx, of); err != nil {
			return nil, err
		}
	}
	lines := make([]Line, len(list))
	for i, n := range list {
		lines[i] = line(p, kinds, names, n)
	}
	return lines, nil
}

func line(p *locale.Printer, kinds map[string]Kind, names map[string]map[ids.ID]string, n Notice) Line {
	l := Line{Notice: n}
	name, named := names[n.SubjectKind][n.Subject]
	customer, known := names[Customer][n.Customer]
	if !n.Subject.IsZero() && !named || !n.Customer.IsZero() && !known {
		l.Text = p.T("notice.gone")
		return l
	}
	switch {
	case !n.Subject.IsZero():
		l.Href = kinds[n.SubjectKind].Href(n.Subject)
	case !n.Customer.IsZero():
		l.Href = kinds[Customer].Href(n.Customer)
	}
	l.Name = name
	args := []any{"who", n.Who, "name", name, "customer", customer}
	if n.Who == "" {
		args[1] = "Akrab"
	}
	for key, value := range n.Args {
		args = append(args, key, written(p, key, value))
	}
	l.Text = p.T(messageKey(p, &n), args...)
	return l
}

// messageKey returns the key of the message that says n: one for its kind of
// subject, if there is one.
func messageKey(p *locale.Printer, n *Notice) string {
	key := "notice.told." + n.Kind
	if special := key + "." + n.SubjectKind; n.SubjectKind != "" && p.Has(special) {
		return special
	}
	return key
}

// written writes a value of a message. What is called "…_at" is a time in RFC
// 3339, what is called "…_on" a date.
func written(p *locale.Printer, key, value string) string {
	switch {
	case strings.HasSuffix(key, "_at"):
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			return p.DateTime(t)
		}
	case strings.HasSuffix(key, "_on"):
		return p.DateOnly(value)
	}
	return value
}
