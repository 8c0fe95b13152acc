-- What the occurrences of a repeating task are made from: what somebody
-- changes in one occurrence only stays out of the next.
CREATE TABLE task_series (
  id           UUID PRIMARY KEY,
  start        TEXT NOT NULL,   -- local time of the rule's first: 2006-01-02, or 2006-01-02T15:04
  title        TEXT NOT NULL,
  note         TEXT NOT NULL,
  kind         TEXT NOT NULL,
  place        TEXT NOT NULL,
  assignee_id  UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  role_id      UUID REFERENCES team_role (id) DEFERRABLE INITIALLY DEFERRED,
  customer_id  UUID REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  subject_kind TEXT NOT NULL,
  subject_id   UUID,
  minutes      BIGINT NOT NULL, -- how long an occurrence lasts; 0 if that is not said
  remind       BIGINT,          -- minutes before it is due that a reminder comes; NULL for none
  rev          BIGINT NOT NULL DEFAULT 1,
  created_op   UUID NOT NULL
);
CREATE INDEX task_series_assignee ON task_series (assignee_id) WHERE assignee_id IS NOT NULL;
CREATE INDEX task_series_role ON task_series (role_id) WHERE role_id IS NOT NULL;
CREATE INDEX task_series_customer ON task_series (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX task_series_created_op ON task_series (created_op);

-- What somebody has to do, or is to be at.
CREATE TABLE task (
  id           UUID PRIMARY KEY,
  title        TEXT NOT NULL,
  note         TEXT NOT NULL,
  kind         TEXT NOT NULL,  -- task, call, message, meeting, visit
  due_date     TEXT CHECK (due_date IS NULL OR LENGTH(due_date) = 10), -- 2006-01-02 in the workspace's zone
  due_at       BIGINT,         -- Unix milliseconds; NULL if it is due on the day, at no particular time
  ends_at      BIGINT,         -- Unix milliseconds; NULL if that is not said
  repeat       TEXT NOT NULL,  -- RRULE; empty: it doesn't repeat
  series_id    UUID REFERENCES task_series (id) DEFERRABLE INITIALLY DEFERRED,
  series_n     BIGINT NOT NULL, -- counts the occurrences from 1; 0 without a series
  slot         TEXT NOT NULL,   -- when the rule puts it, wherever it was moved to: as task_series.start
  assignee_id  UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  role_id      UUID REFERENCES team_role (id) DEFERRABLE INITIALLY DEFERRED, -- whoever of this role takes it; NULL if it has an assignee
  customer_id  UUID REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  subject_kind TEXT NOT NULL,  -- kind of another record that it is about; empty for none
  subject_id   UUID,
  place        TEXT NOT NULL,
  remind_at    BIGINT,
  done_at      BIGINT,
  done_by      UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  creator_id   UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  done         BOOLEAN NOT NULL DEFAULT FALSE, -- derived: done_at IS NOT NULL
  due_by       BIGINT NOT NULL DEFAULT 0,      -- derived: the last moment at which it is not overdue; if open but never due, and if done, in the year 9999
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  rev          BIGINT NOT NULL DEFAULT 1,
  created_op   UUID NOT NULL
);
-- Each occurrence is made once.
CREATE UNIQUE INDEX task_series_n ON task (series_id, series_n) WHERE series_id IS NOT NULL;
CREATE INDEX task_due ON task (due_by, id, assignee_id, done);
CREATE INDEX task_done_due ON task (done, due_by, id, assignee_id);
CREATE INDEX task_assignee ON task (assignee_id, due_by, id, done);
CREATE INDEX task_role ON task (role_id, due_by, id, assignee_id, done);
CREATE INDEX task_customer ON task (customer_id, due_by, id, assignee_id, done);
CREATE INDEX task_creator ON task (creator_id, due_by, id, assignee_id, done);
CREATE INDEX task_subject ON task (subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX task_finished ON task (done_at, id, assignee_id);
CREATE INDEX task_done_by ON task (done_by) WHERE done_by IS NOT NULL;
CREATE INDEX task_created ON task (created_at, id, assignee_id);
CREATE INDEX task_remind ON task (remind_at) WHERE remind_at IS NOT NULL AND done = FALSE;
CREATE INDEX task_day ON task (due_date, assignee_id) WHERE due_date IS NOT NULL;
CREATE INDEX task_repeating ON task (due_by, id) WHERE series_id IS NOT NULL AND done = FALSE;
CREATE INDEX task_created_op ON task (created_op);

-- Who else is asked to come.
CREATE TABLE task_guest (
  task_id    UUID NOT NULL REFERENCES task (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  name       TEXT NOT NULL,
  email      TEXT NOT NULL,
  key        TEXT NOT NULL,   -- by which addresses are the same
  state      TEXT NOT NULL CHECK (state IN ('asked', 'yes', 'no', 'maybe')),
  created_op UUID,
  PRIMARY KEY (task_id, n)
) WITHOUT ROWID;
CREATE INDEX task_guest_created_op ON task_guest (created_op) WHERE created_op IS NOT NULL;

-- What each guest was told last. It outlives guests and tasks, so that those
-- who are invited no more are told that too, and nobody is told anything twice.
CREATE TABLE task_invitation (
  task_id   UUID NOT NULL,
  key       TEXT NOT NULL,
  name      TEXT NOT NULL,
  email     TEXT NOT NULL,
  token     TEXT NOT NULL,    -- lets its bearer answer
  sequence  BIGINT NOT NULL,  -- SEQUENCE of what was sent last
  told      TEXT NOT NULL,    -- what was sent last, as JSON
  cancelled BOOLEAN NOT NULL,
  sent_at   BIGINT NOT NULL,
  PRIMARY KEY (task_id, key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX task_invitation_token ON task_invitation (token);

-- Which reminders were given.
CREATE TABLE task_reminded (
  task_id   UUID PRIMARY KEY,
  remind_at BIGINT NOT NULL
);

-- The secret addresses of calendar feeds, one a user.
CREATE TABLE task_feed (
  user_id    UUID PRIMARY KEY REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  hash       BYTEA NOT NULL,  -- SHA-256 of the secret
  created_at BIGINT NOT NULL,
  seen_at    BIGINT           -- Unix milliseconds, at most an hour late
);
CREATE UNIQUE INDEX task_feed_hash ON task_feed (hash);
