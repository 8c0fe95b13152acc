package offers

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights/score"
)

// enoughAnswers is how many answers of a kind in a place it takes until odds are
// learned from them, instead of from purchases alone.
const enoughAnswers = 500

// odds are curves from foreseen chances to how often an offer was accepted, by
// place and kind: "counter/new".
type odds map[string]*score.Isotonic

func oddsKey(place Place, kind Kind) string { return string(place) + "/" + string(kind) }

// loadOdds returns what was learned from answers; there are few rows, and none
// as long as few answered.
func loadOdds(ctx context.Context, tx *db.Tx) (odds, error) {
	type row struct{ key, curve string }
	rows, err := db.List(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.key, &r.curve) }, `SELECT key, curve FROM offer_odds ORDER BY key`)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	o := make(odds, len(rows))
	for _, r := range rows {
		c := &score.Isotonic{}
		if err := json.Unmarshal([]byte(r.curve), c); err != nil {
			return nil, fmt.Errorf("odds of offers %s: %w", r.key, err)
		}
		o[r.key] = c
	}
	return o, nil
}

// at returns what became of offers that were foreseen to be bought with a
// chance, or the chance itself where too few were answered.
func (o odds) at(place Place, kind Kind, chance float64) float64 {
	if c := o[oddsKey(place, kind)]; c != nil {
		return min(max(c.At(chance), 0), 1)
	}
	return chance
}

// LearnOdds learns from all answers how often offers are accepted that were
// foreseen to be bought with some chance. It replaces what was learned before.
func LearnOdds(ctx context.Context, tx *db.Tx) error {
	type points struct{ x, y []float64 }
	type answered struct {
		place   Place
		kind    Kind
		chance  int64
		outcome Outcome
	}
	all := map[string]*points{}
	err := db.Each(ctx, tx, func(s db.Scanner, v *answered) error { return s.Scan(&v.place, &v.kind, &v.chance, &v.outcome) }, func(v *answered) error {
		key := oddsKey(v.place, v.kind)
		p := all[key]
		if p == nil {
			p = &points{}
			all[key] = p
		}
		p.x = append(p.x, float64(v.chance)/1e6)
		y := 0.
		if v.outcome == Accepted {
			y = 1
		}
		p.y = append(p.y, y)
		return nil
	}, `SELECT place, kind, foreseen, outcome FROM offer WHERE foreseen IS NOT NULL ORDER BY id`)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM offer_odds`); err != nil {
		return err
	}
	for key, p := range all {
		if len(p.x) < enoughAnswers {
			continue
		}
		curve, err := score.FitIsotonic(p.x, p.y, nil)
		if err != nil {
			return fmt.Errorf("odds of offers %s: %w", key, err)
		}
		data, err := json.Marshal(curve)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO offer_odds (key, n, curve, made_at) VALUES ($1, $2, $3, $4)`,
			key, len(p.x), string(data), tx.Now.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}
