-- An order: what a customer bought, or gave back.
CREATE TABLE sales_order (
  id          UUID PRIMARY KEY,
  number      TEXT NOT NULL,    -- as documents name it; empty if it has none
  customer_id UUID REFERENCES customer (id) DEFERRABLE INITIALLY DEFERRED, -- NULL if nobody knows whose it is
  ordered_at  BIGINT NOT NULL,  -- Unix milliseconds
  currency    TEXT NOT NULL,    -- ISO 4217
  rate        BIGINT,           -- millionths of the workspace's currency for one unit; NULL if it is not known
  is_return   BOOLEAN NOT NULL,
  returns_id  UUID REFERENCES sales_order (id) DEFERRABLE INITIALLY DEFERRED, -- what was given back, where that is known
  channel     TEXT NOT NULL,    -- shop, online, marketplace, whatsapp, phone, email, field, other, or empty
  shop        TEXT NOT NULL,    -- which shop, site or salesman, in their own words
  status      TEXT NOT NULL,    -- draft, confirmed, shipped, delivered, cancelled
  note        TEXT NOT NULL,
  owner_id    UUID REFERENCES team_user (id) DEFERRABLE INITIALLY DEFERRED,
  discount    BIGINT NOT NULL,  -- minor units, of the order as a whole, besides those of its lines
  tax         BIGINT NOT NULL,  -- minor units, likewise
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  -- Derived from the lines; Refresh makes them anew.
  total       BIGINT NOT NULL DEFAULT 0, -- minor units, with tax and after discount; negative for returns
  lines       BIGINT NOT NULL DEFAULT 0, -- how many
  value_units BIGINT NOT NULL DEFAULT 0, -- quantity × price of all lines, exactly: whole units of the currency …
  value_rest  BIGINT NOT NULL DEFAULT 0, -- … and 10^-12 of them, at least 0
  sold_lines  BIGINT NOT NULL DEFAULT 0, -- lines whose quantity and price are above zero
  sold_units  BIGINT NOT NULL DEFAULT 0, -- the same of these
  sold_rest   BIGINT NOT NULL DEFAULT 0,
  rev         BIGINT NOT NULL DEFAULT 1,
  created_op  UUID NOT NULL
);
CREATE UNIQUE INDEX sales_order_number ON sales_order (number) WHERE number <> '';
CREATE INDEX sales_order_customer ON sales_order (customer_id, ordered_at, id, owner_id);
CREATE INDEX sales_order_ordered_at ON sales_order (ordered_at, id, owner_id);
CREATE INDEX sales_order_status ON sales_order (status, ordered_at, id, owner_id);
CREATE INDEX sales_order_channel ON sales_order (channel, ordered_at, id, owner_id);
CREATE INDEX sales_order_currency ON sales_order (currency, ordered_at, id, owner_id);
CREATE INDEX sales_order_return ON sales_order (is_return, ordered_at, id, owner_id);
CREATE INDEX sales_order_total ON sales_order (total, id, owner_id);
CREATE INDEX sales_order_owner ON sales_order (owner_id, ordered_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX sales_order_returns ON sales_order (returns_id) WHERE returns_id IS NOT NULL;
CREATE INDEX sales_order_created_op ON sales_order (created_op);

CREATE TABLE order_line (
  order_id   UUID NOT NULL REFERENCES sales_order (id) DEFERRABLE INITIALLY DEFERRED,
  n          BIGINT NOT NULL,
  product_id UUID REFERENCES product (id) DEFERRABLE INITIALLY DEFERRED,
  code       TEXT NOT NULL,   -- of the product, as the order has it
  name       TEXT NOT NULL,   -- empty: as the product is called
  quantity   BIGINT NOT NULL, -- millionths
  unit_price BIGINT NOT NULL, -- millionths of the currency
  discount   BIGINT NOT NULL, -- minor units
  tax        BIGINT NOT NULL, -- minor units
  amount     BIGINT NOT NULL, -- quantity × unit_price, rounded once, less the discount
  created_op UUID,
  PRIMARY KEY (order_id, n)
) WITHOUT ROWID;
CREATE INDEX order_line_product ON order_line (product_id, order_id) WHERE product_id IS NOT NULL;
CREATE INDEX order_line_created_op ON order_line (created_op) WHERE created_op IS NOT NULL;

-- The last number that was given to an order without one.
CREATE TABLE order_number (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  n   BIGINT NOT NULL
);
INSERT INTO order_number (one, n) VALUES (1, 0);

-- How many orders there are; -1 when it has to be counted again.
CREATE TABLE order_total (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  n   BIGINT NOT NULL
);
INSERT INTO order_total (one, n) VALUES (1, 0);

-- What all orders add up to in each currency, kept ready.
CREATE TABLE order_figure (
  currency         TEXT PRIMARY KEY,
  invoices         BIGINT NOT NULL, -- orders and returns
  returns          BIGINT NOT NULL,
  lines            BIGINT NOT NULL,
  value            BIGINT NOT NULL, -- minor units: quantity × price of all lines, summed exactly and rounded once
  unknown_invoices BIGINT NOT NULL, -- without a customer
  unknown_lines    BIGINT NOT NULL,
  customers        BIGINT NOT NULL, -- who have orders
  sold_lines       BIGINT NOT NULL, -- of customers, quantity and price above zero
  sold_invoices    BIGINT NOT NULL,
  sold_customers   BIGINT NOT NULL,
  sold_value       BIGINT NOT NULL
);
CREATE TABLE order_figure_state (
  one   BIGINT PRIMARY KEY CHECK (one = 1),
  turn  BIGINT NOT NULL, -- how often the figures were begun to be made
  as_of BIGINT NOT NULL, -- when they were last made, Unix milliseconds; 0 if never
  took  BIGINT NOT NULL  -- milliseconds
);
INSERT INTO order_figure_state (one, turn, as_of, took) VALUES (1, 0, 0, 0);
