-- Something that somebody is told: a mention, a task that is due.
CREATE TABLE notice (
  id           UUID PRIMARY KEY,
  user_id      UUID NOT NULL,  -- who is told
  kind         TEXT NOT NULL,  -- the message "notice.told." + kind says it
  reason       TEXT NOT NULL,  -- why: nobody is told twice for the same reason
  subject_kind TEXT NOT NULL,  -- table of the record that it is about; empty for none
  subject_id   UUID,
  customer_id  UUID,
  who_id       UUID,           -- who caused it
  who          TEXT NOT NULL,  -- as they were called then; empty for Akrab itself
  args         TEXT NOT NULL,  -- JSON object: further values of the message
  created_at   BIGINT NOT NULL,
  seen_at      BIGINT,
  mailed_at    BIGINT          -- when it went out in a digest
);
CREATE UNIQUE INDEX notice_reason ON notice (user_id, reason);
CREATE INDEX notice_user ON notice (user_id, created_at, id);
CREATE INDEX notice_unseen ON notice (user_id, created_at, id) WHERE seen_at IS NULL;
CREATE INDEX notice_age ON notice (created_at);

-- How a user wants to be told by mail. Without a row: not at all.
CREATE TABLE notice_digest (
  user_id UUID PRIMARY KEY,
  every   TEXT NOT NULL CHECK (every IN ('off', 'daily', 'weekly')),
  weekday BIGINT NOT NULL CHECK (weekday BETWEEN 0 AND 6), -- of a weekly one; 0 is Sunday
  hour    BIGINT NOT NULL CHECK (hour BETWEEN 0 AND 23),   -- in the workspace's zone
  next_at BIGINT                                          -- NULL if off
);
CREATE INDEX notice_digest_next ON notice_digest (next_at) WHERE next_at IS NOT NULL;
