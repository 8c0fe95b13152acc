package ui

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// Icon returns a 16-pixel icon of the sprite assets/icons.svg, by name without
// "i-". It is decoration: say what it means beside it, or with aria-label on
// the button that holds nothing else. Class may be "sm" or "lg".
//
// The sprite is a file of its own, which browsers keep: within each page it
// would add 13 kB (3.7 kB zipped) to pages of 10 to 28 kB (3 to 6 kB zipped).
//
//go:noinline
func Icon(name string, class ...string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		c := "i"
		for _, s := range class {
			if s != "" {
				c += " " + s
			}
		}
		_, err := io.WriteString(w, `<svg class="`+templ.EscapeString(c)+`" aria-hidden="true"><use href="`+sprite()+`#i-`+templ.EscapeString(name)+`"></use></svg>`)
		return err
	})
}

// glyph returns a sprite symbol of its own shape: the signals, the mark.
func glyph(symbol, viewBox, class string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, `<svg class="%s" viewBox="%s" aria-hidden="true"><use href="%s#%s"></use></svg>`, class, viewBox, sprite(), symbol)
		return err
	})
}

func sprite() string { return asset("icons.svg") }

// join returns the non-empty classes, separated by spaces.
func join(classes ...string) string {
	var list []string
	for _, c := range classes {
		if c != "" {
			list = append(list, c)
		}
	}
	return strings.Join(list, " ")
}

// hues is how many identity colours there are: 185°, 190° … 345°, which keeps
// clear of the colours of signals.
const hues = 33

// hueClass returns the class of the identity colour of a name.
func hueClass(name string) string {
	h := fnv.New32a()
	io.WriteString(h, name)
	return "hue-" + strconv.Itoa(185+5*int(h.Sum32()%hues))
}

// valueClass returns the class that tells CSS a share in percent.
func valueClass(percent float64) string {
	if math.IsNaN(percent) {
		percent = 0
	}
	return "v-" + strconv.Itoa(int(math.Round(min(max(percent, 0), 100))))
}

// titles are words before a name that don't tell people apart.
var titles = map[string]bool{
	"pt": true, "cv": true, "ud": true, "tb": true, "toko": true, "bu": true, "ibu": true, "pak": true, "bapak": true, "bpk": true,
	"mbak": true, "mas": true, "hotel": true, "rs": true, "klinik": true, "depot": true, "koperasi": true, "dr": true, "drg": true,
	"ir": true, "hj": true, "mr": true, "mrs": true, "ms": true, "the": true,
}

// Initials returns one or two letters for an avatar: "CV Tirta Berkah" → "TB".
// It returns "" for a name without letters and digits.
func Initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	for len(words) > 1 && titles[strings.ToLower(words[0])] {
		words = words[1:]
	}
	var s []rune
	for _, w := range words {
		w = strings.TrimLeftFunc(w, unicode.IsMark)
		if r, n := utf8.DecodeRuneInString(w); n > 0 && len(s) < 2 {
			s = append(s, unicode.ToUpper(r))
		}
	}
	return string(s)
}

// Swap returns the attributes that make a link or a form replace only the
// element with the given id, and not the whole page, where scripts run. The
// page must hold that element in a Fragment of the same name.
// The address of a link changes with it.
func Swap(id string) templ.Attributes {
	// Not morphed: a row's tick must not pass to the row that comes in its place.
	return templ.Attributes{"hx-boost": `target:"#` + id + `" swap:"outerHTML show:none"`}
}

// SwapForm is Swap for a form that changes something: the address stays.
func SwapForm(id string) templ.Attributes { return templ.Attributes{"hx-boost": formBoost(id)} }

func formBoost(id string) string {
	return `target:"#` + id + `" swap:"outerMorph show:none" push:false`
}
