package db

import (
	"bufio"
	"context"
	"io"
	"os"
	"strconv"
	"strings"
)

// How many KiB of pages SQLite's writer keeps. During an import or its undo that
// is a sixteenth of the machine's memory, within limits.
const (
	slimCache  = 12 << 10
	usualCache = 32 << 10
	roomyLeast = 192 << 10
	roomyMost  = 768 << 10
)

// slimReader is how many KiB of pages each reader keeps after [DB.Slim].
const slimReader = 1 << 10

// Slim lets connections keep few pages in memory: for a process that goes
// through all rows once, in their order. A kept page takes twice its size, and
// all connections together otherwise come to 100 MB. On PostgreSQL it does
// nothing.
func (d *DB) Slim(ctx context.Context) error {
	l, ok := d.back.(*lite)
	if !ok {
		return nil
	}
	for range cap(l.free) {
		select {
		case c := <-l.free:
			err := c.script("PRAGMA cache_size = -" + strconv.Itoa(slimReader))
			l.free <- c
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := l.gate.enter(ctx, true); err != nil {
		return err
	}
	defer l.gate.leave()
	return l.writer.script("PRAGMA cache_size = -" + strconv.Itoa(slimCache))
}

// Room gives long work that touches a whole workspace more memory for pages
// until release is called: a large import otherwise reads each page of its
// indexes from the disk again and again. On PostgreSQL it does nothing.
func (d *DB) Room(ctx context.Context) (release func(), err error) {
	l, ok := d.back.(*lite)
	if !ok {
		return func() {}, nil
	}
	if err := l.resize(ctx, 1); err != nil {
		return nil, err
	}
	return func() {
		// Without room everything works as before, only slower.
		_ = l.resize(context.WithoutCancel(ctx), -1)
	}, nil
}

// resize counts who wants room, and sets the writer's cache when the first
// comes and the last goes.
func (l *lite) resize(ctx context.Context, d int) error {
	if err := l.gate.enter(ctx, true); err != nil {
		return err
	}
	defer l.gate.leave()
	l.roomy += d
	l.keeper.roomy.Store(l.roomy > 0)
	if l.roomy > 0 {
		return l.writer.script("PRAGMA cache_size = -" + strconv.Itoa(roomyCache()))
	}
	return l.writer.script("PRAGMA cache_size = -" + strconv.Itoa(usualCache) + "; PRAGMA shrink_memory;")
}

func roomyCache() int {
	f, err := os.Open("/proc/meminfo")
	if err != nil { // not Linux
		return roomyLeast
	}
	defer f.Close()
	return min(max(memTotal(f)/16, roomyLeast), roomyMost)
}

// memTotal reads how many KiB of memory the machine has; 0 if r doesn't say.
func memTotal(r io.Reader) int {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemTotal:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))
			return n
		}
	}
	return 0
}
