-- What value is of, and how much of the product it counts on: without both the
-- log says a sum that nobody can read.
ALTER TABLE offer ADD COLUMN margin BOOLEAN NOT NULL DEFAULT FALSE;       -- value is margin; otherwise sales
ALTER TABLE offer ADD COLUMN quantity BIGINT NOT NULL DEFAULT 0;          -- millionths of the product's unit
ALTER TABLE offer_shown ADD COLUMN margin BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE offer_shown ADD COLUMN quantity BIGINT NOT NULL DEFAULT 0;
