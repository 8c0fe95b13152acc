package customers

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A Tie is a relation seen from the other side: who belongs to a customer.
type Tie struct {
	Relation
	Of    ids.ID // whose relation it is
	Name  string
	Kind  Kind
	Phone string
	Email string
}

// Ties returns those who are members of a customer or are served by it, by
// name, those whose time there is over last.
func Ties(ctx context.Context, tx *db.Tx, id ids.ID, kind RelationKind, limit int) ([]Tie, error) {
	return db.List(ctx, tx, func(s db.Scanner, t *Tie) error {
		t.Relation.Kind, t.Other = kind, id
		return s.Scan(&t.Of, &t.N, &t.Role, &t.Title, &t.Department, &t.From, &t.To, &t.Primary, &t.Name, &t.Kind, &t.Phone, &t.Email)
	}, `
		SELECT r.customer_id, r.n, r.role, r.title, r.department, r.from_date, r.to_date, r.is_primary, c.name, c.kind, c.phone, c.email
		FROM customer_relation r JOIN customer c ON c.id = r.customer_id
		WHERE r.other_id = $1 AND r.kind = $2
		ORDER BY CASE WHEN r.to_date IS NULL THEN 0 ELSE 1 END, c.name_key, c.id LIMIT $3`, id, kind, limit)
}

// CountTies returns how many are members of a customer or are served by it.
func CountTies(ctx context.Context, tx *db.Tx, id ids.ID, kind RelationKind) (int, error) {
	return db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM customer_relation WHERE other_id = $1 AND kind = $2`, id, kind)
}

// Children returns the organisations directly below one.
func Children(ctx context.Context, tx *db.Tx, id ids.ID, limit int) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM customer WHERE parent_id = $1 ORDER BY name_key, id LIMIT $2`, id, limit)
}

// Parents returns the organisations above one, the nearest first.
func Parents(ctx context.Context, tx *db.Tx, id ids.ID) ([]ids.ID, error) {
	return db.List(ctx, tx, db.One[ids.ID], `
		WITH RECURSIVE up (id, depth) AS (
			SELECT parent_id, 1 FROM customer WHERE id = $1
			UNION ALL
			SELECT c.parent_id, up.depth + 1 FROM customer c JOIN up ON c.id = up.id WHERE up.depth < 50
		)
		SELECT id FROM up WHERE id IS NOT NULL ORDER BY depth`, id)
}

// Circle returns a customer and those whose interactions belong to its
// timeline: the people of an organisation or household, at most 500.
func Circle(ctx context.Context, tx *db.Tx, id ids.ID) ([]ids.ID, error) {
	list, err := db.List(ctx, tx, db.One[ids.ID], `
		SELECT DISTINCT customer_id FROM customer_relation WHERE other_id = $1 AND kind = 'member' LIMIT 500`, id)
	return append([]ids.ID{id}, list...), err
}
