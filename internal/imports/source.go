package imports

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/sheet"
)

// A rowSource is the rows of a file. Readers of package sheet are one.
type rowSource interface {
	Header() []string
	Next() (sheet.Row, error)
	Skip(n int) error
	Offset() int64
	Close() error
}

// The kinds of source.
const (
	fromSheet = "sheet"
	fromCards = "vcard"
)

// sourceOf tells vCards from tables.
func sourceOf(r io.ReadSeeker, name string) (string, error) {
	head := make([]byte, 4096)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	text := bytes.ToUpper(bytes.ReplaceAll(head[:n], []byte{0}, nil)) // UTF-16, near enough
	text = bytes.TrimLeft(text, "\xEF\xBB\xBF\xFE\xFF \t\r\n")
	if bytes.HasPrefix(text, []byte("BEGIN:VCARD")) || strings.HasSuffix(strings.ToLower(name), ".vcf") {
		return fromCards, nil
	}
	return fromSheet, nil
}

// open opens the file of an import, at its first row.
func (j *Job) open(ctx context.Context, d *db.DB) (rowSource, error) {
	c := newContent(ctx, d, j.ID, j.Size)
	if j.Source == fromCards {
		return openCards(c)
	}
	return sheet.Open(c, j.Name, &j.Format)
}
