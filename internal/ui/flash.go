package ui

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/akrab-crm/akrab/internal/ids"
)

// A Toast says what the last action did, for ten seconds, and may offer to
// take it back.
type Toast struct {
	Key  string   // message key
	Args []string // names and values for the message
	N    int64    // the message's argument n, which chooses its plural form; 0 if it has none
	Tone string   // "ok" (or empty), "info", "warn", "bad"
	Undo ids.ID   // the operation that the toast offers to undo; zero for none
	Href string   // where "show" leads, for example the record made; empty for none

	ShowKey string    // message key of what leads to Href, instead of "show"
	Ask     *ToastAsk // a further word that may be said about it; nil for none
}

// A ToastAsk is a button that posts one field.
type ToastAsk struct {
	Label       string // message key
	Action      string // where it posts
	Name, Value string // of the field
}

const flashCookie = "akrab_flash"

// Flash shows t on the next page that this browser gets: after a redirect, or
// in the present answer if it is rendered after the call.
func Flash(w http.ResponseWriter, r *Req, t Toast) {
	r.View.Toast = &t
	http.SetCookie(w, &http.Cookie{
		Name: flashCookie, Value: encodeFlash(t), Path: "/", MaxAge: 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
}

func dropFlash(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: flashCookie, Path: "/", MaxAge: -1,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
}

func encodeFlash(t Toast) string {
	b, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeFlash reads a toast from a cookie, which anyone may have written:
// it returns nil for anything but a well-formed one.
func decodeFlash(s string) *Toast {
	if s == "" || len(s) > 4096 {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	var t Toast
	if json.Unmarshal(b, &t) != nil || t.Key == "" || len(t.Args)%2 != 0 {
		return nil
	}
	if t.Href != "" && !localPath(t.Href) {
		t.Href = ""
	}
	if t.Ask != nil && !localPath(t.Ask.Action) {
		t.Ask = nil
	}
	switch t.Tone {
	case "ok", "info", "warn", "bad":
	default:
		t.Tone = "ok"
	}
	return &t
}

// Message returns the toast's text.
func (v *View) toastText(t *Toast) string {
	args := make([]any, 0, len(t.Args)+2)
	for _, a := range t.Args {
		args = append(args, a)
	}
	if t.N != 0 {
		args = append(args, "n", t.N)
	}
	return v.T(t.Key, args...)
}
