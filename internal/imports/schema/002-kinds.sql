-- Imports of products and of orders.
ALTER TABLE import_job ADD COLUMN options TEXT NOT NULL DEFAULT '';       -- JSON: currency and what tells returns
ALTER TABLE import_job ADD COLUMN orders BIGINT NOT NULL DEFAULT 0;       -- made or replaced
ALTER TABLE import_job ADD COLUMN products BIGINT NOT NULL DEFAULT 0;     -- made because a line names them
ALTER TABLE import_job ADD COLUMN customers BIGINT NOT NULL DEFAULT 0;    -- made because an order is theirs
ALTER TABLE import_map ADD COLUMN kind TEXT NOT NULL DEFAULT 'customers';
ALTER TABLE import_map ADD COLUMN options TEXT NOT NULL DEFAULT '';

-- Orders that were there before and that an import has replaced: more lines of
-- them are added.
CREATE TABLE import_order (
  import_id UUID NOT NULL REFERENCES import_job (id) DEFERRABLE INITIALLY DEFERRED,
  order_id  UUID NOT NULL,
  PRIMARY KEY (import_id, order_id)
) WITHOUT ROWID;
