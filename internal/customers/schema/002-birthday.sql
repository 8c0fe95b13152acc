-- Finds the customers of somebody who have their birthday on a day of the year.
CREATE INDEX customer_birthday ON customer (owner_id, (SUBSTR(birthday, 6)), id) WHERE birthday IS NOT NULL;
