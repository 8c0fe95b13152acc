-- What was asked for with a key, such as by a form, and what was answered: the
-- same thing sent again happens once. Kept for a day.
CREATE TABLE once (
  key        TEXT PRIMARY KEY,
  op         UUID NOT NULL,   -- what was done because of it
  answer     TEXT NOT NULL,   -- empty until it is known
  created_at BIGINT NOT NULL  -- Unix milliseconds
) WITHOUT ROWID;
CREATE INDEX once_created_at ON once (created_at);
