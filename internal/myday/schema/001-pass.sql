-- What a user need not be reminded of until a day: a birthday on which they
-- congratulated, a silent customer whom they will call later.
CREATE TABLE day_pass (
  id          UUID PRIMARY KEY,
  user_id     UUID NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('birthday', 'silent')),
  customer_id UUID NOT NULL, -- no foreign key: a reminder keeps nobody
  until_day   TEXT NOT NULL, -- YYYY-MM-DD: from then on it is shown again
  created_op  UUID NOT NULL
);
CREATE INDEX day_pass_user ON day_pass (user_id, until_day);
CREATE INDEX day_pass_created_op ON day_pass (created_op);
