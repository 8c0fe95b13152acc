-- Facts grow by what models make of them. The rows are made anew: only the
-- last verdict of the rule of phases can't be.
CREATE TABLE customer_fact_new (
  customer_id UUID PRIMARY KEY, -- no foreign key: an undo may take the customer away first
  made        BIGINT NOT NULL, -- number of the refresh that made the row: they grow
  digest      BIGINT NOT NULL, -- of all that is derived: equal rows needn't be written again
  before      BIGINT NOT NULL, -- Unix milliseconds: orders before it are counted
  as_of       BIGINT NOT NULL, -- when the row was made
  -- Statistics.
  orders      BIGINT NOT NULL, -- that stand: without drafts, cancelled ones and returns
  returns     BIGINT NOT NULL,
  days        BIGINT NOT NULL, -- on which they ordered, in the workspace's zone
  first_at    BIGINT,          -- first and last order, Unix milliseconds
  last_at     BIGINT,
  rhythm_days BIGINT,          -- median of the days between two days with orders; NULL with less than three
  bought      BIGINT NOT NULL, -- in currency, minor units, returns subtracted
  products    BIGINT NOT NULL, -- different ones that were bought
  contact_at  BIGINT,          -- when they last spoke with the company, other than by ordering
  quiet_at    BIGINT,          -- from when on they are silent against their rhythm
  owner_id    UUID,            -- who is responsible, as the customer's row said then
  service_s   BIGINT NOT NULL, -- seconds of calls, meetings and visits
  -- Money in the workspace's leading currency (lead), minor units.
  year          BIGINT NOT NULL, -- what they brought (margin, or sales where costs are not known) in the last 365 days
  year_before   BIGINT NOT NULL, -- and in the 365 before
  half          BIGINT NOT NULL, -- in the last 182 days
  half_before   BIGINT NOT NULL,
  sales         BIGINT NOT NULL, -- all time, with tax, returns subtracted
  margin        BIGINT NOT NULL, -- all time
  cost_to_serve BIGINT NOT NULL,
  profit        BIGINT NOT NULL, -- margin less cost to serve
  -- Sufficient statistics of the models: clv.History.
  repeats      BIGINT NOT NULL, -- purchase days after the first
  first_day    BIGINT NOT NULL, -- days since 1970
  last_day     BIGINT NOT NULL,
  log_gaps     BIGINT NOT NULL, -- millionths
  first_amount BIGINT NOT NULL,
  amount       BIGINT NOT NULL,
  -- What the models say.
  satisfaction BIGINT,          -- last answer, 1 to 5; NULL if there is none
  active       BIGINT,          -- chance to buy in the next 90 days, thousandths; NULL if not known
  exp_orders   BIGINT,          -- expected purchase days in 52 weeks, thousandths
  value        BIGINT,          -- expected of 52 weeks, minor units of lead
  value_lo     BIGINT,          -- 95 % interval
  value_hi     BIGINT,
  worth        BIGINT,          -- value in two digits, by which lists are sorted: it changes seldom
  segment      TEXT NOT NULL,   -- A1 … C3, N for new; empty if not known
  signal       TEXT NOT NULL,   -- green, yellow, red, or empty
  phase        TEXT NOT NULL,   -- last verdict of the rule of phases; empty before the first
  why          TEXT NOT NULL,   -- key of the sentence that explains the signal
  why_args     TEXT NOT NULL,   -- JSON: its arguments
  currency     TEXT NOT NULL,   -- that most of the customer's orders are in
  lead         TEXT NOT NULL,
  totals       TEXT NOT NULL,   -- JSON: [{"currency":"IDR","minor":1,"orders":1}], the main one first
  families     TEXT NOT NULL    -- JSON: [{"family":"Pompa","minor":1,"share":38}], of the main currency, the largest first
) WITHOUT ROWID;
-- digest 0 and before 0: nobody's, so that each row is made anew.
INSERT INTO customer_fact_new (customer_id, made, digest, before, as_of, orders, returns, days, first_at, last_at, rhythm_days, bought, products,
  contact_at, quiet_at, owner_id, service_s, year, year_before, half, half_before, sales, margin, cost_to_serve, profit,
  repeats, first_day, last_day, log_gaps, first_amount, amount, segment, signal, phase, why, why_args, currency, lead, totals, families)
SELECT customer_id, 0, 0, 0, as_of, orders, returns, days, first_at, last_at, rhythm_days, bought, 0,
  contact_at, quiet_at, owner_id, -1, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, '', '', phase, '', '[]', currency, currency, totals, families
FROM customer_fact;
-- What was there has to be made anew, soon.
INSERT INTO insights_run (name, n, asked) SELECT 'all', 0, 1 WHERE EXISTS (SELECT 1 FROM customer_fact) ON CONFLICT (name) DO NOTHING;
DROP TABLE customer_fact;
ALTER TABLE customer_fact_new RENAME TO customer_fact;
CREATE INDEX customer_fact_quiet ON customer_fact (owner_id, quiet_at) WHERE quiet_at IS NOT NULL;
CREATE INDEX customer_fact_bought ON customer_fact (bought, customer_id);
CREATE INDEX customer_fact_last_at ON customer_fact (last_at, customer_id);
CREATE INDEX customer_fact_quiet_at ON customer_fact (quiet_at, customer_id);
CREATE INDEX customer_fact_worth ON customer_fact (worth, customer_id);
CREATE INDEX customer_fact_segment ON customer_fact (segment, customer_id);
CREATE INDEX customer_fact_signal ON customer_fact (signal, customer_id) WHERE signal IN ('red', 'yellow');

-- What people decided about facts; no row until then.
CREATE TABLE insight_setting (
  id            UUID PRIMARY KEY, -- always the same
  minute_cost   BIGINT NOT NULL CHECK (minute_cost >= 0), -- of talking with a customer, minor units of the leading currency
  order_cost    BIGINT NOT NULL CHECK (order_cost >= 0),  -- of handling an order or a return
  discount_rate BIGINT NOT NULL CHECK (discount_rate BETWEEN 0 AND 1000000), -- a year's, millionths
  holdout       BIGINT NOT NULL CHECK (holdout BETWEEN 0 AND 500), -- of a thousand customers, who get no pushes
  salt          TEXT NOT NULL, -- by which these are drawn
  rev           BIGINT NOT NULL DEFAULT 1,
  created_op    UUID NOT NULL
);
CREATE INDEX insight_setting_created_op ON insight_setting (created_op);

-- What the last run over all customers found: single ones are made in the same way.
CREATE TABLE insight_state (
  one           BIGINT PRIMARY KEY CHECK (one = 1),
  as_of         TEXT CHECK (as_of LIKE '____-__-__'), -- facts are those of this day; NULL for the present one
  currency      TEXT NOT NULL, -- leading currency; empty before the first run
  converted     BOOLEAN NOT NULL, -- orders in other currencies are converted by their rates
  margin        BOOLEAN NOT NULL, -- what customers bring is margin; false: sales
  margin_known  BIGINT NOT NULL,  -- share of sales whose cost is known, millionths
  margin_rate   BIGINT NOT NULL,  -- what these earn, millionths
  orders        BIGINT NOT NULL,  -- how many were counted
  today         BIGINT NOT NULL,  -- the day of the run, days since 1970
  ran_at        BIGINT NOT NULL   -- Unix milliseconds; 0 before the first run
);
INSERT INTO insight_state (one, as_of, currency, converted, margin, margin_known, margin_rate, orders, today, ran_at)
VALUES (1, NULL, '', FALSE, FALSE, 0, 0, 0, 0, 0);
