package basket

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// inChunks calls work for [lo, hi) over all of 0 … n−1, size at a time, from
// as many goroutines as there are cores, until ctx is cancelled. newWorker is
// called once for each goroutine, so that a worker can have memory of its
// own. What is computed for one index must not depend on the others: then
// neither does it on the number of cores.
func inChunks(ctx context.Context, n, size int, newWorker func() (work func(lo, hi int))) error {
	workers := min(runtime.GOMAXPROCS(0), (n+size-1)/size)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			work := newWorker()
			for ctx.Err() == nil {
				lo := int(next.Add(int64(size))) - size
				if lo >= n {
					return
				}
				work(lo, min(lo+size, n))
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
