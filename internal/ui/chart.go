package ui

import (
	"cmp"
	"context"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// A Figure is a chart with what it says: its title asks or answers a question,
// Sub gives the unit, Finding states in one sentence what is to be seen (it is
// read out in place of the drawing), and the same figures as a table are one
// click away.
type Figure struct {
	ID      string // unique on the page
	Title   string
	Sub     string
	Finding string
	Chart   templ.Component
	Head    []string   // of the table; its first column names the rows
	Rows    [][]string // of the table
	Note    string     // below: on how many data, until when; may be empty
}

// A Line is one course in a LineChart.
type Line struct {
	Name   string // beside its end, or above its middle if it is a diagonal
	Text   string // the figure at its end; may be empty
	X, Y   []float64
	Lo, Hi []float64 // interval of each point: a band, or whiskers on Points; nil for none
	Dash   bool      // a comparison: grey and dashed
	Points bool      // points, not joined
}

// A LineChart draws up to four courses over numbers. Scales that are zero are
// chosen to hold all that is drawn.
type LineChart struct {
	Label        string // the finding, read out
	Lines        []Line
	X, Y         Scale
	XText, YText func(float64) string
	Zero         bool   // draws the line of zero, where values are above and below
	Marks        []Mark // points that need a word
}

// A Mark is a point of a chart with a word beside it.
type Mark struct {
	X, Y  float64
	Text  string
	Below bool
}

// A Scale is the range of an axis and the distance of its lines.
type Scale struct{ Lo, Hi, Step float64 }

// NiceScale returns a scale with round steps that holds lo and hi, with about n
// steps.
func NiceScale(lo, hi float64, n int) Scale {
	if !(hi > lo) {
		hi = lo + 1
	}
	step := nextNice((hi - lo) / float64(max(n, 1)))
	return Scale{math.Floor(lo/step+1e-9) * step, math.Ceil(hi/step-1e-9) * step, step}
}

// nextNice returns the next larger of 1, 2, 2.5 and 5 times a power of ten.
func nextNice(v float64) float64 {
	base := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, f := range []float64{1, 2, 2.5, 5} {
		if v <= f*base*(1+1e-9) {
			return f * base
		}
	}
	return 10 * base
}

// ticks calls f for every line of the scale.
func (s Scale) ticks(f func(v float64)) {
	if !(s.Step > 0) || (s.Hi-s.Lo)/s.Step > 100 {
		return
	}
	for i := 0; s.Lo+float64(i)*s.Step <= s.Hi+s.Step/1e6; i++ {
		v := s.Lo + float64(i)*s.Step
		if math.Abs(v) < s.Step/1e6 {
			v = 0
		}
		f(v)
	}
}

// Size of a drawing, and where its plot begins and ends.
const (
	chartW, chartH       = 560.0, 240.0
	plotLeft, plotTop    = 48.0, 14.0
	plotRight, plotFloor = 452.0, 206.0
	lineHigh             = 16.0 // from one line of words to the next
)

// svgText writes drawings. Numbers have one decimal.
type svgText struct{ strings.Builder }

func (b *svgText) put(list ...any) {
	for _, x := range list {
		switch x := x.(type) {
		case string:
			b.WriteString(x)
		case float64:
			if math.IsNaN(x) || math.IsInf(x, 0) {
				x = 0
			}
			b.WriteString(strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64))
		}
	}
}

func (b *svgText) words(class string, x, y float64, anchor, s string) {
	b.put(`<text x="`, x, `" y="`, y, `"`)
	if class != "" {
		b.put(` class="`, class, `"`)
	}
	if anchor != "" {
		b.put(` text-anchor="`, anchor, `"`)
	}
	b.put(`>`, templ.EscapeString(s), `</text>`)
}

func (b *svgText) open(class string, w, h float64, label string) {
	b.put(`<svg class="`, class, `" viewBox="0 0 `, w, ` `, h, `" role="img" aria-label="`, templ.EscapeString(label), `">`)
}

// component returns what was written.
func (b *svgText) component() templ.Component {
	s := b.String() + `</svg>`
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	})
}

// classOf returns the class of the i-th subject of a chart; comparisons are grey.
func classOf(i int, dash bool) string {
	if dash {
		return "s2"
	}
	return []string{"s1", "s3", "s4", "s5"}[i%4]
}

// Draw returns the drawing.
func (c LineChart) Draw() templ.Component {
	c.fit()
	b := &svgText{}
	b.open("chart plot", chartW, chartH, c.Label)
	x := func(v float64) float64 { return plotLeft + (v-c.X.Lo)/(c.X.Hi-c.X.Lo)*(plotRight-plotLeft) }
	y := func(v float64) float64 { return plotFloor - (v-c.Y.Lo)/(c.Y.Hi-c.Y.Lo)*(plotFloor-plotTop) }
	c.Y.ticks(func(v float64) {
		class := "grid-line"
		if v == 0 && c.Zero {
			class = "zero"
		}
		b.put(`<line class="`, class, `" x1="`, plotLeft, `" x2="`, plotRight, `" y1="`, y(v), `" y2="`, y(v), `"/>`)
		b.words("", plotLeft-8, y(v)+4, "end", c.YText(v))
	})
	c.X.ticks(func(v float64) { b.words("", x(v), plotFloor+20, "middle", c.XText(v)) })
	subject := 0
	ends := &labels{b: b}
	for _, l := range c.Lines {
		b.put(`<g class="`, classOf(subject, l.Dash), `">`)
		if !l.Dash {
			subject++
		}
		drawLine(b, l, x, y)
		c.tips(b, l, x, y)
		b.put(`</g>`)
		if n := min(len(l.X), len(l.Y)); n > 0 && l.Name != "" && !l.Points {
			ends.add(x(l.X[n-1])+10, y(l.Y[n-1])+4, l)
		}
	}
	ends.draw()
	for _, m := range c.Marks {
		b.put(`<circle class="mark" cx="`, x(m.X), `" cy="`, y(m.Y), `" r="3.5"/>`)
		dy := -9.0
		if m.Below {
			dy = 18
		}
		if at := x(m.X); at+wideOf(m.Text)/2 > plotRight { // what stands at the end of the line begins there
			b.words("strong", at, y(m.Y)+dy, "end", m.Text)
		} else {
			b.words("strong", at, y(m.Y)+dy, "middle", m.Text)
		}
	}
	return b.component()
}

// wideOf returns about how wide a text is, as large as telephones draw it.
func wideOf(s string) float64 { return 8 * float64(utf8.RuneCountInString(s)) }

// lines returns a text in one line or, if that is wider than a space, in two.
func lines(s string, wide float64) []string {
	if wideOf(s) <= wide {
		return []string{s}
	}
	best := -1
	for i, r := range s {
		if r == ' ' && (best < 0 || max(i, len(s)-i) < max(best, len(s)-best)) {
			best = i
		}
	}
	if best < 0 {
		return []string{s}
	}
	return []string{s[:best], s[best+1:]}
}

// mostTips is how many points of a line a pointer can tell apart.
const mostTips = 40

// tips lets a pointer ask for the figures of each point.
func (c *LineChart) tips(b *svgText, l Line, x, y func(float64) float64) {
	n := min(len(l.X), len(l.Y))
	if n > mostTips || l.Dash {
		return
	}
	for i := range n {
		if sum := l.X[i] + l.Y[i]; math.IsNaN(sum) || math.IsInf(sum, 0) {
			continue
		}
		b.put(`<circle class="tip" cx="`, x(l.X[i]), `" cy="`, y(l.Y[i]), `" r="9"><title>`,
			templ.EscapeString(c.XText(l.X[i])+": "+c.YText(l.Y[i])), `</title></circle>`)
	}
}

// fit chooses the scales that are not given, and how figures are written.
func (c *LineChart) fit() {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	see := func(axis int, list []float64) {
		for _, v := range list {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				lo[axis], hi[axis] = min(lo[axis], v), max(hi[axis], v)
			}
		}
	}
	for _, l := range c.Lines {
		see(0, l.X)
		see(1, l.Y)
		see(1, l.Lo)
		see(1, l.Hi)
	}
	if c.X.Step == 0 {
		if c.X = (Scale{Hi: 1, Step: 1}); lo[0] < hi[0] {
			c.X = NiceScale(lo[0], hi[0], 6)
			c.X.Lo, c.X.Hi = max(c.X.Lo, lo[0]), max(c.X.Lo+c.X.Step, hi[0]) // no empty ends
		}
	}
	if c.Y.Step == 0 {
		if c.Y = (Scale{Hi: 1, Step: 1}); hi[1] > math.Inf(-1) {
			c.Y = NiceScale(min(lo[1], 0), max(hi[1], 0), 4)
		}
	}
	plain := func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
	if c.XText == nil {
		c.XText = plain
	}
	if c.YText == nil {
		c.YText = plain
	}
}

func drawLine(b *svgText, l Line, x, y func(float64) float64) {
	n := min(len(l.X), len(l.Y))
	if n == 0 {
		return
	}
	ranged := len(l.Lo) >= n && len(l.Hi) >= n
	if l.Points {
		for i := range n {
			if ranged {
				b.put(`<line class="whisker" x1="`, x(l.X[i]), `" x2="`, x(l.X[i]), `" y1="`, y(l.Lo[i]), `" y2="`, y(l.Hi[i]), `"/>`)
			}
			b.put(`<circle class="dot" cx="`, x(l.X[i]), `" cy="`, y(l.Y[i]), `" r="4"/>`)
		}
		return
	}
	if ranged {
		b.put(`<path class="area" d="`)
		for i := range n {
			b.put(step(i), x(l.X[i]), " ", y(l.Hi[i]))
		}
		for i := n - 1; i >= 0; i-- {
			b.put("L", x(l.X[i]), " ", y(l.Lo[i]))
		}
		b.put(`z"/>`)
	}
	b.put(`<path class="line`, map[bool]string{true: " dash"}[l.Dash], `" d="`)
	for i := range n {
		b.put(step(i), x(l.X[i]), " ", y(l.Y[i]))
	}
	b.put(`"/>`)
	if !l.Dash {
		b.put(`<circle class="pt" cx="`, x(l.X[n-1]), `" cy="`, y(l.Y[n-1]), `" r="3.5"/>`)
	}
}

func step(i int) string {
	if i == 0 {
		return "M"
	}
	return "L"
}

// labels are the words at the ends of lines, kept apart from each other.
type labels struct {
	b    *svgText
	list []label
}

type label struct {
	x, y float64
	l    Line
}

func (e *labels) add(x, y float64, l Line) { e.list = append(e.list, label{x, y, l}) }

func (e *labels) draw() {
	const high = 2 * lineHigh
	for i := range e.list {
		for j := range i {
			if d := e.list[i].y - e.list[j].y; math.Abs(d) < high {
				e.list[i].y = e.list[j].y + math.Copysign(high, d)
			}
		}
	}
	for _, l := range e.list {
		class := "strong"
		if l.l.Dash {
			class = ""
		}
		e.b.words(class, l.x, l.y, "", l.l.Name)
		if l.l.Text != "" {
			e.b.words(class, l.x, l.y+lineHigh, "", l.l.Text)
		}
	}
}

// A Bar is one column of a BarChart.
type Bar struct {
	Label  string // below
	Text   string // the figure above; may be empty
	Tip    string // what a pointer is told: Label and Text if empty
	Value  float64
	Target float64 // drawn as a short dark line; 0 for none
	Light  bool    // unfinished
	Grey   bool    // a comparison
}

// A BarChart draws columns, which start at zero.
type BarChart struct {
	Label string // the finding, read out
	Bars  []Bar
	YText func(float64) string
}

// Draw returns the drawing.
func (c BarChart) Draw() templ.Component {
	b := &svgText{}
	const right, top = chartW - 4, plotTop + 10
	wide := (right - plotLeft) / float64(max(len(c.Bars), 1))
	names, high := make([][]string, len(c.Bars)), chartH
	for i, v := range c.Bars {
		if names[i] = lines(v.Label, wide); len(names[i]) > 1 {
			high = chartH + lineHigh
		}
	}
	b.open("chart plot", chartW, high, c.Label)
	lo, hi := 0.0, 0.0
	for _, v := range c.Bars {
		lo, hi = min(lo, v.Value), max(hi, v.Value, v.Target)
	}
	s := NiceScale(lo, hi, 4)
	y := func(v float64) float64 { return plotFloor - (v-s.Lo)/(s.Hi-s.Lo)*(plotFloor-top) }
	s.ticks(func(v float64) {
		class := "grid-line"
		if v == 0 && lo < 0 {
			class = "zero"
		}
		b.put(`<line class="`, class, `" x1="`, plotLeft, `" x2="`, right, `" y1="`, y(v), `" y2="`, y(v), `"/>`)
		if c.YText != nil {
			b.words("", plotLeft-8, y(v)+4, "end", c.YText(v))
		}
	})
	half := min(wide*.34, 26)
	for i, v := range c.Bars {
		x := plotLeft + wide*(float64(i)+.5)
		b.put(`<g class="`, map[bool]string{false: "s1", true: "s2"}[v.Grey], `"><title>`, templ.EscapeString(cmp.Or(v.Tip, strings.Trim(v.Label+": "+v.Text, ": "))), `</title>`)
		drawBar(b, x, half, y(0), y(v.Value), v.Light)
		b.put(`</g>`)
		if v.Target > 0 {
			b.put(`<line class="target" x1="`, x-half-4, `" x2="`, x+half+4, `" y1="`, y(v.Target), `" y2="`, y(v.Target), `"/>`)
		}
		up := min(y(v.Value), y(0)) - 6
		if v.Value < 0 {
			up = y(v.Value) + 14
		}
		b.words("strong", x, up, "middle", v.Text)
		for n, line := range names[i] {
			b.words("", x, plotFloor+20+float64(n)*lineHigh, "middle", line)
		}
	}
	return b.component()
}

// drawBar draws a column from the floor to its head, which is round.
func drawBar(b *svgText, x, half, floor, head float64, light bool) {
	r := min(4, math.Abs(floor-head), half)
	if r < .5 {
		return
	}
	down := 1.0 // towards the floor
	if head > floor {
		down = -1
	}
	b.put(`<path class="bar" d="M`, x-half, " ", floor, "V", head+r*down, "Q", x-half, " ", head, " ", x-half+r, " ", head,
		"H", x+half-r, "Q", x+half, " ", head, " ", x+half, " ", head+r*down, "V", floor, `z"`)
	if light {
		b.put(` opacity=".45"`)
	}
	b.put(`/>`)
}

// A Whisker is an estimate with its interval, for a line of a table: a dot and
// a whisker on a scale that all lines share, with a dashed line at Zero.
type Whisker struct {
	Lo, Value, Hi  float64
	Min, Max, Zero float64 // of the scale
	Label          string  // in words, read out
}

// Draw returns the drawing.
func (w Whisker) Draw() templ.Component {
	const wide, high = 240.0, 24.0
	x := func(v float64) float64 {
		if w.Max <= w.Min {
			return wide / 2
		}
		return 6 + (min(max(v, w.Min), w.Max)-w.Min)/(w.Max-w.Min)*(wide-12)
	}
	b := &svgText{}
	b.open("chart whiskers", wide, high, w.Label)
	b.put(`<line class="zero dash" x1="`, x(w.Zero), `" x2="`, x(w.Zero), `" y1="0" y2="`, high, `"/><g class="s1">`,
		`<line class="whisker" x1="`, x(w.Lo), `" x2="`, x(w.Hi), `" y1="12" y2="12"/><circle class="dot" cx="`, x(w.Value), `" cy="12" r="4.5"/></g>`)
	return b.component()
}

// heatClass returns the class of a cell of a heat table: share is 0 … 1.
func heatClass(share float64) string { return "heat " + valueClass(100*share) }

// A HeatCell is one cell of a HeatTable.
type HeatCell struct {
	Text  string
	Share float64 // 0 … 1: how deep its colour is; negative for an empty cell
	Light bool    // unfinished
}

// A HeatRow is a line of a HeatTable.
type HeatRow struct {
	Name  string
	Count string // how many it is about
	Cells []HeatCell
}

// A Heat is a table whose cells are the deeper in colour the higher they are.
type Heat struct {
	Caption string
	Head    []string // of the name, of the count, and of each cell
	Rows    []HeatRow
}

// deltaTone judges a change.
func deltaTone(change float64, good int) string {
	if (change > 0) == (good > 0) {
		return "ok"
	}
	return "warn"
}
