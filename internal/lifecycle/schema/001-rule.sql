-- By what rule customers move from phase to phase. There is one row once
-- somebody has saved it; until then the rule is the one that Default gives.
CREATE TABLE lifecycle_rule (
  id            UUID PRIMARY KEY,
  is_on         BOOLEAN NOT NULL,
  new_days      BIGINT NOT NULL, -- new: first order at most so many days ago
  active_days   BIGINT NOT NULL, -- active without a rhythm: last order at most so many days ago
  active_rhythm BIGINT NOT NULL, -- active with a rhythm: so many tenths of it
  least_days    BIGINT NOT NULL, -- nobody is at risk after a shorter silence
  loyal_orders  BIGINT NOT NULL, -- loyal: at least so many orders; 0 if that doesn't matter
  loyal_days    BIGINT NOT NULL, -- loyal: first order at least so many days ago; 0 if that doesn't matter
  lost_days     BIGINT NOT NULL, -- lost: no sign for longer than that
  talks         BOOLEAN NOT NULL, -- a conversation is a sign too
  rev           BIGINT NOT NULL DEFAULT 1,
  created_op    UUID NOT NULL
);

-- The operation of a run over all customers, so that it goes on with the same
-- one after a crash.
CREATE TABLE lifecycle_run (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  op  UUID NOT NULL
);
