-- When a worker of the older contract last asked whether the job of a step is to end; NULL for other workers.

ALTER TABLE job_steps ADD COLUMN asked_at timestamptz;
CREATE INDEX job_steps_asked ON job_steps (asked_at) WHERE status = 'running' AND asked_at IS NOT NULL;

-- Workers that are gone are forgotten in the order of their last heartbeat.

CREATE INDEX workers_gone ON workers (heartbeat_at) WHERE NOT active;
