package basket

import (
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// million makes the ten million lines that speeds are published for. It is
// kept for all benchmarks and tests of one run.
func million(t testing.TB) *synthetic {
	t.Helper()
	if os.Getenv("AKRAB_TEST_HUGE") == "" {
		t.Skip("ten million lines: set AKRAB_TEST_HUGE")
	}
	if big == nil {
		big = generate(42, 1_000_000)
	}
	return big
}

var big *synthetic

func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// reportCPU reports the CPU seconds of one of b's rounds beside the time,
// which on a busy machine says little.
func reportCPU(b *testing.B, work func()) {
	b.Helper()
	start := cpu()
	for b.Loop() {
		work()
	}
	b.ReportMetric((cpu()-start).Seconds()/float64(b.N), "cpu-s/op")
}

func BenchmarkSetsMillion(b *testing.B) {
	baskets, err := million(b).orders()
	if err != nil {
		b.Fatal(err)
	}
	reportCPU(b, func() {
		if _, err := baskets.Itemsets(b.Context(), SetOptions{MinCount: 30, MaxItems: 4}); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkPairsMillion(b *testing.B) {
	baskets, err := million(b).orders()
	if err != nil {
		b.Fatal(err)
	}
	reportCPU(b, func() {
		if _, err := baskets.Pairs(b.Context(), PairOptions{}); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkSequelsMillion(b *testing.B) {
	h, err := historiesOf(million(b).lines, syntheticProducts)
	if err != nil {
		b.Fatal(err)
	}
	reportCPU(b, func() {
		if _, err := h.Sequels(b.Context(), SequelOptions{MinCount: 30}); err != nil {
			b.Fatal(err)
		}
	})
}

// The counts are those of arules and of the prototype.
func TestMillion(t *testing.T) {
	million(t)
	got, err := EvaluateSynthetic(t.Context(), 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", got)
	if got.Lines != 9_988_405 || got.Baskets != 3_130_856 || !slices.Equal(got.Sets30, []int{20000, 43088, 6392, 71}) {
		t.Errorf("%+v", got)
	}
	if got.Pairs.Candidates != 232_340 || got.Planted != 59_886 || got.Kept < 43_049 {
		t.Errorf("pairs %+v", got)
	}
	if slices.Max(got.Pairs.Shuffled) > 0 || slices.Max(got.Sequels.Shuffled) > 0 {
		t.Errorf("published of what is shuffled: %+v", got)
	}
}

func BenchmarkFindingsMillion(b *testing.B) {
	baskets, err := million(b).orders()
	if err != nil {
		b.Fatal(err)
	}
	reportCPU(b, func() {
		if _, err := baskets.Findings(b.Context(), FindingOptions{}); err != nil {
			b.Fatal(err)
		}
	})
}
