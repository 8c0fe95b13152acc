-- What the company sells.
CREATE TABLE product (
  id             UUID PRIMARY KEY,
  code           TEXT NOT NULL, -- compared exactly: real codes differ only by case; empty if there is none
  name_id        TEXT NOT NULL, -- in Indonesian
  name_en        TEXT NOT NULL, -- in English
  family         TEXT NOT NULL, -- such as water pumps
  tier           TEXT NOT NULL, -- its place within the family, in the company's words: basic, standard, premium
  unit           TEXT NOT NULL, -- what one of it is: pcs, box, metre
  price          BIGINT,        -- of one unit without tax, in millionths of the currency; NULL if it is not known
  cost           BIGINT,        -- what one unit costs the company, likewise
  currency       TEXT NOT NULL, -- of price and cost
  tax            BIGINT CHECK (tax BETWEEN 0 AND 1000000), -- rate in millionths: 110000 is 11 %; NULL for the workspace's
  description_id TEXT NOT NULL,
  description_en TEXT NOT NULL,
  archived       BOOLEAN NOT NULL DEFAULT FALSE, -- not sold any more
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  -- Derived from the above; Refresh makes them anew.
  name_key       TEXT NOT NULL DEFAULT '', -- by which products are sorted (fold.SortKey)
  code_key       TEXT NOT NULL DEFAULT '', -- by which codes are searched: folded, without spaces
  family_key     TEXT NOT NULL DEFAULT '', -- folded
  rev            BIGINT NOT NULL DEFAULT 1,
  created_op     UUID NOT NULL
);
CREATE UNIQUE INDEX product_code ON product (code) WHERE code <> '';
CREATE INDEX product_code_order ON product (code, id);
CREATE INDEX product_code_key ON product (code_key) WHERE code_key <> '';
CREATE INDEX product_name_key ON product (name_key, id);
CREATE INDEX product_family_key ON product (family_key, name_key, id);
CREATE INDEX product_price ON product (price, id);
CREATE INDEX product_created_at ON product (created_at, id);
CREATE INDEX product_archived ON product (name_key, id, archived) WHERE archived;
CREATE INDEX product_created_op ON product (created_op);

-- Technical facts: power 125 W, pipe 1 inch.
CREATE TABLE product_fact (
  product_id UUID NOT NULL REFERENCES product (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  label      TEXT NOT NULL,
  value      TEXT NOT NULL,
  created_op UUID,
  PRIMARY KEY (product_id, n)
) WITHOUT ROWID;
CREATE INDEX product_fact_created_op ON product_fact (created_op) WHERE created_op IS NOT NULL;

-- What goes with a product, and what is the better one to sell instead.
CREATE TABLE product_link (
  product_id UUID NOT NULL REFERENCES product (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('complement', 'upgrade')),
  other_id   UUID NOT NULL REFERENCES product (id) DEFERRABLE INITIALLY DEFERRED,
  created_op UUID,
  PRIMARY KEY (product_id, n)
) WITHOUT ROWID;
CREATE INDEX product_link_other ON product_link (other_id, kind, product_id);
CREATE INDEX product_link_created_op ON product_link (created_op) WHERE created_op IS NOT NULL;

-- The first picture is the one that is shown alone.
CREATE TABLE product_picture (
  product_id UUID NOT NULL REFERENCES product (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  file_id    UUID NOT NULL REFERENCES file (id) DEFERRABLE INITIALLY DEFERRED,
  thumb_id   UUID REFERENCES file (id) DEFERRABLE INITIALLY DEFERRED, -- the same, small; NULL if it could not be made
  alt        TEXT NOT NULL, -- what it shows, for those who can't see it
  created_op UUID,
  PRIMARY KEY (product_id, n)
) WITHOUT ROWID;
CREATE INDEX product_picture_file ON product_picture (file_id);
CREATE INDEX product_picture_thumb ON product_picture (thumb_id) WHERE thumb_id IS NOT NULL;
CREATE INDEX product_picture_created_op ON product_picture (created_op) WHERE created_op IS NOT NULL;
