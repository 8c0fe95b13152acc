package noticesweb

import (
	"net/http"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/notices"
	"github.com/akrab-crm/akrab/internal/ui"
)

// maxPeople is how many colleagues are suggested at once.
const maxPeople = 8

// people answers whom what is typed after a sign may mean.
func (p *Pages) people(w http.ResponseWriter, r *ui.Req) error {
	var list []notices.Suggestion
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		list, err = notices.Suggest(r.Context(), tx, r.Text("q"), maxPeople)
		return err
	})
	if err != nil {
		return err
	}
	return ui.RenderPart(w, r, http.StatusOK, peopleOptions(list))
}
