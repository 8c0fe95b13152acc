-- A customer: a person, a household or an organisation.
CREATE TABLE customer (
  id           UUID PRIMARY KEY,
  kind         TEXT NOT NULL CHECK (kind IN ('person', 'household', 'organization')),
  name         TEXT NOT NULL, -- what is shown; empty if only a number is known
  honorific    TEXT NOT NULL, -- Bu, Pak, dr.
  given_name   TEXT NOT NULL,
  middle_name  TEXT NOT NULL,
  family_name  TEXT NOT NULL,
  suffix       TEXT NOT NULL,
  nickname     TEXT NOT NULL,
  addressing   TEXT NOT NULL, -- how to address them: Bu Ratna
  language     TEXT NOT NULL, -- BCP 47
  channel      TEXT NOT NULL, -- preferred: phone, whatsapp, email, sms, letter, visit
  hours        TEXT NOT NULL, -- when they like to be reached: 09.00–11.00
  birthday     TEXT CHECK (birthday LIKE '____-__-__'), -- year 0000 if it is not known
  remember     TEXT NOT NULL, -- things to remember
  owner_id     UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  parent_id    UUID REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED, -- organisation or household above
  phase        TEXT NOT NULL CHECK (phase IN ('prospect', 'new', 'active', 'loyal', 'at_risk', 'lost')),
  reseller     TEXT NOT NULL CHECK (reseller IN ('', 'reseller', 'dealer', 'agent')), -- sells to end customers
  external_id  TEXT NOT NULL, -- number in the company's books or in another system
  source       TEXT NOT NULL, -- how they came
  archived     BOOLEAN NOT NULL DEFAULT FALSE,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  -- Derived from the name, the rows below and the timeline; Refresh makes them anew.
  name_key     TEXT NOT NULL DEFAULT '', -- by which names are sorted (fold.SortKey)
  match_key    TEXT NOT NULL DEFAULT '', -- by which likely duplicates are found (fold.Name); empty matches nothing
  email        TEXT NOT NULL DEFAULT '', -- primary address, as typed
  phone        TEXT NOT NULL DEFAULT '', -- primary number, E.164 if it could be read
  city         TEXT NOT NULL DEFAULT '', -- of the primary address
  city_key     TEXT NOT NULL DEFAULT '',
  parts        BIGINT NOT NULL DEFAULT 0, -- bits: which of the tables below have rows
  last_at      BIGINT,                    -- latest interaction, Unix milliseconds
  last_kind    TEXT NOT NULL DEFAULT '',
  rev          BIGINT NOT NULL DEFAULT 1,
  created_op   UUID NOT NULL
);
CREATE INDEX customer_name_key ON customer (name_key, id, owner_id);
CREATE INDEX customer_phase ON customer (phase, name_key, id, owner_id);
CREATE INDEX customer_city_key ON customer (city_key, name_key, id, owner_id);
CREATE INDEX customer_owner ON customer (owner_id, name_key, id) WHERE owner_id IS NOT NULL;
CREATE INDEX customer_parent ON customer (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX customer_match_key ON customer (match_key) WHERE match_key <> '';
CREATE UNIQUE INDEX customer_external_id ON customer (external_id) WHERE external_id <> '';
CREATE INDEX customer_last_at ON customer (last_at, id, owner_id);
CREATE INDEX customer_created_at ON customer (created_at, id, owner_id);
CREATE INDEX customer_created_op ON customer (created_op);

CREATE TABLE customer_email (
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  n           BIGINT NOT NULL,
  value       TEXT NOT NULL, -- as typed
  key         TEXT NOT NULL, -- mailaddr.Address.Key
  label       TEXT NOT NULL, -- work, home, other, or their own word
  is_primary  BOOLEAN NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('unverified', 'verified', 'invalid', 'opted_out')),
  created_op  UUID,
  PRIMARY KEY (customer_id, n)
) WITHOUT ROWID;
CREATE INDEX customer_email_key ON customer_email (key, customer_id);
CREATE INDEX customer_email_created_op ON customer_email (created_op) WHERE created_op IS NOT NULL;

CREATE TABLE customer_phone (
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  n           BIGINT NOT NULL,
  value       TEXT NOT NULL, -- as typed
  e164        TEXT NOT NULL, -- +628123045781; empty if it could not be read
  key         TEXT NOT NULL, -- digits that are searched: those of e164, or those typed
  label       TEXT NOT NULL,
  is_primary  BOOLEAN NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('unverified', 'verified', 'invalid', 'opted_out')),
  created_op  UUID,
  PRIMARY KEY (customer_id, n)
) WITHOUT ROWID;
CREATE INDEX customer_phone_key ON customer_phone (key, customer_id);
CREATE INDEX customer_phone_created_op ON customer_phone (created_op) WHERE created_op IS NOT NULL;

CREATE TABLE customer_address (
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  n           BIGINT NOT NULL,
  label       TEXT NOT NULL,
  street      TEXT NOT NULL, -- may have several lines
  village     TEXT NOT NULL, -- kelurahan or desa
  district    TEXT NOT NULL, -- kecamatan
  city        TEXT NOT NULL, -- kabupaten or kota
  province    TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  country     TEXT NOT NULL, -- as written, or ISO 3166 alpha-2
  is_primary  BOOLEAN NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('unverified', 'verified', 'invalid')),
  created_op  UUID,
  PRIMARY KEY (customer_id, n)
) WITHOUT ROWID;
CREATE INDEX customer_address_created_op ON customer_address (created_op) WHERE created_op IS NOT NULL;

-- Web sites and accounts in social networks and messengers.
CREATE TABLE customer_handle (
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  n           BIGINT NOT NULL,
  network     TEXT NOT NULL, -- website, instagram, facebook, tiktok, x, linkedin, telegram, line, other
  value       TEXT NOT NULL,
  key         TEXT NOT NULL, -- folded
  is_primary  BOOLEAN NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('unverified', 'verified', 'invalid', 'opted_out')),
  created_op  UUID,
  PRIMARY KEY (customer_id, n)
) WITHOUT ROWID;
CREATE INDEX customer_handle_key ON customer_handle (key, customer_id);
CREATE INDEX customer_handle_created_op ON customer_handle (created_op) WHERE created_op IS NOT NULL;

-- What a customer is to another one: a person in an organisation or a
-- household, an end customer served by a reseller.
CREATE TABLE customer_relation (
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  n           BIGINT NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('member', 'served_by')),
  other_id    UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  role        TEXT NOT NULL, -- owner, buyer, finance, technician … or their own word
  title       TEXT NOT NULL, -- as on the card: Direktur Pembelian
  department  TEXT NOT NULL,
  from_date   TEXT CHECK (from_date LIKE '____-__-__'),
  to_date     TEXT CHECK (to_date LIKE '____-__-__'),
  is_primary  BOOLEAN NOT NULL,
  created_op  UUID,
  PRIMARY KEY (customer_id, n)
) WITHOUT ROWID;
CREATE INDEX customer_relation_other ON customer_relation (other_id, kind, customer_id);
CREATE INDEX customer_relation_created_op ON customer_relation (created_op) WHERE created_op IS NOT NULL;

-- What a customer agreed to or refused: the newest row per channel and purpose counts.
CREATE TABLE customer_consent (
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  n           BIGINT NOT NULL,
  channel     TEXT NOT NULL, -- email, phone, sms, whatsapp, letter
  purpose     TEXT NOT NULL, -- marketing, service, survey
  granted     BOOLEAN NOT NULL,
  source      TEXT NOT NULL, -- form, call, contract, import …: the proof
  given_at    BIGINT NOT NULL,
  created_op  UUID,
  PRIMARY KEY (customer_id, n)
) WITHOUT ROWID;
CREATE INDEX customer_consent_created_op ON customer_consent (created_op) WHERE created_op IS NOT NULL;

CREATE TABLE customer_tag (
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  n           BIGINT NOT NULL,
  tag         TEXT NOT NULL, -- as typed
  key         TEXT NOT NULL, -- folded
  created_op  UUID,
  PRIMARY KEY (customer_id, n)
) WITHOUT ROWID;
CREATE INDEX customer_tag_key ON customer_tag (key, customer_id);
CREATE INDEX customer_tag_created_op ON customer_tag (created_op) WHERE created_op IS NOT NULL;

-- Characteristics: whatever is worth knowing about this customer.
CREATE TABLE customer_trait (
  customer_id UUID NOT NULL REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED,
  n           BIGINT NOT NULL,
  label       TEXT NOT NULL,
  value       TEXT NOT NULL,
  created_op  UUID,
  PRIMARY KEY (customer_id, n)
) WITHOUT ROWID;
CREATE INDEX customer_trait_created_op ON customer_trait (created_op) WHERE created_op IS NOT NULL;

-- How many customers there are; -1 when it has to be counted again.
CREATE TABLE customer_total (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  n   BIGINT NOT NULL
);
INSERT INTO customer_total (one, n) VALUES (1, 0);
