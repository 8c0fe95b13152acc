// Package customers is the customer record: who a customer is, how to reach
// them, to whom they belong, what they agreed to.
//
// A customer is one row of table customer and rows of the tables of its
// parts (e-mails, telephones, addresses …). [Create], [Update] and [Delete]
// keep the values that are derived from them (primary contact points, folded
// keys, search documents) in the same transaction.
package customers

import (
	"context"
	"embed"
	"slices"
	"strings"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/fold"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/workspace"
)

//go:embed schema/*.sql
var schema embed.FS

// Text holds the messages of this package.
//
//go:embed text/*.json
var Text embed.FS

// A Kind says what sort of customer it is.
type Kind string

// The kinds.
const (
	Person       Kind = "person"
	Household    Kind = "household"
	Organization Kind = "organization"
)

// Kinds lists them in the order in which they are offered.
var Kinds = []Kind{Person, Organization, Household}

// A Phase is where a customer stands in their life with the company.
type Phase string

// The phases.
const (
	Prospect Phase = "prospect" // has not bought
	New      Phase = "new"      // bought for the first time lately
	Active   Phase = "active"
	Loyal    Phase = "loyal"
	AtRisk   Phase = "at_risk" // silent against their rhythm
	Lost     Phase = "lost"
)

// Phases lists them in the order of a customer's life.
var Phases = []Phase{Prospect, New, Active, Loyal, AtRisk, Lost}

// A Reseller says how a customer sells on to end customers; empty: not at all.
type Reseller string

// Resellers lists the ways of selling on.
var Resellers = []Reseller{"reseller", "dealer", "agent"}

// A Customer is a person, a household or an organisation that the company
// serves or would like to serve.
type Customer struct {
	ID         ids.ID
	Kind       Kind
	Name       string // what is shown; made of the name's parts if empty; may be empty if only a number is known
	Honorific  string
	Given      string
	Middle     string
	Family     string
	Suffix     string
	Nickname   string
	Addressing string // how to address them: "Bu Ratna"
	Language   string // BCP 47, as "id" or "jv"; empty if not known
	Channel    string // preferred: one of Channels, or empty
	Hours      string // when they like to be reached, in words
	Birthday   string // YYYY-MM-DD, year 0000 if it is not known; empty if nothing is
	Remember   string // things to remember
	Owner      ids.ID // user responsible; zero if nobody is
	Parent     ids.ID // organisation or household above; zero if none
	Phase      Phase
	Reseller   Reseller
	ExternalID string // number in the company's books; unique where not empty
	Source     string
	Archived   bool

	Emails    []Email
	Phones    []Phone
	Addresses []Address
	Handles   []Handle
	Relations []Relation
	Consents  []Consent
	Tags      []Tag
	Traits    []Trait

	Created time.Time
	Updated time.Time
	Rev     int64 // grows with every change; never goes back, not even by undo

	// Derived.
	Email    string // primary address
	Phone    string // primary number
	City     string // of the primary address
	LastAt   time.Time
	LastKind string

	parts int64 // bits of the child tables that have rows
}

// ETag returns the entity tag of the customer's present state (RFC 9110 §8.8.3).
func (c *Customer) ETag() string { return etag(c.ID, c.Rev) }

// Title returns the name, or what else there is to call the customer by.
func (c *Customer) Title() string {
	for _, s := range []string{c.Name, c.Phone, c.Email, c.ExternalID} {
		if s != "" {
			return s
		}
	}
	return "–"
}

// City returns the place of the primary address with its province, for people.
func (c *Customer) Place() string {
	for _, a := range c.Addresses {
		if a.Primary {
			return joinNonEmpty(", ", a.City, a.Province)
		}
	}
	return c.City
}

const customerCols = `c.id, c.kind, c.name, c.honorific, c.given_name, c.middle_name, c.family_name, c.suffix, c.nickname,
	c.addressing, c.language, c.channel, c.hours, c.birthday, c.remember, c.owner_id, c.parent_id, c.phase, c.reseller,
	c.external_id, c.source, c.archived, c.created_at, c.updated_at, c.rev, c.email, c.phone, c.city, c.last_at, c.last_kind, c.parts`

func scanCustomer(s db.Scanner, c *Customer) error {
	var created, updated, last int64
	err := s.Scan(&c.ID, &c.Kind, &c.Name, &c.Honorific, &c.Given, &c.Middle, &c.Family, &c.Suffix, &c.Nickname,
		&c.Addressing, &c.Language, &c.Channel, &c.Hours, &c.Birthday, &c.Remember, &c.Owner, &c.Parent, &c.Phase, &c.Reseller,
		&c.ExternalID, &c.Source, &c.Archived, &created, &updated, &c.Rev, &c.Email, &c.Phone, &c.City, &last, &c.LastKind, &c.parts)
	c.Created, c.Updated, c.LastAt = db.Time(created), db.Time(updated), db.Time(last)
	return err
}

// Get returns the customer with the given ID, or a NotFound error, also if
// the transaction's actor may not see it.
func Get(ctx context.Context, tx *db.Tx, id ids.ID) (Customer, error) {
	list, err := GetMany(ctx, tx, []ids.ID{id})
	if err != nil {
		return Customer{}, err
	}
	if len(list) == 0 {
		return Customer{}, errs.New(errs.NotFound, "customer.not_found")
	}
	return list[0], nil
}

// GetMany returns those of the given customers that exist and are visible, in
// the order of list.
func GetMany(ctx context.Context, tx *db.Tx, list []ids.ID) ([]Customer, error) {
	found, err := db.ListIn(ctx, tx, scanCustomer, list, `SELECT `+customerCols+` FROM customer c WHERE c.id IN ($list)`)
	if err != nil {
		return nil, err
	}
	at := make(map[ids.ID]*Customer, len(found))
	for i := range found {
		if visible(tx, &found[i]) {
			at[found[i].ID] = &found[i]
		}
	}
	if err := loadParts(ctx, tx, at); err != nil {
		return nil, err
	}
	out := make([]Customer, 0, len(list))
	for _, id := range list {
		if c := at[id]; c != nil {
			out = append(out, *c)
		}
	}
	return out, nil
}

// visible reports whether tx's actor may see c. It says in Go what
// list.Visible says in SQL.
func visible(tx *db.Tx, c *Customer) bool {
	return tx.Who.Sight == db.SeeAll || c.Owner.IsZero() || c.Owner == tx.Who.User
}

// Create adds c with its parts and sets c.ID and what is derived. It returns
// Invalid errors for what is wrong with fields, all of them at once, and a
// Conflict error if another customer has the same ExternalID.
func Create(ctx context.Context, tx *db.Tx, c *Customer) error {
	return CreateMany(ctx, tx, []*Customer{c})
}

// CreateMany adds many customers at once, as Create does each. If one is
// refused none is added.
func CreateMany(ctx context.Context, tx *db.Tx, list []*Customer) error {
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := c.Normalize(set.Region); err != nil {
			return err
		}
	}
	return Insert(ctx, tx, list)
}

// Insert adds customers that [Customer.Normalize] accepted. Who was known
// before the program was keeps the time in Created.
func Insert(ctx context.Context, tx *db.Tx, list []*Customer) error {
	for _, c := range list {
		if c.ID.IsZero() {
			c.ID = ids.New(tx.Now)
		}
		if c.Created.IsZero() {
			c.Created = tx.Now
		}
		c.Updated, c.Rev = tx.Now, 1
		c.number()
		c.derive()
	}
	if err := insertRows(ctx, tx, list); err != nil {
		return err
	}
	if err := insertParts(ctx, tx, list); err != nil {
		return err
	}
	if err := index(ctx, tx, list, true); err != nil {
		return err
	}
	changed(ctx, tx, idsOf(list)...)
	return countBy(ctx, tx, len(list))
}

func insertRows(ctx context.Context, tx *db.Tx, list []*Customer) error {
	cols := []string{"id", "kind", "name", "name_key", "match_key", "honorific", "given_name", "middle_name", "family_name", "suffix",
		"nickname", "addressing", "language", "channel", "hours", "birthday", "remember", "owner_id", "parent_id", "phase", "reseller",
		"external_id", "source", "archived", "created_at", "updated_at", "email", "phone", "city", "city_key", "parts", "created_op"}
	i, row := 0, make([]any, len(cols))
	return tx.Copy(ctx, `customer`, cols, func() ([]any, bool) {
		if i == len(list) {
			return nil, false
		}
		c := list[i]
		i++
		row = append(row[:0], c.ID, c.Kind, c.Name, c.nameKey(), fold.Name(c.Name), c.Honorific, c.Given, c.Middle, c.Family, c.Suffix,
			c.Nickname, c.Addressing, c.Language, c.Channel, c.Hours, orNull(c.Birthday), c.Remember, c.Owner, c.Parent, c.Phase, c.Reseller,
			c.ExternalID, c.Source, c.Archived, c.Created.UnixMilli(), c.Updated.UnixMilli(), c.Email, c.Phone, c.City, fold.Text(c.City), c.parts, tx.Op)
		return row, true
	})
}

// Lock makes others who would change a customer wait until tx ends. What is
// read after it is what they left.
func Lock(ctx context.Context, tx *db.Tx, id ids.ID) error {
	return tx.LockRecord(ctx, `customer`, id)
}

// Update changes the customer with the given ID: change gets it as it is and
// makes of it what it shall be. If rev is not zero it must be the customer's
// present Rev, else the error is Stale. It returns the customer as stored.
func Update(ctx context.Context, tx *db.Tx, id ids.ID, rev int64, change func(*Customer) error) (Customer, error) {
	if err := Lock(ctx, tx, id); err != nil {
		return Customer{}, err
	}
	old, err := Get(ctx, tx, id)
	if err != nil {
		return old, err
	}
	if rev != 0 && rev != old.Rev {
		return old, errs.New(errs.Stale, "error.stale")
	}
	c := old.clone()
	if err := change(&c); err != nil {
		return old, err
	}
	set, err := workspace.Get(ctx, tx)
	if err != nil {
		return old, err
	}
	if err := c.Normalize(set.Region); err != nil {
		return old, err
	}
	return c, Save(ctx, tx, &old, &c)
}

// Save stores c, which [Customer.Normalize] accepted, over old. Nothing is
// written if nothing changed.
func Save(ctx context.Context, tx *db.Tx, old, c *Customer) error {
	c.ID, c.Created, c.Updated, c.Rev = old.ID, old.Created, old.Updated, old.Rev
	other, err := syncParts(ctx, tx, old, c)
	if err != nil {
		return err
	}
	c.derive()
	if !other && sameRow(old, c) {
		return nil
	}
	if err := checkParent(ctx, tx, c); err != nil {
		return err
	}
	c.Updated = tx.Now
	n, err := tx.Exec(ctx, `
		UPDATE customer SET kind = $2, name = $3, name_key = $4, match_key = $5, honorific = $6, given_name = $7, middle_name = $8,
			family_name = $9, suffix = $10, nickname = $11, addressing = $12, language = $13, channel = $14, hours = $15, birthday = $16,
			remember = $17, owner_id = $18, parent_id = $19, phase = $20, reseller = $21, external_id = $22, source = $23, archived = $24,
			updated_at = $25, email = $26, phone = $27, city = $28, city_key = $29, parts = $30, rev = rev + 1
		WHERE id = $1 AND rev = $31`,
		c.ID, c.Kind, c.Name, c.nameKey(), fold.Name(c.Name), c.Honorific, c.Given, c.Middle,
		c.Family, c.Suffix, c.Nickname, c.Addressing, c.Language, c.Channel, c.Hours, orNull(c.Birthday),
		c.Remember, c.Owner, c.Parent, c.Phase, c.Reseller, c.ExternalID, c.Source, c.Archived,
		tx.Now.UnixMilli(), c.Email, c.Phone, c.City, fold.Text(c.City), c.parts, old.Rev)
	if err != nil {
		return err
	}
	if n == 0 {
		// On PostgreSQL somebody else may have written since it was read.
		return errs.New(errs.Stale, "error.stale")
	}
	c.Rev = old.Rev + 1
	changed(ctx, tx, c.ID)
	return index(ctx, tx, []*Customer{c}, false)
}

// checkParent refuses a circle in the hierarchy.
func checkParent(ctx context.Context, tx *db.Tx, c *Customer) error {
	for up, depth := c.Parent, 0; !up.IsZero(); depth++ {
		if up == c.ID || depth > 50 {
			return errs.InvalidField("parent_id", "customer.parent_circle")
		}
		next, ok, err := db.Find(ctx, tx, db.One[ids.ID], `SELECT parent_id FROM customer WHERE id = $1`, up)
		if err != nil {
			return err
		}
		if !ok {
			return errs.InvalidField("parent_id", "customer.not_found")
		}
		up = next
	}
	return nil
}

// A Book is the customers together with those who must act when one of them leaves.
type Book struct {
	// Leaving is called before customers are deleted: other modules delete what is theirs.
	Leaving []func(ctx context.Context, tx *db.Tx, list []ids.ID) error

	// List is what pages, exports, bulk edits and the API ask: [List] with the
	// columns that other modules bring. If nil it is [List] itself.
	List *list.Def[Customer]
}

// Def returns the list of the book's customers.
func (b *Book) Def() *list.Def[Customer] {
	if b == nil || b.List == nil {
		return &List
	}
	return b.List
}

// Delete removes customers with all their parts. Deleting is final only when
// the journal forgets: undo brings them back. It returns a Conflict error if
// something that must stay belongs to one of them.
func (b *Book) Delete(ctx context.Context, tx *db.Tx, list []ids.ID) error {
	for _, leave := range b.Leaving {
		if err := leave(ctx, tx, list); err != nil {
			return err
		}
	}
	below, err := db.ListIn(ctx, tx, db.One[ids.ID], list, `UPDATE customer SET parent_id = NULL, rev = rev + 1 WHERE parent_id IN ($list) RETURNING id`)
	if err != nil {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, list, `
		UPDATE customer SET rev = rev + 1 WHERE id IN (SELECT customer_id FROM customer_relation WHERE other_id IN ($list))`); err != nil {
		return err
	}
	if _, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_relation WHERE other_id IN ($list)`); err != nil {
		return err
	}
	if err := deleteParts(ctx, tx, list); err != nil {
		return err
	}
	n, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer WHERE id IN ($list)`)
	if err != nil {
		return err
	}
	if err := unindex(ctx, tx, list); err != nil {
		return err
	}
	changed(ctx, tx, slices.Concat(list, below)...)
	return countBy(ctx, tx, -int(n))
}

// Touched notes the latest interaction with a customer. Its revision stays:
// what somebody is editing did not change.
func Touched(ctx context.Context, tx *db.Tx, id ids.ID, at time.Time, kind string) error {
	_, err := tx.Exec(ctx, `
		UPDATE customer SET last_at = $2, last_kind = $3
		WHERE id = $1 AND (last_at IS NULL OR last_at <= $2)`, id, at.UnixMilli(), kind)
	return err
}

// ByExternalID returns the ID of the customer with that number.
func ByExternalID(ctx context.Context, tx *db.Tx, number string) (ids.ID, bool, error) {
	if number == "" {
		return ids.ID{}, false, nil
	}
	return db.Find(ctx, tx, db.One[ids.ID], `SELECT id FROM customer WHERE external_id = $1 AND external_id <> ''`, number)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func joinNonEmpty(sep string, parts ...string) string {
	var list []string
	for _, p := range parts {
		if p != "" {
			list = append(list, p)
		}
	}
	return strings.Join(list, sep)
}
