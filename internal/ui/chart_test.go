package ui

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

func drawn(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
	}
	if s := b.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, "style=") {
		t.Errorf("bad drawing: %s", s)
	}
	return b.String()
}

func TestChartsDraw(t *testing.T) {
	line := LineChart{Label: `40 % keep "<buying>"`, Lines: []Line{
		{Name: "A & B", Text: "8,4%", X: []float64{0, 1, 2}, Y: []float64{0, .4, .8}, Lo: []float64{0, .3, .7}, Hi: []float64{0, .5, .9}},
		{Name: "Control", X: []float64{0, 2}, Y: []float64{0, .4}, Dash: true},
		{X: []float64{1}, Y: []float64{.2}, Lo: []float64{.1}, Hi: []float64{.3}, Points: true},
	}, Marks: []Mark{{X: 1, Y: .4, Text: "peak"}}}
	s := drawn(t, line.Draw())
	for _, want := range []string{`role="img"`, `aria-label="40 % keep &#34;&lt;buying&gt;&#34;"`, `class="area"`, `class="line dash"`, "A &amp; B", "8,4%", `class="whisker"`, "peak"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %s in %s", want, s)
		}
	}
	bars := drawn(t, BarChart{Label: "x", Bars: []Bar{{Label: "a", Text: "3", Value: 3, Target: 4}, {Label: "b", Text: "−1", Value: -1}, {Label: "c", Value: 2, Light: true}}}.Draw())
	if n := strings.Count(bars, `class="bar"`); n != 3 {
		t.Errorf("%d bars", n)
	}
	// A name of two words that is wider than its bar takes two lines; a pointer is told the whole.
	months := BarChart{Label: "x"}
	for range 12 {
		months.Bars = append(months.Bars, Bar{Label: "Nov 2026", Tip: "Nov 2026: Rp 418 jt", Value: 1})
	}
	if s := drawn(t, months.Draw()); !strings.Contains(s, ">Nov</text>") || !strings.Contains(s, ">2026</text>") || !strings.Contains(s, "<title>Nov 2026: Rp 418 jt</title>") {
		t.Errorf("names of bars: %s", s)
	}
	drawn(t, Whisker{Lo: -1, Value: 2, Hi: 9, Min: -2, Max: 5, Label: "x"}.Draw())
	long := drawn(t, BarChart{Label: "x", Bars: slices.Repeat([]Bar{{Label: "Active, medium", Value: 1}}, 7)}.Draw())
	if !strings.Contains(long, ">Active,</text>") || !strings.Contains(long, ">medium</text>") || !strings.Contains(long, `viewBox="0 0 560 256"`) {
		t.Errorf("labels that are wider than their columns stand in one line:\n%s", long)
	}
	peak := drawn(t, LineChart{X: Scale{Hi: 100, Step: 20}, Lines: []Line{{Name: "All", X: []float64{0, 100}, Y: []float64{0, 5}}}, Marks: []Mark{{X: 98, Y: 5, Text: "peak Rp 12,5 M"}}}.Draw())
	if !strings.Contains(peak, `text-anchor="end">peak`) {
		t.Errorf("the word at a point near the end runs into the name of the line:\n%s", peak)
	}
	// Nothing that data may hold breaks a drawing.
	drawn(t, LineChart{}.Draw())
	drawn(t, BarChart{}.Draw())
	drawn(t, LineChart{Lines: []Line{{X: []float64{math.NaN(), 2}, Y: []float64{math.Inf(1), 3, 4}}}}.Draw())
	drawn(t, Whisker{Lo: math.NaN(), Hi: math.Inf(1)}.Draw())
}

func TestNiceScale(t *testing.T) {
	for _, tt := range []struct {
		lo, hi float64
		want   Scale
	}{
		{0, 100, Scale{0, 100, 25}},
		{-3, 97, Scale{-25, 100, 25}},
		{0, .35, Scale{0, .4, .1}},
		{5, 5, Scale{5, 6, .25}},
	} {
		got := NiceScale(tt.lo, tt.hi, 4)
		if math.Abs(got.Lo-tt.want.Lo) > 1e-9 || math.Abs(got.Hi-tt.want.Hi) > 1e-9 || math.Abs(got.Step-tt.want.Step) > 1e-9 {
			t.Errorf("NiceScale(%v, %v) = %v, want %v", tt.lo, tt.hi, got, tt.want)
		}
	}
}
