package catalog

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
)

// PictureType returns the media type of a picture, by how its content begins.
// It reports false for what browsers don't show as a picture. Drawings (SVG),
// which can hold scripts, are none.
func PictureType(data []byte) (mediaType string, ok bool) {
	begins := func(s string) bool { return bytes.HasPrefix(data, []byte(s)) }
	switch {
	case begins("\x89PNG\r\n\x1a\n"):
		return "image/png", true
	case begins("\xff\xd8\xff"):
		return "image/jpeg", true
	case begins("GIF87a"), begins("GIF89a"):
		return "image/gif", true
	case begins("RIFF") && len(data) >= 12 && string(data[8:12]) == "WEBP":
		return "image/webp", true
	}
	return "", false
}

// An Upload is a picture that is about to be stored.
type Upload struct {
	name, mediaType string
	data            []byte
	thumb           []byte // JPEG; nil if none could be made
}

// NewUpload prepares a picture, which takes a moment: call it outside of
// transactions. It returns an Invalid error about the field file if data is no
// picture, and a TooLarge error beyond [activity.MaxFile].
func NewUpload(name string, data []byte) (*Upload, error) {
	if len(data) > activity.MaxFile {
		return nil, errs.New(errs.TooLarge, "activity.file_too_large", "max", activity.MaxFile>>20)
	}
	mediaType, ok := PictureType(data)
	if !ok {
		return nil, errs.InvalidField("file", "product.no_picture")
	}
	return &Upload{name, mediaType, data, thumbnail(data)}, nil
}

// Store stores u's files, to be appended to a product's pictures.
func (u *Upload) Store(ctx context.Context, tx *db.Tx, alt string) (Picture, error) {
	f, err := activity.AddFile(ctx, tx, u.name, u.mediaType, u.data)
	if err != nil || u.thumb == nil {
		return Picture{File: f.ID, Alt: alt}, err
	}
	small, err := activity.AddFile(ctx, tx, "thumb.jpg", "image/jpeg", u.thumb)
	return Picture{File: f.ID, Thumb: small.ID, Alt: alt}, err
}

// OpenPicture writes the content of a product's picture, or of its small form,
// to the writer that w returns for its file. It returns a NotFound error if the
// product has no such picture.
func OpenPicture(ctx context.Context, tx *db.Tx, product, file ids.ID, w func(activity.File) io.Writer) error {
	_, err := db.Get(ctx, tx, db.One[int64], `
		SELECT n FROM product_picture WHERE product_id = $1 AND (file_id = $2 OR thumb_id = $2) LIMIT 1`, product, file)
	if err != nil {
		return err
	}
	return activity.ReadFile(ctx, tx, file, w)
}

// Small returns the file to show where there is little room.
func (v *Picture) Small() ids.ID {
	if v.Thumb.IsZero() {
		return v.File
	}
	return v.Thumb
}

// Covers returns the files of the first pictures of products, by product.
func Covers(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]Picture, error) {
	rows, err := pictures.load(ctx, tx, list)
	out := make(map[ids.ID]Picture, len(rows))
	for _, r := range rows {
		if _, ok := out[r.of]; !ok {
			out[r.of] = r.v
		}
	}
	return out, err
}

// MovePicture puts the picture with the given file before all others. It
// reports false if there is none.
func (p *Product) MovePicture(file ids.ID) bool {
	i := slices.IndexFunc(p.Pictures, func(v Picture) bool { return v.File == file })
	if i < 0 {
		return false
	}
	v := p.Pictures[i]
	p.Pictures = slices.Insert(slices.Delete(p.Pictures, i, i+1), 0, v)
	return true
}
