-- hook_of: the job of which a job is a hook. retry_of, retry_job: the job that this one repeats, and the one that repeats
-- it. retry_attempt: the number of failed jobs before it. starts_at: the time at which a job that repeats another begins;
-- it has no steps before.

ALTER TABLE jobs
    ADD hook_of uuid,
    ADD retry_of uuid,
    ADD retry_job uuid,
    ADD retry_attempt integer NOT NULL DEFAULT 0,
    ADD max_retries integer,
    ADD starts_at timestamptz;
CREATE INDEX jobs_starting ON jobs (starts_at) WHERE starts_at IS NOT NULL AND status = 'pending' AND next_step = 1;
