-- The folder that the steps of a job share: volume_keep_secs, how long it is kept after the job's end, is null without
-- one; volume_job is the job that it was made for, when that is another one.

ALTER TABLE jobs ADD volume_keep_secs integer, ADD volume_job uuid;

CREATE INDEX jobs_by_volume ON jobs (volume_job) WHERE volume_job IS NOT NULL;
