-- How mail leaves. There is one row, once somebody saved the settings.
CREATE TABLE mail_setting (
  id         UUID PRIMARY KEY,
  host       TEXT NOT NULL,   -- of the SMTP server; empty sends nothing
  port       BIGINT NOT NULL,
  security   TEXT NOT NULL CHECK (security IN ('starttls', 'tls', 'none')),
  username   TEXT NOT NULL,   -- empty: nobody signs in
  password   TEXT NOT NULL DEFAULT '', -- secret: in neither the journal nor an export
  from_email TEXT NOT NULL,
  from_name  TEXT NOT NULL,   -- empty: the workspace's name
  site       TEXT NOT NULL,   -- address of Akrab for links in mails, without a slash at the end; empty: no links
  rev        BIGINT NOT NULL DEFAULT 1,
  created_op UUID NOT NULL
);

-- Mails to be sent, and what became of them.
CREATE TABLE mail_message (
  id         UUID PRIMARY KEY,
  key        TEXT NOT NULL,   -- why it is sent: no two messages have the same, unless it is empty
  to_email   TEXT NOT NULL,
  to_name    TEXT NOT NULL,
  subject    TEXT NOT NULL,
  body       TEXT NOT NULL,
  html       TEXT NOT NULL,
  calendar   TEXT NOT NULL,   -- iCalendar text, for invitations
  state      TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
  attempts   BIGINT NOT NULL,
  error      TEXT NOT NULL,   -- of the last attempt, as the server said it
  due_at     BIGINT,          -- when it is tried next; while it is being tried, when somebody else may
  created_at BIGINT NOT NULL,
  done_at    BIGINT           -- when it was sent or given up
);
CREATE UNIQUE INDEX mail_message_key ON mail_message (key) WHERE key <> '';
CREATE INDEX mail_message_due ON mail_message (due_at, id) WHERE state = 'queued';
CREATE INDEX mail_message_failed ON mail_message (done_at, id) WHERE state = 'failed';
CREATE INDEX mail_message_done ON mail_message (done_at, id) WHERE done_at IS NOT NULL;
