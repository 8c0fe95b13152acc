package app

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strings"

	"github.com/akrab-crm/akrab/internal/team/teamweb"
)

// A MetricsAccess says who may read /metrics besides this machine itself.
type MetricsAccess struct {
	Networks []netip.Prefix
	Token    string // that a request shows as "Authorization: Bearer …"; "" for none
}

// guard lets those through to h who may read the metrics: they tell how busy a
// company is, and nobody else needs to know.
func (m MetricsAccess) guard(trusted []netip.Prefix, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if m.allows(r, trusted) {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		w.Write([]byte("The metrics are for this machine alone. akrab serve --metrics and --metrics-token open them to others.\n"))
	})
}

func (m MetricsAccess) allows(r *http.Request, trusted []netip.Prefix) bool {
	if kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); m.Token != "" && strings.EqualFold(kind, "Bearer") {
		got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(m.Token)) // of one length, whatever was sent
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			return true
		}
	}
	from := teamweb.ClientIP(r, trusted)
	if !from.IsValid() {
		return false
	}
	for _, n := range m.Networks {
		if n.Contains(from) {
			return true
		}
	}
	return from.IsLoopback() && !forwarded(r)
}

// forwarded reports whether a proxy passed the request on for somebody: on
// this machine it comes from loopback too, and whom it is for only a trusted
// one may say.
func forwarded(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}
