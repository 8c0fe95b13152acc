package db

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

const (
	// readers is how many read transactions run at once.
	readers = 4

	// generatedKept is how many generated statements a connection keeps prepared.
	generatedKept = 128
)

// lite is the SQLite backend: one writer, several query-only readers, in WAL
// mode. A commit is on the disk when it is answered (synchronous=full).
type lite struct {
	path  string
	ready bool // the table journal_current exists; guarded by gate

	counted map[string]bool // tables whose versions are counted; nil until they are migrated

	roomy  int  // how many want a large cache; guarded by gate
	lazy   bool // the writer doesn't wait for the disk; guarded by gate
	gate   gate
	writer *liteConn
	free   chan *liteConn // readers
	closed chan struct{}
	shut   sync.Once // closes closed
	keeper *checkpointer
	queue  *queue
}

var errClosed = errors.New("the database is closed")

func openSQLite(path string) (*lite, error) {
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	l := &lite{path: path, free: make(chan *liteConn, readers), closed: make(chan struct{})}
	w, err := openLiteConn(path, `
		PRAGMA synchronous = full;
		PRAGMA cache_size = -32768;
		PRAGMA wal_autocheckpoint = 0;
		PRAGMA journal_size_limit = 0;
		PRAGMA foreign_keys = on;
		PRAGMA temp_store = memory;`, sqlite.OpenReadWrite|sqlite.OpenCreate|sqlite.OpenWAL)
	if err != nil {
		return nil, err
	}
	l.writer = w
	st, _, err := w.conn.PrepareTransient("SELECT 1 FROM sqlite_master WHERE name = 'journal_current'")
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	if l.ready, err = st.Step(); err != nil {
		return nil, errors.Join(err, l.close())
	}
	if err := st.Finalize(); err != nil {
		return nil, errors.Join(err, l.close())
	}
	for range readers {
		// Readers may write in principle, since WAL needs its shared memory; query_only forbids it.
		r, err := openLiteConn(path, `
			PRAGMA query_only = on;
			PRAGMA cache_size = -6144;
			PRAGMA temp_store = memory;`, sqlite.OpenReadWrite|sqlite.OpenWAL)
		if err != nil {
			return nil, errors.Join(err, l.close())
		}
		l.free <- r
	}
	if l.keeper, err = newCheckpointer(path, &l.gate); err != nil {
		return nil, errors.Join(err, l.close())
	}
	if l.queue, err = openQueue(path + "-queue"); err != nil {
		return nil, errors.Join(err, l.close())
	}
	w.conn.SetBusyTimeout(0) // lock waits instead
	return l, nil
}

func (l *lite) engine() Engine { return SQLite }

// closeWait is how long a closing database waits for who writes.
const closeWait = 5 * time.Second

func (l *lite) close() error {
	var err error
	if l.keeper != nil {
		err = l.keeper.close()
	}
	if l.queue != nil {
		err = errors.Join(err, l.queue.close())
	}
	l.shut.Do(func() { close(l.closed) })
	// Who writes at this moment ends first; who comes later is turned away.
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	if l.gate.enter(ctx, false) == nil {
		defer l.gate.leave()
	}
	for len(l.free) > 0 {
		err = errors.Join(err, (<-l.free).close())
	}
	return errors.Join(err, l.writer.close())
}

func (l *lite) begin(ctx context.Context, m manner) (session, error) {
	if !m.write {
		select {
		case c := <-l.free:
			c.watch(ctx)
			s := &liteTx{l: l, c: c}
			if err := c.run("BEGIN"); err != nil {
				s.rollback()
				return nil, liteErr(err)
			}
			return s, nil
		case <-l.closed: // and no reader comes back
			return nil, errClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := l.gate.enter(ctx, m.background); err != nil {
		return nil, err
	}
	select {
	case <-l.closed:
		l.gate.leave()
		return nil, errClosed
	default:
	}
	s := &liteTx{l: l, c: l.writer, write: true}
	l.writer.watch(ctx)
	err := l.setLazy(m.lazy)
	if err == nil {
		err = l.lock(ctx, m.background)
	}
	if err == nil && l.ready {
		_, err = s.exec(ctx, `UPDATE journal_current SET op = $1 WHERE op IS NOT $1`, false, []any{m.op})
	}
	if err != nil {
		s.rollback()
		return nil, liteErr(err)
	}
	return s, nil
}

// setLazy says whether the next commit may be answered before it is on the disk.
func (l *lite) setLazy(lazy bool) error {
	if lazy == l.lazy {
		return nil
	}
	text := "PRAGMA synchronous = full"
	if lazy {
		text = "PRAGMA synchronous = normal"
	}
	if err := l.writer.run(text); err != nil {
		return err
	}
	l.lazy = lazy
	return nil
}

// gate lets one writer in at a time, the background ones after all others.
type gate struct {
	mu     sync.Mutex
	inside bool
	held   bool      // nobody of the back is let in
	front  list.List // of chan struct{}
	back   list.List
}

func (g *gate) enter(ctx context.Context, background bool) error {
	g.mu.Lock()
	if !g.inside && !(background && g.held) {
		g.inside = true
		g.mu.Unlock()
		return nil
	}
	q := &g.front
	if background {
		q = &g.back
	}
	ch := make(chan struct{})
	e := q.PushBack(ch)
	g.mu.Unlock()
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		g.mu.Lock()
		select {
		case <-ch: // let in at the same moment: pass it on
			g.mu.Unlock()
			g.leave()
		default:
			q.Remove(e)
			g.mu.Unlock()
		}
		return ctx.Err()
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside = false
	g.next()
}

// next lets in who is first, if the place is free.
func (g *gate) next() {
	for _, q := range []*list.List{&g.front, &g.back} {
		if g.inside || q == &g.back && g.held {
			return
		}
		if e := q.Front(); e != nil {
			q.Remove(e)
			close(e.Value.(chan struct{}))
			g.inside = true
		}
	}
}

// hold keeps background writers out until free is called, and returns when none
// is inside. Others go on.
func (g *gate) hold(ctx context.Context) (free func(), err error) {
	if err := g.enter(ctx, true); err != nil {
		return nil, err
	}
	g.mu.Lock()
	g.held = true
	g.mu.Unlock()
	g.leave()
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.held = false
		g.next()
	}, nil
}

// waiting reports whether a user's writer stands before the gate.
func (g *gate) waiting() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.front.Len() > 0
}

// liteConn is a connection with its prepared statements.
type liteConn struct {
	conn  *sqlite.Conn
	stmts map[string]*liteStmt
	lru   list.List // generated statements, the latest used first
}

// liteStmt is a prepared statement. SQLite numbers $-parameters by first
// appearance, whatever their digits; args holds the argument of each.
type liteStmt struct {
	st   *sqlite.Stmt
	args []int
	busy bool
	text string
	elem *list.Element // in lru, if generated
	into []string      // tables that it writes to
}

func openLiteConn(path, pragmas string, flags sqlite.OpenFlags) (*liteConn, error) {
	conn, err := sqlite.OpenConn(path, flags)
	if err != nil {
		return nil, err
	}
	c := &liteConn{conn: conn, stmts: map[string]*liteStmt{}}
	if err := c.script(pragmas); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *liteConn) close() error {
	for _, s := range c.stmts {
		_ = s.st.Finalize() // repeats the last step's error, if any
	}
	return c.conn.Close()
}

func (c *liteConn) watch(ctx context.Context) {
	conn := c.conn
	conn.SetInterrupt(ctx.Done())
}

// run executes a statement without parameters or rows.
func (c *liteConn) run(text string) error {
	s, err := c.prepare(text, false)
	if err != nil {
		return err
	}
	_, err = s.st.Step()
	return errors.Join(err, s.st.Reset())
}

func (c *liteConn) script(text string) error {
	for strings.TrimSpace(text) != "" {
		st, rest, err := c.conn.PrepareTransient(text)
		if err != nil {
			return err
		}
		if st == nil {
			return nil
		}
		for more := true; more && err == nil; {
			more, err = st.Step()
		}
		if err = errors.Join(err, st.Finalize()); err != nil {
			return err
		}
		text = text[len(text)-rest:]
	}
	return nil
}

// limitParam finds a parameter as a limit. SQLite peeks at it and so prepares
// the statement anew at every run, unless it stands in an expression.
var limitParam = regexp.MustCompile(`\b(?:LIMIT|OFFSET)\s+\$\d+`)

func (c *liteConn) prepare(text string, generated bool) (*liteStmt, error) {
	s := c.stmts[text]
	if s != nil && !s.busy {
		if s.elem != nil {
			c.lru.MoveToFront(s.elem)
		}
		if err := s.st.Reset(); err != nil {
			// Reset repeats the error of the last step, which was reported then.
			_ = err
		}
		return s, nil
	}
	full := limitParam.ReplaceAllString(text, "$0 + 0")
	st, trailing, err := c.conn.PrepareTransient(full)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(full[len(full)-trailing:]) != "" {
		st.Finalize()
		return nil, fmt.Errorf("more than one statement: %s", text)
	}
	n := &liteStmt{st: st, text: text, args: make([]int, st.BindParamCount()), into: writes(text)}
	for i := range n.args {
		k, err := strconv.Atoi(strings.TrimPrefix(st.BindParamName(i+1), "$"))
		if err != nil || k < 1 {
			st.Finalize()
			return nil, fmt.Errorf("parameter %q: write $1, $2 …", st.BindParamName(i+1))
		}
		n.args[i] = k - 1
	}
	if s != nil { // in use further up: this one is finalized after use
		return n, nil
	}
	c.stmts[text] = n
	if generated {
		n.elem = c.lru.PushFront(n)
		for e := c.lru.Back(); c.lru.Len() > generatedKept && e != nil; {
			old := e.Value.(*liteStmt)
			e = e.Prev()
			if !old.busy {
				c.lru.Remove(old.elem)
				delete(c.stmts, old.text)
				old.st.Finalize()
			}
		}
	}
	return n, nil
}

// done gives s back after use.
func (c *liteConn) done(s *liteStmt) {
	s.busy = false
	if c.stmts[s.text] != s {
		s.st.Finalize()
		return
	}
	_ = s.st.Reset() // repeats the step's error, if any, which was reported
}

func (s *liteStmt) bind(args []any) error {
	for i, k := range s.args {
		if k >= len(args) {
			return fmt.Errorf("parameter $%d has no argument", k+1)
		}
		a, err := plain(args[k])
		if err != nil {
			return err
		}
		switch v := a.(type) {
		case nil:
			s.st.BindNull(i + 1)
		case int64:
			s.st.BindInt64(i+1, v)
		case string:
			s.st.BindText(i+1, v)
		case bool:
			s.st.BindBool(i+1, v)
		case float64:
			s.st.BindFloat(i+1, v)
		case []byte:
			s.st.BindBytes(i+1, v)
		case ids.ID:
			s.st.BindBytes(i+1, v[:])
		}
	}
	return nil
}

// liteTx is a transaction.
type liteTx struct {
	l     *lite
	c     *liteConn
	write bool
	over  bool
	dirty []string // counted tables that were written to
}

func (t *liteTx) start(text string, generated bool, args []any) (*liteStmt, error) {
	if t.over {
		return nil, errors.New("db: transaction is over")
	}
	s, err := t.c.prepare(text, generated)
	if err != nil {
		return nil, err
	}
	if err := s.bind(args); err != nil {
		t.c.done(s)
		return nil, err
	}
	s.busy = true
	for _, table := range s.into {
		if t.l.counted[table] && !slices.Contains(t.dirty, table) {
			t.dirty = append(t.dirty, table)
		}
	}
	return s, nil
}

func (t *liteTx) exec(ctx context.Context, text string, generated bool, args []any) (int64, error) {
	s, err := t.start(text, generated, args)
	if err != nil {
		return 0, liteErr(err)
	}
	defer t.c.done(s)
	for {
		more, err := s.st.Step()
		if err != nil {
			return 0, liteErr(err)
		}
		if !more {
			return int64(t.c.conn.Changes()), nil
		}
	}
}

func (t *liteTx) execMany(ctx context.Context, text string, next func() ([]any, bool)) error {
	for args, ok := next(); ok; args, ok = next() {
		if _, err := t.exec(ctx, text, false, args); err != nil {
			return err
		}
	}
	return nil
}

func (t *liteTx) query(ctx context.Context, text string, generated bool, args []any) (rows, error) {
	s, err := t.start(text, generated, args)
	if err != nil {
		return nil, liteErr(err)
	}
	return &liteRows{t: t, s: s}, nil
}

func (t *liteTx) script(ctx context.Context, text string) error { return liteErr(t.c.script(text)) }

// copyRows is how many rows one statement of copyFrom inserts: to open the
// indexes of a table costs about as much as to insert into one of them.
const copyRows = 16

func (t *liteTx) copyFrom(ctx context.Context, table string, cols []string, next func() ([]any, bool)) error {
	many, buf := "", make([]any, 0, copyRows*len(cols))
	for {
		vals, ok := next()
		if !ok {
			break
		}
		if buf = append(buf, vals...); len(buf) < cap(buf) {
			continue
		}
		if many == "" {
			many = insertText(table, cols, copyRows)
		}
		if err := t.insert(many, buf); err != nil {
			return err
		}
		buf = buf[:0]
	}
	one := insertText(table, cols, 1)
	for ; len(buf) > 0; buf = buf[len(cols):] {
		if err := t.insert(one, buf[:len(cols)]); err != nil {
			return err
		}
	}
	return nil
}

func (t *liteTx) insert(text string, vals []any) error {
	s, err := t.start(text, true, vals)
	if err != nil {
		return liteErr(err)
	}
	defer t.c.done(s)
	_, err = s.st.Step()
	return liteErr(err)
}

// insertText returns a statement that inserts some rows. OR FAIL spares SQLite a
// copy of every page in case that one of them is refused: whoever copies rows
// rolls back then anyway.
func insertText(table string, cols []string, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT OR FAIL INTO " + table + " (" + strings.Join(cols, ", ") + ") VALUES ")
	for i := range rows * len(cols) {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%len(cols) == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteString(")")
	return b.String()
}

func (t *liteTx) commit(ctx context.Context) error {
	// From here on a cancelled request must not interrupt: half-heard answers are worse than late ones.
	t.c.conn.SetInterrupt(nil)
	for _, table := range t.dirty {
		_, err := t.exec(ctx, `INSERT INTO table_version (tbl, n) VALUES ($1, 1) ON CONFLICT (tbl) DO UPDATE SET n = n + 1`, false, []any{table})
		if err != nil {
			return err
		}
	}
	if err := t.c.run("COMMIT"); err != nil {
		return liteErr(err)
	}
	t.finish()
	if t.write {
		t.l.keeper.look()
	}
	return nil
}

func (t *liteTx) rollback() {
	if t.over {
		return
	}
	t.c.conn.SetInterrupt(nil)
	if !t.c.conn.AutocommitEnabled() {
		_ = t.c.run("ROLLBACK")
	}
	t.finish()
}

func (t *liteTx) finish() {
	t.over = true
	t.c.conn.SetInterrupt(nil)
	if t.write {
		t.l.gate.leave()
	} else {
		t.l.free <- t.c
	}
}

type liteRows struct {
	t      *liteTx
	s      *liteStmt
	failed error
	closed bool
}

func (r *liteRows) next() bool {
	more, err := r.s.st.Step()
	if err != nil {
		r.failed = liteErr(err)
		return false
	}
	return more
}

func (r *liteRows) cell(i int) cell {
	st := r.s.st
	switch st.ColumnType(i) {
	case sqlite.TypeInteger:
		return cell{kind: integer, i: st.ColumnInt64(i)}
	case sqlite.TypeText:
		return cell{kind: text, s: st.ColumnText(i)}
	case sqlite.TypeBlob:
		b := make([]byte, st.ColumnLen(i))
		st.ColumnBytes(i, b)
		return cell{kind: blob, b: b}
	case sqlite.TypeFloat:
		return cell{kind: real, f: st.ColumnFloat(i)}
	}
	return cell{}
}

func (r *liteRows) int(i int) int64 { return r.s.st.ColumnInt64(i) }

func (r *liteRows) id(i int, id *ids.ID) {
	if r.s.st.ColumnBytes(i, id[:]) != len(id) {
		*id = ids.ID{}
	}
}

func (r *liteRows) null(i int) bool { return r.s.st.ColumnType(i) == sqlite.TypeNull }

func (r *liteRows) columns() []string {
	list := make([]string, r.s.st.ColumnCount())
	for i := range list {
		list[i] = r.s.st.ColumnName(i)
	}
	return list
}

func (r *liteRows) err() error { return r.failed }

func (r *liteRows) close() {
	if !r.closed {
		r.closed = true
		r.t.c.done(r.s)
	}
}

// liteErr translates SQLite's errors.
func liteErr(err error) error {
	if err == nil {
		return nil
	}
	switch code := sqlite.ErrCode(err); code {
	case sqlite.ResultConstraintUnique, sqlite.ResultConstraintPrimaryKey, sqlite.ResultConstraintRowID:
		return errs.New(errs.Conflict, "error.exists").Because(err)
	case sqlite.ResultConstraintForeignKey:
		return errs.New(errs.Conflict, "error.in_use").Because(err)
	case sqlite.ResultInterrupt:
		return context.Canceled
	default:
		if code.ToPrimary() == sqlite.ResultBusy {
			return fmt.Errorf("%w: %w", errRetry, err)
		}
	}
	return err
}

// slice is how long a background writer may hold SQLite's only writer.
const slice = 40 * time.Millisecond

// A Slicer tells long work when to commit and let others write.
type Slicer struct {
	until time.Time
	lite  *lite
}

// Slice begins a slice of long work in tx's database.
func (tx *Tx) Slice() *Slicer {
	s := &Slicer{until: time.Now().Add(slice)}
	if l, ok := tx.db.back.(*lite); ok {
		s.lite = l
	}
	return s
}

// Over reports whether the slice is used up: its time is over, or a user's
// writer waits, in this process or another. Long work then commits and begins another transaction.
func (s *Slicer) Over() bool {
	return time.Now().After(s.until) || s.lite != nil && (s.lite.gate.waiting() || s.lite.queue.waiting())
}
