package tasksweb

import (
	"net/http"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/tasks"
	"github.com/akrab-crm/akrab/internal/ui"
)

// invitationPage is the data of the page on which a guest answers, without
// signing in. Opening it changes nothing: programs that read mail open links.
type invitationPage struct {
	*ui.View
	tasks.Invited
	Token  string
	Answer tasks.State // that the link in the mail proposes; "" for none
	Saved  bool
}

var answers = []tasks.State{tasks.Yes, tasks.Maybe, tasks.No}

func (p *Pages) invitation(w http.ResponseWriter, r *ui.Req) error {
	page := &invitationPage{View: r.View, Token: r.PathValue("token"), Saved: r.Bool("saved")}
	if s := tasks.State(r.Text("answer")); slices.Contains(answers, s) {
		page.Answer = s
	}
	err := p.DB.Read(r.Context(), db.Who{}, func(tx *db.Tx) (err error) {
		page.Invited, err = tasks.ByToken(r.Context(), tx, page.Token)
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return ui.Render(w, r, http.StatusOK, page.page())
}

func (p *Pages) answer(w http.ResponseWriter, r *ui.Req) error {
	token := r.PathValue("token")
	who := db.Who{}
	err := p.DB.Read(r.Context(), who, func(tx *db.Tx) error {
		v, err := tasks.ByToken(r.Context(), tx, token)
		if who.Name = v.Guest.Name; who.Name == "" {
			who.Name = v.Guest.Email
		}
		return err
	})
	if err != nil {
		return err
	}
	err = p.DB.Write(r.Context(), db.Op{Who: who, Why: "task.answer"}, func(tx *db.Tx) error {
		v, err := tasks.Answer(r.Context(), tx, token, tasks.State(r.Text("answer")))
		if err != nil {
			return err
		}
		return tx.SetOp(r.Context(), v.Task.ID, map[string]any{"name": who.Name, "title": v.Task.Title})
	})
	if err != nil {
		return err
	}
	return ui.Redirect(w, r, "/invitations/"+token+"?saved=1")
}
