package customersweb

import (
	"net/http"
	"slices"
	"strings"

	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// The customers whom a user looked at last are known to their browser only: it
// is no business of others, and a page that is only read writes nothing.

const (
	recentCookie = "akrab_recent"
	maxRecent    = 12
)

// Recent returns the customers whom the visitor looked at last in this
// browser, the latest first. They may be gone by now.
func Recent(r *ui.Req) []ids.ID {
	c, err := r.Cookie(recentCookie)
	if err != nil || len(c.Value) > 40*(maxRecent+1) {
		return nil
	}
	parts := strings.Split(c.Value, "~")
	if parts[0] != r.Who.User.String() { // another one used this browser
		return nil
	}
	var list []ids.ID
	for _, s := range parts[1:] {
		id, err := ids.Parse(s)
		if err == nil && len(list) < maxRecent {
			list = append(list, id)
		}
	}
	return list
}

// remember puts a customer before the others whom the visitor looked at.
func remember(w http.ResponseWriter, r *ui.Req, id ids.ID) {
	list := slices.DeleteFunc(Recent(r), func(x ids.ID) bool { return x == id })
	list = slices.Insert(list, 0, id)
	list = list[:min(len(list), maxRecent)]
	parts := []string{r.Who.User.String()}
	for _, x := range list {
		parts = append(parts, x.String())
	}
	http.SetCookie(w, &http.Cookie{
		Name: recentCookie, Value: strings.Join(parts, "~"), Path: "/", MaxAge: 90 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
}
