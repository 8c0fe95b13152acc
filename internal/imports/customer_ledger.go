package imports

import (
	"encoding/json"
	"hash/maphash"
	"io"
	"os"

	"github.com/akrab-crm/akrab/internal/customers"
	"github.com/akrab-crm/akrab/internal/ids"
)

// A ledger remembers what a dry run would have stored, so that later rows meet
// it. Keys are kept as hashes, customers in a temporary file: a million rows
// take some tens of megabytes.
type ledger struct {
	kinds []customers.KeyKind // keys of the import
	keys  map[uint64]int32    // how many customers have a key
	index map[uint64][]ids.ID // customers by their keys of the kinds that are looked up
	at    map[ids.ID]span
	orgs  map[uint64]orgRef

	file *os.File
	end  int64
}

// A span is where in the file a customer stands.
type span struct {
	start int64
	size  int32
}

var seed = maphash.MakeSeed()

func hashKey(kind customers.KeyKind, key string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(string(kind))
	h.WriteByte(0)
	h.WriteString(key)
	return h.Sum64()
}

func newLedger(kinds []customers.KeyKind) (*ledger, error) {
	file, err := os.CreateTemp("", "akrab-import-*")
	if err != nil {
		return nil, err
	}
	return &ledger{
		kinds: kinds, file: file, keys: map[uint64]int32{}, index: map[uint64][]ids.ID{}, at: map[ids.ID]span{}, orgs: map[uint64]orgRef{},
	}, nil
}

func (g *ledger) close() {
	g.file.Close()
	os.Remove(g.file.Name())
}

// seen reports whether a customer who has been added or changed has a key.
func (g *ledger) seen(kind customers.KeyKind, key string) bool {
	return g.keys[hashKey(kind, key)] > 0
}

// find returns customers who have been added or changed and had a key then.
func (g *ledger) find(kind customers.KeyKind, key string) []ids.ID {
	return g.index[hashKey(kind, key)]
}

// rememberOrgs takes over what a batch would have noted about organisations.
func (g *ledger) rememberOrgs(l *customerPlanner) {
	for _, o := range l.plan.orgs {
		g.orgs[hashKey("", o.key)] = orgRef{id: o.id, filled: o.filled}
	}
	for _, key := range l.plan.filled {
		g.orgs[hashKey("", key)] = orgRef{id: l.orgs[key].id, filled: true}
	}
}

// put remembers the keys of a customer, and all of it if whole is set.
func (g *ledger) put(c *customers.Customer, whole bool) error {
	before, err := g.load(c.ID)
	if err != nil {
		return err
	}
	for _, kind := range keyKinds {
		if before != nil {
			for _, key := range before.Keys(kind) {
				g.keys[hashKey(kind, key)]--
			}
		}
		for _, key := range c.Keys(kind) {
			h := hashKey(kind, key)
			g.keys[h]++
			if len(g.kinds) > 0 && (kind == g.kinds[0] || kind == customers.KeyNumber) {
				g.list(h, c.ID)
			}
		}
	}
	if !whole {
		return nil
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := g.file.WriteAt(data, g.end); err != nil {
		return err
	}
	g.at[c.ID] = span{g.end, int32(len(data))}
	g.end += int64(len(data))
	return nil
}

func (g *ledger) list(h uint64, id ids.ID) {
	for _, have := range g.index[h] {
		if have == id {
			return
		}
	}
	g.index[h] = append(g.index[h], id)
}

// load returns the customer as it would be stored by now, or nil if it hasn't
// been touched.
func (g *ledger) load(id ids.ID) (*customers.Customer, error) {
	s, ok := g.at[id]
	if !ok {
		return nil, nil
	}
	data := make([]byte, s.size)
	if _, err := g.file.ReadAt(data, s.start); err != nil && err != io.EOF {
		return nil, err
	}
	c := new(customers.Customer)
	return c, json.Unmarshal(data, c)
}
