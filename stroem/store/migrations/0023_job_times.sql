-- Numbers of jobs by time, status and task are read from the index alone.

DROP INDEX jobs_by_age;
CREATE INDEX jobs_by_age ON jobs (created_at DESC, id) INCLUDE (status, workspace, task);
