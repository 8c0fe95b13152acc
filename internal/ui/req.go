package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A Req is a request by a visitor. Its form is parsed, and free of NUL and
// invalid UTF-8, unless the body is multipart: then the handler reads that.
type Req struct {
	*http.Request
	Who  db.Who
	View *View

	server *server // that serves it; nil in tests of parts
	leave  func()  // ends the turn of a form; nil if it has none
}

// ID returns the id in the path or the form under name. A bad or missing id is
// a NotFound error: nothing has such an id.
func (r *Req) ID(name string) (ids.ID, error) {
	return ids.Parse(r.value(name))
}

// MaybeID is like ID but returns the zero ID if the value is missing or empty.
func (r *Req) MaybeID(name string) (ids.ID, error) {
	s := r.value(name)
	if s == "" {
		return ids.ID{}, nil
	}
	return ids.Parse(s)
}

func (r *Req) value(name string) string {
	if s := r.PathValue(name); s != "" {
		return s
	}
	return r.Form.Get(name)
}

// IDs returns the ids in the form under name, each once, in order.
func (r *Req) IDs(name string) ([]ids.ID, error) {
	var list []ids.ID
	seen := make(map[ids.ID]bool)
	for _, s := range r.Form[name] {
		id, err := ids.Parse(s)
		if err != nil {
			return nil, err
		}
		if !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	return list, nil
}

// Text returns the form value under name without surrounding space, with line
// ends as \n. It is "" if there is none.
func (r *Req) Text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(r.Form.Get(name), "\r\n", "\n"))
}

// Texts returns all form values under name, as Text does, without empty ones.
func (r *Req) Texts(name string) []string {
	var list []string
	for _, s := range r.Form[name] {
		if s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// Bool reports whether the form value under name is that of a ticked box.
func (r *Req) Bool(name string) bool {
	switch r.Form.Get(name) {
	case "1", "on", "true":
		return true
	}
	return false
}

// Int returns the whole number under name, or def if there is none.
func (r *Req) Int(name string, def int64) int64 {
	n, err := strconv.ParseInt(r.Form.Get(name), 10, 64)
	if err != nil {
		return def
	}
	return n
}

// maxRows bounds how many repeating rows of one name a form may have.
const maxRows = 500

// Rows returns the indexes, ascending, of the repeating rows that the form
// holds under prefix: [0 2] for emails.0.value, emails.2.value and emails.0.id.
func (r *Req) Rows(prefix string) []int {
	var list []int
	for name := range r.Form {
		rest, ok := strings.CutPrefix(name, prefix+".")
		if !ok {
			continue
		}
		num, _, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(num)
		if err == nil && i >= 0 && i < 1<<20 && !slices.Contains(list, i) && len(list) < maxRows {
			list = append(list, i)
		}
	}
	slices.Sort(list)
	return list
}

// RowName returns the name of a field in a repeating row: "emails.2.value".
// A negative i makes the name for the row that a script copies.
func RowName(prefix string, i int, field string) string {
	n := strconv.Itoa(i)
	if i < 0 {
		n = RowPlaceholder
	}
	return prefix + "." + n + "." + field
}

// RowPlaceholder stands for the index in the row that a script copies.
const RowPlaceholder = "__n__"

// Partial reports whether only a part of the page is asked for.
func (r *Req) Partial() bool { return r.Header.Get("HX-Request-Type") == "partial" }

// Target returns the id of the element that the answer replaces, for example
// "list"; "" if the request doesn't say.
func (r *Req) Target() string {
	// htmx sends the tag's name and the id, escaped as in an address: "div#list".
	_, id, _ := strings.Cut(r.Header.Get("HX-Target"), "#")
	if s, err := url.PathUnescape(id); err == nil {
		return s
	}
	return ""
}

// Back returns where to go after an action: the form's "back" value if it is
// an address within Akrab, else the page that the request came from, else def.
func (r *Req) Back(def string) string {
	if s := r.Form.Get("back"); localPath(s) {
		return s
	}
	if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil && u.Host == r.Host && localPath(u.RequestURI()) {
		return u.RequestURI()
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && localPath(u.RequestURI()) {
		return u.RequestURI()
	}
	return def
}

// BackTo returns the page at path, with the query that it had if the request
// came from there.
func (r *Req) BackTo(path string) string {
	to := r.Back(path)
	if at, _, _ := strings.Cut(to, "?"); at != path {
		return path
	}
	return to
}

// localPath reports whether s is a path on this server, which no browser takes
// for an address elsewhere ("//host", "/\host", "https:").
func localPath(s string) bool {
	if !strings.HasPrefix(s, "/") || len(s) > 2000 {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '\\' || s[i] == 0x7f {
			return false
		}
	}
	return !strings.HasPrefix(s, "//")
}

// clean refuses form values that no database stores.
func clean(form url.Values) error {
	var list errs.List
	for name, values := range form {
		for _, s := range append(values, name) {
			if _, err := fold.Clean(s); err != nil {
				list.Add(errs.InvalidField(name, "error.text_invalid"))
				break
			}
		}
	}
	return list.Err()
}
