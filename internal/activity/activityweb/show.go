package activityweb

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ui"
)

// show leads to where an entry stands: in its customer's timeline, on the
// first page or on the one that begins with it.
func (p *Pages) show(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var to string
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		i, err := activity.Get(r.Context(), tx, id)
		if err != nil {
			return err
		}
		to = customerHref(i.Customer)
		page, err := activity.Timeline(r.Context(), tx, i.Customer, activity.Place{}, activity.Filter{Limit: pageSize})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(page.Items, func(x activity.Interaction) bool { return x.ID == id }) {
			to += "?" + url.Values{"after": {i.Before().String()}}.Encode()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, to+"#e-"+id.String())
}
