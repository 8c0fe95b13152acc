package insights

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/money"
)

// A Care is what other modules know of a customer that neither orders nor talks
// tell. The zero Care is nothing. Days are those of the workspace's zone.
type Care struct {
	Complaint    string         `json:"complaint,omitempty"`     // 2006-01-02: since when a severe complaint is open; "" if none is
	Overdue      int64          `json:"overdue,omitempty"`       // unpaid of invoices whose day has passed, in minor units …
	Currency     money.Currency `json:"currency,omitempty"`      // … of this currency
	OverdueSince string         `json:"overdue_since,omitempty"` // 2006-01-02: the day of the oldest of them; "" if there is none
	Satisfaction int64          `json:"satisfaction,omitempty"`  // last answer, 1 to 5; 0 if there is none
	Answered     string         `json:"answered,omitempty"`      // 2006-01-02: when they gave it
	Service      int64          `json:"service,omitempty"`       // seconds that were spent on them and that no talk tells
}

// Cares answers what modules beside this one know of customers: the service
// desk, the books, whoever asks for satisfaction. It returns those of the given
// customers of whom there is something to say; all of them if of is nil. A nil
// Cares knows nothing. Who changes an answer calls [Refresh] for the customer.
type Cares func(ctx context.Context, tx *db.Tx, of []ids.ID) (map[ids.ID]Care, error)

// ask returns what is known of customers; of all if of is nil.
func (k Cares) ask(ctx context.Context, tx *db.Tx, of []ids.ID) (map[ids.ID]Care, error) {
	if k == nil || of != nil && len(of) == 0 {
		return nil, nil
	}
	return k(ctx, tx, of)
}

// satisfied is for how many days an answer about satisfaction counts.
const satisfied = 90

// tell adds to what models read what was answered, as of the day today.
func (c *Care) tell(in *learn.Input) {
	in.Complaint = c.Complaint != ""
	if since, ok := dayOf(c.OverdueSince); ok {
		in.OverdueDays = int(max(in.Today-since, 0))
	}
	if on, ok := dayOf(c.Answered); ok && in.Today-on <= satisfied {
		in.Satisfaction = int(c.Satisfaction)
	}
}

// dayOf returns the days since 1970 of a date; false if it is none.
func dayOf(date string) (int32, bool) {
	t, err := time.Parse(time.DateOnly, date)
	return int32(t.Unix() / (24 * 60 * 60)), err == nil
}

// sum appends what tells c from others to b; nothing of the zero Care, so that
// rows without one stay as they are.
func (c *Care) sum(b []byte) []byte {
	if *c == (Care{}) {
		return b
	}
	for _, s := range []string{c.Complaint, string(c.Currency), c.OverdueSince, c.Answered} {
		b = append(append(b, s...), 0)
	}
	for _, v := range []int64{c.Overdue, c.Satisfaction, c.Service} {
		b = binary.AppendVarint(b, v)
	}
	return b
}

// stored returns c as the column care keeps it: NULL for the zero Care.
func (c *Care) stored() (any, error) {
	if *c == (Care{}) {
		return nil, nil
	}
	text, err := json.Marshal(c)
	return string(text), err
}
