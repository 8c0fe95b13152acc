-- What a company says of itself, and how it writes. There is one row.
CREATE TABLE workspace (
  id           UUID PRIMARY KEY,
  name         TEXT NOT NULL,            -- as people call it
  legal_name   TEXT NOT NULL DEFAULT '', -- as documents name it
  tax_number   TEXT NOT NULL DEFAULT '', -- NPWP
  address      TEXT NOT NULL DEFAULT '', -- of the seat, in lines
  language     TEXT NOT NULL CHECK (language IN ('id', 'en')), -- of who has not chosen one
  currency     TEXT NOT NULL,            -- base currency, ISO 4217
  zone         TEXT NOT NULL,            -- IANA name
  decimal_sign TEXT NOT NULL,            -- one character
  group_sign   TEXT NOT NULL,            -- one character, or none
  region       TEXT NOT NULL,            -- ISO 3166: where telephone numbers without prefix are
  date_order   TEXT NOT NULL CHECK (date_order IN ('dmy', 'mdy', 'ymd')),
  rev          BIGINT NOT NULL DEFAULT 1,
  created_op   UUID NOT NULL
);
