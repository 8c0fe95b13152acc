-- A segment: customers whom a condition describes. Who they are is kept ready.
CREATE TABLE segment (
  id         UUID PRIMARY KEY,
  name       TEXT NOT NULL,
  name_key   TEXT NOT NULL DEFAULT '', -- by which names are sorted
  note       TEXT NOT NULL,
  cond       TEXT NOT NULL, -- JSON: {"all":["city:eq:Bandung",{"any":[…]}]}
  owner_id   UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED, -- whom "me" means
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  -- Derived from the condition and the customers.
  size       BIGINT NOT NULL DEFAULT 0, -- members
  counted_at BIGINT,                    -- when all customers were last looked at; NULL: never for this condition
  asked      BIGINT NOT NULL DEFAULT 1, -- how often all customers were to be looked at …
  looked     BIGINT NOT NULL DEFAULT 0, -- … and up to which of these times that was done
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);
CREATE INDEX segment_name_key ON segment (name_key, id, owner_id);
CREATE INDEX segment_owner_id ON segment (owner_id, name_key, id) WHERE owner_id IS NOT NULL;
CREATE INDEX segment_created_op ON segment (created_op);

-- Who belongs to it. Derived.
CREATE TABLE segment_member (
  segment_id  UUID NOT NULL,
  customer_id UUID NOT NULL, -- no foreign key: an undo may take the customer away first
  since       BIGINT NOT NULL, -- Unix milliseconds
  PRIMARY KEY (segment_id, customer_id)
) WITHOUT ROWID;
CREATE INDEX segment_member_customer ON segment_member (customer_id, segment_id);

-- How it was on each day, and who came and went.
CREATE TABLE segment_day (
  segment_id UUID NOT NULL,
  day        TEXT NOT NULL CHECK (day LIKE '____-__-__'), -- in the workspace's zone
  customers  BIGINT NOT NULL, -- members at the end of the day, or now
  came       BIGINT NOT NULL, -- who joined that day
  went       BIGINT NOT NULL, -- who left that day
  value      BIGINT,          -- what the members will bring in 52 weeks, minor units of currency; NULL if that was not said
  margin     BIGINT,          -- what they brought until then, likewise
  currency   TEXT NOT NULL,
  PRIMARY KEY (segment_id, day)
) WITHOUT ROWID;

-- What is planned for a segment.
CREATE TABLE plan (
  id           UUID PRIMARY KEY,
  subject      TEXT NOT NULL, -- value:A1, or segment:<id>
  title        TEXT NOT NULL,
  title_key    TEXT NOT NULL DEFAULT '',
  strategy     TEXT NOT NULL,
  budget       BIGINT, -- minor units; NULL if none is set
  currency     TEXT NOT NULL,
  owner_id     UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  most         BIGINT, -- only so many customers, the most valuable; NULL: all of them
  target       TEXT NOT NULL, -- in words
  target_value BIGINT, -- by how much the margin is to grow, minor units; NULL if that is not said
  starts       TEXT CHECK (starts LIKE '____-__-__'),
  ends         TEXT CHECK (ends LIKE '____-__-__'),
  status       TEXT NOT NULL CHECK (status IN ('draft', 'running', 'done', 'dropped')),
  result       TEXT NOT NULL, -- in words
  started_at   BIGINT, -- Unix milliseconds
  ended_at     BIGINT,
  -- What the subject was worth at its beginning and its end.
  customers_before BIGINT,
  customers_after  BIGINT,
  value_before     BIGINT,
  value_after      BIGINT,
  margin_before    BIGINT,
  margin_after     BIGINT,
  worth_currency   TEXT NOT NULL,
  -- What it brought against those who were left alone, as JSON; measured anew each night.
  effect      TEXT NOT NULL DEFAULT '',
  measured_at BIGINT,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  rev          BIGINT NOT NULL DEFAULT 1,
  created_op   UUID NOT NULL
);
CREATE INDEX plan_created_at ON plan (created_at, id, owner_id);
CREATE INDEX plan_status ON plan (status, created_at, id, owner_id);
CREATE INDEX plan_subject ON plan (subject, created_at, id, owner_id);
CREATE INDEX plan_title_key ON plan (title_key, id, owner_id);
CREATE INDEX plan_owner_id ON plan (owner_id, created_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX plan_created_op ON plan (created_op);

-- What is to be done for it.
CREATE TABLE plan_action (
  plan_id      UUID NOT NULL REFERENCES plan (id) DEFERRABLE INITIALLY DEFERRED,
  n            BIGINT NOT NULL,
  text         TEXT NOT NULL,
  kind         TEXT NOT NULL, -- of the tasks that it becomes
  due_date     TEXT CHECK (due_date LIKE '____-__-__'),
  assignee_id  UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED, -- NULL: who is responsible for the customer, or for the plan
  per_customer BOOLEAN NOT NULL, -- a task for each customer
  task_id      UUID,             -- the task it became, if it is one
  created_op   UUID,
  PRIMARY KEY (plan_id, n)
) WITHOUT ROWID;
CREATE INDEX plan_action_assignee ON plan_action (assignee_id) WHERE assignee_id IS NOT NULL;
CREATE INDEX plan_action_created_op ON plan_action (created_op) WHERE created_op IS NOT NULL;

-- Whom a plan was about when it began, with those who were left alone so that
-- its effect can be told.
CREATE TABLE plan_member (
  plan_id     UUID NOT NULL,
  customer_id UUID NOT NULL,
  held        BOOLEAN NOT NULL, -- left alone
  spent       BIGINT NOT NULL,  -- in the 12 months before, minor units
  PRIMARY KEY (plan_id, customer_id)
) WITHOUT ROWID;
