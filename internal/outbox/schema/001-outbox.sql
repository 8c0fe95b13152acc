-- The number of the latest event.
CREATE TABLE outbox_counter (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  n   BIGINT NOT NULL
);
INSERT INTO outbox_counter (one, n) VALUES (1, 0);

-- Events, in the order in which their transactions were committed.
CREATE TABLE outbox_event (
  seq        BIGINT PRIMARY KEY,
  name       TEXT NOT NULL,
  subject    UUID,            -- record that it is about; NULL if there is no order to keep
  op         UUID,            -- operation that published it
  actor      UUID,
  actor_name TEXT NOT NULL,
  data       TEXT NOT NULL,   -- JSON
  at         BIGINT NOT NULL  -- Unix milliseconds
);
CREATE INDEX outbox_event_name ON outbox_event (name, seq);

-- How far each subscriber has come.
CREATE TABLE outbox_place (
  subscriber TEXT PRIMARY KEY,
  name       TEXT NOT NULL,  -- of the events that it gets
  seq        BIGINT NOT NULL -- last event that was delivered or set aside
);

-- Events set aside for a subscriber: those that failed, and behind each the
-- later ones of its subject.
CREATE TABLE outbox_late (
  subscriber TEXT NOT NULL,
  seq        BIGINT NOT NULL,
  subject    UUID,
  tries      BIGINT NOT NULL, -- that failed
  error      TEXT NOT NULL,   -- of the last one
  due        BIGINT NOT NULL, -- when it is tried again, Unix milliseconds
  PRIMARY KEY (subscriber, seq)
) WITHOUT ROWID;
CREATE INDEX outbox_late_subject ON outbox_late (subscriber, subject, seq);
CREATE INDEX outbox_late_seq ON outbox_late (seq);
