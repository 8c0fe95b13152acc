-- What a change of a few orders adds to the figures of a currency, until they
-- take it in: whoever changes an order waits for nobody who changes another one.
CREATE TABLE order_delta (
  id               UUID PRIMARY KEY,
  currency         TEXT NOT NULL,
  invoices         BIGINT NOT NULL,
  returns          BIGINT NOT NULL,
  lines            BIGINT NOT NULL,
  units            BIGINT NOT NULL, -- quantity × price, exactly: whole units of the currency, 10^-6 and 10^-12 of them
  high             BIGINT NOT NULL,
  low              BIGINT NOT NULL,
  unknown_invoices BIGINT NOT NULL,
  unknown_lines    BIGINT NOT NULL,
  customers        BIGINT NOT NULL,
  sold_lines       BIGINT NOT NULL,
  sold_invoices    BIGINT NOT NULL,
  sold_customers   BIGINT NOT NULL,
  sold_units       BIGINT NOT NULL,
  sold_high        BIGINT NOT NULL,
  sold_low         BIGINT NOT NULL
);

-- The exact sums behind value and sold_value.
ALTER TABLE order_figure ADD COLUMN units BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_figure ADD COLUMN high BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_figure ADD COLUMN low BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_figure ADD COLUMN sold_units BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_figure ADD COLUMN sold_high BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_figure ADD COLUMN sold_low BIGINT NOT NULL DEFAULT 0;

-- Until when somebody makes all figures anew, who takes in every delta.
ALTER TABLE order_figure_state ADD COLUMN busy BIGINT NOT NULL DEFAULT 0;
-- Figures of before have no exact sums: they are made anew.
UPDATE order_figure_state SET as_of = 0;
