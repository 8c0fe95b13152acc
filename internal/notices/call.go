package notices

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/team"
)

// KindMention is the kind of the notice that somebody is named in a text.
const KindMention = "mention"

// Call tells the active colleagues whom texts name, each once for the record
// n.Subject however often it is written; n.User, n.Kind and n.Reason are set
// here. Who writes is not told of their own words. May says who may know of
// the record.
func Call(ctx context.Context, tx *db.Tx, n Notice, may func(u *team.User) (bool, error), texts ...string) error {
	var found []Mention
	var people *People
	for _, text := range texts {
		if len(Mentions(text)) == 0 {
			continue
		}
		if people == nil {
			var err error
			if people, err = Everybody(ctx, tx, true); err != nil {
				return err
			}
		}
		found = append(found, people.Find(text)...)
	}
	asked := map[ids.ID]bool{n.WhoID: true}
	for _, m := range found {
		if asked[m.User] {
			continue
		}
		asked[m.User] = true
		u, err := team.Get(ctx, tx, m.User)
		if err != nil {
			return err
		}
		if ok, err := may(&u); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		told := n
		told.User, told.Kind, told.Reason = m.User, KindMention, KindMention+":"+n.SubjectKind+":"+n.Subject.String()
		if _, err := Add(ctx, tx, &told); err != nil {
			return err
		}
	}
	return nil
}
