-- Lists of jobs: those of a workspace, those that a person, trigger or job started; the first failures of a job; changes of the job itself,
-- such as pauses and cancellations.

CREATE INDEX jobs_by_workspace ON jobs (workspace, created_at DESC);
CREATE INDEX jobs_by_starter ON jobs (source_id, created_at DESC) WHERE source_id IS NOT NULL;
CREATE INDEX steps_failed ON steps (job_id, completed_at, id) WHERE status = 'failed';
CREATE INDEX history_of_jobs ON history (job_id, id) WHERE step = 0;
