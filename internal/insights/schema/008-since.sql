-- The family of products that the customer bought most of in the last 365 days,
-- in the leading currency; empty if there is none.
ALTER TABLE customer_fact ADD COLUMN year_family TEXT NOT NULL DEFAULT '';

-- What the facts of all customers know, so that the next run need only look at
-- what came since.
ALTER TABLE insight_state ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;  -- number of the last event whose changes they know
ALTER TABLE insight_state ADD COLUMN basis BIGINT NOT NULL DEFAULT 0; -- digest of the day, models and settings that they rest on; 0 while everybody is made anew

-- What facts know of each product: whose digest is another since are the ones
-- whose buyers are made anew.
CREATE TABLE insight_product (
  product_id UUID PRIMARY KEY, -- no foreign key: derived
  digest     BIGINT NOT NULL   -- of family, cost and currency
) WITHOUT ROWID;
