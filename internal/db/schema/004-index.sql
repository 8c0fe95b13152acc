-- Indexes that a large filling of their table went without, and that have to be
-- made again. SQLite only.
CREATE TABLE index_due (
  name TEXT PRIMARY KEY,
  sql  TEXT NOT NULL -- that makes it
) WITHOUT ROWID;
