-- Running steps go from a lost worker to another one of its group.
-- adopted_attempt: the attempt that its worker has got in this way. Where workers count, log_heads have how much of the
-- streams of a step is in its log: another worker, or run of it, goes on from there.

ALTER TABLE workers ADD worker_group text;
ALTER TABLE steps ADD adopted_attempt integer;
ALTER TABLE log_heads ADD stdout_bytes bigint NOT NULL DEFAULT 0;
ALTER TABLE log_heads ADD stderr_bytes bigint NOT NULL DEFAULT 0;
