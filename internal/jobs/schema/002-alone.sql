-- Whether no other job of its kind runs at the same time.
ALTER TABLE jobs_job ADD COLUMN alone BOOLEAN NOT NULL DEFAULT FALSE;
