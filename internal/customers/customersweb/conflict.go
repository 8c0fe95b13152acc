package customersweb

import (
	"net/http"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// clashPage is the data of the page that asks which of two changes of the same
// field is to stand.
type clashPage struct {
	*ui.View
	id     ids.ID
	title  string
	action string
	seen   string
	typed  [][2]string // names and values of the form that clashed
	rows   []clashRow
}

// A clashRow is a field that two people changed, as people read it.
type clashRow struct {
	Field, Label         string
	Mine, Stored, Before string
}

// clash asks which of two changes is to stand. Everything that was typed comes
// along.
func (p *Pages) clash(w http.ResponseWriter, r *ui.Req, id ids.ID, mine *customers.Customer, c *clashed) error {
	page := clashPage{View: r.View, id: id, title: c.stored.Title(), action: r.URL.Path, seen: encode(&c.stored)}
	for name, values := range r.Form {
		if name == "seen" || strings.HasPrefix(name, "choose.") || name == "back" {
			continue
		}
		for _, v := range values {
			page.typed = append(page.typed, [2]string{name, v})
		}
	}
	slices.SortStableFunc(page.typed, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		names, err := p.wordsFor(r, tx, mine, &c.stored)
		if err != nil {
			return err
		}
		for _, x := range c.clashes {
			page.rows = append(page.rows, clashRow{
				Field: x.Field, Label: r.View.T(fieldLabel(x.Field)),
				Mine: names.words(x.Field, x.Mine), Stored: names.words(x.Field, x.Stored), Before: names.words(x.Field, x.Before),
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.View.Path = href(id)
	return ui.Render(w, r, http.StatusConflict, page.page())
}

// A wording turns values of fields into words.
type wording struct {
	*ui.View
	users, others map[ids.ID]string
}

// wordsFor returns a wording that knows the names in the given customers.
func (p *Pages) wordsFor(r *ui.Req, tx *db.Tx, list ...*customers.Customer) (*wording, error) {
	owners, others := references(list...)
	users, err := team.Names(r.Context(), tx, owners)
	if err != nil {
		return nil, err
	}
	names, err := customers.Names(r.Context(), tx, others)
	return &wording{r.View, users, names}, err
}

// words returns the value of a field as people read it, lists in lines.
func (w *wording) words(field string, value any) string {
	switch v := value.(type) {
	case string:
		return w.textOf(field, v)
	case customers.Kind:
		return w.T("customer.kind." + string(v))
	case customers.Phase:
		return w.T("customer.phase." + string(v))
	case customers.Reseller:
		return w.keyed("customer.reseller.", string(v))
	case bool:
		return w.yesNo(v)
	case ids.ID:
		if field == "owner_id" {
			return w.users[v]
		}
		return w.others[v]
	case []customers.Email:
		return eachLine(v, func(e customers.Email) string {
			return joinWords(" · ", e.Value, labelText(w.View, e.Label), w.state(e.State))
		})
	case []customers.Phone:
		return eachLine(v, func(t customers.Phone) string {
			return joinWords(" · ", t.Value, labelText(w.View, t.Label), w.state(t.State))
		})
	case []customers.Address:
		return eachLine(v, func(a customers.Address) string { return joinWords(", ", addressLines(a)...) })
	case []customers.Handle:
		return eachLine(v, func(h customers.Handle) string { return w.T("customer.network."+h.Network) + ": " + h.Value })
	case []customers.Relation:
		return eachLine(v, func(t customers.Relation) string {
			return joinWords(" · ", w.T("record.relation."+string(t.Kind)), w.others[t.Other], t.Role, t.Title)
		})
	case []customers.Consent:
		return eachLine(v, func(s customers.Consent) string { return w.consent(s) })
	case []customers.Tag:
		return joinTags(v)
	case []customers.Trait:
		return eachLine(v, func(t customers.Trait) string { return t.Label + ": " + t.Value })
	}
	return ""
}

// textOf returns the value of a field of text, some of which are keys.
func (w *wording) textOf(field, v string) string {
	switch field {
	case "channel":
		return w.keyed("customer.channel.", v)
	case "language":
		return languageName(w.View, v)
	case "birthday":
		return w.DateOnly(strings.Replace(v, yearless+"-", "--", 1))
	}
	return v
}

// keyed returns the message of a key, or v itself if there is none.
func (w *wording) keyed(prefix, v string) string {
	if v != "" && w.Has(prefix+v) {
		return w.T(prefix + v)
	}
	return v
}

func (w *wording) yesNo(v bool) string {
	if v {
		return w.T("record.yes")
	}
	return w.T("record.no")
}

// state returns what is worth saying of a state: nothing if it is unknown.
func (w *wording) state(s customers.State) string {
	if s == customers.Unverified {
		return ""
	}
	return w.keyed("customer.state.", string(s))
}

func (w *wording) consent(s customers.Consent) string {
	key := "record.consent.refused"
	if s.Granted {
		key = "record.consent.granted"
	}
	return joinWords(" · ", w.keyed("customer.channel.", s.Channel), w.keyed("customer.purpose.", s.Purpose), w.T(key), s.Source)
}

func eachLine[P any](list []P, f func(P) string) string {
	lines := make([]string, len(list))
	for i, p := range list {
		lines[i] = f(p)
	}
	return strings.Join(lines, "\n")
}

// languageName returns the name of a language by its code.
func languageName(v *ui.View, code string) string {
	if key := "record.lang." + code; v.Has(key) {
		return v.T(key)
	}
	return code
}

// addressLines returns the lines of an address, as they stand on an envelope
// in Indonesia.
func addressLines(a customers.Address) []string {
	last := joinWords(" ", a.Province, a.Postcode)
	return nonEmpty(a.Street, joinWords(", ", a.Village, a.District), a.City, last, a.Country)
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}
