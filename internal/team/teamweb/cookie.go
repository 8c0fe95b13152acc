package teamweb

import (
	"net/http"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/locale"
)

// The cookies. The session's has the prefix __Host- where it is Secure, so that
// no other host of the same domain can set it.
const (
	sessionCookie = "akrab_session"
	langCookie    = "akrab_lang"
	year          = 365 * 24 * time.Hour
)

func (p *Pages) sessionName(r *http.Request) string {
	name := p.Cookie
	if name == "" {
		name = sessionCookie
	}
	if Secure(r, p.Trusted) {
		return "__Host-" + name
	}
	return name
}

// sessionSecret returns the secret in the cookie, or "".
func (p *Pages) sessionSecret(r *http.Request) string {
	c, err := r.Cookie(p.sessionName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

// GiveSession lets a browser keep the secret of a session that was started
// without these pages.
func (p *Pages) GiveSession(w http.ResponseWriter, r *http.Request, secret string) {
	p.setSession(w, r, secret)
}

// setSession gives the browser a session's secret, or takes it back if it is "".
func (p *Pages) setSession(w http.ResponseWriter, r *http.Request, secret string) {
	age := int(year / time.Second) // the server decides when it ends
	if secret == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: p.sessionName(r), Value: secret, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: Secure(r, p.Trusted),
	})
}

func (p *Pages) setLang(w http.ResponseWriter, r *http.Request, lang locale.Lang) {
	http.SetCookie(w, &http.Cookie{
		Name: langCookie, Value: string(lang), Path: "/", MaxAge: int(year / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: Secure(r, p.Trusted),
	})
}

// cookieLang returns the language that a browser chose before, or "".
func cookieLang(r *http.Request) locale.Lang {
	c, err := r.Cookie(langCookie)
	if err != nil {
		return ""
	}
	for _, l := range locale.Langs() {
		if string(l) == c.Value {
			return l
		}
	}
	return ""
}

// returnTo returns the page within Akrab to go to after signing in: next, if
// it is one that no browser takes for an address elsewhere, else the first.
func returnTo(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || len(next) > 2000 {
		return "/"
	}
	for i := range len(next) {
		if next[i] <= ' ' || next[i] == '\\' || next[i] == 0x7f {
			return "/"
		}
	}
	path, _, _ := strings.Cut(next, "?")
	switch path {
	case "/signin", "/signin/password", "/signout", "/setup":
		return "/"
	}
	return next
}
