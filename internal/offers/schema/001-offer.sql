-- What was offered to a customer and answered. Whoever offers something says
-- how it went; what nobody answered stands in offer_shown alone.
CREATE TABLE offer (
  id          UUID PRIMARY KEY,
  customer_id UUID REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED, -- NULL if nobody knows who it was
  product_id  UUID REFERENCES product (id) DEFERRABLE INITIALLY DEFERRED,  -- NULL for kind recover
  kind        TEXT NOT NULL CHECK (kind IN ('due', 'new', 'complement', 'upgrade', 'warranty', 'recover')),
  place       TEXT NOT NULL,   -- page, counter, quote, call, portal, mail
  shown_at    BIGINT NOT NULL, -- Unix milliseconds
  rank        BIGINT NOT NULL, -- place in its list, from 1
  chance      BIGINT,          -- millionths: that it is bought, as it was foreseen; NULL without odds
  foreseen    BIGINT,          -- millionths: chance before answers of others were learned from
  value       BIGINT,          -- minor units: chance × margin or sales of the quantity expected; NULL without odds
  currency    TEXT NOT NULL,   -- of value; empty if there is none
  reason      TEXT NOT NULL,   -- JSON: why it was offered, with its counts
  propensity  BIGINT NOT NULL CHECK (propensity BETWEEN 0 AND 1000000), -- millionths: how likely it was to be shown
  explored    BOOLEAN NOT NULL, -- whether chance chose it
  held        BOOLEAN NOT NULL, -- whether the customer belongs to the share that is left alone
  run         BIGINT NOT NULL,  -- of the models; 0 without
  outcome     TEXT NOT NULL CHECK (outcome IN ('accept', 'later', 'never')),
  outcome_at  BIGINT NOT NULL,
  outcome_by  UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED, -- NULL for a program
  why         TEXT NOT NULL,   -- of a refusal, in somebody's words
  order_ref   UUID,            -- order that came of it; it may be gone since
  rev         BIGINT NOT NULL DEFAULT 1,
  created_op  UUID NOT NULL
);
CREATE INDEX offer_customer ON offer (customer_id, outcome_at, product_id) WHERE customer_id IS NOT NULL;
CREATE INDEX offer_product ON offer (product_id) WHERE product_id IS NOT NULL;
CREATE INDEX offer_outcome_at ON offer (outcome_at, id);
CREATE INDEX offer_outcome_by ON offer (outcome_by) WHERE outcome_by IS NOT NULL;
CREATE INDEX offer_created_op ON offer (created_op);

-- What was shown to whom, once for each customer, product, place and day: a
-- log, from which it is learned how offers go.
CREATE TABLE offer_shown (
  id          UUID PRIMARY KEY,
  customer_id UUID,
  product_id  UUID,
  kind        TEXT NOT NULL,
  place       TEXT NOT NULL,
  asked_by    UUID,
  shown_at    BIGINT NOT NULL,
  rank        BIGINT NOT NULL,
  chance      BIGINT,
  foreseen    BIGINT,
  value       BIGINT,
  currency    TEXT NOT NULL,
  reason      TEXT NOT NULL,
  propensity  BIGINT NOT NULL,
  explored    BOOLEAN NOT NULL,
  held        BOOLEAN NOT NULL,
  run         BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX offer_shown_at ON offer_shown (shown_at);
CREATE INDEX offer_shown_customer ON offer_shown (customer_id) WHERE customer_id IS NOT NULL;

-- From chances to how often such offers were accepted, where enough were
-- answered. Derived.
CREATE TABLE offer_odds (
  key     TEXT PRIMARY KEY, -- place/kind: counter/new
  n       BIGINT NOT NULL,  -- answers
  curve   TEXT NOT NULL,    -- JSON
  made_at BIGINT NOT NULL
);
