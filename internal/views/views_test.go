package views_test

import (
	"slices"
	"testing"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/db/dbtest"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/journal"
	"github.com/akrab-crm/akrab/internal/team"
	"github.com/akrab-crm/akrab/internal/views"
)

var modules = []db.Module{journal.Module, team.Module, views.Module}

// users adds two colleagues and returns who they are, the first two of one team.
func users(t *testing.T, d *db.DB) (rina, dimas, sari db.Who) {
	t.Helper()
	who := make([]db.Who, 3)
	first := ids.New(dbtest.Now)
	err := d.Write(t.Context(), db.Op{Why: "user.create"}, func(tx *db.Tx) error {
		u := team.User{Name: "Rina", Email: "rina@example.co.id"}
		if err := team.FirstAdministrator(t.Context(), tx, views.Permissions, &u, team.Password{}); err != nil {
			return err
		}
		who[0] = db.Who{User: u.ID, Name: u.Name, Team: first}
		role, err := team.RoleByKey(t.Context(), tx, team.Agent)
		if err != nil {
			return err
		}
		for i, name := range []string{"dimas", "sari"} {
			u := team.User{Name: name, Email: name + "@example.co.id", RoleID: role.ID}
			if err := team.CreateUser(t.Context(), tx, &u, team.Password{}); err != nil {
				return err
			}
			who[i+1] = db.Who{User: u.ID, Name: u.Name}
		}
		who[1].Team = first
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return who[0], who[1], who[2]
}

// Everybody sees their own views, those of their team and those of all, and
// nobody sees others'.
func TestWhoSeesAView(t *testing.T) {
	dbtest.Each(t, modules, func(t *testing.T, d *db.DB) {
		rina, dimas, sari := users(t, d)
		ctx := t.Context()
		made := map[views.Shared]ids.ID{}
		for _, s := range views.Everyone {
			v := views.View{List: "customer", Title: string(s), Query: "f=city:eq:Bandung", Shared: s}
			if err := d.Write(ctx, db.Op{Why: "view.create", Who: rina}, func(tx *db.Tx) error { return views.Create(ctx, tx, &v) }); err != nil {
				t.Fatal(err)
			}
			made[s] = v.ID
		}
		for _, tt := range []struct {
			who  db.Who
			want []string
		}{{rina, []string{"all", "private", "team"}}, {dimas, []string{"all", "team"}}, {sari, []string{"all"}}} {
			err := d.Read(ctx, tt.who, func(tx *db.Tx) error {
				list, err := views.Of(ctx, tx, "customer")
				var got []string
				for _, v := range list {
					got = append(got, v.Title)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%s sees %v, want %v", tt.who.Name, got, tt.want)
				}
				for s, id := range made {
					_, err := views.Get(ctx, tx, id)
					if sees := slices.Contains(tt.want, string(s)); sees != (err == nil) || err != nil && errs.KindOf(err) != errs.NotFound {
						t.Errorf("%s gets the view of %s: %v", tt.who.Name, s, err)
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		// Whoever leaves the team does not take its view along.
		err := d.Write(ctx, db.Op{Why: "view.update", Who: db.Who{User: rina.User}}, func(tx *db.Tx) error {
			_, err := views.Update(ctx, tx, made[views.Team], func(v *views.View) error { v.Title = "ours"; return nil })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Read(ctx, dimas, func(tx *db.Tx) error { _, err := views.Get(ctx, tx, made[views.Team]); return err }); err != nil {
			t.Errorf("the team sees its view no more: %v", err)
		}
	})
}

func TestAllowed(t *testing.T) {
	me, other := ids.New(dbtest.Now), ids.New(dbtest.Now)
	mine := func(s views.Shared) *views.View { return &views.View{Owner: me, Shared: s} }
	theirs := func(s views.Shared) *views.View { return &views.View{Owner: other, Shared: s} }
	for _, tt := range []struct {
		what     string
		old, now *views.View
		share    bool
		want     bool
	}{
		{"keep one for oneself", nil, mine(views.Private), false, true},
		{"share a new one", nil, mine(views.All), false, false},
		{"share a new one, with the right", nil, mine(views.All), true, true},
		{"share what was private", mine(views.Private), mine(views.Team), false, false},
		{"rename what was shared once", mine(views.All), mine(views.All), false, true},
		{"take back what was shared", mine(views.All), mine(views.Private), false, true},
		{"delete one's own", mine(views.All), nil, false, true},
		{"change others'", theirs(views.All), theirs(views.All), false, false},
		{"change others', with the right", theirs(views.All), theirs(views.All), true, true},
		{"change what others keep for themselves", theirs(views.Private), theirs(views.Private), true, false},
		{"change what a program made", &views.View{Shared: views.All}, &views.View{Shared: views.All}, false, false},
	} {
		if err := views.Allowed(db.Who{User: me}, tt.old, tt.now, tt.share); (err == nil) != tt.want {
			t.Errorf("%s: %v", tt.what, err)
		}
	}
}

// What was read of a view's query and written again is the same query.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "f=city:eq:Bandung&sort=-name", "?f=tag:in:a,b&c=name,city&limit=20", "f=name%3Aeq%3A%26&cursor=x", "f=x", "%zz", "limit=0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := views.Parse(s)
		if err != nil {
			return
		}
		text := views.TextOf(q)
		again, err := views.Parse(text)
		if err != nil || views.TextOf(again) != text {
			t.Errorf("%q is written as %q, and that read as %q, %v", s, text, views.TextOf(again), err)
		}
	})
}
