package db

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"zombiezen.com/go/sqlite"
)

// queue lets the users' writers of one process go before the background
// writers of another that has the same SQLite file open, as an import on the
// command line has it beside a server. SQLite's own lock is only tried again
// and again, and who writes slice after slice would get it nearly every time.
//
// A user's writer who finds the database locked holds a shared lock on a file
// of its own until it got in; before and during each slice, background writers
// look whether somebody does.
type queue struct {
	front *os.File // as users lock it
	back  *os.File // as background writers try it
}

const (
	queuePoll     = 2 * time.Millisecond // how often a locked database is tried again
	queuePatience = time.Second          // for how long a background writer lets others go first
)

func openQueue(path string) (*queue, error) {
	front, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	back, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(err, front.Close())
	}
	return &queue{front, back}, nil
}

func (q *queue) close() error { return errors.Join(q.front.Close(), q.back.Close()) }

// stand says that a user of this process waits, until leave is called.
// Without the lock they only wait longer, so that no error matters.
func (q *queue) stand() { _ = syscall.Flock(int(q.front.Fd()), syscall.LOCK_SH) }

func (q *queue) leave() { _ = syscall.Flock(int(q.front.Fd()), syscall.LOCK_UN) }

// waiting reports whether a user of another process waits.
func (q *queue) waiting() bool {
	fd := int(q.back.Fd())
	if err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Is(err, syscall.EWOULDBLOCK)
	}
	_ = syscall.Flock(fd, syscall.LOCK_UN)
	return false
}

// giveWay waits while users of other processes wait to write, but not forever.
func (q *queue) giveWay(ctx context.Context) {
	for end := time.Now().Add(queuePatience); q.waiting() && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(queuePoll)
	}
}

// lock begins a transaction that writes, after those of other processes.
func (l *lite) lock(ctx context.Context, background bool) error {
	if background {
		l.queue.giveWay(ctx)
	}
	for standing := false; ; {
		err := l.writer.run("BEGIN IMMEDIATE")
		if sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy {
			return err
		}
		if !background && !standing {
			standing = true
			l.queue.stand()
			defer l.queue.leave()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(queuePoll):
		}
	}
}
