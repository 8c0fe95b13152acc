package segmentsweb

import (
	"net/http"
	"time"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/segments"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// shownDays is how far back the page of a segment looks.
const shownDays = 90

// showPage is the data of a segment's page.
type showPage struct {
	*ui.View
	asker
	Segment  segments.Segment
	Sentence string
	Owner    string
	Days     []segments.Day
	Some     []customers.Customer
	Plans    []segments.Plan
	Progress map[ids.ID]segments.Progress
}

func (p *Pages) show(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	page := &showPage{View: r.View}
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		ctx := r.Context()
		if page.Segment, err = segments.Get(ctx, tx, id); err != nil {
			return err
		}
		known, err := page.known(ctx, tx)
		if err != nil {
			return err
		}
		if page.Sentence, err = page.table().Words(ctx, tx, r.View, page.Segment.Cond, known); err != nil {
			return err
		}
		if page.Days, err = segments.Days(ctx, tx, id, shownDays); err != nil {
			return err
		}
		if !page.Segment.Owner.IsZero() {
			names, err := team.Names(ctx, tx, []ids.ID{page.Segment.Owner})
			if err != nil {
				return err
			}
			page.Owner = names[page.Segment.Owner]
		}
		if r.View.May("customers.read") {
			q := list.Query{Filters: []list.Filter{{Column: segments.Column, Op: list.Eq, Values: []string{id.String()}}}, Limit: sample}
			some, err := segments.Customers.Page(ctx, tx, q)
			if err != nil {
				return err
			}
			page.Some = some.Rows
		}
		if page.Plans, err = segments.PlansFor(ctx, tx, segments.SubjectOf(id), 20); err != nil {
			return err
		}
		page.Progress, err = segments.ProgressOf(ctx, tx, idsOf(page.Plans))
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, page.page())
}

func idsOf(plans []segments.Plan) []ids.ID {
	all := make([]ids.ID, len(plans))
	for i := range plans {
		all[i] = plans[i].ID
	}
	return all
}

// last returns the newest day of which the worth is known.
func (p *showPage) last() (segments.Day, bool) {
	for i := len(p.Days) - 1; i >= 0; i-- {
		if p.Days[i].Known {
			return p.Days[i], true
		}
	}
	return segments.Day{}, false
}

// moves returns who came and went in the last 30 days.
func (p *showPage) moves() (came, went int64) {
	from := p.Now.In(p.Zone).AddDate(0, 0, -30).Format(time.DateOnly)
	for _, d := range p.Days {
		if d.Day > from {
			came, went = came+d.Came, went+d.Went
		}
	}
	return came, went
}

// movement draws how many customers the segment had, day by day.
func (p *showPage) movement() (ui.Figure, bool) {
	if len(p.Days) < 2 {
		return ui.Figure{}, false
	}
	first, last := p.Days[0], p.Days[len(p.Days)-1]
	line := ui.Line{Name: p.T("segments.line"), Text: p.Num(last.Customers)}
	start := dayOf(first.Day)
	fig := ui.Figure{
		ID: "movement", Title: p.T("segments.movement"), Sub: p.T("segments.movement.sub"), Finding: p.finding(first, last),
		Head: []string{p.T("segments.day"), p.T("segment.size"), p.T("segments.came"), p.T("segments.went")},
	}
	for i := range p.Days {
		d := &p.Days[i]
		line.X = append(line.X, dayOf(d.Day).Sub(start).Hours()/24)
		line.Y = append(line.Y, float64(d.Customers))
	}
	for i := len(p.Days) - 1; i >= 0; i-- {
		d := &p.Days[i]
		fig.Rows = append(fig.Rows, []string{p.DateOnly(d.Day), p.Num(d.Customers), p.Num(d.Came), p.Num(d.Went)})
	}
	fig.Chart = ui.LineChart{
		Label: fig.Finding, Lines: []ui.Line{line}, YText: func(y float64) string { return p.Num(int64(y)) },
		XText: func(x float64) string { return p.DayMonth(start.AddDate(0, 0, int(x))) },
	}.Draw()
	return fig, true
}

func (p *showPage) finding(first, last segments.Day) string {
	change := last.Customers - first.Customers
	switch {
	case change > 0:
		return p.T("segments.grew", "n", change, "from", p.DateOnly(first.Day))
	case change < 0:
		return p.T("segments.shrank", "n", -change, "from", p.DateOnly(first.Day))
	}
	return p.T("segments.stayed", "n", last.Customers, "from", p.DateOnly(first.Day))
}

func dayOf(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{} // the database holds only days
	}
	return t
}
