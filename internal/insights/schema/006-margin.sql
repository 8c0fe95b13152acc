-- What must be left of the price for something to be offered, millionths.
ALTER TABLE insight_setting ADD COLUMN min_margin BIGINT NOT NULL DEFAULT 0 CHECK (min_margin BETWEEN 0 AND 900000);
