package db

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"
)

const (
	// walSoft is how much of the write-ahead log, in bytes, is gathered before
	// it is moved to the database beside the writer. What is gathered together
	// writes a page once that was changed many times.
	walSoft = 64 << 20

	// walHard is the size at which background work is held for as long as it
	// takes to move the rest, so that the next commit begins the log anew.
	walHard = 256 << 20

	// walRoomy is by how much more is gathered while an import or its undo has
	// room: it changes the same pages of large indexes over and over.
	walRoomy = 3

	// walLimit is the size at which readers, too, are waited for. It is only
	// reached when they follow each other without a gap.
	walLimit = 2 * walRoomy * walHard

	frameSize = 24 + 4096 // bytes in the log that a page takes
)

// checkpointer moves pages from SQLite's write-ahead log to the database, on a
// connection of its own, so that no user's commit waits for it.
type checkpointer struct {
	conn  *liteConn
	log   string // path of the write-ahead log
	moved int64  // bytes at the log's beginning that are in the database already
	roomy atomic.Bool
	gate  *gate
	wake  chan struct{}
	stop  context.CancelFunc
	over  sync.WaitGroup
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
	if k.size() < walSoft*k.more() {
		return
	}
	select {
	case k.wake <- struct{}{}:
	default: // awake already
	}
}

func (k *checkpointer) more() int64 {
	if k.roomy.Load() {
		return walRoomy
	}
	return 1
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
		size := k.size()
		if size < k.moved { // begun anew
			k.moved = 0
		}
		// What fails here is tried again after a later commit; until then the
		// log grows, and nothing is lost.
		switch {
		case size >= walLimit:
			_ = k.truncate(ctx)
		case size >= walHard*k.more():
			_ = k.finish(ctx)
		case size-k.moved >= walSoft*k.more():
			_ = k.move()
		}
	}
}

// move moves what is in the log, as far as no reader needs the old pages.
func (k *checkpointer) move() error {
	st, err := k.conn.conn.Prepare(`PRAGMA wal_checkpoint(PASSIVE);`)
	if err != nil {
		return err
	}
	if _, err := st.Step(); err != nil {
		return errors.Join(err, st.Reset())
	}
	k.moved = st.ColumnInt64(2) * frameSize
	return st.Reset()
}

// finish moves all: most of it beside the writer, then what background work
// wrote meanwhile beside the users, who write little, and theirs while nobody
// writes, which is a moment. The writer then begins the log anew by itself, and
// keeps the pages that it has in memory.
func (k *checkpointer) finish(ctx context.Context) error {
	if err := k.move(); err != nil {
		return err
	}
	free, err := k.gate.hold(ctx)
	if err != nil {
		return err
	}
	defer free()
	if err := k.move(); err != nil {
		return err
	}
	if err := k.gate.enter(ctx, false); err != nil {
		return err
	}
	defer k.gate.leave()
	return k.move()
}

// truncate empties the log, and waits for readers.
func (k *checkpointer) truncate(ctx context.Context) error {
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
