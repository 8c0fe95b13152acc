package insights

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/insights/mart"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/outbox"
)

// A Progress is told how far long work is; it may be nil.
type Progress func(ctx context.Context, done, total int64) error

// RunOptions say how the facts of all customers are made anew.
type RunOptions struct {
	AsOf     string // if SetAsOf: day that the facts are of from now on, YYYY-MM-DD; empty for the present one
	SetAsOf  bool
	Learn    bool // learn anew, even if the models are of today
	Cares    Cares
	Whole    bool // make everybody anew, also those of whom nothing is known to have changed
	Progress Progress
}

// A Summary says what a run over all customers did.
type Summary struct {
	AsOf      string  `json:"as_of"` // day that the facts are of
	Customers int     `json:"customers"`
	Orders    int     `json:"orders"`
	Lines     int     `json:"lines"`
	Whole     bool    `json:"whole"`   // of everybody; false: of those alone of whom something changed since the last run
	Changed   int     `json:"changed"` // customers whose facts became others
	Learned   bool    `json:"learned"` // models were learned anew
	Run       int64   `json:"run"`     // number of the models; 0 if there are none
	Currency  string  `json:"currency"`
	Margin    bool    `json:"margin"` // amounts are margins; false: sales
	Known     float64 `json:"margin_known"`
	Seconds   Seconds `json:"seconds"`
}

// Seconds are how long the steps of a run took.
type Seconds struct {
	Load  float64 `json:"load"`
	Learn float64 `json:"learn"`
	Write float64 `json:"write"`
	Links float64 `json:"links"` // what links products is learned while rows are written; so much longer it took
	Total float64 `json:"total"`
}

const (
	// chunk is how many customers are made at once: a row takes several KiB
	// until it is written.
	chunk = 1024

	// part is how many rows are looked at, and then written, at once.
	part = 256

	// fewTalks is up to how many customers are asked one by one when they last
	// spoke with the company.
	fewTalks = 20_000

	// drift is after which share of new orders models are learned anew within a day.
	drift = .1
)

// firsts is from how many first rows on the table is filled without its indexes,
// if at most one in mostThere is there already. Tests make it less.
var firsts = 50_000

const mostThere = 10

// cheap is up to how many orders everybody is made, and models are learned,
// anew by each run. Tests make it less.
var cheap int64 = 200_000

// customerSteps is of how many steps learn.Learn tells.
const customerSteps = 9

// How a run's time is shared between its steps, in thousandths.
const (
	loaded  = 200
	learned = 400
	whole   = 1000
)

// Run makes the facts of all customers anew, as of one moment, and learns
// from all purchases if the models are not of today or many orders came since.
// If nothing is to be learned and nothing else changed that concerns
// everybody, it makes only those anew of whom something changed since the last
// run, which comes to the same.
// One run goes on at a time; another waits. A run that was killed is begun
// again by the next, which writes only what is not there yet.
func Run(ctx context.Context, d *db.DB, opt RunOptions) (Summary, error) {
	lease, err := take(ctx, d)
	if err != nil {
		return Summary{}, err
	}
	defer lease.give()
	r := &massRun{d: d, opt: opt, begun: time.Now()}
	defer r.close()
	defer lease.stop(context.Canceled) // before close waits
	for _, step := range []func(context.Context) error{r.read, r.learn, r.write, r.finish} {
		if err := step(lease.ctx); err != nil {
			if lease.ctx.Err() != nil {
				err = context.Cause(lease.ctx)
			}
			return r.sum, err
		}
	}
	r.sum.Seconds.Total = time.Since(r.begun).Seconds()
	return r.sum, nil
}

// close waits for what still works.
func (r *massRun) close() {
	for _, c := range []chan error{r.talks, r.links} {
		if c != nil {
			<-c
		}
	}
}

// A massRun is one run over all customers.
type massRun struct {
	d     *db.DB
	opt   RunOptions
	begun time.Time
	sum   Summary

	turn      int64 // number of the last refresh of single customers that it saw
	set       Settings
	state     State
	models    *learn.Models
	m         *mart.Mart
	tally     *learn.Tally
	judgement *learn.Judgement // of everybody
	some      bool             // customers are only those of whom something changed
	moved     bool             // facts became others since the last run
	seen      int64            // number of the last event in the snapshot
	span      span
	base      money.Currency // the workspace's
	made      []productSum   // what facts know of each product

	// By customer, in order of their ids.
	customers []ids.ID
	owner     []int32 // in owners
	owners    []ids.ID
	had       []had
	index     *index
	talks     chan error      // says when had knows of talks
	links     chan error      // says when products have been learned of; nil if they aren't
	cares     map[ids.ID]Care // of those of whom other modules know something
	late      []ids.ID        // whose rows were made anew since
	gone      []ids.ID        // who has a row and is no customer any more
}

func (r *massRun) tell(ctx context.Context, thousandths int) error {
	if r.opt.Progress == nil {
		return nil
	}
	total := int64(max(len(r.customers), 1))
	return r.opt.Progress(ctx, total*int64(thousandths)/whole, total)
}

// read takes a snapshot of everything that facts are made from.
func (r *massRun) read(ctx context.Context) error {
	start := time.Now()
	err := r.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) {
		if r.turn, err = db.Get(ctx, tx, db.One[int64], `SELECT asked FROM insights_run WHERE name = 'lock'`); err != nil {
			return err
		}
		if r.set, err = GetSettings(ctx, tx); err != nil {
			return err
		}
		if r.state, err = GetState(ctx, tx); err != nil {
			return err
		}
		if r.opt.SetAsOf {
			r.state.AsOf = r.opt.AsOf
		}
		if r.models, err = Live(ctx, tx); err != nil {
			return err
		}
		if r.seen, err = outbox.Last(ctx, tx); err != nil {
			return err
		}
		if done, err := r.begin(ctx, tx); done || err != nil {
			return err
		}
		return r.readAll(ctx, tx)
	})
	if err != nil {
		return err
	}
	r.sum.AsOf = r.m.AsOfDay()
	r.sum.Customers = len(r.m.Customers)
	r.sum.Currency, r.sum.Margin, r.sum.Known = r.m.Currency, r.m.Margin, r.m.MarginKnown
	r.sum.Orders, r.sum.Lines, r.sum.Whole = len(r.m.Orders), r.m.Lines(), !r.some
	r.sum.Seconds.Load = time.Since(start).Seconds()
	if r.some {
		return nil
	}
	r.talks = make(chan error, 1)
	go func() {
		r.talks <- r.d.Read(ctx, db.Who{}, func(tx *db.Tx) error { return r.readTalks(ctx, tx) })
	}()
	if r.set.MinuteCost > 0 || r.set.OrderCost > 0 { // then learning reads them
		err := <-r.talks
		r.talks <- nil
		return err
	}
	return nil
}

// begin reads what concerns some customers, if no others have to be made anew.
func (r *massRun) begin(ctx context.Context, tx *db.Tx) (done bool, err error) {
	l, err := newLoader(ctx, tx, r.state)
	if err != nil {
		return false, err
	}
	r.span, r.base = l.span, l.base
	list, ok, err := r.since(ctx, tx, l)
	if err != nil || !ok {
		return false, err
	}
	err = r.readSome(ctx, tx, l, list)
	if errors.Is(err, errWhole) {
		return false, nil
	}
	r.some, r.made = true, l.made
	return true, err
}

// readAll reads everything.
func (r *massRun) readAll(ctx context.Context, tx *db.Tx) error {
	if err := r.readCustomers(ctx, tx); err != nil {
		return err
	}
	if err := r.tell(ctx, 10); err != nil {
		return err
	}
	var err error
	if r.cares, err = r.opt.Cares.ask(ctx, tx, nil); err != nil {
		return err
	}
	l, err := newLoader(ctx, tx, r.state)
	if err != nil {
		return err
	}
	rows := make(chan error, 1)
	go func() {
		rows <- r.d.Read(ctx, db.Who{}, func(tx *db.Tx) error { return r.readRows(ctx, tx) })
	}()
	l.customers = r.index
	before := r.state.Orders
	l.keep = func(now State) bool { r.sum.Learned = r.due(before, now); return !r.sum.Learned }
	r.m, err = loadAll(ctx, tx, l, r.customers)
	if err := errors.Join(err, <-rows); err != nil {
		return err
	}
	r.state, r.made = l.state, l.made
	return nil
}

// due reports whether models have to be learned anew. before is from how many
// orders they were learned.
func (r *massRun) due(before int64, now State) bool {
	m := r.models
	return r.opt.Learn || m.Run == 0 || m.Today != now.Today || m.Currency != string(now.Currency) || m.Margin != now.Margin ||
		now.Orders <= cheap || grown(before, now.Orders)
}

// customersOf begins the statement that reads customers.
const customersOf = `SELECT id, owner_id FROM customer`

// customer returns what keeps a row of customersOf.
func (r *massRun) customer() func(db.Row) error {
	numbers := map[ids.ID]int32{{}: 0}
	var id, owner ids.ID
	return func(row db.Row) error {
		row.ID(0, &id)
		row.ID(1, &owner)
		k, ok := numbers[owner]
		if !ok {
			k = int32(len(r.owners))
			numbers[owner] = k
			r.owners = append(r.owners, owner)
		}
		r.customers, r.owner = append(r.customers, id), append(r.owner, k)
		return nil
	}
}

func (r *massRun) readCustomers(ctx context.Context, tx *db.Tx) error {
	n, err := db.Get(ctx, tx, db.One[int], `SELECT COUNT(*) FROM customer`)
	if err != nil {
		return err
	}
	r.customers, r.owner, r.owners = make([]ids.ID, 0, n), make([]int32, 0, n), []ids.ID{{}}
	err = db.Stream(ctx, tx, r.customer(), customersOf+` ORDER BY id`)
	r.index = newIndex(r.customers)
	return err
}

// learn makes models anew, if that is due, and stores them.
func (r *massRun) learn(ctx context.Context) error {
	if err := r.tell(ctx, loaded); err != nil {
		return err
	}
	start := time.Now()
	if r.sum.Learned {
		if err := r.teach(ctx); err != nil {
			return err
		}
	}
	r.sum.Run = r.models.Run
	if r.some {
		return nil
	}
	r.state.basis = 0 // until all rows are written
	// From here on single customers are made as this run makes them.
	err := r.d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		if !r.sum.Learned {
			now, err := GetState(ctx, tx)
			if err != nil {
				return err
			}
			r.state.Orders = now.Orders
		}
		return setState(ctx, tx, r.state)
	})
	r.sum.Seconds.Learn = time.Since(start).Seconds()
	return err
}

// teach learns from the mart and stores what was learned.
func (r *massRun) teach(ctx context.Context) error {
	opt := r.teaching()
	var step atomic.Int32
	opt.Progress = func(string) {
		if n := int(step.Add(1)); n <= customerSteps {
			_ = r.tell(ctx, loaded+(learned-loaded)*n/customerSteps) // the next tells again
		}
	}
	err := r.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { opt.Run, err = nextRun(ctx, tx); return err })
	if err != nil {
		return err
	}
	customers, err := learn.Learn(ctx, r.m, opt)
	if err == nil {
		err = storeCustomers(ctx, r.d, customers)
	}
	if err != nil {
		return err
	}
	// What links products nobody's row needs: it is learned while rows are written.
	r.links = make(chan error, 1)
	opt.Thin = customers.Models.Thin()
	go func() {
		links, err := learn.LearnLinks(ctx, r.m, opt)
		if err == nil {
			err = storeLinks(ctx, r.d, r.m, links)
		}
		r.links <- err
	}()
	// As everybody else reads them.
	return r.d.Read(ctx, db.Who{}, func(tx *db.Tx) (err error) { r.models, err = Live(ctx, tx); return err })
}

// teaching says how to learn, with the cost to serve of each customer.
func (r *massRun) teaching() learn.Options {
	opt := learn.Options{Rate: float64(r.set.DiscountRate) / 1e6, Live: r.models}
	if r.set.MinuteCost == 0 && r.set.OrderCost == 0 {
		return opt
	}
	opt.Service, opt.Delivery = make([]int64, len(r.m.Customers)), make([]int64, len(r.m.Customers))
	for c, id := range r.m.Customers {
		opt.Service[c] = mulDiv(int64(r.had[r.index.find(id)].service)+r.cares[id].Service, r.set.MinuteCost, 60)
		opt.Delivery[c] = int64(len(r.m.OrdersOf(c))) * r.set.OrderCost
	}
	return opt
}

// A batch is the rows of a chunk of customers that have to be written.
type batch struct {
	rows []*begun
	err  error
	end  int // customers up to here are done
}

// write makes the facts of all customers and writes those that became others.
func (r *massRun) write(ctx context.Context) error {
	start := time.Now()
	if r.talks != nil {
		err := <-r.talks
		r.talks = nil
		if err != nil {
			return err
		}
	}
	if !r.some {
		opt := r.teaching()
		opt.Run = r.models.Run
		r.tally = learn.NewTally(r.m, r.models, opt)
		r.index = nil // large, and nobody is looked for any more
	}
	var err error
	switch {
	case r.some:
		err = r.putAll(ctx)
	case r.first():
		err = r.d.Unindexed(ctx, `customer_fact`, func(ctx context.Context) error {
			defer debug.FreeOSMemory() // to sort for an index takes memory that is not Go's
			return r.putEverybody(ctx)
		})
	default:
		err = r.putEverybody(ctx)
	}
	if err != nil {
		return err
	}
	r.sum.Seconds.Write = time.Since(start).Seconds() - r.sum.Seconds.Links
	return ctx.Err()
}

// putEverybody is putAll, and does whatever else reads the mart, which it then
// forgets.
func (r *massRun) putEverybody(ctx context.Context) error {
	if err := r.putAll(ctx); err != nil {
		return err
	}
	if r.links != nil {
		start := time.Now()
		err := <-r.links
		r.links = nil
		r.sum.Seconds.Links = time.Since(start).Seconds()
		if err != nil {
			return err
		}
	}
	r.judgement = r.tally.Judgement()
	r.m, r.tally, r.had = nil, nil, nil
	return nil
}

// first reports whether nearly all rows are the first of their customers, and many.
func (r *massRun) first() bool {
	there := 0
	for c := range r.had {
		if r.had[c].there {
			there++
		}
	}
	return !r.some && len(r.m.Customers) >= firsts && there < len(r.m.Customers)/mostThere
}

// putAll makes the facts of all customers and writes those that became others.
func (r *massRun) putAll(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for b := range r.batches(ctx) {
		if err := cmp.Or(b.err, r.put(ctx, b.rows)); err != nil {
			return err
		}
		r.sum.Changed += len(b.rows)
		if err := r.tell(ctx, learned+(whole-learned)*b.end/max(len(r.customers), 1)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// batches makes the facts of all customers, chunk by chunk in order, while
// those before are written.
func (r *massRun) batches(ctx context.Context) <-chan batch {
	out := make(chan batch, 1)
	makers := make(chan *maker, 2)
	for range cap(makers) {
		k := newMaker(r.m, r.set, r.models)
		k.tally = r.tally
		makers <- k
	}
	order := make(chan chan batch, 2)
	go func() {
		defer close(order)
		next := 0 // customer of the mart
		for from := 0; from < len(r.customers); from += chunk {
			end := min(from+chunk, len(r.customers))
			first := next
			for next < len(r.m.Customers) && bytes.Compare(r.m.Customers[next][:], r.customers[end-1][:]) <= 0 {
				next++
			}
			var k *maker
			select {
			case k = <-makers:
			case <-ctx.Done():
				return
			}
			done := make(chan batch, 1)
			go func() {
				rows, err := r.chunk(k, from, end, first)
				done <- batch{rows: rows, err: err, end: end}
				makers <- k
			}()
			select {
			case order <- done:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		defer close(out)
		for done := range order {
			b := <-done
			select {
			case out <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// chunk makes the facts of the customers from one to another, of whom those
// with orders begin at next in the mart, and returns the rows that differ.
func (r *massRun) chunk(k *maker, from, end, next int) (rows []*begun, err error) {
	f := &begun{}
	for c := from; c < end; c++ {
		h := &r.had[c]
		of := none
		if next < len(r.m.Customers) && r.m.Customers[next] == r.customers[c] {
			of = next
			next++
		}
		if of == none && !h.there {
			continue
		}
		*f = begun{Fact: Fact{Customer: r.customers[c], Owner: r.owners[r.owner[c]], Contact: db.Time(h.contact), Service: int64(max(h.service, 0)), Care: r.cares[r.customers[c]]}}
		k.make(of, &f.Fact)
		f.digest = f.sum()
		f.had, f.was = h.there, h.digest
		f.wasSegment, f.wasSignal = h.verdict()
		f.indexed = f.differs(h)
		if f.had && f.digest == f.was && f.indexed == nothing {
			continue
		}
		if err := f.encode(); err != nil {
			return nil, err
		}
		rows = append(rows, f)
		f = &begun{}
	}
	return rows, nil
}

// finish removes the facts of those who are gone, and makes those anew that
// changed while the run went on.
func (r *massRun) finish(ctx context.Context) error {
	// Seldom anybody is gone: the reports are renewed beside the look for them.
	told := make(chan error, 1)
	var j *learn.Judgement
	go func() (err error) {
		defer func() { told <- err }()
		j, err = r.judge(ctx)
		return err
	}()
	ghosts, err := r.ghosts(ctx)
	if err := errors.Join(err, <-told); err != nil {
		return err
	}
	late := sortIDs(append(r.late, ghosts...))
	for some := range slices.Chunk(late, slice) {
		err := r.d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			_, err := refreshSome(ctx, tx, some, r.opt.Cares)
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(late) > 0 && r.some {
		if j, err = r.judge(ctx); err != nil {
			return err
		}
	}
	if err := r.report(ctx, j); err != nil {
		return err
	}
	if r.sum.Changed > 0 || len(r.late) > 0 || len(ghosts) > 0 {
		err = r.d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
			publish(ctx, tx, []ids.ID{{}}, ids.ID{})
			return nil
		})
	}
	if err == nil {
		err = r.mark(ctx)
	}
	if err == nil {
		err = r.tell(ctx, whole)
	}
	return err
}

// ghosts returns who has facts and is gone. A run over everybody saw it when it
// read what rows said.
func (r *massRun) ghosts(ctx context.Context) (list []ids.ID, err error) {
	if !r.some {
		return r.gone, nil
	}
	err = r.d.Read(ctx, db.Who{}, func(tx *db.Tx) error {
		there, err := db.List(ctx, tx, db.One[ids.ID], `SELECT id FROM customer ORDER BY id`)
		if err != nil {
			return err
		}
		var id ids.ID
		x := newIndex(there)
		return db.Stream(ctx, tx, func(row db.Row) error {
			row.ID(0, &id)
			if x.find(id) == none {
				list = append(list, id)
			}
			return nil
		}, `SELECT customer_id FROM customer_fact`)
	})
	return list, err
}

// judge returns what all customers add up to; nil if that is as it was.
func (r *massRun) judge(ctx context.Context) (*learn.Judgement, error) {
	switch {
	case !r.some:
		return r.judgement, nil
	case len(r.customers) == 0 && !r.moved:
		return nil, nil
	}
	return r.retell(ctx)
}

// report stores what all customers add up to.
func (r *massRun) report(ctx context.Context, j *learn.Judgement) error {
	if j == nil {
		return nil
	}
	if err := storeJudgement(ctx, r.d, j); err != nil {
		return err
	}
	return storeMovers(ctx, r.d, j.Board.Basis)
}
