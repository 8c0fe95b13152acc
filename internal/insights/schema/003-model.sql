-- What was learned from all purchases. Derived: made by the nightly run.

-- Models of every kind, each as learned by a run. One of a kind is live; a
-- newer one that is no better stays a candidate, and why says so.
CREATE TABLE insight_model (
  kind    TEXT NOT NULL,   -- purchase, chance, signal, kernel, odds, chain, …
  run     BIGINT NOT NULL,
  state   TEXT NOT NULL CHECK (state IN ('candidate', 'live', 'retired')),
  params  TEXT NOT NULL,   -- JSON
  n       BIGINT NOT NULL, -- on how many data it rests
  ll      TEXT NOT NULL,   -- log-likelihood, or empty
  report  TEXT NOT NULL,   -- JSON: how right it was
  why     TEXT NOT NULL,   -- why it is not live, or empty
  made_at BIGINT NOT NULL,
  PRIMARY KEY (kind, run)
) WITHOUT ROWID;
CREATE INDEX insight_model_state ON insight_model (state, kind);

-- Reports that pages show as they are.
CREATE TABLE insight_report (
  name    TEXT PRIMARY KEY, -- board, whale, cohorts, movers, health, retention, months
  data    TEXT NOT NULL,    -- JSON
  made_at BIGINT NOT NULL
);

-- Whose segment or signal changed, kept for 8 weeks.
CREATE TABLE insight_mover (
  customer_id UUID NOT NULL, -- no foreign key: derived
  day         TEXT NOT NULL CHECK (LENGTH(day) = 10), -- YYYY-MM-DD in the workspace's zone
  was_segment TEXT NOT NULL,
  segment     TEXT NOT NULL,
  was_signal  TEXT NOT NULL,
  signal      TEXT NOT NULL,
  value       BIGINT NOT NULL, -- expected of 52 weeks, minor units
  PRIMARY KEY (customer_id, day)
) WITHOUT ROWID;
CREATE INDEX insight_mover_day ON insight_mover (day);

-- Links of a product to others, packed: see insights/assoc.go. Which run counts,
-- the live model of kind kernel says.
CREATE TABLE product_assoc (
  run        BIGINT NOT NULL,
  kind       TEXT NOT NULL, -- product, new, pairs, sequels, upgrades
  product_id UUID NOT NULL,
  edges      BYTEA NOT NULL,
  PRIMARY KEY (run, kind, product_id)
) WITHOUT ROWID;

-- Published rules, for browsing. Of a basket's pair both directions are rows.
CREATE TABLE product_rule (
  kind       TEXT NOT NULL CHECK (kind IN ('basket', 'sequence')),
  left_id    UUID NOT NULL,
  right_id   UUID NOT NULL,
  n_left     BIGINT NOT NULL, -- baskets (customers, of sequences) with the left product
  n_right    BIGINT NOT NULL,
  n_both     BIGINT NOT NULL,
  total      BIGINT NOT NULL, -- all baskets (customers)
  expected   BIGINT NOT NULL, -- of n_both by chance, millionths
  excess     BIGINT NOT NULL, -- n_both beyond that, thousandths
  lift       BIGINT NOT NULL, -- n_both over expected, thousandths
  p          TEXT NOT NULL,   -- the chance of n_both or more if there were no link
  share      BIGINT NOT NULL, -- n_both of n_left, millionths
  share_lo   BIGINT NOT NULL, -- its 95 % interval
  share_hi   BIGINT NOT NULL,
  delay_days BIGINT,          -- of sequences: median days between
  run        BIGINT NOT NULL,
  PRIMARY KEY (kind, left_id, right_id)
) WITHOUT ROWID;
CREATE INDEX product_rule_right ON product_rule (kind, right_id, left_id);
CREATE INDEX product_rule_excess ON product_rule (kind, excess, left_id, right_id);
CREATE INDEX product_rule_lift ON product_rule (kind, lift, left_id, right_id);
CREATE INDEX product_rule_share ON product_rule (kind, share, left_id, right_id);
