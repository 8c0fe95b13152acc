package activity

import (
	"context"
	"crypto/sha256"
	"io"
	"path"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
)

const (
	// MaxFile is the size of the largest file that is kept, in bytes.
	MaxFile = 25 << 20

	chunkSize = 256 << 10
)

// A File is a file of an interaction.
type File struct {
	ID        ids.ID
	Name      string
	MediaType string
	Size      int64 // bytes
	hash      []byte
}

func scanFile(s db.Scanner, f *File) error {
	return s.Scan(&f.ID, &f.Name, &f.MediaType, &f.Size, &f.hash)
}

// AddFile stores a file. Content that is there already is not stored again.
// Data longer than [MaxFile] is refused with a TooLarge error.
func AddFile(ctx context.Context, tx *db.Tx, name, mediaType string, data []byte) (File, error) {
	if len(data) > MaxFile {
		return File{}, errs.New(errs.TooLarge, "activity.file_too_large", "max", MaxFile>>20)
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if _, err := fold.Clean(name); err != nil || name == "." || name == "/" || len(name) > 255 {
		return File{}, errs.InvalidField("file", "activity.file_name")
	}
	sum := sha256.Sum256(data)
	f := File{ID: ids.New(tx.Now), Name: name, MediaType: mediaType, Size: int64(len(data)), hash: sum[:]}
	for n := 0; n*chunkSize < len(data); n++ {
		part := data[n*chunkSize : min((n+1)*chunkSize, len(data))]
		if _, err := tx.Exec(ctx, `
			INSERT INTO file_chunk (hash, n, data) VALUES ($1, $2, $3)
			ON CONFLICT (hash, n) DO NOTHING`, f.hash, n, part); err != nil {
			return f, err
		}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO file (id, name, media_type, size, hash, created_at, created_op)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, f.ID, f.Name, f.MediaType, f.Size, f.hash, tx.Now.UnixMilli(), tx.Op)
	return f, err
}

func attach(ctx context.Context, tx *db.Tx, interaction ids.ID, n int64, file, op ids.ID) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO interaction_file (interaction_id, n, file_id, created_op)
		VALUES ($1, $2, $3, $4)`, interaction, n, file, op)
	return err
}

// OpenFile returns a file and writes its content to w, if tx's actor may see
// the interaction that it belongs to.
func OpenFile(ctx context.Context, tx *db.Tx, id ids.ID, w func(File) io.Writer) error {
	of, err := db.Get(ctx, tx, db.One[ids.ID], `SELECT interaction_id FROM interaction_file WHERE file_id = $1 LIMIT 1`, id)
	if err != nil {
		return err
	}
	if _, err := Get(ctx, tx, of); err != nil {
		return err
	}
	return ReadFile(ctx, tx, id, w)
}

// ReadFile returns a file and writes its content to w, whoever tx's actor is:
// the caller has found that they may see what the file belongs to.
func ReadFile(ctx context.Context, tx *db.Tx, id ids.ID, w func(File) io.Writer) error {
	f, err := db.Get(ctx, tx, scanFile, `SELECT id, name, media_type, size, hash FROM file WHERE id = $1`, id)
	if err != nil {
		return err
	}
	out := w(f)
	return db.Each(ctx, tx, db.One[[]byte], func(data *[]byte) error {
		_, err := out.Write(*data)
		return err
	}, `SELECT data FROM file_chunk WHERE hash = $1 ORDER BY n`, f.hash)
}

type fileOf struct {
	of ids.ID
	f  File
}

// loadFiles fills in the files of interactions.
func loadFiles(ctx context.Context, tx *db.Tx, list []Interaction) error {
	at := make(map[ids.ID]int, len(list))
	want := make([]ids.ID, len(list))
	for i := range list {
		at[list[i].ID], want[i] = i, list[i].ID
		list[i].Files = nil
	}
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, r *fileOf) error {
		return s.Scan(&r.of, &r.f.ID, &r.f.Name, &r.f.MediaType, &r.f.Size, &r.f.hash)
	}, want, `
		SELECT t.interaction_id, f.id, f.name, f.media_type, f.size, f.hash
		FROM interaction_file t JOIN file f ON f.id = t.file_id
		WHERE t.interaction_id IN ($list) ORDER BY t.interaction_id, t.n`)
	for _, r := range rows {
		i := &list[at[r.of]]
		i.Files = append(i.Files, r.f)
	}
	return err
}
