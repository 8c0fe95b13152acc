package db

import (
	"context"
	"strconv"
)

const (
	usualCache = 32 << 10  // KiB of pages that SQLite's writer keeps
	roomyCache = 192 << 10 // during an import or its undo
)

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
	if l.roomy > 0 {
		return l.writer.script("PRAGMA cache_size = -" + strconv.Itoa(roomyCache))
	}
	return l.writer.script("PRAGMA cache_size = -" + strconv.Itoa(usualCache) + "; PRAGMA shrink_memory;")
}
