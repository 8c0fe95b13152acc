-- A role is a set of permissions.
CREATE TABLE team_role (
  id          UUID PRIMARY KEY,
  key         TEXT NOT NULL,              -- what commands and programs call it: administrator
  name        TEXT NOT NULL,              -- what people call it; empty for the roles that Akrab brings
  builtin     BOOLEAN NOT NULL,           -- comes with Akrab: it is never deleted
  permissions TEXT NOT NULL,              -- sorted, with spaces between; the administrator's are all that were known
  rev         BIGINT NOT NULL DEFAULT 1,
  created_op  UUID NOT NULL
);
CREATE UNIQUE INDEX team_role_key ON team_role (key);

CREATE TABLE team_user (
  id          UUID PRIMARY KEY,
  name        TEXT NOT NULL,
  name_key    TEXT NOT NULL,              -- by which names sort
  email       TEXT NOT NULL,
  email_key   TEXT NOT NULL,              -- by which addresses are the same
  role_id     UUID NOT NULL REFERENCES team_role (id) DEFERRABLE INITIALLY DEFERRED,
  team_id     UUID,                       -- colleagues who see each other's records
  active      BOOLEAN NOT NULL DEFAULT TRUE,
  password    TEXT,                       -- in PHC format; nobody signs in without
  must_change BOOLEAN NOT NULL DEFAULT FALSE, -- the password is a temporary one
  seen_at     BIGINT,                     -- Unix milliseconds, at most a minute late
  language    TEXT NOT NULL DEFAULT '',   -- empty: the workspace's
  theme       TEXT NOT NULL DEFAULT '',   -- light, dark; empty: the device's
  density     TEXT NOT NULL DEFAULT '',   -- compact, comfortable; empty: between
  shortcuts   BOOLEAN NOT NULL DEFAULT TRUE, -- single keys act
  nav_folded  BOOLEAN NOT NULL DEFAULT FALSE,
  rev         BIGINT NOT NULL DEFAULT 1,
  created_op  UUID NOT NULL
);
CREATE UNIQUE INDEX team_user_email_key ON team_user (email_key);
CREATE INDEX team_user_role_id ON team_user (role_id);

-- A token lets a program in.
CREATE TABLE team_token (
  id         UUID PRIMARY KEY,
  name       TEXT NOT NULL,
  start      TEXT NOT NULL,               -- its first characters, to tell it from others
  hash       BYTEA,                       -- SHA-256 of the whole; NULL opens nothing
  role_id    UUID REFERENCES team_role (id) DEFERRABLE INITIALLY DEFERRED, -- NULL if it went after the token was revoked
  user_id    UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED, -- who made it
  created_at BIGINT NOT NULL,
  seen_at    BIGINT,                      -- when it was used, at most a minute late
  expires_at BIGINT,
  revoked_at BIGINT,
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE UNIQUE INDEX team_token_hash ON team_token (hash);
CREATE INDEX team_token_role_id ON team_token (role_id);
CREATE INDEX team_token_user_id ON team_token (user_id);

-- A session is one device on which somebody is signed in.
CREATE TABLE team_session (
  id         UUID PRIMARY KEY,
  hash       BYTEA NOT NULL,              -- SHA-256 of the secret in the cookie
  user_id    UUID NOT NULL REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  agent      TEXT NOT NULL,               -- what the browser says it is
  address    TEXT NOT NULL,               -- where it was last seen
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,             -- at most a minute late
  expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX team_session_hash ON team_session (hash);
CREATE INDEX team_session_user_id ON team_session (user_id);
CREATE INDEX team_session_expires_at ON team_session (expires_at);

-- How often somebody tried to sign in: a bucket that empties with time.
CREATE TABLE team_attempt (
  key   TEXT PRIMARY KEY,
  until BIGINT NOT NULL                   -- when the bucket will be empty
) WITHOUT ROWID;
CREATE INDEX team_attempt_until ON team_attempt (until);

-- Tokens for the first visit, printed when Akrab starts without users.
CREATE TABLE team_setup (
  hash       BYTEA PRIMARY KEY,
  created_at BIGINT NOT NULL
);

-- Whoever changes administrators locks this row, so that they do it one after
-- the other, and the last one stays.
CREATE TABLE team_guard (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  n   BIGINT NOT NULL
);
INSERT INTO team_guard (one, n) VALUES (1, 0);
