package uitest

import (
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// CheckHTML fails the test for what no page of Akrab may contain: style
// attributes, inline scripts and handlers (the Content-Security-Policy would
// refuse them, and silently), messages and icons that don't exist, ids used
// twice, and controls without a name. Where names the page in messages.
// It returns the page, parsed.
func CheckHTML(t testing.TB, where, page string) *html.Node {
	t.Helper()
	if i := strings.Index(page, "⟦"); i >= 0 {
		t.Errorf("%s: missing message %.60s", where, page[i:])
	}
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	ids := make(map[string]bool)
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		checkElement(t, where, n, ids)
	}
	return doc
}

func checkElement(t testing.TB, where string, n *html.Node, ids map[string]bool) {
	t.Helper()
	for _, a := range n.Attr {
		switch {
		case a.Key == "style", strings.HasPrefix(a.Key, "on"), strings.HasPrefix(a.Key, "hx-on"):
			t.Errorf("%s: <%s> has %s=%q", where, n.Data, a.Key, a.Val)
		case (a.Key == "href" || a.Key == "action" || a.Key == "formaction") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:"):
			t.Errorf("%s: <%s> has %s=%q", where, n.Data, a.Key, a.Val)
		case a.Key == "id" && !inTemplate(n):
			if ids[a.Val] {
				t.Errorf("%s: id %q is used twice", where, a.Val)
			}
			ids[a.Val] = true
		}
	}
	switch n.Data {
	case "style":
		t.Errorf("%s: has a <style>", where)
	case "script":
		if attr(n, "src") == "" {
			t.Errorf("%s: has an inline <script>", where)
		}
	case "button", "a":
		// A hidden button is what Enter presses: nobody reads it.
		if !hasAttr(n, "hidden") && attr(n, "aria-label") == "" && attr(n, "title") == "" && strings.TrimSpace(textOf(n)) == "" {
			t.Errorf("%s: <%s> has no name: %s", where, n.Data, outer(n))
		}
	case "use":
		if _, id, _ := strings.Cut(attr(n, "href"), "#"); !strings.Contains(sprite(), `id="`+id+`"`) {
			t.Errorf("%s: there is no icon %s", where, id)
		}
	case "img":
		if !hasAttr(n, "alt") {
			t.Errorf("%s: <img> without alt: %s", where, outer(n))
		}
	}
}

func inTemplate(n *html.Node) bool {
	for p := range n.Ancestors() {
		if p.Data == "template" {
			return true
		}
	}
	return false
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func outer(n *html.Node) string {
	var b strings.Builder
	if err := html.Render(&b, n); err != nil {
		return n.Data
	}
	return b.String()
}

// sprite returns the source of the icons.
var sprite = sync.OnceValue(func() string {
	b, err := os.ReadFile(findUp("internal/ui/assets/icons.svg"))
	if err != nil {
		return ""
	}
	return string(b)
})
