-- Inputs of jobs that hold secrets, encrypted. sealed_input: the whole raw input; raw_input beside it has markers in the
-- place of secrets. The id of the job is authenticated with it. The first nine bytes are those of the key.

ALTER TABLE jobs ADD COLUMN sealed_input bytea;

CREATE INDEX jobs_sealed ON jobs (id) WHERE sealed_input IS NOT NULL;
