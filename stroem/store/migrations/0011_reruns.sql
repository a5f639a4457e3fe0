-- restart: of a job that runs source_job_id again in part, which steps: {"failed": …, "steps": […]}.

ALTER TABLE jobs ADD restart json;
CREATE INDEX jobs_by_source ON jobs (source_job_id) WHERE source_job_id IS NOT NULL;

-- kept_job, kept_step: of a step that was taken over and not run, the step that ran. A chain of re-runs names the first.

ALTER TABLE steps ADD kept_job uuid, ADD kept_step integer;
