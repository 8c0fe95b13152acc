-- Finds and counts archived customers, who are few: what lists show without
-- them is all others.
CREATE INDEX customer_archived ON customer (name_key, id, owner_id, archived) WHERE archived;
