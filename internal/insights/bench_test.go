package insights_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights"
)

// BenchmarkRun makes all facts of the workspace that AKRAB_BENCH_WORKSPACE
// names anew: a file, or the address of a PostgreSQL schema. It writes to it.
func BenchmarkRun(b *testing.B) {
	url := os.Getenv("AKRAB_BENCH_WORKSPACE")
	if url == "" {
		b.Skip("AKRAB_BENCH_WORKSPACE is not set")
	}
	d, err := db.Open(context.Background(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(context.Background(), modules...); err != nil {
		b.Fatal(err)
	}
	for _, learn := range []bool{false, true} {
		name := "quick"
		if learn {
			name = "learning"
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				start := time.Now()
				sum, err := insights.Run(context.Background(), d, insights.RunOptions{Learn: learn})
				if err != nil {
					b.Fatal(err)
				}
				b.Logf("%+v in %v", sum, time.Since(start))
			}
		})
	}
}
