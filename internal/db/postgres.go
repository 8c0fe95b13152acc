package db

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// pg is the PostgreSQL backend: one pool, and a schema that is the workspace.
type pg struct {
	pool   *pgxpool.Pool
	schema string
}

func openPostgres(ctx context.Context, address string) (*pg, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address of the database can't be read") // its text may hold a password
	}
	q := u.Query()
	schema := q.Get("search_path")
	if schema == "" {
		schema = "akrab"
	}
	q.Del("search_path")
	u.RawQuery = q.Encode()
	conf, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		return nil, errors.New("the address of the database can't be read")
	}
	conf.MaxConns = max(conf.MaxConns, 8)
	conf.ConnConfig.StatementCacheCapacity = 512
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return nil, err
	}
	p := &pg{pool: pool, schema: pgx.Identifier{schema}.Sanitize()}
	if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+p.schema); err != nil {
		// Two processes that start at once may both try.
		if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "23505" && e.Code != "42P06" {
			pool.Close()
			return nil, err
		}
	}
	return p, nil
}

func (p *pg) engine() Engine { return Postgres }

func (p *pg) close() error {
	p.pool.Close()
	return nil
}

func (p *pg) begin(ctx context.Context, m manner) (session, error) {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	// One round trip. Triggers read the operation from the setting.
	text := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = " + p.schema
	if m.write {
		text = "BEGIN; SET LOCAL search_path = " + p.schema + "; SET LOCAL akrab.op = '" + hex.EncodeToString(m.op[:]) + "'"
		if m.op.IsZero() {
			text = "BEGIN; SET LOCAL search_path = " + p.schema + "; SET LOCAL akrab.op = ''"
		}
		if m.lazy {
			text += "; SET LOCAL synchronous_commit = off"
		}
	}
	s := &pgTx{conn: conn}
	if _, err := conn.Conn().PgConn().Exec(ctx, text).ReadAll(); err != nil {
		s.rollback()
		return nil, pgErr(err)
	}
	return s, nil
}

type pgTx struct {
	conn *pgxpool.Conn
	over bool
}

// skipMark asks for locked rows to be passed over. SQLite has one writer and
// ignores the comment.
const skipMark = "/* skip locked */"

// native puts the few words into a statement that only PostgreSQL needs.
func native(text string) string {
	if strings.Contains(text, skipMark) {
		return strings.ReplaceAll(text, skipMark, "FOR UPDATE SKIP LOCKED")
	}
	return text
}

func pgArgs(args []any) ([]any, error) {
	out := make([]any, len(args))
	for i, a := range args {
		v, err := plain(a)
		if err != nil {
			return nil, err
		}
		if id, ok := v.(ids.ID); ok {
			v = [16]byte(id)
		}
		out[i] = v
	}
	return out, nil
}

func (t *pgTx) exec(ctx context.Context, text string, generated bool, args []any) (int64, error) {
	list, err := pgArgs(args)
	if err != nil {
		return 0, err
	}
	tag, err := t.conn.Exec(ctx, native(text), list...)
	return tag.RowsAffected(), pgErr(err)
}

// batch is how many runs of a statement are sent at once.
const batch = 500

func (t *pgTx) execMany(ctx context.Context, text string, next func() ([]any, bool)) error {
	text = native(text)
	for more := true; more; {
		var b pgx.Batch
		for b.Len() < batch {
			args, ok := next()
			if more = ok; !more {
				break
			}
			list, err := pgArgs(args)
			if err != nil {
				return err
			}
			b.Queue(text, list...)
		}
		if b.Len() == 0 {
			return nil
		}
		if err := t.conn.SendBatch(ctx, &b).Close(); err != nil {
			return pgErr(err)
		}
	}
	return nil
}

func (t *pgTx) query(ctx context.Context, text string, generated bool, args []any) (rows, error) {
	list, err := pgArgs(args)
	if err != nil {
		return nil, err
	}
	if generated {
		// Statements of lists are planned for their values each time: the
		// generic plan that PostgreSQL takes after five runs was sixty times
		// slower for a rare tag.
		list = append([]any{pgx.QueryExecModeCacheDescribe}, list...)
	}
	r, err := t.conn.Query(ctx, native(text), list...)
	if err != nil {
		return nil, pgErr(err)
	}
	return &pgRows{r: r}, nil
}

func (t *pgTx) script(ctx context.Context, text string) error {
	_, err := t.conn.Conn().PgConn().Exec(ctx, text).ReadAll()
	return pgErr(err)
}

func (t *pgTx) copyFrom(ctx context.Context, table string, cols []string, next func() ([]any, bool)) error {
	_, err := t.conn.CopyFrom(ctx, pgx.Identifier{table}, cols, pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := next()
		if !ok {
			return nil, nil
		}
		return pgArgs(row)
	}))
	return pgErr(err)
}

func (t *pgTx) commit(ctx context.Context) error {
	results, err := t.conn.Conn().PgConn().Exec(context.WithoutCancel(ctx), "COMMIT").ReadAll()
	if err != nil {
		return pgErr(err)
	}
	// A transaction in which something failed answers COMMIT with ROLLBACK.
	if len(results) == 1 && results[0].CommandTag.String() == "ROLLBACK" {
		return errors.New("db: transaction was rolled back")
	}
	t.over = true
	t.conn.Release()
	return nil
}

func (t *pgTx) rollback() {
	if t.over {
		return
	}
	t.over = true
	// If this fails the pool closes the connection.
	_, _ = t.conn.Conn().PgConn().Exec(context.Background(), "ROLLBACK").ReadAll()
	t.conn.Release()
}

type pgRows struct {
	r      pgx.Rows
	failed error
}

func (r *pgRows) next() bool { return r.r.Next() }

func (r *pgRows) cell(i int) cell {
	raw := r.r.RawValues()[i]
	f := r.r.FieldDescriptions()[i]
	if raw == nil {
		return cell{}
	}
	if f.Format == pgtype.BinaryFormatCode {
		switch f.DataTypeOID {
		case pgtype.Int8OID:
			return cell{kind: integer, i: int64(binary.BigEndian.Uint64(raw))}
		case pgtype.Int4OID:
			return cell{kind: integer, i: int64(int32(binary.BigEndian.Uint32(raw)))}
		case pgtype.Int2OID:
			return cell{kind: integer, i: int64(int16(binary.BigEndian.Uint16(raw)))}
		case pgtype.BoolOID:
			return cell{kind: integer, i: int64(raw[0])}
		case pgtype.Float8OID:
			return cell{kind: real, f: math.Float64frombits(binary.BigEndian.Uint64(raw))}
		case pgtype.UUIDOID, pgtype.ByteaOID:
			return cell{kind: blob, b: raw}
		}
	}
	switch f.DataTypeOID {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.JSONOID, pgtype.UnknownOID, 2278:
		return cell{kind: text, s: string(raw)}
	}
	if r.failed == nil {
		r.failed = fmt.Errorf("db: column %s has type %d: cast it in the statement", f.Name, f.DataTypeOID)
	}
	return cell{}
}

func (r *pgRows) int(i int) int64 {
	if c := r.cell(i); c.kind == integer {
		return c.i
	}
	return 0
}

func (r *pgRows) id(i int, id *ids.ID) {
	if copy(id[:], r.r.RawValues()[i]) != len(id) {
		*id = ids.ID{}
	}
}

func (r *pgRows) null(i int) bool { return r.r.RawValues()[i] == nil }

func (r *pgRows) columns() []string {
	var list []string
	for _, f := range r.r.FieldDescriptions() {
		list = append(list, f.Name)
	}
	return list
}

func (r *pgRows) err() error {
	if r.failed != nil {
		return r.failed
	}
	return pgErr(r.r.Err())
}

func (r *pgRows) close() { r.r.Close() }

// pgErr translates PostgreSQL's errors by code (PostgreSQL manual, appendix A).
func pgErr(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	switch e.Code {
	case "23505":
		return errs.New(errs.Conflict, "error.exists").Because(err)
	case "23503":
		return errs.New(errs.Conflict, "error.in_use").Because(err)
	case "40001", "40P01", "55P03":
		return fmt.Errorf("%w: %w", errRetry, err)
	case "57014":
		return context.Canceled
	}
	return err
}
