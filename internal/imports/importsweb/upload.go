package importsweb

import (
	"errors"
	"io"
	"net/http"

	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/imports"
	"github.com/akrab-crm/akrab/internal/ui"
)

// newPage is where a file is chosen.
type newPage struct {
	*ui.View
	Err error
	Max int64 // bytes
}

func (p *Pages) choose(w http.ResponseWriter, r *ui.Req) error {
	page := &newPage{View: r.View, Max: p.maxFile()}
	return ui.Render(w, r, http.StatusOK, page.page())
}

// upload stores a file as it arrives, and leads to the page of its import.
func (p *Pages) upload(w http.ResponseWriter, r *ui.Req) error {
	j, err := p.receive(r)
	if k := errs.KindOf(err); k == errs.Invalid || k == errs.TooLarge {
		page := &newPage{View: r.View, Err: err, Max: p.maxFile()}
		return ui.Render(w, r, http.StatusUnprocessableEntity, page.page())
	}
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, path(j.ID))
}

func (p *Pages) receive(r *ui.Req) (j imports.Job, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return j, errs.InvalidField("file", "import.no_file").Because(err)
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return j, errs.InvalidField("file", "import.no_file")
		case err != nil:
			return j, p.tooLarge(err)
		case part.FormName() != "file":
			continue
		case part.FileName() == "":
			return j, errs.InvalidField("file", "import.no_file")
		}
		j, err = imports.Start(r.Context(), p.DB, part, part.FileName(), imports.Options{Who: r.Who, Recall: true, MaxBytes: p.maxFile()})
		return j, p.tooLarge(err)
	}
}

// tooLarge says of a body that was cut off that the file is too large.
func (p *Pages) tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errs.New(errs.TooLarge, "import.too_large", "max", p.maxFile()>>20).Because(err)
	}
	return err
}

// accepted are the files that the browser offers.
const accepted = ".csv,.tsv,.txt,.gz,.xlsx,.vcf,text/csv,text/vcard,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
