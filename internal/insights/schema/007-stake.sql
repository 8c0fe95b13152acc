ALTER TABLE customer_fact ADD COLUMN alive BIGINT; -- probability that they have not left, thousandths; NULL if not known
ALTER TABLE customer_fact ADD COLUMN stake BIGINT; -- what would be lost with somebody whose signal is red or yellow, in two digits; NULL of others
UPDATE customer_fact SET stake = COALESCE(worth, 0) WHERE signal IN ('red', 'yellow'); -- until the next run
-- Whom somebody should look after, those first with whom most would be lost: few rows.
DROP INDEX customer_fact_care;
CREATE INDEX customer_fact_care ON customer_fact (owner_id, stake, customer_id) WHERE stake IS NOT NULL;
CREATE INDEX customer_fact_stake ON customer_fact (stake, customer_id) WHERE stake IS NOT NULL;
