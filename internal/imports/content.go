package imports

import (
	"context"
	"errors"
	"io"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// chunkSize is how many bytes of a file one row holds.
const chunkSize = 1 << 20

// store copies a file into the database and returns how large it is. Each chunk
// has a transaction of its own, since a file may come as slowly as a network is.
// It returns a TooLarge error for more than limit bytes.
func store(ctx context.Context, d *db.DB, id ids.ID, r io.Reader, limit int64) (size int64, err error) {
	buf := make([]byte, chunkSize)
	for n := 0; ; n++ {
		k, err := io.ReadFull(r, buf)
		if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
			return size, err
		}
		if size += int64(k); size > limit {
			return size, errs.New(errs.TooLarge, "import.too_large", "max", limit>>20)
		}
		if k > 0 {
			werr := d.Write(ctx, db.Op{}, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO import_chunk (import_id, n, data) VALUES ($1, $2, $3)`, id, n, buf[:k])
				return err
			})
			if werr != nil {
				return size, werr
			}
		}
		if err != nil {
			return size, nil
		}
	}
}

// A content is the stored file of an import, for reading.
type content struct {
	ctx  context.Context
	d    *db.DB
	id   ids.ID
	size int64
	pos  int64

	n    int64 // chunk that is held, from 0; -1 if none is
	data []byte
}

func newContent(ctx context.Context, d *db.DB, id ids.ID, size int64) *content {
	return &content{ctx: ctx, d: d, id: id, size: size, n: -1}
}

// chunk returns the n-th chunk.
func (c *content) chunk(n int64) ([]byte, error) {
	if c.n == n {
		return c.data, nil
	}
	err := c.d.Read(c.ctx, db.Who{}, func(tx *db.Tx) error {
		data, err := db.Get(c.ctx, tx, db.One[[]byte], `SELECT data FROM import_chunk WHERE import_id = $1 AND n = $2`, c.id, n)
		if errs.KindOf(err) == errs.NotFound {
			return errs.New(errs.NotFound, "import.file_gone")
		}
		c.data, c.n = data, n
		return err
	})
	if err != nil {
		c.n = -1
	}
	return c.data, err
}

// Read implements [io.Reader].
func (c *content) Read(p []byte) (int, error) {
	n, err := c.ReadAt(p[:min(len(p), chunkSize)], c.pos)
	c.pos += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt implements [io.ReaderAt], though not for several goroutines at once.
func (c *content) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off >= c.size {
			return n, io.EOF
		}
		data, err := c.chunk(off / chunkSize)
		if err != nil {
			return n, err
		}
		at := off % chunkSize
		if at >= int64(len(data)) {
			return n, io.ErrUnexpectedEOF
		}
		k := copy(p[n:], data[at:])
		n += k
		off += int64(k)
	}
	return n, nil
}

// Seek implements [io.Seeker].
func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.pos
	case io.SeekEnd:
		offset += c.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	c.pos = offset
	return offset, nil
}

// removeFile deletes the chunks of a file, some at a time.
func removeFile(ctx context.Context, d *db.DB, id ids.ID) error {
	for {
		var n int64
		err := d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(ctx, `
				DELETE FROM import_chunk WHERE import_id = $1
				AND n IN (SELECT n FROM import_chunk WHERE import_id = $1 ORDER BY n LIMIT 16)`, id)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}
