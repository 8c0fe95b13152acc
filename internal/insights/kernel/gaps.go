package kernel

import (
	"encoding/json"
	"fmt"
)

// MarshalJSON returns all that g knows: of every item the days between its
// purchases, how many gaps and how many purchases.
func (g *Gaps) MarshalJSON() ([]byte, error) {
	list := make([][3]int64, len(g.item))
	for i, x := range g.item {
		list[i] = [3]int64{x.days, x.n, x.purchases}
	}
	return json.Marshal(list)
}

// UnmarshalJSON makes g know what MarshalJSON returned.
func (g *Gaps) UnmarshalJSON(b []byte) error {
	var list [][3]int64
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	*g = Gaps{item: make([]gaps, len(list))}
	for i, v := range list {
		x := gaps{days: v[0], n: v[1], purchases: v[2]}
		if x.days < 0 || x.n < 0 || x.purchases < x.n {
			return fmt.Errorf("kernel: gaps of item %d: %v", i, v)
		}
		g.item[i] = x
		g.all.add(x)
	}
	return nil
}

// Purchases returns on how many customers' days an item was bought.
func (g *Gaps) Purchases(item int32) int64 { return g.of(item).purchases }
