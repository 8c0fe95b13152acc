package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestWhoReadsTheMetrics(t *testing.T) {
	office := netip.MustParsePrefix("192.0.2.0/24")
	proxy := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, tt := range []struct {
		name    string
		access  MetricsAccess
		trusted []netip.Prefix
		from    string
		header  map[string]string
		want    int
	}{
		{"this machine", MetricsAccess{}, nil, "127.0.0.1:5000", nil, 200},
		{"this machine, IPv6", MetricsAccess{}, nil, "[::1]:5000", nil, 200},
		{"elsewhere", MetricsAccess{}, nil, "192.0.2.7:5000", nil, 403},
		{"elsewhere, by a proxy on this machine", MetricsAccess{}, nil, "127.0.0.1:5000", map[string]string{"X-Forwarded-For": "192.0.2.7"}, 403},
		{"who says to be this machine", MetricsAccess{}, nil, "127.0.0.1:5000", map[string]string{"X-Forwarded-For": "127.0.0.1"}, 403},
		{"a network", MetricsAccess{Networks: []netip.Prefix{office}}, nil, "192.0.2.7:5000", nil, 200},
		{"another network", MetricsAccess{Networks: []netip.Prefix{office}}, nil, "198.51.100.7:5000", nil, 403},
		{"a network, by a trusted proxy", MetricsAccess{Networks: []netip.Prefix{office}}, proxy, "127.0.0.1:5000", map[string]string{"X-Forwarded-For": "192.0.2.7"}, 200},
		{"a token", MetricsAccess{Token: "kunci"}, nil, "192.0.2.7:5000", map[string]string{"Authorization": "Bearer kunci"}, 200},
		{"another token", MetricsAccess{Token: "kunci"}, nil, "192.0.2.7:5000", map[string]string{"Authorization": "Bearer lain"}, 403},
		{"no token", MetricsAccess{}, nil, "192.0.2.7:5000", map[string]string{"Authorization": "Bearer "}, 403},
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr = tt.from
		for k, v := range tt.header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		tt.access.guard(tt.trusted, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, w.Code, tt.want)
		}
	}
}
