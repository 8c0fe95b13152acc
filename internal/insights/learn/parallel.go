package learn

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// chunks is in how many parts sums are made, whatever the number of cores.
const chunks = 64

// inChunks calls f for chunks parts of 0 … n−1, on all cores.
func inChunks(n int, f func(chunk, from, to int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), chunks) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < chunks; i = int(next.Add(1)) - 1 {
				if from, to := i*n/chunks, (i+1)*n/chunks; from < to {
					f(i, from, to)
				}
			}
		})
	}
	wg.Wait()
}

// inParts calls f for 0 … n−1 on as many goroutines as there are tools, each
// with one of its own.
func inParts[T any](n int, tools []T, f func(tool T, i int)) {
	const part = 64
	var wg sync.WaitGroup
	var next atomic.Int64
	for _, tool := range tools {
		wg.Go(func() {
			for from := int(next.Add(part)) - part; from < n; from = int(next.Add(part)) - part {
				for i := from; i < min(from+part, n); i++ {
					f(tool, i)
				}
			}
		})
	}
	wg.Wait()
}
