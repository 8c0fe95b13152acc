-- What other modules answered of the customer (complaint, invoices,
-- satisfaction) as JSON; NULL for nothing.
ALTER TABLE customer_fact ADD COLUMN care TEXT;
