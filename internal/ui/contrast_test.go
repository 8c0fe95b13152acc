package ui

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A palette is the colours of tokens.css.
type colours map[string]string

// oklch returns a colour's lightness, chroma and hue in a theme, with the
// brand's hue and chroma.
func (c colours) oklch(t *testing.T, name string, dark bool, hue, chroma float64) [3]float64 {
	t.Helper()
	v := c[name]
	if in, ok := strings.CutPrefix(v, "light-dark("); ok {
		light, other := cutTop(strings.TrimSuffix(in, ")"))
		if v = light; dark {
			v = other
		}
	}
	if in, ok := strings.CutPrefix(v, "var("); ok {
		return c.oklch(t, strings.TrimSuffix(in, ")"), dark, hue, chroma)
	}
	v = strings.NewReplacer("var(--brand-h)", num(hue), "var(--brand-c)", num(chroma)).Replace(v)
	v = regexp.MustCompile(`calc\(([\d.]+) \* ([\d.]+)\)`).ReplaceAllStringFunc(v, func(s string) string {
		a, b, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(s, "calc("), ")"), " * ")
		return num(parse(t, a) * parse(t, b))
	})
	in, ok := strings.CutPrefix(v, "oklch(")
	if !ok {
		t.Fatalf("%s is %q, not a colour", name, v)
	}
	in, _, _ = strings.Cut(strings.TrimSuffix(in, ")"), "/")
	f := strings.Fields(in)
	if len(f) != 3 {
		t.Fatalf("%s is %q, not a colour", name, v)
	}
	return [3]float64{parse(t, f[0]), parse(t, f[1]), parse(t, f[2])}
}

// cutTop cuts at the first comma outside brackets.
func cutTop(s string) (before, after string) {
	depth := 0
	for i, r := range s {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+1:])
		}
	}
	return s, s
}

func num(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func parse(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// luminance returns the relative luminance (WCAG) of an OKLCH colour.
func luminance(c [3]float64) float64 {
	a, b := c[1]*math.Cos(c[2]*math.Pi/180), c[1]*math.Sin(c[2]*math.Pi/180)
	cube := func(x float64) float64 { return x * x * x }
	l := cube(c[0] + .3963377774*a + .2158037573*b)
	m := cube(c[0] - .1055613458*a - .0638541728*b)
	s := cube(c[0] - .0894841775*a - 1.291485548*b)
	clip := func(x float64) float64 { return min(max(x, 0), 1) }
	return .2126*clip(4.0767416621*l-3.3077115913*m+.2309699292*s) +
		.7152*clip(-1.2684380046*l+2.6097574011*m-.3413193965*s) +
		.0722*clip(-.0041960863*l-.7034186147*m+1.707614701*s)
}

// Every text can be read on every surface, in both themes and with any brand:
// 4.5 to 1, and 3 to 1 for what only has to be seen (WCAG 1.4.3, 1.4.11).
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("assets/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	c := make(colours)
	for _, m := range regexp.MustCompile(`(--[\w-]+):\s*([^;]+);`).FindAllStringSubmatch(string(css), -1) {
		if _, ok := c[m[1]]; !ok {
			c[m[1]] = strings.TrimSpace(m[2])
		}
	}
	type pair struct {
		front, back string
		least       float64
	}
	var pairs []pair
	states := []string{"ok", "warn", "bad", "info"}
	for _, surface := range []string{"--canvas", "--surface", "--sunken", "--raised", "--hover"} {
		for _, text := range []string{"--text", "--text-2", "--text-3", "--accent-ink"} {
			pairs = append(pairs, pair{text, surface, 4.5})
		}
		for _, s := range states {
			pairs = append(pairs, pair{"--" + s + "-ink", surface, 4.5})
		}
		pairs = append(pairs, pair{"--focus", surface, 3})
	}
	for _, s := range append(states, "accent") {
		pairs = append(pairs, pair{"--" + s + "-ink", "--" + s + "-tint", 4.5})
	}
	for _, p := range [][2]string{
		{"--on-accent", "--accent"}, {"--on-accent", "--accent-hover"}, {"--text", "--accent-tint"}, {"--text-2", "--accent-tint"}, {"--text-3", "--accent-tint"},
		{"--text", "--accent-tint-2"}, {"--text-2", "--warn-tint"}, {"--text-3", "--warn-tint"}, {"--text-2", "--pressed"}, {"--text-3", "--pressed"},
	} {
		pairs = append(pairs, pair{p[0], p[1], 4.5})
	}
	for _, p := range [][2]string{{"--line-input", "--surface"}, {"--line-input", "--sunken"}, {"--line-input", "--raised"}, {"--accent", "--surface"}, {"--bad", "--surface"}, {"--ok", "--surface"}} {
		pairs = append(pairs, pair{p[0], p[1], 3})
	}
	for _, brand := range [][2]float64{{268, .15}, {195, .09}, {155, .11}, {25, .16}} {
		for _, dark := range []bool{false, true} {
			for _, p := range pairs {
				a, b := luminance(c.oklch(t, p.front, dark, brand[0], brand[1])), luminance(c.oklch(t, p.back, dark, brand[0], brand[1]))
				if ratio := (max(a, b) + .05) / (min(a, b) + .05); ratio < p.least {
					t.Errorf("%s on %s: %.2f to 1, want %g (dark %v, brand hue %g)", p.front, p.back, ratio, p.least, dark, brand[0])
				}
			}
		}
	}
}
