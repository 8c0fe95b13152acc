package learn

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"text/tabwriter"
)

// BenchmarkMillion learns from a million customers and says what each step
// takes of the processors.
func BenchmarkMillion(b *testing.B) {
	m := shop(1, 1_000_000, 20_000)
	w := tabwriter.NewWriter(os.Stderr, 0, 8, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	fmt.Fprintf(w, "%d orders, %d lines\t\t\t\n", len(m.Orders), m.Lines())
	cpu := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	}
	runtime.GC()
	for b.Loop() {
		last, name := cpu(), ""
		step := func(next string) {
			var mem runtime.MemStats
			runtime.ReadMemStats(&mem)
			if name != "" {
				fmt.Fprintf(w, "%s\t%.2f CPU s\t%d MB\t\n", name, cpu()-last, mem.HeapAlloc>>20)
			}
			last, name = cpu(), next
		}
		opt := Options{Run: 1, Rate: .1, Progress: step}
		c, err := Learn(context.Background(), m, opt)
		if err != nil {
			b.Fatal(err)
		}
		step("judge")
		if _, err := Judge(context.Background(), m, &c.Models, opt, nil, nil); err != nil {
			b.Fatal(err)
		}
		if _, err := LearnLinks(context.Background(), m, opt); err != nil {
			b.Fatal(err)
		}
		step("")
	}
}
