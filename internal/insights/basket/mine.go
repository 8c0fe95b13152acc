package basket

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
)

// MaxItems bounds the products of an itemset.
const MaxItems = 10

// SetOptions say which itemsets are looked for.
type SetOptions struct {
	MinCount int // baskets that hold the set, 0 means 1; see MinCount for shares
	MaxItems int // 1 … MaxItems; 0 means MaxItems
	MaxSets  int // more sets are an error; 0 means 2,000,000, of 32 bytes each

	others bool // count the other products too
	useUp  bool // nobody asks the baskets any more; not with others
}

func (o SetOptions) withDefaults() SetOptions {
	o.MinCount = min(max(o.MinCount, 1), maxLines)
	if o.MaxItems < 1 || o.MaxItems > MaxItems {
		o.MaxItems = MaxItems
	}
	if o.MaxSets < 1 || o.MaxSets > maxLines {
		o.MaxSets = 2_000_000
	}
	return o
}

// Sets are itemsets with their counts, kept as a tree of prefixes. They are
// not changed once found, and safe for concurrent use.
type Sets struct {
	baskets  int
	products []int32 // of each code
	// The first len(products) nodes are the sets of one product, by code. A
	// set of more hangs below the set without its smallest code.
	nodes []node
}

type node struct {
	code     uint32
	count    uint32
	parent   int32 // −1 for a set of one product
	first    int32 // children are nodes[first:first+children], ascending by code
	children int32
	others   uint64 // products beside those of the set in the baskets that hold it, if asked for
}

// Len returns the number of sets.
func (s *Sets) Len() int { return len(s.nodes) }

// Baskets returns the number of baskets that the sets were found in.
func (s *Sets) Baskets() int { return s.baskets }

// Set returns the products of set i, ascending, and how many baskets hold
// them all. Sets of one product come first, the most frequent first. It
// panics if i is not in 0 … Len()−1.
func (s *Sets) Set(i int) (products []int32, count int) {
	for n := int32(i); n >= 0; n = s.nodes[n].parent {
		products = append(products, s.products[s.nodes[n].code])
	}
	slices.Sort(products)
	return products, int(s.nodes[i].count)
}

// Itemsets finds all sets of products that occur together in at least
// o.MinCount baskets.
//
// The method is the occurrence deliver of LCM (Uno, Asai, Uchida, Arimura:
// An efficient algorithm for enumerating closed patterns, FIMI 2004): the
// occurrences of a set are dealt out in one pass to all sets with one product
// of smaller code more, without candidates and without a tree of baskets.
//
// It fails with ErrTooMany if there are more sets than o.MaxSets, and with
// the context's cause if that is cancelled.
func (b *Baskets) Itemsets(ctx context.Context, o SetOptions) (*Sets, error) {
	o = o.withDefaults()
	baskets := b.Len()
	db := b.code(uint32(o.MinCount), o.others, o.useUp)
	db.kept = nil // no longer needed
	k := len(db.products)
	var found atomic.Int64
	found.Add(int64(k))
	below := make([][]node, k) // the sets below each product
	if o.MaxItems > 1 && k <= o.MaxSets {
		for from := 0; from < k; {
			end := db.band(from)
			db.index(from, end)
			err := inChunks(ctx, end-from, 1, func() func(lo, hi int) {
				m := &miner{db: db, minCount: uint32(o.MinCount), maxItems: o.MaxItems, found: &found, limit: int64(o.MaxSets)}
				return func(lo, hi int) {
					for c := lo; c < hi; c++ {
						below[from+c] = m.mine(uint32(from + c))
					}
				}
			})
			if err != nil {
				return nil, err
			}
			from = end
		}
	}
	if n := found.Load(); n > int64(o.MaxSets) {
		return nil, fmt.Errorf("%w: more than %d sets in at least %d baskets", ErrTooMany, o.MaxSets, o.MinCount)
	}
	return join(baskets, db, below), nil
}

// join makes one tree of what was found below each product.
func join(baskets int, db *coded, below [][]node) *Sets {
	total := len(below)
	for _, nodes := range below {
		total += max(0, len(nodes)-1)
	}
	s := &Sets{baskets: baskets, products: db.products, nodes: make([]node, len(below), total)}
	for c, nodes := range below {
		root := node{code: uint32(c), count: db.counts[c], parent: -1}
		if db.others != nil {
			root.others = db.others[c]
		}
		shift := int32(len(s.nodes)) - 1
		if len(nodes) > 1 {
			root.first, root.children = nodes[0].first+shift, nodes[0].children
			for _, n := range nodes[1:] {
				n.first += shift
				if n.parent == 0 {
					n.parent = int32(c)
				} else {
					n.parent += shift
				}
				s.nodes = append(s.nodes, n)
			}
		}
		s.nodes[c] = root
	}
	return s
}

// A miner finds the sets whose greatest code is given, one at a time.
type miner struct {
	db       *coded
	minCount uint32
	maxItems int
	found    *atomic.Int64 // sets that all miners found
	limit    int64         // of found: beyond it they stop

	nodes  []node // the tree below the present code, which is node 0
	levels [MaxItems + 1]level
}

// A level is the memory for the extensions of a set of some size.
type level struct {
	counts   []uint32 // of each code among the extensions, 0 between uses
	next     []uint32 // of each frequent code, where in dealt its next occurrence goes
	frequent []uint32
	dealt    []occurrence
}

// mine returns the sets of code and smaller ones, or nothing if there are
// none. The first is that of code alone.
func (m *miner) mine(code uint32) []node {
	m.nodes = append(m.nodes[:0], node{code: code})
	m.extend(1, 0, m.db.occurrences(code))
	if len(m.nodes) == 1 {
		return nil
	}
	return slices.Clone(m.nodes)
}

// extend finds the sets with one code more than that of node parent, which
// has size codes and the occurrences occs, and so on below them.
func (m *miner) extend(size int, parent int32, occs []occurrence) {
	if uint32(len(occs)) < m.minCount {
		return
	}
	l := &m.levels[size]
	total := m.count(l, occs)
	if len(l.frequent) > 0 && m.found.Add(int64(len(l.frequent))) <= m.limit {
		first := int32(len(m.nodes))
		m.nodes[parent].first, m.nodes[parent].children = first, int32(len(l.frequent))
		for _, x := range l.frequent {
			m.nodes = append(m.nodes, node{code: x, count: l.counts[x], parent: parent})
		}
		if size+1 < m.maxItems && (len(l.frequent) > 1 || m.db.sizes != nil) {
			m.deal(l, occs, total)
			m.countOthers(l, m.nodes[first:], size+1)
			// The smallest code has none below it.
			for i := 1; i < len(l.frequent); i++ {
				x := l.frequent[i]
				end := l.next[x]
				m.extend(size+1, first+int32(i), l.dealt[end-l.counts[x]:end])
			}
		}
	}
	for _, x := range l.frequent {
		l.counts[x] = 0
	}
}

// count counts the codes that occur before occs, leaves in l the frequent
// ones, ascending, and returns how many occurrences these have.
func (m *miner) count(l *level, occs []occurrence) (total uint32) {
	if l.counts == nil {
		l.counts = make([]uint32, len(m.db.products))
		l.next = make([]uint32, len(m.db.products))
	}
	items, counts, touched := m.db.items, l.counts, l.frequent[:0]
	for _, o := range occs {
		for _, x := range items[o.start:o.pos] {
			if counts[x] == 0 {
				touched = append(touched, x)
			}
			counts[x]++
		}
	}
	frequent := touched[:0]
	for _, x := range touched {
		if counts[x] < m.minCount {
			counts[x] = 0
			continue
		}
		frequent = append(frequent, x)
	}
	slices.Sort(frequent)
	for _, x := range frequent {
		l.next[x] = total
		total += counts[x]
	}
	l.frequent = frequent
	return total
}

// deal sorts what occurs before occs by code into l.dealt.
func (m *miner) deal(l *level, occs []occurrence, total uint32) {
	if uint32(len(l.dealt)) < total {
		l.dealt = make([]occurrence, total+total/2)
	}
	items, counts, next, dealt := m.db.items, l.counts, l.next, l.dealt
	for _, o := range occs {
		for pos := o.start; pos < o.pos; pos++ {
			if x := items[pos]; counts[x] > 0 {
				dealt[next[x]] = occurrence{o.start, pos}
				next[x]++
			}
		}
	}
}

// countOthers sets the others of nodes, the sets of size codes whose
// occurrences were dealt.
func (m *miner) countOthers(l *level, nodes []node, size int) {
	if m.db.sizes == nil {
		return
	}
	for i, n := range nodes {
		end := l.next[n.code]
		for _, o := range l.dealt[end-n.count : end] {
			nodes[i].others += uint64(m.db.sizes[o.start])
		}
		nodes[i].others -= uint64(size) * uint64(n.count)
	}
}
