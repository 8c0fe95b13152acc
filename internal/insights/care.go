package insights

import (
	"context"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// Worrying returns the customers of an owner, or of nobody if owner is zero,
// whose signal is yellow or red, those first with whom most would be lost: up
// to limit of them.
func Worrying(ctx context.Context, tx *db.Tx, owner ids.ID, limit int) ([]Fact, error) {
	if owner.IsZero() {
		return db.List(ctx, tx, scanFact, `
			SELECT `+factCols+` FROM customer_fact f
			WHERE f.owner_id IS NULL AND f.stake IS NOT NULL
			ORDER BY f.stake DESC, f.customer_id DESC LIMIT $1`, limit)
	}
	return db.List(ctx, tx, scanFact, `
		SELECT `+factCols+` FROM customer_fact f
		WHERE f.owner_id = $1 AND f.stake IS NOT NULL
		ORDER BY f.stake DESC, f.customer_id DESC LIMIT $2`, owner, limit)
}

// CountWorrying counts an owner's customers whose signal is yellow or red, up
// to most.
func CountWorrying(ctx context.Context, tx *db.Tx, owner ids.ID, most int) (int, error) {
	return db.Get(ctx, tx, db.One[int], `
		SELECT COUNT(*) FROM (
			SELECT 1 FROM customer_fact f WHERE f.owner_id = $1 AND f.stake IS NOT NULL LIMIT $2) c`, owner, most)
}

// A Mood is the signal of a customer with why it is so.
type Mood struct {
	Customer ids.ID
	Signal   string // green, yellow, red, or empty
	Why      string // key of the message that says why
}

// Moods returns the signals of those of the given customers who have a row of
// facts.
func Moods(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]Mood, error) {
	rows, err := db.ListIn(ctx, tx, func(s db.Scanner, m *Mood) error { return s.Scan(&m.Customer, &m.Signal, &m.Why) }, list, `
		SELECT customer_id, signal, why FROM customer_fact WHERE customer_id IN ($list)`)
	moods := make(map[ids.ID]Mood, len(rows))
	for _, m := range rows {
		moods[m.Customer] = m
	}
	return moods, err
}
