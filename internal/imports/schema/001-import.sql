-- An import: a file, how it is read, and how far it has come.
CREATE TABLE import_job (
  id            UUID PRIMARY KEY,
  kind          TEXT NOT NULL,             -- what is imported: customers
  name          TEXT NOT NULL,             -- of the file, as the person's computer calls it
  source        TEXT NOT NULL,             -- sheet or vcard; empty until the file is whole
  format        TEXT NOT NULL,             -- JSON: sheet.Format
  header        TEXT NOT NULL,             -- JSON: names of the columns
  map           TEXT NOT NULL,             -- JSON: field by header
  keys          TEXT NOT NULL,             -- JSON: fields by which customers are known again
  mode          TEXT NOT NULL CHECK (mode IN ('create', 'update', 'upsert')),
  erase         BOOLEAN NOT NULL,          -- an empty cell erases
  dry_run       BOOLEAN NOT NULL,          -- the present or last run only counts
  state         TEXT NOT NULL CHECK (state IN ('uploading', 'uploaded', 'mapped', 'running', 'done', 'failed', 'cancelled')),
  op            UUID,                      -- operation that all slices belong to
  problem       TEXT NOT NULL,             -- JSON: why it failed
  actor         UUID,                      -- user; NULL for the system
  actor_name    TEXT NOT NULL,
  sight         BIGINT NOT NULL,           -- what the actor sees
  team          UUID,
  size          BIGINT NOT NULL,           -- bytes of the file
  used          BIGINT NOT NULL,           -- of them read, about
  place         BIGINT NOT NULL,           -- rows done
  tries         BIGINT NOT NULL DEFAULT 0, -- how often it was taken up since it last got further
  created       BIGINT NOT NULL,
  updated       BIGINT NOT NULL,
  skipped       BIGINT NOT NULL,
  errors        BIGINT NOT NULL,
  warnings      BIGINT NOT NULL,
  duplicates    BIGINT NOT NULL,
  organizations BIGINT NOT NULL,
  made_at       BIGINT NOT NULL,           -- Unix milliseconds, as all below
  started_at    BIGINT,
  touched_at    BIGINT,                    -- when its last slice was stored
  finished_at   BIGINT
);
CREATE INDEX import_job_state ON import_job (state, touched_at);

-- The file's bytes as they came, in chunks of at most 1 MiB.
CREATE TABLE import_chunk (
  import_id UUID NOT NULL REFERENCES import_job (id) DEFERRABLE INITIALLY DEFERRED,
  n         BIGINT NOT NULL,               -- from 0
  data      BYTEA NOT NULL,
  PRIMARY KEY (import_id, n)
);

-- Rows of the file with something wrong.
CREATE TABLE import_row (
  import_id   UUID NOT NULL REFERENCES import_job (id) DEFERRABLE INITIALLY DEFERRED,
  row         BIGINT NOT NULL,             -- number among the rows of data, from 1
  line        BIGINT NOT NULL,             -- where it stands in the file
  cells       TEXT NOT NULL,               -- JSON: its cells, as mended so far
  problems    TEXT NOT NULL,               -- JSON
  state       TEXT NOT NULL CHECK (state IN ('refused', 'incomplete', 'mended', 'repaired', 'dropped')),
  mended      BOOLEAN NOT NULL,            -- its cells were changed before the import ran: they go before the file's
  customer_id UUID,                        -- customer made or changed by it
  PRIMARY KEY (import_id, row)
) WITHOUT ROWID;
CREATE INDEX import_row_state ON import_row (import_id, state, row);

-- Customers that an import created and that may be there already.
CREATE TABLE import_repeat (
  import_id   UUID NOT NULL REFERENCES import_job (id) DEFERRABLE INITIALLY DEFERRED,
  row         BIGINT NOT NULL,
  customer_id UUID NOT NULL,               -- the new one
  other_id    UUID,                        -- the one that it resembles
  reason      TEXT NOT NULL,               -- email, phone or name
  PRIMARY KEY (import_id, row)
) WITHOUT ROWID;

-- Organisations that an import created because a person belongs to them.
CREATE TABLE import_org (
  import_id   UUID NOT NULL REFERENCES import_job (id) DEFERRABLE INITIALLY DEFERRED,
  key         TEXT NOT NULL,               -- folded name
  customer_id UUID NOT NULL,
  filled      BOOLEAN NOT NULL,            -- a row of its own came later
  PRIMARY KEY (import_id, key)
) WITHOUT ROWID;

-- How files with the same columns were read the last time.
CREATE TABLE import_map (
  print   TEXT PRIMARY KEY,                -- fingerprint of the header
  map     TEXT NOT NULL,                   -- JSON, as in import_job
  keys    TEXT NOT NULL,
  mode    TEXT NOT NULL,
  used_at BIGINT NOT NULL
);
