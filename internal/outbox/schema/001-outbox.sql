-- The number of the newest event. Its row is taken last of all in a
-- transaction, so that events are numbered in the order of their commits.
CREATE TABLE outbox_counter (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  n   BIGINT NOT NULL
);
INSERT INTO outbox_counter (one, n) VALUES (1, 0);

CREATE TABLE outbox_event (
  seq     BIGINT PRIMARY KEY,
  name    TEXT NOT NULL,
  subject UUID,          -- record that it is about; events of one subject stay in order
  op      UUID,          -- operation that caused it
  data    TEXT NOT NULL, -- JSON
  at      BIGINT NOT NULL
);
CREATE INDEX outbox_event_name ON outbox_event (name, seq);

-- How far each subscriber has read.
CREATE TABLE outbox_place (
  subscriber TEXT PRIMARY KEY,
  seq        BIGINT NOT NULL,
  tries      BIGINT NOT NULL, -- of the event at which it stands
  wait_until BIGINT NOT NULL
);

-- Events that a subscriber could not take, and later ones of their subjects.
CREATE TABLE outbox_parked (
  subscriber TEXT NOT NULL,
  seq        BIGINT NOT NULL,
  subject    UUID,
  error      TEXT NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (subscriber, seq)
);
CREATE INDEX outbox_parked_subject ON outbox_parked (subscriber, subject);
