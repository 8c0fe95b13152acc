package customersweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// Another customer is named in a form by a text field, which suggests names
// while one types, and by the id that belonged to the name when the form was
// shown, under the field's name with "_id" behind it. A name that several
// customers have is asked back as a list, whose answer has "_pick" behind it.

// An other is a customer to whom one can be tied.
type other struct {
	ID   ids.ID
	Name string
	Sub  string // what tells them from others of that name
}

const otherSep = " · "

// label is what is typed to mean this customer and no other of the name.
func (o other) label() string {
	if o.Sub == "" {
		return o.Name
	}
	return o.Name + otherSep + o.Sub
}

// means reports whether text names the customer.
func (o other) means(text string) bool {
	return text == o.Name || text == o.label()
}

// other returns the customer whom the field of that name means. It reports
// false if the field is empty.
func (in *input) other(field string) (id ids.ID, there bool) {
	text := in.r.Text(field)
	if text == "" {
		return ids.ID{}, false
	}
	if id, _, ok := in.named(field + "_pick"); ok {
		return id, true
	}
	if id, name, ok := in.named(field + "_id"); ok && name == text {
		return id, true
	}
	list, err := in.p.others(in.r.Context(), in.tx, text, 20)
	if err != nil {
		in.failed = err
	}
	list = slices.DeleteFunc(list, func(o other) bool { return o.ID == in.c.ID })
	same := slices.DeleteFunc(slices.Clone(list), func(o other) bool { return !o.means(text) })
	if len(same) == 0 {
		key := fold.Text(text)
		same = slices.DeleteFunc(slices.Clone(list), func(o other) bool { return fold.Text(o.Name) != key })
	}
	switch {
	case len(same) == 1:
		return same[0].ID, true
	case len(same) > 1:
		in.ask(field, same, "record.other.many")
	case len(list) > 0:
		in.ask(field, list, "record.other.choose")
	default:
		in.bad.Add(errs.InvalidField(field+"_id", "record.other.none"))
	}
	return ids.ID{}, true
}

// named returns the customer whose id a field holds. It reports false if there
// is none.
func (in *input) named(field string) (ids.ID, string, bool) {
	id, err := in.r.MaybeID(field)
	if err != nil || id.IsZero() {
		return ids.ID{}, "", false
	}
	names, err := customers.Names(in.r.Context(), in.tx, []ids.ID{id})
	if err != nil {
		in.failed = err
	}
	name, ok := names[id]
	return id, name, ok
}

// ask has the form offer a list in place of the text.
func (in *input) ask(field string, list []other, key string) {
	in.picks[field] = list
	in.bad.Add(errs.InvalidField(field+"_id", key))
}

// others returns customers that text, a name or a label, may mean.
func (p *Pages) others(ctx context.Context, tx *db.Tx, text string, limit int) ([]other, error) {
	name, _, _ := strings.Cut(text, otherSep)
	hits, err := p.Search.Find(ctx, tx, name, search.Options{Kind: "customer", Limit: limit})
	list := make([]other, len(hits))
	for i, h := range hits {
		list[i] = other{h.Ref, h.Title, h.Detail}
	}
	return list, err
}

// suggest answers the text field named by "for" with the customers whom it may
// mean, as options.
func (p *Pages) suggest(w http.ResponseWriter, r *ui.Req) error {
	var list []other
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		list, err = p.others(r.Context(), tx, r.Text("q"), 8)
		return err
	})
	if err != nil {
		return err
	}
	return ui.RenderPart(w, r, http.StatusOK, suggestions(list))
}
