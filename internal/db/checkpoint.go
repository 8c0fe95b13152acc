package db

import (
	"context"
	"os"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
)

const (
	// walSoft is the size of the write-ahead log, in bytes, at which its pages
	// are moved to the database beside the writer.
	walSoft = 16 << 20

	// walHard is the size at which the writer is held for as long as it takes
	// to move the rest and begin the log anew.
	walHard = 128 << 20
)

// checkpointer moves pages from SQLite's write-ahead log to the database, on a
// connection of its own, so that no user's commit waits for it.
type checkpointer struct {
	conn *liteConn
	log  string // path of the write-ahead log
	gate *gate
	wake chan struct{}
	stop context.CancelFunc
	over sync.WaitGroup
}

func newCheckpointer(path string, g *gate) (*checkpointer, error) {
	conn, err := openLiteConn(path, `PRAGMA synchronous = full;`, sqlite.OpenReadWrite|sqlite.OpenWAL)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &checkpointer{conn: conn, log: path + "-wal", gate: g, wake: make(chan struct{}, 1), stop: stop}
	k.over.Go(func() { k.run(ctx) })
	return k, nil
}

func (k *checkpointer) close() error {
	k.stop()
	k.over.Wait()
	return k.conn.close()
}

// look wakes the checkpointer if the log has grown.
func (k *checkpointer) look() {
	if k.size() < walSoft {
		return
	}
	select {
	case k.wake <- struct{}{}:
	default: // awake already
	}
}

func (k *checkpointer) size() int64 {
	info, err := os.Stat(k.log)
	if err != nil {
		return 0
	}
	return info.Size()
}

func (k *checkpointer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		// What fails here is tried again after the next commit; until then the
		// log grows, and nothing is lost.
		err := k.conn.script(`PRAGMA wal_checkpoint(PASSIVE);`)
		if err == nil && k.size() >= walHard {
			_ = k.restart(ctx)
		}
	}
}

// restart begins the log anew. The log's file keeps its size, so that it says
// nothing until it is truncated.
func (k *checkpointer) restart(ctx context.Context) error {
	if err := k.gate.enter(ctx, true); err != nil {
		return err
	}
	defer k.gate.leave()
	k.conn.conn.SetBusyTimeout(50 * time.Millisecond) // a reader that stays longer is waited for another time
	err := k.conn.script(`PRAGMA wal_checkpoint(TRUNCATE);`)
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy {
		return nil
	}
	return err
}
