-- What happened between the company and a customer, whatever the channel.
CREATE TABLE interaction (
  id          UUID PRIMARY KEY,
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  kind        TEXT NOT NULL,    -- call, email, meeting, visit, note, chat, form, letter, and kinds of later modules
  direction   TEXT NOT NULL CHECK (direction IN ('', 'in', 'out')),
  channel     TEXT NOT NULL,    -- phone, whatsapp, instagram … where the kind leaves it open
  subject     TEXT NOT NULL,
  body        TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,  -- Unix milliseconds
  duration_s  BIGINT NOT NULL,  -- seconds; 0 if it has none
  actor_id    UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED, -- who of the company; NULL for a machine
  actor       TEXT NOT NULL,    -- as they were called then
  promise     TEXT NOT NULL,    -- what was promised
  due_at      BIGINT,           -- by when
  kept_at     BIGINT,           -- when the promise was kept
  private     BOOLEAN NOT NULL, -- only for the actor
  pinned      BOOLEAN NOT NULL,
  ref         TEXT NOT NULL,    -- number or address of what it is about, in another system
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  rev         BIGINT NOT NULL DEFAULT 1,
  created_op  UUID NOT NULL
);
CREATE INDEX interaction_customer ON interaction (customer_id, occurred_at, id);
CREATE INDEX interaction_pinned ON interaction (customer_id) WHERE pinned;
CREATE INDEX interaction_promise ON interaction (customer_id) WHERE promise <> '' AND kept_at IS NULL;
CREATE INDEX interaction_due ON interaction (due_at, actor_id) WHERE due_at IS NOT NULL AND kept_at IS NULL;
CREATE INDEX interaction_created_op ON interaction (created_op);

-- Files are kept in the database, so that a workspace is one file: the content
-- once, in chunks under its SHA-256.
CREATE TABLE file (
  id         UUID PRIMARY KEY,
  name       TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size       BIGINT NOT NULL, -- bytes
  hash       BYTEA NOT NULL,  -- SHA-256 of the content
  created_at BIGINT NOT NULL,
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE INDEX file_hash ON file (hash);
CREATE INDEX file_created_op ON file (created_op);
CREATE TABLE file_chunk (
  hash BYTEA NOT NULL,
  n    BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (hash, n)
);

CREATE TABLE interaction_file (
  interaction_id UUID NOT NULL REFERENCES interaction (id) DEFERRABLE INITIALLY DEFERRED,
  n              BIGINT NOT NULL,
  file_id        UUID NOT NULL REFERENCES file (id) DEFERRABLE INITIALLY DEFERRED,
  created_op     UUID,
  PRIMARY KEY (interaction_id, n)
) WITHOUT ROWID;
CREATE INDEX interaction_file_file ON interaction_file (file_id);
CREATE INDEX interaction_file_created_op ON interaction_file (created_op) WHERE created_op IS NOT NULL;
