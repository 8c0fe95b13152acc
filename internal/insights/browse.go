package insights

import (
	"cmp"
	"context"
	"slices"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A RuleKind says what links the products of a rule.
type RuleKind string

const (
	BasketRule   RuleKind = "basket"   // they are in one basket
	SequenceRule RuleKind = "sequence" // the right one is bought after the left one
)

// A Rule is a link of two products that chance doesn't explain.
type Rule struct {
	Kind        RuleKind
	Left, Right ids.ID
	NLeft       int64 // baskets with the left product; of sequences, customers who bought it
	NRight      int64
	Both        int64
	Total       int64 // all baskets, or customers
	Expected    int64 // of Both by chance, millionths
	Lift        int64 // Both over Expected, thousandths
	P           string
	Share       int64 // Both of NLeft, millionths
	ShareLo     int64 // its 95 % interval
	ShareHi     int64
	DelayDays   int64 // of sequences: median days between
}

// The orders in which rules are listed, the highest first.
const (
	ByExcess = "excess" // so many more than chance explains
	ByLift   = "lift"   // so many times as often
	ByShare  = "share"  // so sure the right one is
)

const ruleCols = `r.kind, r.left_id, r.right_id, r.n_left, r.n_right, r.n_both, r.total, r.expected, r.lift, r.p, r.share, r.share_lo, r.share_hi, r.delay_days`

func scanRule(s db.Scanner, r *Rule) error {
	return s.Scan(&r.Kind, &r.Left, &r.Right, &r.NLeft, &r.NRight, &r.Both, &r.Total, &r.Expected, &r.Lift, &r.P, &r.Share, &r.ShareLo, &r.ShareHi, &r.DelayDays)
}

// mostSkipped bounds how far a list of rules can be turned.
const mostSkipped = 5000

// Rules returns limit rules of a kind after the first skip, in an order. Of the
// two directions of a basket's pair it returns the surer one.
func Rules(ctx context.Context, tx *db.Tx, kind RuleKind, order string, skip, limit int) ([]Rule, error) {
	skip = min(max(skip, 0), mostSkipped)
	if kind == SequenceRule {
		switch order {
		case ByLift:
			return db.List(ctx, tx, scanRule, `
				SELECT `+ruleCols+` FROM product_rule r WHERE r.kind = 'sequence'
				ORDER BY r.lift DESC, r.left_id DESC, r.right_id DESC LIMIT $1 OFFSET $2`, limit, skip)
		case ByShare:
			return db.List(ctx, tx, scanRule, `
				SELECT `+ruleCols+` FROM product_rule r WHERE r.kind = 'sequence'
				ORDER BY r.share DESC, r.left_id DESC, r.right_id DESC LIMIT $1 OFFSET $2`, limit, skip)
		}
		return db.List(ctx, tx, scanRule, `
			SELECT `+ruleCols+` FROM product_rule r WHERE r.kind = 'sequence'
			ORDER BY r.excess DESC, r.left_id DESC, r.right_id DESC LIMIT $1 OFFSET $2`, limit, skip)
	}
	switch order {
	case ByLift:
		return db.List(ctx, tx, scanRule, `
			SELECT `+ruleCols+` FROM product_rule r
			WHERE r.kind = 'basket' AND (r.n_left < r.n_right OR (r.n_left = r.n_right AND r.left_id < r.right_id))
			ORDER BY r.lift DESC, r.left_id DESC, r.right_id DESC LIMIT $1 OFFSET $2`, limit, skip)
	case ByShare:
		return db.List(ctx, tx, scanRule, `
			SELECT `+ruleCols+` FROM product_rule r
			WHERE r.kind = 'basket' AND (r.n_left < r.n_right OR (r.n_left = r.n_right AND r.left_id < r.right_id))
			ORDER BY r.share DESC, r.left_id DESC, r.right_id DESC LIMIT $1 OFFSET $2`, limit, skip)
	}
	return db.List(ctx, tx, scanRule, `
		SELECT `+ruleCols+` FROM product_rule r
		WHERE r.kind = 'basket' AND (r.n_left < r.n_right OR (r.n_left = r.n_right AND r.left_id < r.right_id))
		ORDER BY r.excess DESC, r.left_id DESC, r.right_id DESC LIMIT $1 OFFSET $2`, limit, skip)
}

// RulesOf returns the rules of a kind in which one of the given products is on
// the left, and of sequences those in which it is on the right too: at most
// limit of each side, in an order.
func RulesOf(ctx context.Context, tx *db.Tx, kind RuleKind, products []ids.ID, order string, limit int) ([]Rule, error) {
	list, err := db.ListIn(ctx, tx, scanRule, products, `
		SELECT `+ruleCols+` FROM product_rule r WHERE r.kind = $1 AND r.left_id IN ($list)
		ORDER BY r.excess DESC, r.left_id, r.right_id LIMIT $2`, kind, limit)
	if err != nil {
		return nil, err
	}
	if kind == SequenceRule {
		to, err := db.ListIn(ctx, tx, scanRule, products, `
			SELECT `+ruleCols+` FROM product_rule r WHERE r.kind = $1 AND r.right_id IN ($list)
			ORDER BY r.excess DESC, r.left_id, r.right_id LIMIT $2`, kind, limit)
		if err != nil {
			return nil, err
		}
		for _, r := range to {
			if !slices.Contains(list, r) {
				list = append(list, r)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Rule) int { return cmp.Compare(b.by(order), a.by(order)) })
	return list, nil
}

// by returns the figure that rules are ordered by.
func (r *Rule) by(order string) int64 {
	switch order {
	case ByLift:
		return r.Lift
	case ByShare:
		return r.Share
	}
	return r.Both*1_000_000 - r.Expected
}
