package notices

import (
	"context"
	"strings"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/team"
)

// A Suggestion is a colleague whom what was typed after a sign may mean.
type Suggestion struct {
	Name   string
	Email  string
	Insert string // what to write after the sign, so that it names them and nobody else
}

// Suggest returns active colleagues whose names or addresses have words that
// begin with those of q, by name. Nothing typed yet means everybody.
func Suggest(ctx context.Context, tx *db.Tx, q string, limit int) ([]Suggestion, error) {
	users, err := team.Users(ctx, tx, true)
	if err != nil {
		return nil, err
	}
	people := NewPeople()
	for _, u := range users {
		people.Add(u.ID, u.Name, u.Email)
	}
	want := fold.Words(q)
	var list []Suggestion
	for _, u := range users {
		if len(list) == limit {
			break
		}
		if !beginWith(append(fold.Words(u.Name), fold.Words(u.Email)...), want) {
			continue
		}
		s := Suggestion{Name: u.Name, Email: u.Email, Insert: u.Name}
		if found := people.Find("@" + u.Name); len(found) != 1 || found[0].User != u.ID || found[0].End != len(u.Name)+1 {
			s.Insert = u.Email // somebody else has the same name, or it has no letters
		}
		list = append(list, s)
	}
	return list, nil
}

// beginWith reports whether each of want begins one of the words.
func beginWith(words, want []string) bool {
	for _, w := range want {
		found := false
		for _, word := range words {
			found = found || strings.HasPrefix(word, w)
		}
		if !found {
			return false
		}
	}
	return true
}
