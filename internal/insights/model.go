package insights

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"
	"weak"

	"github.com/akrab-crm/akrab/internal/db"
	"github.com/akrab-crm/akrab/internal/insights/learn"
)

// Kinds of models that are stored. Those of products belong together: their
// edges are in product_assoc.
const (
	kindPurchase = "purchase" // learn.Models: all that one customer is scored by
	kindSpend    = "spend"
	kindChance   = "chance"
	kindSignal   = "signal"
	kindChain    = "chain"
	kindRebuy    = "rebuy" // the challenger, always a candidate
	kindRival    = "rival" // a kind of model that is likelier, but foretold worse
	kindKernel   = "kernel"
	kindPairs    = "pairs"
	kindSequels  = "sequels"
	kindUpgrades = "upgrades"
	kindDue      = "due"
	kindOdds     = "odds"
)

// States of models.
const (
	stateCandidate = "candidate"
	stateLive      = "live"
)

// keptRuns is of how many runs models are kept.
const keptRuns = 30

// A ModelRow is a stored model.
type ModelRow struct {
	Kind   string          `json:"kind"`
	Run    int64           `json:"run"`
	State  string          `json:"state"` // candidate, live or retired
	Params json.RawMessage `json:"params"`
	N      int64           `json:"n"`                        // on how many data it rests
	LL     string          `json:"log_likelihood,omitempty"` // a number
	Report json.RawMessage `json:"report,omitempty"`
	Why    string          `json:"why,omitempty"` // why it isn't live
	Made   time.Time       `json:"made"`
}

func scanModel(s db.Scanner, m *ModelRow) error {
	var params, report string
	var made int64
	err := s.Scan(&m.Kind, &m.Run, &m.State, &params, &m.N, &m.LL, &report, &m.Why, &made)
	m.Params, m.Report, m.Made = json.RawMessage(params), json.RawMessage(report), db.Time(made)
	if report == "" {
		m.Report = nil
	}
	return err
}

const modelCols = `kind, run, state, params, n, ll, report, why, made_at`

// LastModels returns the live models and the candidates of the last run, by
// kind.
func LastModels(ctx context.Context, tx *db.Tx) ([]ModelRow, error) {
	return db.List(ctx, tx, scanModel, `
		SELECT `+modelCols+` FROM insight_model
		WHERE state = 'live' OR (state = 'candidate' AND run = (SELECT MAX(run) FROM insight_model))
		ORDER BY kind, run`)
}

// nextRun returns the number of the run after the last one.
func nextRun(ctx context.Context, tx *db.Tx) (int64, error) {
	return db.Get(ctx, tx, db.One[int64], `SELECT COALESCE(MAX(run), 0) + 1 FROM insight_model`)
}

// liveRun returns the run of the live model of a kind; 0 if there is none.
func liveRun(ctx context.Context, tx *db.Tx, kind string) (int64, error) {
	run, _, err := db.Find(ctx, tx, db.One[int64], `SELECT run FROM insight_model WHERE state = 'live' AND kind = $1`, kind)
	return run, err
}

var liveModels cache[*learn.Models]

// Live returns the models that customers are scored by; those that know nothing
// if there are none yet. They must not be changed.
func Live(ctx context.Context, tx *db.Tx) (*learn.Models, error) {
	run, err := liveRun(ctx, tx, kindPurchase)
	if err != nil || run == 0 {
		return &learn.Models{}, err
	}
	return liveModels.get(tx.DB(), run, func() (*learn.Models, error) {
		m := &learn.Models{}
		return m, readModel(ctx, tx, kindPurchase, run, m)
	})
}

// readModel reads the parameters of a model.
func readModel(ctx context.Context, tx *db.Tx, kind string, run int64, into any) error {
	params, err := db.Get(ctx, tx, db.One[string], `SELECT params FROM insight_model WHERE kind = $1 AND run = $2`, kind, run)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(params), into); err != nil {
		return fmt.Errorf("model %s of run %d: %w", kind, run, err)
	}
	return nil
}

// A made is a model to be stored.
type made struct {
	kind   string
	params any
	n      int
	ll     *float64
	report any
	why    string // why it is no more than a candidate
}

// writeModels stores models of a run. They take the place of the live ones,
// but for those that are no more than candidates.
func writeModels(ctx context.Context, tx *db.Tx, run int64, list []made) error {
	for _, m := range list {
		state, ll := stateLive, ""
		if m.why != "" {
			state = stateCandidate
		}
		if m.ll != nil {
			ll = strconv.FormatFloat(*m.ll, 'f', -1, 64)
		}
		params, err := json.Marshal(m.params)
		if err != nil {
			return fmt.Errorf("model %s: %w", m.kind, err)
		}
		report, err := json.Marshal(m.report)
		if err != nil {
			return fmt.Errorf("report of model %s: %w", m.kind, err)
		}
		if state == stateLive {
			if _, err := tx.Exec(ctx, `UPDATE insight_model SET state = 'retired' WHERE state = 'live' AND kind = $1 AND run <> $2`, m.kind, run); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO insight_model (kind, run, state, params, n, ll, report, why, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (kind, run) DO UPDATE SET state = excluded.state, params = excluded.params, n = excluded.n, ll = excluded.ll,
				report = excluded.report, why = excluded.why, made_at = excluded.made_at`,
			m.kind, run, state, string(params), int64(m.n), ll, string(report), m.why, tx.Now.UnixMilli()); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `DELETE FROM insight_model WHERE state <> 'live' AND run <= $1`, run-keptRuns)
	return err
}

// storeCustomers stores what was learned of customers; from now on they are
// scored by c.Models. Customers' rows are to be made anew afterwards.
func storeCustomers(ctx context.Context, d *db.DB, c *learn.Customers) error {
	m := &c.Models
	n := m.Customers
	list := []made{{kind: kindPurchase, params: m, n: n, report: map[string]any{"choice": c.Choice, "back_tests": c.Health.BackTests}}}
	if m.Enough {
		list[0].ll = &m.Purchase.LogLikelihood
	}
	if m.Spend != nil {
		list = append(list, made{kind: kindSpend, params: m.Spend, n: m.Spend.Customers, ll: &m.Spend.LogLikelihood})
	}
	if m.Chance != nil {
		list = append(list, made{kind: kindChance, params: m.Chance, n: c.Health.Sampled, report: c.Health.Quality})
	}
	if m.Enough {
		list = append(list,
			made{kind: kindSignal, params: m.Signal, n: c.Health.Sampled, report: c.Health.Signals},
			made{kind: kindChain, params: c.Retention.Chain, n: c.Retention.Moves})
	}
	if c.Rebuy != nil {
		list = append(list, made{kind: kindRebuy, params: c.Rebuy, n: c.Health.Sampled, report: c.Health.Challenger, why: "challenger"})
	}
	if c.Rival != nil {
		list = append(list, made{kind: kindRival, params: c.Rival, n: c.Rival.Customers, ll: &c.Rival.LogLikelihood, report: c.RivalTests, why: c.Health.Hindered})
	}
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		// Also those that there is none of any more.
		if _, err := tx.Exec(ctx, `UPDATE insight_model SET state = 'retired' WHERE state = 'live' AND kind IN ('purchase', 'spend', 'chance', 'signal', 'chain')`); err != nil {
			return err
		}
		if err := writeModels(ctx, tx, m.Run, list); err != nil {
			return err
		}
		for name, report := range map[string]any{"retention": c.Retention, "cohorts": c.Cohorts, "months": c.Months, "health": c.Health, "made": MadeOf(&c.Health)} {
			if err := writeReport(ctx, tx, name, report); err != nil {
				return err
			}
		}
		return nil
	})
}

// storeJudgement stores what the scores of all customers add up to.
func storeJudgement(ctx context.Context, d *db.DB, j *learn.Judgement) error {
	return d.Write(ctx, db.Op{Background: true}, func(tx *db.Tx) error {
		if err := writeReport(ctx, tx, "board", j.Board); err != nil {
			return err
		}
		return writeReport(ctx, tx, "whale", j.Whale)
	})
}

// ReadReport returns a stored report, a type of package learn, and when it was
// made; not ok if there is none yet. Its names are board, whale, cohorts,
// movers, health, retention and months.
func ReadReport[T any](ctx context.Context, tx *db.Tx, name string) (report T, made time.Time, ok bool, err error) {
	type row struct {
		data string
		made int64
	}
	r, ok, err := db.Find(ctx, tx, func(s db.Scanner, r *row) error { return s.Scan(&r.data, &r.made) },
		`SELECT data, made_at FROM insight_report WHERE name = $1`, name)
	if err != nil || !ok {
		return report, time.Time{}, false, err
	}
	if err := json.Unmarshal([]byte(r.data), &report); err != nil {
		return report, time.Time{}, false, fmt.Errorf("report %s: %w", name, err)
	}
	return report, db.Time(r.made), true, nil
}

// writeReport stores a report in place of the one of that name.
func writeReport(ctx context.Context, tx *db.Tx, name string, report any) error {
	data, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("report %s: %w", name, err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO insight_report (name, data, made_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET data = excluded.data, made_at = excluded.made_at`, name, string(data), tx.Now.UnixMilli())
	return err
}

// A cache keeps of each database what was read of one run. Whoever asks knows
// from the database which run that is, so that nothing stale comes out.
type cache[T any] struct {
	mu sync.Mutex
	m  map[weak.Pointer[db.DB]]*cached[T]
}

type cached[T any] struct {
	mu  sync.Mutex
	run int64
	v   T
}

// get returns what load returned for a run.
func (c *cache[T]) get(d *db.DB, run int64, load func() (T, error)) (T, error) {
	e := c.of(d)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.run == run {
		return e.v, nil
	}
	v, err := load()
	if err == nil {
		e.run, e.v = run, v
	}
	return v, err
}

func (c *cache[T]) of(d *db.DB) *cached[T] {
	key := weak.Make(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.m[key]
	if e == nil {
		if c.m == nil {
			c.m = map[weak.Pointer[db.DB]]*cached[T]{}
		}
		e = &cached[T]{}
		c.m[key] = e
		runtime.AddCleanup(d, c.forget, key)
	}
	return e
}

func (c *cache[T]) forget(key weak.Pointer[db.DB]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, key)
}
