package customersweb

import (
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/search"
	"github.com/akrab-crm/akrab/internal/ui"
)

// hitIcons are shown in place of an avatar, by the kind of record.
var hitIcons = map[string]string{"product": "box", "order": "receipt", "task": "task"}

// search finds what somebody typed into the palette, in groups by kind.
func (p *Pages) search(r *ui.Req, q string) ([]ui.HitGroup, error) {
	if p.Search == nil {
		return nil, nil
	}
	limit := 12
	if !r.Partial() {
		limit = 50
	}
	var hits []search.Hit
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		hits, err = p.Search.Find(r.Context(), tx, q, search.Options{Limit: limit})
		return err
	})
	if err != nil {
		return nil, err
	}
	var groups []ui.HitGroup
	at := map[string]int{}
	for _, h := range hits {
		if !r.View.May(ui.Perm(h.Kind + "s.read")) {
			continue
		}
		i, ok := at[h.Kind]
		if !ok {
			i = len(groups)
			at[h.Kind] = i
			groups = append(groups, ui.HitGroup{Label: r.View.T("search.kind." + h.Kind)})
		}
		groups[i].Hits = append(groups[i].Hits, ui.Hit{Href: h.URL, Name: h.Title, Sub: h.Detail, Icon: hitIcons[h.Kind], Org: h.Look == "organization"})
	}
	return groups, nil
}
