package catalogweb

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/ui"
)

// maxPictures is how many pictures a form brings at once.
const maxPictures = 10

// pictureSrc is the address of a picture of a product.
func pictureSrc(product, file ids.ID) string { return Href(product) + "/pictures/" + file.String() }

// picture sends a picture of a product. What it is never changes.
func (p *Pages) picture(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	file, err := r.ID("file")
	if err != nil {
		return err
	}
	var f activity.File
	var buf bytes.Buffer // so that a slow browser holds no transaction
	err = p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) error {
		buf.Reset()
		return catalog.OpenPicture(r.Context(), tx, id, file, func(of activity.File) io.Writer { f = of; return &buf })
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.MediaType)
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": f.Name}))
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	if r.Method != http.MethodHead {
		buf.WriteTo(w) // an error means that the browser has gone
	}
	return nil
}

// addPictures adds pictures to a product.
func (p *Pages) addPictures(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	list, err := uploads(r)
	if err != nil {
		return p.refusePicture(w, r, id, err)
	}
	alt := r.Text("alt")
	saved, op, err := p.updateTx(r, "product.update", id, func(tx *db.Tx, c *catalog.Product) error {
		for _, u := range list {
			picture, err := u.Store(r.Context(), tx, alt)
			if err != nil {
				return inFile(err)
			}
			c.Pictures = append(c.Pictures, picture)
		}
		return nil
	})
	if err != nil {
		return p.refusePicture(w, r, id, err)
	}
	ui.Flash(w, r, ui.Toast{Key: "products.pictures.added", Args: []string{"name", saved.Name(r.View.Lang)}, N: int64(len(list)), Undo: op})
	return ui.Redirect(w, r, Href(id))
}

// refusePicture shows the page again with what was wrong, if its sender can mend it.
func (p *Pages) refusePicture(w http.ResponseWriter, r *ui.Req, id ids.ID, err error) error {
	if errs.KindOf(err) != errs.Invalid {
		return err
	}
	return p.show(w, r, http.StatusUnprocessableEntity, id, shown{picture: err})
}

// uploads reads the pictures of a form.
func uploads(r *ui.Req) ([]*catalog.Upload, error) {
	err := r.Multipart()
	if errs.KindOf(err) == errs.TooLarge {
		return nil, errs.InvalidField("file", "activity.file_too_large", "max", activity.MaxFile>>20)
	}
	if err != nil {
		return nil, err
	}
	files := slices.DeleteFunc(r.MultipartForm.File["file"], func(h *multipart.FileHeader) bool { return h.Filename == "" })
	if len(files) == 0 {
		return nil, errs.InvalidField("file", "product.no_picture")
	}
	if len(files) > maxPictures {
		return nil, errs.InvalidField("file", "product.too_many", "max", maxPictures)
	}
	var list []*catalog.Upload
	for _, h := range files {
		u, err := upload(h)
		if err != nil {
			return nil, inFile(err)
		}
		list = append(list, u)
	}
	return list, nil
}

func upload(h *multipart.FileHeader) (*catalog.Upload, error) {
	if h.Size > activity.MaxFile {
		return nil, errs.InvalidField("file", "activity.file_too_large", "max", activity.MaxFile>>20)
	}
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return catalog.NewUpload(h.Filename, data)
}

// inFile says of an error about a file that it stands at the form's field.
func inFile(err error) error {
	if e, ok := errors.AsType[*errs.Error](err); ok && (e.Kind == errs.Invalid || e.Kind == errs.TooLarge) {
		return errs.InvalidField("file", e.Key, e.Args...)
	}
	return err
}

// onePicture changes one picture of a product, and leads back to its page.
func (p *Pages) onePicture(w http.ResponseWriter, r *ui.Req, toast string, change func(c *catalog.Product, i int)) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	file, err := r.ID("file")
	if err != nil {
		return err
	}
	saved, op, err := p.update(r, id, func(c *catalog.Product) error {
		i := slices.IndexFunc(c.Pictures, func(v catalog.Picture) bool { return v.File == file })
		if i < 0 {
			return errs.New(errs.NotFound, "error.not_found")
		}
		change(c, i)
		return nil
	})
	if errs.KindOf(err) == errs.Invalid && len(errs.All(err)) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, id, shown{edit: altID(file), err: at("alt", err), sent: true})
	}
	if err != nil && err != errSame {
		return err
	}
	if err == nil {
		ui.Flash(w, r, ui.Toast{Key: toast, Args: []string{"name", saved.Name(r.View.Lang)}, Undo: op})
	}
	return ui.Redirect(w, r, Href(id))
}

// firstPicture puts a picture before all others.
func (p *Pages) firstPicture(w http.ResponseWriter, r *ui.Req) error {
	return p.onePicture(w, r, "products.saved", func(c *catalog.Product, i int) { c.MovePicture(c.Pictures[i].File) })
}

// describePicture says what a picture shows.
func (p *Pages) describePicture(w http.ResponseWriter, r *ui.Req) error {
	return p.onePicture(w, r, "products.saved", func(c *catalog.Product, i int) { c.Pictures[i].Alt = r.Text("alt") })
}

// dropPicture takes a picture away.
func (p *Pages) dropPicture(w http.ResponseWriter, r *ui.Req) error {
	return p.onePicture(w, r, "products.pictures.removed", func(c *catalog.Product, i int) { c.Pictures = slices.Delete(c.Pictures, i, i+1) })
}

// altID is the id of the form that describes a picture.
func altID(file ids.ID) string { return "alt-" + file.String() }
