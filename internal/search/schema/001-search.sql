-- What can be found, one row for each record. The index over its words differs
-- between the engines; Prepare makes it.
CREATE TABLE search_doc (
  n       BIGSERIAL PRIMARY KEY,
  kind    TEXT NOT NULL,  -- customer, order …
  ref     UUID NOT NULL,  -- the record
  title   TEXT NOT NULL,  -- its name, folded
  terms   TEXT NOT NULL,  -- further words, folded
  touched BIGINT NOT NULL -- Unix milliseconds
);
CREATE UNIQUE INDEX search_doc_ref ON search_doc (ref);
CREATE INDEX search_doc_title ON search_doc (title);
