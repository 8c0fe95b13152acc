package ui

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"
)

// SearchRoute returns the route of /search, whose hits find returns: the
// records that q means, best first, at most about a dozen.
func SearchRoute(find func(r *Req, q string) ([]HitGroup, error)) Route {
	return GET(PathSearch, Self, func(w http.ResponseWriter, r *Req) error {
		q := r.Text("q")
		var groups []HitGroup
		if q != "" {
			var err error
			if groups, err = find(r, q); err != nil {
				return err
			}
		}
		if r.Partial() {
			return RenderPart(w, r, http.StatusOK, paletteOptions(r.View, q, groups))
		}
		return Render(w, r, http.StatusOK, SearchResults(r.View, q, groups))
	})
}

func hitCount(groups []HitGroup) int {
	n := 0
	for _, g := range groups {
		n += len(g.Hits)
	}
	return n
}

// marked shows name with the words of q in bold where they stand in it as
// typed; a word that was found otherwise (by its accents, by a number) is not
// marked.
func marked(name, q string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, mark(name, q))
		return err
	})
}

func mark(name, q string) string {
	low := strings.ToLower(name)
	if len(low) != len(name) { // a letter whose lower case has another length: positions would not agree
		return templ.EscapeString(name)
	}
	at, end := -1, -1
	for word := range strings.FieldsSeq(strings.ToLower(q)) {
		for i := 0; ; {
			j := strings.Index(low[i:], word)
			if j < 0 {
				break
			}
			if j += i; j == 0 || low[j-1] == ' ' {
				if at < 0 || j < at {
					at, end = j, j+len(word)
				}
				break
			}
			i = j + len(word)
		}
	}
	if at < 0 {
		return templ.EscapeString(name)
	}
	return templ.EscapeString(name[:at]) + "<b>" + templ.EscapeString(name[at:end]) + "</b>" + templ.EscapeString(name[end:])
}

func keyText(k string) string { return strings.Join(keyCaps(k), " ") }
