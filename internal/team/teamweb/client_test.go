package teamweb

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

func TestClientIP(t *testing.T) {
	tests := []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"203.0.113.5:1234", nil, "203.0.113.5"},
		{"[2001:db8::1]:1234", nil, "2001:db8::1"},
		{"[::ffff:203.0.113.5]:1234", nil, "203.0.113.5"},
		{"203.0.113.5:1234", []string{"198.51.100.1"}, "203.0.113.5"}, // no proxy of ours says so
		{"10.0.0.1:1234", nil, "10.0.0.1"},
		{"10.0.0.1:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.1:1234", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"}, // what the client wrote itself is left aside
		{"10.0.0.1:1234", []string{"192.0.2.66", "198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"10.0.0.1:1234", []string{"198.51.100.1:5555"}, "198.51.100.1"},
		{"[fd00::1]:1", []string{"[2001:db8::2]:99"}, "2001:db8::2"},
		{"10.0.0.1:1234", []string{"nonsense"}, "10.0.0.1"},
		{"10.0.0.1:1234", []string{"", ","}, "10.0.0.1"},
		{"10.0.0.1:1234", []string{"10.0.0.3"}, "10.0.0.3"},
		{"@", nil, "invalid IP"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := ClientIP(r, proxies).String(); got != tt.want {
			t.Errorf("ClientIP from %s for %q = %s, want %s", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

func TestSecure(t *testing.T) {
	tests := []struct {
		remote, proto string
		tls           bool
		want          bool
	}{
		{"203.0.113.5:1", "", false, false},
		{"203.0.113.5:1", "", true, true},
		{"203.0.113.5:1", "https", false, false},
		{"10.0.0.1:1", "https", false, true},
		{"10.0.0.1:1", "HTTPS", false, true},
		{"10.0.0.1:1", "https, http", false, false},
		{"10.0.0.1:1", "http", false, false},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		if tt.proto != "" {
			r.Header.Set("X-Forwarded-Proto", tt.proto)
		}
		if tt.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if got := Secure(r, proxies); got != tt.want {
			t.Errorf("Secure from %s, %q, TLS %v = %v", tt.remote, tt.proto, tt.tls, got)
		}
	}
}

func TestOnThisMachine(t *testing.T) {
	tests := []struct {
		remote, host, header string
		want                 bool
	}{
		{"127.0.0.1:1", "127.0.0.1:8090", "", true},
		{"127.0.0.1:1", "localhost:8090", "", true},
		{"[::1]:1", "[::1]:8090", "", true},
		{"127.0.0.1:1", "crm.example.com", "", false}, // a name that was pointed here
		{"127.0.0.1:1", "localhost:8090", "X-Forwarded-For", false},
		{"127.0.0.1:1", "localhost:8090", "Forwarded", false},
		{"127.0.0.1:1", "localhost:8090", "Via", false},
		{"203.0.113.5:1", "localhost:8090", "", false},
		{"203.0.113.5:1", "127.0.0.1:8090", "", false},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Host = tt.remote, tt.host
		if tt.header != "" {
			r.Header.Set(tt.header, "x")
		}
		if got := onThisMachine(r); got != tt.want {
			t.Errorf("onThisMachine from %s to %s with %q = %v", tt.remote, tt.host, tt.header, got)
		}
	}
}

func TestDescribe(t *testing.T) {
	tests := []struct{ agent, browser, system string }{
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36", "Chrome", "Windows"},
		{"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/124.0 Safari/537.36 Edg/124.0", "Edge", "Windows"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1", "Safari", "iPhone"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 CriOS/124.0 Mobile/15E148 Safari/604.1", "Chrome", "iPhone"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 14.4; rv:125.0) Gecko/20100101 Firefox/125.0", "Firefox", "macOS"},
		{"Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 SamsungBrowser/24.0 Chrome/117.0 Mobile Safari/537.36", "Samsung Internet", "Android"},
		{"curl/8.5.0", "curl", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		if b, s := describe(tt.agent); b != tt.browser || s != tt.system {
			t.Errorf("describe(%q) = %q, %q", tt.agent, b, s)
		}
	}
}

func FuzzClientIP(f *testing.F) {
	for _, s := range []string{"", "203.0.113.5", "1.2.3.4, 5.6.7.8", "[::1]:80", "fe80::1%eth0", "unknown", ",,,", "\x00"} {
		f.Add("10.0.0.1:1", s)
		f.Add(s, "198.51.100.1")
	}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		if a := ClientIP(r, proxies); a.Zone() != "" || a.Is4In6() {
			t.Errorf("ClientIP from %q for %q = %s", remote, forwarded, a)
		}
	})
}
