package activityweb

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ui"
)

// pictures may be shown by the browser; anything else is only saved, whatever
// its name says, so that no file runs in Akrab's name.
var pictures = map[string]bool{"image/png": true, "image/jpeg": true, "image/webp": true, "image/gif": true}

// file sends a file of an entry.
func (p *Pages) file(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	var f activity.File
	var buf bytes.Buffer // so that a slow browser holds no transaction
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		buf.Reset()
		return activity.OpenFile(r.Context(), tx, id, func(of activity.File) io.Writer {
			f = of
			return &buf
		})
	})
	if err != nil {
		return err
	}
	disposition, mediaType := "attachment", "application/octet-stream"
	if pictures[f.MediaType] {
		disposition, mediaType = "inline", f.MediaType
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", contentDisposition(disposition, f.Name))
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache")
	if r.Method != http.MethodHead {
		buf.WriteTo(w) // an error means that the browser has gone
	}
	return nil
}

// contentDisposition names a file safely, also one whose name is not ASCII
// (RFC 6266, RFC 8187).
func contentDisposition(disposition, name string) string {
	if s := mime.FormatMediaType(disposition, map[string]string{"filename": name}); s != "" {
		return s
	}
	return disposition
}
