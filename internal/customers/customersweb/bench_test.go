package customersweb_test

import (
	"testing"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
)

// BenchmarkRecord measures the page of an organisation with people and a
// timeline of several pages, on SQLite.
func BenchmarkRecord(b *testing.B) {
	s := newSite(b, dbtest.Open(b, modules...))
	org, ratna := s.company()
	for range 60 {
		s.log(activity.Interaction{Customer: org, Kind: activity.Call, Direction: activity.In, Seconds: 90, At: now, Body: "Menanyakan pesanan yang tertahan. Akan transfer satu faktur siang ini."})
	}
	plain := s.add(customers.Customer{Name: "Budi Santoso", Phones: []customers.Phone{{Value: "0811222333"}}, Emails: []customers.Email{{Value: "budi@contoh.id"}}})
	for range 5 {
		s.log(activity.Interaction{Customer: plain, Kind: activity.Call, Direction: activity.In, At: now, Body: "Menanyakan pesanan."})
	}
	for _, p := range []struct{ name, path string }{
		{"organisation", "/customers/" + org.String()},
		{"member", "/customers/" + ratna.String()},
		{"person", "/customers/" + plain.String()},
		{"edit", "/customers/" + org.String() + "/edit"},
		{"home", "/"},
	} {
		b.Run(p.name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				size = len(s.open(p.path).is(200).body)
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}
