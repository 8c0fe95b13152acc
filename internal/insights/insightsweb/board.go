package insightsweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/ui"
)

// boardPage is the data of the board of segments.
type boardPage struct {
	frame
	learn.Board
	Months learn.Months
	Plans  map[string]Plan
}

func segmentLabel(name string) string { return insights.SegmentLabel(name) }

func (p *Pages) board(w http.ResponseWriter, r *ui.Req) error {
	page := &boardPage{frame: frame{View: r.View, Key: "board"}}
	var err error
	page.Board, err = load(p, r, &page.frame, "board", func(b *learn.Board) learn.Basis { return b.Basis }, func(tx *db.Tx, _ *learn.Board) (err error) {
		if page.Months, _, _, err = insights.ReadReport[learn.Months](r.Context(), tx, "months"); err != nil || p.Plans == nil {
			return err
		}
		page.Plans, err = p.Plans(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	return ok(w, r, page.page())
}

// lead says where to begin.
func (p *boardPage) lead() string {
	if len(p.Rows) == 0 {
		return ""
	}
	first := &p.Rows[0]
	args := []any{"n", int64(first.Customers), "segment", first.Segment, "what", p.T(segmentLabel(first.Segment)), "money", p.short(first.Priority), "play", p.T("insight.play." + first.Play)}
	if first.Priority <= 0 {
		return p.T("insight.board.lead.none", "n", int64(p.Total.Customers))
	}
	return p.T("insight.board.lead", args...)
}

// families writes the families of products of a segment.
func (p *boardPage) families(row *learn.BoardRow) string { return strings.Join(row.Families, ", ") }

// risky counts the customers of a segment whose signal is not green.
func risky(row *learn.BoardRow) int64 { return int64(row.Red + row.Yellow) }

// planHref is where a plan for a segment begins: with the recommended play.
func (p *boardPage) planHref(row *learn.BoardRow) string {
	q := url.Values{"subject": {"value:" + row.Segment}, "play": {row.Play}, "title": {row.Segment + " · " + p.T("insight.play."+row.Play)}}
	return "/plans/new?" + q.Encode()
}

// values draws what the segments are expected to bring.
func (p *boardPage) values() ui.Figure {
	rows := slices.Clone(p.Rows)
	slices.SortStableFunc(rows, func(a, b learn.BoardRow) int {
		return slices.Index(learn.Segments, a.Segment) - slices.Index(learn.Segments, b.Segment)
	})
	best := learn.BoardRow{}
	chart := ui.BarChart{YText: p.axis}
	fig := ui.Figure{
		ID: "values", Title: p.T("insight.values.title"), Sub: p.T("insight.values.sub", "what", p.what(), "currency", p.amount(0).Currency.Symbol()),
		Head: []string{p.T("insight.segment"), p.T("insight.customers"), p.T("insight.value"), p.T("insight.year")},
		Note: p.T("insight.on", "n", int64(p.Total.Customers), "date", p.date(p.frame.Basis.Today)),
	}
	for _, r := range rows {
		if r.Value > best.Value {
			best = r
		}
		chart.Bars = append(chart.Bars, ui.Bar{Label: r.Segment, Text: p.axis(float64(r.Value)), Value: float64(r.Value)})
		fig.Rows = append(fig.Rows, []string{r.Segment + " " + p.T(segmentLabel(r.Segment)), p.Num(int64(r.Customers)), p.exact(r.Value), p.exact(r.Year)})
	}
	fig.Rows = append(fig.Rows, []string{p.T("insight.all"), p.Num(int64(p.Total.Customers)), p.exact(p.Total.Value), p.exact(p.Total.Year)})
	if p.Total.Value > 0 && best.Segment != "" {
		fig.Finding = p.T("insight.values.finding", "segment", best.Segment, "what", p.T(segmentLabel(best.Segment)),
			"share", p.percent(float64(best.Value)/float64(p.Total.Value)), "customers", p.percent(float64(best.Customers)/float64(max(p.Total.Customers, 1))))
	}
	chart.Label = fig.Finding
	fig.Chart = chart.Draw()
	return fig
}

// shownMonths is how many months the drawing has.
const shownMonths = 13

// months draws what was bought month by month; ok is false if there is nothing
// to compare.
func (p *boardPage) months() (fig ui.Figure, ok bool) {
	rows := p.Months.Rows[max(0, len(p.Months.Rows)-shownMonths):]
	if len(rows) < 2 {
		return fig, false
	}
	chart := ui.BarChart{YText: p.axis}
	fig = ui.Figure{
		ID: "months", Title: p.T("insight.months.title"), Sub: p.T("insight.months.sub", "what", p.what(), "currency", p.amount(0).Currency.Symbol()),
		Head: []string{p.T("insight.month"), p.T("insight.amount"), p.T("insight.customers"), p.T("insight.new"), p.T("insight.days")},
	}
	for i, m := range rows {
		name := p.month(m.Month)
		b := ui.Bar{Value: float64(m.Amount), Tip: name + ": " + p.short(m.Amount), Light: m.Partial}
		if i%2 == len(rows)%2^1 { // every second name, the last one surely
			b.Label = name
		}
		if i == len(rows)-1 || i == 0 {
			b.Text = p.axis(float64(m.Amount))
		}
		chart.Bars = append(chart.Bars, b)
		fig.Rows = append(fig.Rows, []string{name, p.whole(m.Amount), p.Num(int64(m.Customers)), p.Num(int64(m.New)), p.Num(int64(m.Orders))})
	}
	whole := rows
	if rows[len(rows)-1].Partial {
		whole = rows[:len(rows)-1]
		fig.Note = p.T("insight.months.partial")
	}
	if n := len(whole); n >= 2 && whole[n-2].Amount > 0 {
		last := &whole[n-1]
		change := float64(last.Amount)/float64(whole[n-2].Amount) - 1
		key := "insight.months.up"
		if change < 0 {
			key, change = "insight.months.down", -change
		}
		fig.Finding = p.T(key, "month", p.month(last.Month), "money", p.short(last.Amount), "share", p.percent(change))
	}
	chart.Label = fig.Finding
	fig.Chart = chart.Draw()
	return fig, true
}

// month writes a month of a year: "Nov 2026".
func (f *frame) month(s string) string {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return s
	}
	return f.MonthShort(t.Month()) + " " + strconv.Itoa(t.Year())
}
