-- What has been applied, and small facts about the database itself.
CREATE TABLE migration (
  name       TEXT PRIMARY KEY, -- module/file
  applied_at BIGINT NOT NULL   -- Unix milliseconds
);
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- An operation is a set of changes made for one reason by one actor.
CREATE TABLE operation (
  id          UUID PRIMARY KEY,
  actor       UUID,                      -- user; NULL for the system
  actor_name  TEXT NOT NULL,             -- as it was called then
  why         TEXT NOT NULL,             -- message key: customer.create
  args        TEXT NOT NULL,             -- JSON: names and values for the message
  subject     UUID,                      -- record that it is about, if it is one
  cause       UUID,                      -- operation because of which it happened
  undo_of     UUID,                      -- operation that it undoes
  state       TEXT NOT NULL CHECK (state IN ('running', 'done', 'undoing', 'undone')),
  kept        TEXT NOT NULL DEFAULT '[]', -- JSON: what its undo had to leave, and why
  started_at  BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE INDEX operation_subject ON operation (subject, id) WHERE subject IS NOT NULL;

-- The operation of the transaction that runs now (SQLite has one writer; on
-- PostgreSQL it stands in the setting akrab.op).
CREATE TABLE journal_current (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  op  UUID
);
INSERT INTO journal_current (one, op) VALUES (1, NULL);

-- What operations changed, row by row, written by triggers.
CREATE TABLE journal_change (
  n       BIGSERIAL PRIMARY KEY,
  op      UUID NOT NULL, -- a change outside of any operation is refused by this NOT NULL
  tbl     TEXT NOT NULL,
  kind    TEXT NOT NULL, -- u: updated, d: deleted, i: put back by an undo
  subject UUID NOT NULL, -- record that the row belongs to
  key     TEXT NOT NULL, -- JSON: columns of the primary key
  was     TEXT NOT NULL, -- JSON: changed columns before (all of them for d)
  now     TEXT NOT NULL  -- JSON: changed columns after
);
CREATE INDEX journal_change_op ON journal_change (op, n);
CREATE INDEX journal_change_subject ON journal_change (subject, n);
