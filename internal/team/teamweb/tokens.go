package teamweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/ui"
)

// tokensPage is the data of the list of tokens, with the form of a new one.
type tokensPage struct {
	frame
	List  []team.Token
	Roles []team.Role // that the visitor may give
	Name  string
	Role  string // key
	Days  string // until it expires; "" for never
	Err   error
}

// lives are for how many days a token may be good.
var lives = []int{30, 90, 365}

func (p *Pages) tokens(w http.ResponseWriter, r *ui.Req) error {
	return p.showTokens(w, r, http.StatusOK, tokensPage{Role: team.Viewer})
}

func (p *Pages) showTokens(w http.ResponseWriter, r *ui.Req, status int, page tokensPage) error {
	page.frame = p.frame(r, "tokens")
	err := p.DB.Read(r.Context(), r.Who, func(tx *db.Tx) (err error) {
		if page.List, err = team.Tokens(r.Context(), tx); err != nil {
			return err
		}
		own, err := mine(r, tx)
		if err != nil {
			return err
		}
		roles, err := team.Roles(r.Context(), tx)
		for _, role := range roles {
			if own.MayGive(&role) == nil {
				page.Roles = append(page.Roles, role)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, tokensTmpl(page))
}

func (p *Pages) tokenCreate(w http.ResponseWriter, r *ui.Req) error {
	page := tokensPage{Name: r.Text("name"), Role: r.Text("role"), Days: r.Text("days")}
	var text string
	_, err := p.write(r, "team.token.create", func(tx *db.Tx) error {
		role, err := team.RoleByKey(r.Context(), tx, page.Role)
		if err != nil {
			return err
		}
		own, err := mine(r, tx)
		if err != nil {
			return err
		}
		if err := own.MayGive(&role); err != nil {
			return err
		}
		text, _, err = team.CreateTokenUntil(r.Context(), tx, page.Name, page.Role, expiry(tx.Now, page.Days))
		return err
	})
	if refused(err) {
		page.Err = err
		return p.showTokens(w, r, status(err), page)
	}
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, secretTmpl(secretPage{
		frame: p.frame(r, "tokens"), Title: r.View.T("team.token.made", "name", page.Name),
		Text: r.View.T("team.token.made_text"), Label: r.View.T("team.token.label"), Secret: text, Back: "/settings/tokens",
	}))
}

// expiry returns the time so many days from now, or the zero time for "".
func expiry(now time.Time, days string) time.Time {
	if days == "" {
		return time.Time{}
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > 3650 {
		return now // which is refused as past
	}
	return now.AddDate(0, 0, n)
}

func (p *Pages) tokenRevoke(w http.ResponseWriter, r *ui.Req) error {
	id, err := r.ID("id")
	if err != nil {
		return err
	}
	_, err = p.write(r, "team.token.revoke", func(tx *db.Tx) error {
		return team.RevokeToken(r.Context(), tx, id)
	})
	if err != nil {
		return err
	}
	ui.Flash(w, r, ui.Toast{Key: "team.toast.token_revoked"})
	return ui.Redirect(w, r, "/settings/tokens")
}
