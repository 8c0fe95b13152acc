-- How often something was written to a table, of those that are counted, for
-- who keeps what was computed from it. SQLite only: there one writes at a time.
CREATE TABLE table_version (
  tbl TEXT PRIMARY KEY,
  n   BIGINT NOT NULL
) WITHOUT ROWID;
