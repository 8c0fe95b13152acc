-- Whether a product may be offered to anybody; NULL: it may. out: not in stock
-- for now; never: nobody is to push it; sensitive: nor is anything concluded
-- from who buys it.
ALTER TABLE product ADD COLUMN offering TEXT CHECK (offering IN ('out', 'never', 'sensitive'));
CREATE INDEX product_offering ON product (offering, name_key, id) WHERE offering IS NOT NULL;
