package app

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/myday/mydayweb"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/ui"
)

// shownCalls is how many mentions the home page shows.
const shownCalls = 4

// named returns what was said to the visitor by name and not seen yet.
func named(ctx context.Context, tx *db.Tx, v *ui.View) ([]mydayweb.Call, error) {
	list, err := notices.Newest(ctx, tx, tx.Who.User, true, notices.Place{}, 4*shownCalls)
	if err != nil {
		return nil, err
	}
	var of []notices.Notice
	for _, n := range list {
		if n.Kind == "mention" && len(of) < shownCalls {
			of = append(of, n)
		}
	}
	lines, err := notices.Lines(ctx, tx, v.Printer, noticeKinds, of)
	var calls []mydayweb.Call
	for _, l := range lines {
		c := mydayweb.Call{Who: l.Who, Text: l.Text, At: ui.Time(v, l.Created)}
		if l.Href != "" {
			c.Href = ui.PathNotices + "/" + l.ID.String() // which marks it as seen, and leads on
		}
		calls = append(calls, c)
	}
	return calls, err
}
