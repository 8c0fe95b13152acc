package portable

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
)

// Backup writes an exact copy of the whole workspace, as it is at one moment,
// to a file, while others work on. A name that ends in .gz is compressed. The
// file is there only when it is complete and on the disk; one of that name is
// replaced. Progress, which may be nil, is told how much is done in no
// particular unit.
//
// A backup of SQLite is a database file again. One of PostgreSQL is an
// archive for PostgreSQL; to change the engine, use an export.
func Backup(ctx context.Context, d *db.DB, file string, progress func(done, total int)) (err error) {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// A folder beside the target: renaming works only within one disk, and the
	// database may put files of its own beside the copy.
	temp, err := os.MkdirTemp(dir, ".akrab-backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	copied := filepath.Join(temp, "copy")
	if err := d.Dump(ctx, copied, progress); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if strings.HasSuffix(file, ".gz") {
		packed := filepath.Join(temp, "packed")
		if err := compress(ctx, copied, packed); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		copied = packed
	}
	return place(copied, file)
}

// place puts a finished file where it belongs, for good.
func place(from, to string) error {
	if err := syncFile(from); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFile(filepath.Dir(to))
}

// syncFile returns when a file, or a folder's list of files, is on the disk.
func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func compress(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeFile(to, func(w io.Writer) error {
		// Speed before size: pages of a database shrink to a third at once.
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		if _, err := io.Copy(z, reader{ctx, in}); err != nil {
			return err
		}
		return z.Close()
	})
}

// reader is a reader that ends when its context does.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// A Restorer puts a backup back.
type Restorer struct {
	Modules []db.Module
	// Prepare makes what the modules need beyond their schema; it may be nil.
	Prepare func(context.Context, *db.DB) error
	// Force replaces a workspace that is there. It is kept, with ".old" at the
	// end of the file's name, or "_old" at that of the schema.
	Force bool
}

// sqliteMagic is how a SQLite database begins.
const sqliteMagic = "SQLite format 3\x00"

// Restore makes a workspace of a backup at url: a file name, or the address of
// a schema on PostgreSQL. It checks that the backup is sound before anything
// is replaced. It returns an Invalid error if the file is no backup for that
// kind of database, and a Conflict error if there is a workspace already (see
// Force), or if it is in use.
func (r Restorer) Restore(ctx context.Context, file, url string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := unpacked(f)
	if err != nil {
		return err
	}
	unused, err := db.Unused(ctx, url)
	if err != nil {
		return err
	}
	if !unused && !r.Force {
		return errs.New(errs.Conflict, "portable.exists")
	}
	head, err := in.Peek(len(sqliteMagic))
	isFile := err == nil && string(head) == sqliteMagic
	isServer := strings.HasPrefix(url, "postgres")
	switch {
	case isFile && !isServer:
		return r.file(ctx, in, url, unused)
	case isFile || !bytes.Contains(head, []byte("akrab-postgres")):
		return errs.New(errs.Invalid, "portable.no_backup")
	case !isServer:
		return errs.New(errs.Invalid, "portable.other_engine")
	}
	return r.server(ctx, in, url)
}

// unpacked reads f, which may be compressed.
func unpacked(f io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(f, 1<<18)
	if head, err := in.Peek(2); err != nil || head[0] != 0x1f || head[1] != 0x8b {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, errs.New(errs.Invalid, "portable.no_backup").Because(err)
	}
	return bufio.NewReaderSize(z, 1<<18), nil
}

// file restores a database of SQLite.
func (r Restorer) file(ctx context.Context, in io.Reader, target string, unused bool) (err error) {
	dir := filepath.Dir(target)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(dir, ".akrab-restore-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	fresh := filepath.Join(temp, "new.db")
	err = writeFile(fresh, func(w io.Writer) error {
		_, err := io.Copy(w, reader{ctx, in})
		return err
	})
	if err != nil {
		return damaged(err)
	}
	if err := r.verify(ctx, fresh); err != nil {
		return err
	}
	if !unused {
		if err := setAside(target); err != nil {
			return err
		}
	}
	return place(fresh, target)
}

// damaged says of a file that ends too early, or whose sum is wrong, that it
// is no backup.
func damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		return errs.New(errs.Invalid, "portable.no_backup").Because(err)
	}
	return err
}

// verify checks that a file is a sound database of this or an older program.
func (r Restorer) verify(ctx context.Context, file string) error {
	problems, err := db.CheckFile(ctx, file)
	if err != nil || len(problems) > 0 {
		return errs.New(errs.Invalid, "portable.no_backup").Because(errors.Join(err, errors.New(strings.Join(problems, "; "))))
	}
	d, err := db.Open(ctx, file)
	if err != nil {
		return err
	}
	err = d.Sound(ctx, r.Modules...)
	if errors.Is(err, db.ErrNoBackup) {
		err = errs.New(errs.Invalid, "portable.no_backup").Because(err)
	}
	if errors.Is(err, db.ErrNewer) {
		err = errs.New(errs.Invalid, "portable.newer").Because(err)
	}
	return errors.Join(err, d.Close())
}

// setAside renames a database that nobody uses.
func setAside(file string) error {
	busy, err := db.Busy(file)
	if err != nil {
		return err
	}
	if busy {
		return errs.New(errs.Conflict, "portable.busy")
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(file + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.Rename(file, file+".old")
}

// server restores an archive of PostgreSQL: beside the workspace that may be
// there, which it replaces when it is complete.
func (r Restorer) server(ctx context.Context, in io.Reader, address string) error {
	fresh, err := db.Beside(address, "_restoring")
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, fresh)
	if err != nil {
		return err
	}
	err = d.Load(ctx, in, r.Prepare, r.Modules...)
	if err = errors.Join(err, d.Close()); err == nil {
		return db.Replace(ctx, address, fresh)
	}
	return errors.Join(explain(err), db.Discard(context.WithoutCancel(ctx), fresh))
}

func explain(err error) error {
	switch {
	case errors.Is(err, db.ErrNewer):
		return errs.New(errs.Invalid, "portable.newer").Because(err)
	case errors.Is(err, db.ErrNoBackup):
		return errs.New(errs.Invalid, "portable.no_backup").Because(err)
	}
	return damaged(err)
}
