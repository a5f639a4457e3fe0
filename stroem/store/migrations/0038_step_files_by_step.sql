-- The tars that an attempt of a step has sent are counted.

CREATE INDEX step_files_by_step ON step_files (job_id, step, attempt);
