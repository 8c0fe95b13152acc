-- Answers to requests that carry an Idempotency-Key, stored in the transaction
-- of their effect, so that a request sent again does nothing twice.
CREATE TABLE api_idempotency (
  token      UUID NOT NULL,
  key        TEXT NOT NULL,
  hash       BYTEA NOT NULL, -- SHA-256 of method, path and body
  status     BIGINT NOT NULL,
  header     TEXT NOT NULL,  -- JSON
  body       BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (token, key)
);
CREATE INDEX api_idempotency_created ON api_idempotency (created_at);
