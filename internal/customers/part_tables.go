package customers

import (
	"context"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// The kinds of part, one declaration each. Their statements are written out,
// since statements are constants.

// millis scans a BIGINT of Unix milliseconds into a time.
type millis time.Time

// Scan implements [database/sql.Scanner].
func (m *millis) Scan(v any) error {
	ms, _ := v.(int64)
	*m = millis(db.Time(ms))
	return nil
}

var emails = &part[Email]{
	bit:    1 << 0,
	list:   func(c *Customer) *[]Email { return &c.Emails },
	num:    func(p *Email) *int64 { return &p.N },
	cols:   []string{"value", "key", "label", "is_primary", "state"},
	values: func(p *Email) []any { return []any{p.Value, p.Key, p.Label, p.Primary, p.State} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Email], error) {
		return db.ListIn(ctx, tx, scanOwned(func(p *Email) *int64 { return &p.N }, func(p *Email) []any {
			return []any{&p.Value, &p.Key, &p.Label, &p.Primary, &p.State}
		}), list, `
			SELECT customer_id, n, value, key, label, is_primary, state FROM customer_email
			WHERE customer_id IN ($list) ORDER BY customer_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `customer_email`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, p *Email) error {
		_, err := tx.Exec(ctx, `
			UPDATE customer_email SET value = $3, key = $4, label = $5, is_primary = $6, state = $7
			WHERE customer_id = $1 AND n = $2`, id, p.N, p.Value, p.Key, p.Label, p.Primary, p.State)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM customer_email WHERE customer_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_email WHERE customer_id IN ($list)`)
		return err
	},
}

var phones = &part[Phone]{
	bit:    1 << 1,
	list:   func(c *Customer) *[]Phone { return &c.Phones },
	num:    func(p *Phone) *int64 { return &p.N },
	cols:   []string{"value", "e164", "key", "label", "is_primary", "state"},
	values: func(p *Phone) []any { return []any{p.Value, p.E164, p.Key, p.Label, p.Primary, p.State} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Phone], error) {
		return db.ListIn(ctx, tx, scanOwned(func(p *Phone) *int64 { return &p.N }, func(p *Phone) []any {
			return []any{&p.Value, &p.E164, &p.Key, &p.Label, &p.Primary, &p.State}
		}), list, `
			SELECT customer_id, n, value, e164, key, label, is_primary, state FROM customer_phone
			WHERE customer_id IN ($list) ORDER BY customer_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `customer_phone`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, p *Phone) error {
		_, err := tx.Exec(ctx, `
			UPDATE customer_phone SET value = $3, e164 = $4, key = $5, label = $6, is_primary = $7, state = $8
			WHERE customer_id = $1 AND n = $2`, id, p.N, p.Value, p.E164, p.Key, p.Label, p.Primary, p.State)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM customer_phone WHERE customer_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_phone WHERE customer_id IN ($list)`)
		return err
	},
}

var addresses = &part[Address]{
	bit:  1 << 2,
	list: func(c *Customer) *[]Address { return &c.Addresses },
	num:  func(p *Address) *int64 { return &p.N },
	cols: []string{"label", "street", "village", "district", "city", "province", "postal_code", "country", "is_primary", "state"},
	values: func(p *Address) []any {
		return []any{p.Label, p.Street, p.Village, p.District, p.City, p.Province, p.Postcode, p.Country, p.Primary, p.State}
	},
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Address], error) {
		return db.ListIn(ctx, tx, scanOwned(func(p *Address) *int64 { return &p.N }, func(p *Address) []any {
			return []any{&p.Label, &p.Street, &p.Village, &p.District, &p.City, &p.Province, &p.Postcode, &p.Country, &p.Primary, &p.State}
		}), list, `
			SELECT customer_id, n, label, street, village, district, city, province, postal_code, country, is_primary, state FROM customer_address
			WHERE customer_id IN ($list) ORDER BY customer_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `customer_address`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, p *Address) error {
		_, err := tx.Exec(ctx, `
			UPDATE customer_address SET label = $3, street = $4, village = $5, district = $6, city = $7, province = $8, postal_code = $9, country = $10, is_primary = $11, state = $12
			WHERE customer_id = $1 AND n = $2`, id, p.N, p.Label, p.Street, p.Village, p.District, p.City, p.Province, p.Postcode, p.Country, p.Primary, p.State)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM customer_address WHERE customer_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_address WHERE customer_id IN ($list)`)
		return err
	},
}

var handles = &part[Handle]{
	bit:    1 << 3,
	list:   func(c *Customer) *[]Handle { return &c.Handles },
	num:    func(p *Handle) *int64 { return &p.N },
	cols:   []string{"network", "value", "key", "is_primary", "state"},
	values: func(p *Handle) []any { return []any{p.Network, p.Value, p.Key, p.Primary, p.State} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Handle], error) {
		return db.ListIn(ctx, tx, scanOwned(func(p *Handle) *int64 { return &p.N }, func(p *Handle) []any {
			return []any{&p.Network, &p.Value, &p.Key, &p.Primary, &p.State}
		}), list, `
			SELECT customer_id, n, network, value, key, is_primary, state FROM customer_handle
			WHERE customer_id IN ($list) ORDER BY customer_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `customer_handle`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, p *Handle) error {
		_, err := tx.Exec(ctx, `
			UPDATE customer_handle SET network = $3, value = $4, key = $5, is_primary = $6, state = $7
			WHERE customer_id = $1 AND n = $2`, id, p.N, p.Network, p.Value, p.Key, p.Primary, p.State)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM customer_handle WHERE customer_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_handle WHERE customer_id IN ($list)`)
		return err
	},
}

var relations = &part[Relation]{
	bit:  1 << 4,
	list: func(c *Customer) *[]Relation { return &c.Relations },
	num:  func(p *Relation) *int64 { return &p.N },
	cols: []string{"kind", "other_id", "role", "title", "department", "from_date", "to_date", "is_primary"},
	values: func(p *Relation) []any {
		return []any{p.Kind, p.Other, p.Role, p.Title, p.Department, orNull(p.From), orNull(p.To), p.Primary}
	},
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Relation], error) {
		return db.ListIn(ctx, tx, scanOwned(func(p *Relation) *int64 { return &p.N }, func(p *Relation) []any {
			return []any{&p.Kind, &p.Other, &p.Role, &p.Title, &p.Department, &p.From, &p.To, &p.Primary}
		}), list, `
			SELECT customer_id, n, kind, other_id, role, title, department, from_date, to_date, is_primary FROM customer_relation
			WHERE customer_id IN ($list) ORDER BY customer_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `customer_relation`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, p *Relation) error {
		_, err := tx.Exec(ctx, `
			UPDATE customer_relation SET kind = $3, other_id = $4, role = $5, title = $6, department = $7, from_date = $8, to_date = $9, is_primary = $10
			WHERE customer_id = $1 AND n = $2`, id, p.N, p.Kind, p.Other, p.Role, p.Title, p.Department, orNull(p.From), orNull(p.To), p.Primary)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM customer_relation WHERE customer_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_relation WHERE customer_id IN ($list)`)
		return err
	},
}

var consents = &part[Consent]{
	bit:    1 << 5,
	list:   func(c *Customer) *[]Consent { return &c.Consents },
	num:    func(p *Consent) *int64 { return &p.N },
	cols:   []string{"channel", "purpose", "granted", "source", "given_at"},
	values: func(p *Consent) []any { return []any{p.Channel, p.Purpose, p.Granted, p.Source, p.At.UnixMilli()} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Consent], error) {
		return db.ListIn(ctx, tx, scanOwned(func(p *Consent) *int64 { return &p.N }, func(p *Consent) []any {
			return []any{&p.Channel, &p.Purpose, &p.Granted, &p.Source, (*millis)(&p.At)}
		}), list, `
			SELECT customer_id, n, channel, purpose, granted, source, given_at FROM customer_consent
			WHERE customer_id IN ($list) ORDER BY customer_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `customer_consent`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, p *Consent) error {
		_, err := tx.Exec(ctx, `
			UPDATE customer_consent SET channel = $3, purpose = $4, granted = $5, source = $6, given_at = $7
			WHERE customer_id = $1 AND n = $2`, id, p.N, p.Channel, p.Purpose, p.Granted, p.Source, p.At.UnixMilli())
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM customer_consent WHERE customer_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_consent WHERE customer_id IN ($list)`)
		return err
	},
}

var tags = &part[Tag]{
	bit:    1 << 6,
	list:   func(c *Customer) *[]Tag { return &c.Tags },
	num:    func(p *Tag) *int64 { return &p.N },
	cols:   []string{"tag", "key"},
	values: func(p *Tag) []any { return []any{p.Value, p.Key} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Tag], error) {
		return db.ListIn(ctx, tx, scanOwned(func(p *Tag) *int64 { return &p.N }, func(p *Tag) []any {
			return []any{&p.Value, &p.Key}
		}), list, `
			SELECT customer_id, n, tag, key FROM customer_tag
			WHERE customer_id IN ($list) ORDER BY customer_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `customer_tag`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, p *Tag) error {
		_, err := tx.Exec(ctx, `
			UPDATE customer_tag SET tag = $3, key = $4
			WHERE customer_id = $1 AND n = $2`, id, p.N, p.Value, p.Key)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM customer_tag WHERE customer_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_tag WHERE customer_id IN ($list)`)
		return err
	},
}

var traits = &part[Trait]{
	bit:    1 << 7,
	list:   func(c *Customer) *[]Trait { return &c.Traits },
	num:    func(p *Trait) *int64 { return &p.N },
	cols:   []string{"label", "value"},
	values: func(p *Trait) []any { return []any{p.Label, p.Value} },
	load: func(ctx context.Context, tx *db.Tx, list []ids.ID) ([]owned[Trait], error) {
		return db.ListIn(ctx, tx, scanOwned(func(p *Trait) *int64 { return &p.N }, func(p *Trait) []any {
			return []any{&p.Label, &p.Value}
		}), list, `
			SELECT customer_id, n, label, value FROM customer_trait
			WHERE customer_id IN ($list) ORDER BY customer_id, n`)
	},
	copyTo: func(ctx context.Context, tx *db.Tx, cols []string, next func() ([]any, bool)) error {
		return tx.Copy(ctx, `customer_trait`, cols, next)
	},
	update: func(ctx context.Context, tx *db.Tx, id ids.ID, p *Trait) error {
		_, err := tx.Exec(ctx, `
			UPDATE customer_trait SET label = $3, value = $4
			WHERE customer_id = $1 AND n = $2`, id, p.N, p.Label, p.Value)
		return err
	},
	remove: func(ctx context.Context, tx *db.Tx, id ids.ID, n int64) error {
		_, err := tx.Exec(ctx, `DELETE FROM customer_trait WHERE customer_id = $1 AND n = $2`, id, n)
		return err
	},
	clear: func(ctx context.Context, tx *db.Tx, list []ids.ID) error {
		_, err := db.ExecIn(ctx, tx, list, `DELETE FROM customer_trait WHERE customer_id IN ($list)`)
		return err
	},
}
