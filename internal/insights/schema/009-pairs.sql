-- Customers of a signal, or of a segment, in order of their worth.
DROP INDEX customer_fact_segment;
CREATE INDEX customer_fact_segment ON customer_fact (segment, worth, customer_id);
DROP INDEX customer_fact_signal;
CREATE INDEX customer_fact_signal ON customer_fact (signal, worth, customer_id) WHERE signal <> '';
