-- Whom somebody should look after, the most valuable first: few rows.
CREATE INDEX customer_fact_care ON customer_fact (owner_id, worth, customer_id) WHERE signal IN ('red', 'yellow');
