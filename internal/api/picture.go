package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/akrab-crm/akrab/internal/activity"
	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/locale"
)

// pictureOperations adds the two operations on the content of pictures, which
// is not JSON: they are served and described by hand.
func (a *API) pictureOperations() {
	const path = "/api/v1/products/{id}/pictures"
	a.mux.HandleFunc("POST "+path, a.addPicture)
	a.mux.HandleFunc("GET "+path+"/{file}", a.getPicture)
	a.ops = append(a.ops, Operation{"POST", path, catalog.PermWrite}, Operation{"GET", path + "/{file}", catalog.PermRead})
	text := &huma.Schema{Type: "string"}
	id := &huma.Param{Name: "id", In: "path", Required: true, Schema: text}
	post := &huma.Operation{
		Method: "POST", Path: path, OperationID: "add-picture", Summary: "Add a picture to a product",
		Description: "PNG, JPEG, WebP or GIF of at most " + strconv.Itoa(activity.MaxFile>>20) + " MiB.",
		Security:    []map[string][]string{{"token": {}}}, Responses: map[string]*huma.Response{}, Parameters: []*huma.Param{id},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
			Type: "object", Required: []string{"file"}, Properties: map[string]*huma.Schema{
				"file": {Type: "string", Format: "binary"},
				"alt":  {Type: "string", Description: "What it shows, for those who can't see it."},
			},
		}}}},
	}
	a.describe(post, operation{method: "POST", out: product{}, status: 201})
	a.huma.OpenAPI().AddOperation(post)
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		Method: "GET", Path: path + "/{file}", OperationID: "get-picture", Summary: "The content of a picture",
		Security: []map[string][]string{{"token": {}}}, Parameters: []*huma.Param{id, {Name: "file", In: "path", Required: true, Schema: text}},
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"image/*": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}},
	})
}

// addPicture adds a picture to a product and answers with the product.
func (a *API) addPicture(w http.ResponseWriter, r *http.Request) {
	a.by(w, r, catalog.PermWrite, func(c *caller) error {
		id, err := ids.Parse(r.PathValue("id"))
		if err != nil {
			return err
		}
		if c.key = r.Header.Get("Idempotency-Key"); len(c.key) > 255 {
			return errs.InvalidField("Idempotency-Key", "error.too_long", "max", 255)
		}
		name, alt, data, err := readPicture(w, r)
		if err != nil {
			return err
		}
		picture, err := catalog.NewUpload(name, data)
		if err != nil {
			return err
		}
		op := db.Op{Why: "product.update", Subject: id}
		n, err := a.change(r.Context(), c, op, "POST", "/pictures/"+id.String()+"\n"+alt, data, func(tx *db.Tx) (*answer, error) {
			now, err := catalog.Update(r.Context(), tx, id, 0, func(p *catalog.Product) error {
				if err := expect(r.Header.Get("If-Match"), p.ETag()); err != nil {
					return err
				}
				f, err := picture.Store(r.Context(), tx, alt)
				p.Pictures = append(p.Pictures, f)
				return err
			})
			if err != nil {
				return nil, err
			}
			if err := tx.SetOp(r.Context(), id, map[string]any{"name": now.Name(locale.ID)}); err != nil {
				return nil, err
			}
			return taggedProduct(http.StatusCreated, &now)
		})
		if err != nil {
			return err
		}
		for name, value := range n.header {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(n.status)
		_, err = w.Write(n.body)
		return err
	})
}

// readPicture reads the multipart form of addPicture.
func readPicture(w http.ResponseWriter, r *http.Request) (name, alt string, data []byte, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, activity.MaxFile+maxBody)
	if err := r.ParseMultipartForm(4 << 20); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return "", "", nil, errs.New(errs.TooLarge, "activity.file_too_large", "max", activity.MaxFile>>20)
		}
		return "", "", nil, newFault(http.StatusBadRequest, "api.multipart")
	}
	defer r.MultipartForm.RemoveAll()
	f, head, err := r.FormFile("file")
	if err != nil {
		return "", "", nil, errs.InvalidField("file", "error.required")
	}
	defer f.Close()
	data, err = io.ReadAll(f)
	return head.Filename, r.FormValue("alt"), data, err
}

// getPicture answers with the content of a picture.
func (a *API) getPicture(w http.ResponseWriter, r *http.Request) {
	a.by(w, r, catalog.PermRead, func(c *caller) error {
		id, err := ids.Parse(r.PathValue("id"))
		if err != nil {
			return err
		}
		file, err := ids.Parse(r.PathValue("file"))
		if err != nil {
			return err
		}
		var f activity.File
		var buf bytes.Buffer // so that a slow line holds no transaction
		err = a.DB.Read(r.Context(), c.Who(), func(tx *db.Tx) error {
			buf.Reset()
			return catalog.OpenPicture(r.Context(), tx, id, file, func(of activity.File) io.Writer { f = of; return &buf })
		})
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", f.MediaType)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
		buf.WriteTo(w) // an error means that the caller has gone
		return nil
	})
}
