package offers

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/akrab-crm/akrab/internal/catalog"
	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/errs"
	"github.com/akrab-crm/akrab/internal/ids"
	"github.com/akrab-crm/akrab/internal/insights"
	"github.com/akrab-crm/akrab/internal/insights/kernel"
	"github.com/akrab-crm/akrab/internal/insights/learn"
	"github.com/akrab-crm/akrab/internal/list"
	"github.com/akrab-crm/akrab/internal/money"
	"github.com/akrab-crm/akrab/internal/workspace"
)

// Guards are asked before anything is offered. Each is nil as long as no
// module knows the answer.
type Guards struct {
	// Complaint returns what has to be put right with a customer before
	// anything is sold to them: the key of a sentence and its arguments, "" for
	// nothing.
	Complaint func(ctx context.Context, tx *db.Tx, customer ids.ID) (key string, args []any, err error)

	// Consent reports whether a customer may be offered something in a place,
	// besides what their consents say.
	Consent func(ctx context.Context, tx *db.Tx, customer ids.ID, place Place) (bool, error)

	// Stock returns those of the products that can be had at once or within two
	// days, besides what the products themselves say.
	Stock func(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]bool, error)

	// Owned returns what a customer has besides what the orders tell.
	Owned func(ctx context.Context, tx *db.Tx, customer ids.ID) ([]ids.ID, error)

	// Sensitive returns those of the products that are never offered, and of
	// which nothing is concluded, besides those that say so themselves.
	Sensitive func(ctx context.Context, tx *db.Tx, list []ids.ID) (map[ids.ID]bool, error)

	// Floor is the part of the price that must be left after the cost, 0 … 1.
	// At 0 anything must be left. The settings may ask for more.
	Floor float64
}

// A Desk makes offers. The zero Desk works; it keeps models in memory, and
// what was shown until it is written down.
type Desk struct {
	Guards

	// Models returns what was learned of products, nil if nothing was yet. If it
	// is nil itself nothing is known.
	Models func(ctx context.Context, tx *db.Tx) (*insights.Assoc, error)

	mind atomic.Pointer[mind]
	log  showLog
}

// A mind is what is kept ready of models.
type mind struct {
	*insights.Assoc
	factor  []float64 // of scores of each product: 0 if it is not sold any more
	sellers []int32   // the best sold of now, the best first
	scorers sync.Pool
}

const mostSellers = 40

func newMind(a *insights.Assoc) *mind {
	counts := make([]learn.ProductCount, len(a.Products))
	for i := range a.Products {
		counts[i] = learn.ProductCount{Buyers: a.Products[i].Buyers, Recent: a.Products[i].Recent}
	}
	m := &mind{Assoc: a, factor: learn.Factor(counts)}
	for i := range a.Products {
		switch p := &a.Products[i]; {
		case p.Archived:
			m.factor[i] = 0
		case p.Buyers >= evidence:
			m.sellers = append(m.sellers, int32(i))
		}
	}
	slices.SortFunc(m.sellers, func(x, y int32) int {
		a, b := &a.Products[x], &a.Products[y]
		switch {
		case a.Recent != b.Recent:
			return int(b.Recent - a.Recent)
		case a.Buyers != b.Buyers:
			return int(b.Buyers - a.Buyers)
		}
		return int(x - y)
	})
	m.sellers = slices.Clip(m.sellers[:min(len(m.sellers), mostSellers)])
	m.scorers.New = func() any { return kernel.NewScorer(a.New) }
	return m
}

// load returns the models; nil if nothing was learned yet.
func (d *Desk) load(ctx context.Context, tx *db.Tx) (*mind, error) {
	if d.Models == nil {
		return nil, nil
	}
	a, err := d.Models(ctx, tx)
	if err != nil || a == nil {
		return nil, err
	}
	if m := d.mind.Load(); m != nil && m.Assoc == a {
		return m, nil
	}
	m := newMind(a)
	d.mind.Store(m)
	return m, nil
}

// A contact is one question and all that is known for it.
type contact struct {
	*Desk
	ask   Ask
	tx    *db.Tx
	m     *mind // nil if nothing was learned
	odds  odds
	zone  *time.Location
	set   insights.Settings
	state insights.State
	today int32  // days since 1970
	day   string // today, 2006-01-02
	held  bool

	fact   insights.Fact
	gone   bool // the customer is archived
	bought map[ids.ID]*had
	given  map[ids.ID]bool // got for nothing: owned, but no purchase
	order  []ids.ID        // bought, the latest first
	more   bool            // there are older lines than were read
	basket map[ids.ID]bool
	shut   map[ids.ID]bool // refused, or just accepted
	taboo  map[ids.ID]bool // sensitive
}

// For returns what to offer. It returns a NotFound error for a customer who
// isn't there or whom the transaction's actor may not see, and Invalid errors
// for what is wrong with the question.
func (d *Desk) For(ctx context.Context, tx *db.Tx, ask Ask) (Answer, error) {
	if err := ask.normalize(ctx, tx); err != nil {
		return Answer{}, err
	}
	c := &contact{Desk: d, ask: ask, tx: tx, bought: map[ids.ID]*had{}, given: map[ids.ID]bool{}, basket: map[ids.ID]bool{}, shut: map[ids.ID]bool{}}
	for _, id := range ask.Basket {
		c.basket[id] = true
	}
	if err := c.open(ctx); err != nil {
		return Answer{}, err
	}
	a := Answer{Held: c.held}
	if c.m != nil {
		a.Run, a.Thin, a.AsOf = c.m.Run, c.m.Thin, time.Unix(int64(c.m.Today)*86400, 0).UTC()
	}
	if err := c.answer(ctx, &a); err != nil {
		return Answer{}, err
	}
	for _, o := range a.All() {
		c.sign(o)
	}
	return a, nil
}

// normalize fills in what was left out, and says what is wrong.
func (a *Ask) normalize(ctx context.Context, tx *db.Tx) error {
	var bad errs.List
	if a.Place == "" {
		a.Place = Page
	}
	if !slices.Contains(Places, a.Place) {
		bad.Add(errs.InvalidField("place", "offer.place.invalid"))
	}
	if a.Limit <= 0 || a.Limit > MaxLimit {
		a.Limit = MaxLimit
	}
	if len(a.Basket) > maxBasket {
		bad.Add(errs.InvalidField("basket", "offer.basket.long"))
	}
	return bad.Err()
}

// maxBasket is how many products a basket may have.
const maxBasket = 100

// open reads what is known of the customer.
func (c *contact) open(ctx context.Context) error {
	set, err := workspace.Get(ctx, c.tx)
	if err != nil {
		return err
	}
	if c.zone = set.Locale().Zone; c.zone == nil {
		c.zone = time.UTC
	}
	if c.m, err = c.load(ctx, c.tx); err != nil {
		return err
	}
	if c.odds, err = loadOdds(ctx, c.tx); err != nil {
		return err
	}
	if c.state, err = insights.GetState(ctx, c.tx); err != nil {
		return err
	}
	if c.set, err = insights.GetSettings(ctx, c.tx); err != nil {
		return err
	}
	c.setDay()
	if c.ask.Customer.IsZero() {
		return nil
	}
	who, ok, err := db.Find(ctx, c.tx, func(s db.Scanner, w *whose) error { return s.Scan(&w.owner, &w.archived) },
		`SELECT owner_id, archived FROM customer WHERE id = $1`, c.ask.Customer)
	if err != nil {
		return err
	}
	if ok {
		ok, err = list.Sees(ctx, c.tx, who.owner)
	}
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "customer.not_found")
	}
	if err != nil {
		return err
	}
	c.gone, c.held = who.archived, c.set.Held(c.ask.Customer)
	return c.history(ctx)
}

type whose struct {
	owner    ids.ID
	archived bool
}

// setDay finds out what day it is: where facts are those of an earlier day,
// offers are too.
func (c *contact) setDay() {
	now := c.tx.Now.In(c.zone)
	c.day = now.Format(time.DateOnly)
	if c.state.AsOf != "" && c.state.AsOf < c.day {
		c.day = c.state.AsOf
	}
	c.today = dayOf(c.day)
}

// dayOf returns the number of a day; 0 if it is none.
func dayOf(day string) int32 {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	return int32(t.Unix() / 86400)
}

func (c *contact) dayNumber(ms int64) int32 {
	t := db.Time(ms).In(c.zone)
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dayText(day int32) string { return time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly) }

// had is what a customer bought of one product.
type had struct {
	first, last int32 // days
	times       int32 // days on which they bought it
	quantity    float64
	lines       int
	price       int64 // of one, when they last bought it, millionths
	currency    money.Currency
}

type boughtLine struct {
	at       int64
	currency money.Currency
	product  ids.ID
	quantity int64
	price    int64
	amount   int64
	isReturn bool
}

// mostLines is how many of the customer's last lines are read: what was before
// says little of what is next.
const mostLines = 200

// history reads the customer's signal, last lines and answers.
func (c *contact) history(ctx context.Context) error {
	id := c.ask.Customer
	var err error
	if c.fact, _, err = insights.Get(ctx, c.tx, id); err != nil {
		return err
	}
	lines := 0
	err = db.Each(ctx, c.tx, func(s db.Scanner, l *boughtLine) error {
		return s.Scan(&l.at, &l.currency, &l.product, &l.quantity, &l.price, &l.amount, &l.isReturn)
	}, func(l *boughtLine) error {
		switch lines++; {
		case l.isReturn:
		case l.amount > 0:
			c.buy(l)
		default:
			c.given[l.product] = true
		}
		return nil
	}, `
		SELECT o.ordered_at, o.currency, l.product_id, l.quantity, l.unit_price, l.amount, o.is_return
		FROM sales_order o JOIN order_line l ON l.order_id = o.id
		WHERE o.customer_id = $1 AND o.status NOT IN ('draft', 'cancelled')
			AND l.product_id IS NOT NULL AND l.quantity > 0
		ORDER BY o.customer_id DESC, o.ordered_at DESC LIMIT $2`, id, mostLines)
	if err != nil {
		return err
	}
	c.more = lines == mostLines
	return c.answers(ctx)
}

// buy adds a line; they come the latest first. What was ordered after the day
// for which facts are made counts for that day.
func (c *contact) buy(l *boughtLine) {
	day := min(c.dayNumber(l.at), c.today)
	h := c.bought[l.product]
	if h == nil {
		h = &had{first: day, last: day, times: 1, price: l.price, currency: l.currency}
		c.bought[l.product] = h
		c.order = append(c.order, l.product)
	} else if day < h.first {
		h.first = day
		h.times++
	}
	h.lines++
	h.quantity += float64(l.quantity) / 1e6
}

// laterDays is for how many days a customer who said "later" is left alone with
// a product, and one who accepted is not asked again.
const laterDays = 30

// answers reads what the customer answered to offers before.
func (c *contact) answers(ctx context.Context) error {
	type answered struct {
		product ids.ID
		outcome Outcome
		at      int64
	}
	return db.Each(ctx, c.tx, func(s db.Scanner, v *answered) error { return s.Scan(&v.product, &v.outcome, &v.at) }, func(v *answered) error {
		if v.outcome == Never || c.tx.Now.Sub(db.Time(v.at)) < laterDays*24*time.Hour {
			c.shut[v.product] = true // the zero product is the step that comes before selling
		}
		return nil
	}, `SELECT product_id, outcome, outcome_at FROM offer WHERE customer_id = $1 AND (outcome = 'never' OR outcome_at > $2)`,
		c.ask.Customer, c.tx.Now.Add(-laterDays*24*time.Hour).UnixMilli())
}

// answer passes the guards in their order, and fills the lists.
func (c *contact) answer(ctx context.Context, a *Answer) error {
	var err error
	if a.Silent, err = c.silent(ctx); err != nil || a.Silent != "" {
		return err
	}
	if a.Recover, err = c.recover(ctx); err != nil || a.Recover != nil && a.Recover.Reasons[0].Kind == Complaint {
		return err
	}
	if c.m == nil {
		return nil
	}
	if err := c.forbid(ctx); err != nil {
		return err
	}
	shelf := c.fresh()
	if err := c.linked(ctx, shelf); err != nil {
		return err
	}
	due, fresh, err := c.guard(ctx, c.due(), shelf.list)
	if err != nil {
		return err
	}
	a.Due = c.offers(rank(due), c.ask.Limit)
	a.New = c.choose(rank(fresh))
	return nil
}

// silent returns why nothing is offered here, "" if something may be.
func (c *contact) silent(ctx context.Context) (string, error) {
	if c.ask.Customer.IsZero() {
		return "", nil
	}
	if c.gone {
		return "offer.silent.archived", nil
	}
	key, err := c.refuses(ctx)
	if err != nil || key != "" {
		return key, err
	}
	if c.Consent != nil {
		if ok, err := c.Consent(ctx, c.tx, c.ask.Customer, c.ask.Place); err != nil || !ok {
			return "offer.silent.every", err
		}
	}
	if c.held && c.ask.Place.pushes() {
		return "offer.silent.held", nil
	}
	return "", nil
}

// refusedBy begins the keys of the messages that name the channel on which a
// customer refuses offers.
const refusedBy = "offer.silent.by."

// refuses returns whether the customer's consents forbid to offer something
// here: what they said last of the channel counts, and who refused marketing on
// every channel they were asked about is not offered anything anywhere. A
// letter by e-mail needs their word.
func (c *contact) refuses(ctx context.Context) (string, error) {
	type consent struct {
		channel string
		granted bool
	}
	said := map[string]bool{}
	err := db.Each(ctx, c.tx, func(s db.Scanner, v *consent) error { return s.Scan(&v.channel, &v.granted) }, func(v *consent) error {
		said[v.channel] = v.granted
		return nil
	}, `SELECT channel, granted FROM customer_consent WHERE customer_id = $1 AND purpose = 'marketing' ORDER BY given_at, n`, c.ask.Customer)
	if err != nil {
		return "", err
	}
	open, only := len(said) == 0, ""
	for channel, yes := range said {
		open, only = open || yes, channel
	}
	channel := map[Place]string{Call: "phone", Mail: "email"}[c.ask.Place]
	yes, asked := said[channel]
	switch {
	case asked && !yes:
		return refusedBy + channel, nil
	case !open && len(said) == 1:
		return refusedBy + only, nil
	case !open:
		return "offer.silent.every", nil
	case c.ask.Place == Mail && !yes:
		return "offer.silent.optin", nil
	}
	return "", nil
}

// recover returns what comes before selling, or nil. Who complains is not sold
// anything before that is settled; who is only silent is spoken to first.
func (c *contact) recover(ctx context.Context) (*Offer, error) {
	if c.ask.Customer.IsZero() {
		return nil, nil
	}
	var why Reason
	if c.Complaint != nil {
		key, args, err := c.Complaint(ctx, c.tx, c.ask.Customer)
		if err != nil {
			return nil, err
		}
		if key != "" {
			why = Reason{Kind: Complaint, Key: key, Args: args}
		}
	}
	if why.Kind == "" && c.fact.Signal == learn.Red {
		why = Reason{Kind: Complaint, Key: c.fact.Why, Args: c.fact.WhyArgs}
		if slices.Contains(silences, c.fact.Why) {
			why.Kind = Silence
		}
	}
	if why.Kind == Silence && len(c.order) > 0 && c.bought[c.order[0]].last == c.today {
		return nil, nil // they are back; the facts will say so in a moment
	}
	if why.Kind == "" || why.Kind == Silence && c.shut[ids.ID{}] {
		return nil, nil
	}
	return &Offer{Kind: Recover, Reasons: []Reason{why}, Rank: 1, Propensity: 1}, nil
}

// silences are the reasons of a red signal that nobody complained about.
var silences = []string{"fact.why.lost", "fact.why.lost_top", "fact.why.quiet", "fact.why.chance", "fact.why.odds", "fact.why.drop"}

// forbid finds out of which products nothing may be concluded.
func (c *contact) forbid(ctx context.Context) error {
	all := slices.Concat(c.order, c.ask.Basket)
	var err error
	if c.taboo, err = catalog.IsSensitive(ctx, c.tx, all); err != nil || c.Sensitive == nil {
		return err
	}
	more, err := c.Sensitive(ctx, c.tx, all)
	if c.taboo == nil {
		c.taboo = more
	}
	for id, yes := range more {
		c.taboo[id] = c.taboo[id] || yes
	}
	return err
}

// sign completes an offer: whose, where, when, and by what it is known.
func (c *contact) sign(o *Offer) {
	o.Customer, o.Place, o.Shown, o.Held = c.ask.Customer, c.ask.Place, c.tx.Now, c.held
	if c.m != nil {
		o.Run = c.m.Run
	}
	// The same customer, product, kind and place have the same id all day, so
	// that looking again shows nothing new, and two answers are one. Of somebody
	// whom nobody knows it is the same asker and basket for some minutes.
	h := sha256.New()
	y, mo, d := c.tx.Now.In(c.zone).Date()
	begin := time.Date(y, mo, d, 0, 0, 0, 0, time.UTC)
	if o.Customer.IsZero() {
		begin = c.tx.Now.Truncate(10 * time.Minute)
		h.Write(c.tx.Who.User[:])
		for _, id := range c.ask.Basket {
			h.Write(id[:])
		}
	}
	h.Write(o.Customer[:])
	h.Write(o.Product.ID[:])
	h.Write([]byte(string(o.Kind) + "/" + string(o.Place) + "/" + begin.Format(time.DateTime)))
	sum := h.Sum(nil)
	copy(o.ID[:], sum)
	binary.BigEndian.PutUint64(o.ID[:8], uint64(begin.UnixMilli())<<16|7<<12|uint64(binary.BigEndian.Uint16(sum[6:8])&0xfff))
	o.ID[8] = o.ID[8]&0x3f | 0x80
}
