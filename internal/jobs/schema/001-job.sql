-- Work that is done later, or takes long, by whichever process is free.
CREATE TABLE jobs_job (
  id           UUID PRIMARY KEY,
  kind         TEXT NOT NULL,
  args         TEXT NOT NULL,   -- JSON
  state        TEXT NOT NULL CHECK (state IN ('ready', 'running', 'done', 'failed', 'cancelled')),
  run_at       BIGINT NOT NULL, -- not before, Unix milliseconds
  attempts     BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  lease_until  BIGINT,          -- while running: when it may be taken over
  owner        TEXT NOT NULL,   -- host and process that runs it
  unique_key   TEXT NOT NULL,   -- only one that is ready or running has it; empty for none
  error        TEXT NOT NULL,   -- of the last attempt
  done         BIGINT NOT NULL, -- progress
  total        BIGINT NOT NULL,
  cancel       BOOLEAN NOT NULL,
  actor        UUID,
  actor_name   TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  finished_at  BIGINT
);
CREATE INDEX jobs_job_open ON jobs_job (state, run_at) WHERE state IN ('ready', 'running');
CREATE UNIQUE INDEX jobs_job_unique ON jobs_job (unique_key) WHERE unique_key <> '' AND state IN ('ready', 'running');
CREATE INDEX jobs_job_finished ON jobs_job (finished_at) WHERE finished_at IS NOT NULL;
