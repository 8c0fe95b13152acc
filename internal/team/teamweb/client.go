package teamweb

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/akrab-crm/akrab/internal/team"
)

// ClientIP returns the address that a request comes from. If a trusted proxy
// sent it, that is the last address in X-Forwarded-For that is not itself a
// trusted proxy's: what stands before it, anyone may have written. It returns
// the zero address if there is none.
func ClientIP(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := parseAddr(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(addr, trusted); i-- {
		hop := parseAddr(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		addr = hop
	}
	return addr
}

// parseAddr reads an IP address with or without a port, and without the zone
// that only the machine itself understands.
func parseAddr(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Secure reports whether the browser sent a request by HTTPS: to Akrab, or to
// a trusted proxy that says so.
func Secure(r *http.Request, trusted []netip.Prefix) bool {
	if r.TLS != nil {
		return true
	}
	if !isTrusted(parseAddr(r.RemoteAddr), trusted) {
		return false
	}
	values := strings.Split(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	return strings.EqualFold(strings.TrimSpace(values[len(values)-1]), "https")
}

// onThisMachine reports whether a request was surely sent by a browser on the
// machine on which Akrab runs: from a loopback address, to a loopback name (a
// page elsewhere can point its own name here), and through no proxy, known or
// not, which would make everyone look local.
func onThisMachine(r *http.Request) bool {
	for _, h := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	local := strings.EqualFold(host, "localhost") || parseAddr(host).IsLoopback()
	return local && parseAddr(r.RemoteAddr).IsLoopback()
}

// Device returns what is known of the device that sent a request.
func (p *Pages) Device(r *http.Request) team.Device { return p.device(r) }

func (p *Pages) device(r *http.Request) team.Device {
	return team.Device{Agent: r.UserAgent(), Address: ClientIP(r, p.Trusted).String()}
}

// describe names the browser and the system in a User-Agent, or returns ""
// for those it doesn't know. Order matters: browsers claim to be others too.
func describe(agent string) (browser, system string) {
	for _, b := range [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Vivaldi", "Vivaldi"}, {"Firefox/", "Firefox"},
		{"FxiOS", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	} {
		if strings.Contains(agent, b[0]) {
			browser = b[1]
			break
		}
	}
	for _, s := range [][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	} {
		if strings.Contains(agent, s[0]) {
			system = s[1]
			break
		}
	}
	return browser, system
}
