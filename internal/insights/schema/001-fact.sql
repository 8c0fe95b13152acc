-- What is known of a customer's purchases, in one row that pages read: they
-- compute nothing. Derived from orders, lines and the timeline; made anew
-- whenever these change. Only customers who ordered, or did once, have a row.
CREATE TABLE customer_fact (
  customer_id UUID PRIMARY KEY, -- no foreign key: an undo may take the customer away first
  -- Statistics.
  orders      BIGINT NOT NULL, -- that stand: without drafts, cancelled ones and returns
  returns     BIGINT NOT NULL,
  days        BIGINT NOT NULL, -- on which they ordered, in the workspace's zone
  first_at    BIGINT,          -- first and last order, Unix milliseconds
  last_at     BIGINT,
  rhythm_days BIGINT,          -- median of the days between two days with orders; NULL with less than three
  currency    TEXT NOT NULL,   -- that most orders are in
  bought      BIGINT NOT NULL, -- in that currency, minor units, returns subtracted
  totals      TEXT NOT NULL,   -- JSON: [{"currency":"IDR","minor":1,"orders":1}], the main one first
  families    TEXT NOT NULL,   -- JSON: [{"family":"Pompa","minor":1,"share":38}], of the main currency, the largest first
  contact_at  BIGINT,          -- when they last spoke with the company, other than by ordering
  quiet_at    BIGINT,          -- from when on they are silent against their rhythm
  owner_id    UUID,            -- who is responsible, as the customer's row said then
  -- Verdicts.
  phase       TEXT NOT NULL,   -- last one of the rule of phases; empty before the first
  as_of       BIGINT NOT NULL  -- when the row was made
) WITHOUT ROWID;
CREATE INDEX customer_fact_quiet ON customer_fact (owner_id, quiet_at) WHERE quiet_at IS NOT NULL;
CREATE INDEX customer_fact_bought ON customer_fact (bought, customer_id);
CREATE INDEX customer_fact_last_at ON customer_fact (last_at, customer_id);
CREATE INDEX customer_fact_quiet_at ON customer_fact (quiet_at, customer_id);

-- How far long work on facts has come, so that it goes on after a crash.
CREATE TABLE insights_run (
  name   TEXT PRIMARY KEY, -- "all", "owners", "weeks", or the id of an operation
  after  UUID,             -- customers up to here are done; NULL if it has not begun
  n      BIGINT NOT NULL,  -- of owners: the last row of the journal that was read; of weeks: how long counting took, milliseconds
  asked  BIGINT NOT NULL   -- how often it was asked for: if that grew meanwhile, it begins again
);
-- Its row is locked by whoever makes facts: one at a time, so that what was
-- read first is not written last.
INSERT INTO insights_run (name, n, asked) VALUES ('lock', 0, 0);

-- How many orders the company had in each of the last weeks.
CREATE TABLE sale_week (
  monday   TEXT NOT NULL,   -- first day, YYYY-MM-DD in the workspace's zone
  currency TEXT NOT NULL,
  orders   BIGINT NOT NULL,
  net      BIGINT NOT NULL, -- minor units, returns subtracted
  PRIMARY KEY (monday, currency)
) WITHOUT ROWID;
