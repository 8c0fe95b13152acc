-- The undos that run now, each with how far it has come.
CREATE TABLE journal_undo (
  undo  UUID PRIMARY KEY,          -- the operation that undoes
  op    UUID NOT NULL,             -- the operation that it undoes
  place TEXT NOT NULL,             -- JSON: where to go on
  done  BIGINT NOT NULL DEFAULT 0, -- changes looked at, of total
  total BIGINT NOT NULL,
  kept  BIGINT NOT NULL DEFAULT 0, -- rows in journal_kept
  owner TEXT NOT NULL,             -- who works on it; any other stops
  beat  BIGINT NOT NULL            -- when the owner was last heard of: Unix milliseconds
);
CREATE UNIQUE INDEX journal_undo_op ON journal_undo (op);

-- What undos had to leave as it was.
CREATE TABLE journal_kept (
  undo    UUID NOT NULL,
  n       BIGINT NOT NULL,
  tbl     TEXT NOT NULL,
  subject UUID NOT NULL,
  col     TEXT NOT NULL,           -- empty if it is the whole row
  reason  TEXT NOT NULL,
  label   TEXT NOT NULL,           -- what people call the record or row; may be empty
  change  BIGINT,                  -- number of the journal's row, if it is worth another try
  PRIMARY KEY (undo, n)
) WITHOUT ROWID;

CREATE INDEX operation_cause ON operation (cause) WHERE cause IS NOT NULL;
CREATE INDEX operation_undo_of ON operation (undo_of) WHERE undo_of IS NOT NULL;
CREATE INDEX operation_actor ON operation (actor, id) WHERE actor IS NOT NULL;
