package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// chunk is how many items or customers a worker takes at a time.
const chunk = 64

// inChunks calls work for [lo, hi) over all of 0 … n−1, from as many
// goroutines as there are cores. newWorker is called once for each of them,
// so that a worker can have memory of its own. Whatever is computed for one
// index must not depend on the others: then neither does it on the cores.
func inChunks(n int, newWorker func() (work func(lo, hi int))) {
	workers := min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			work := newWorker()
			for {
				lo := int(next.Add(chunk)) - chunk
				if lo >= n {
					return
				}
				work(lo, min(lo+chunk, n))
			}
		})
	}
	wg.Wait()
}
