-- error_kind, exit_code: of the error of the last attempt of a step, and of its former attempts.

ALTER TABLE steps ADD error_kind text, ADD exit_code integer;
ALTER TABLE attempts ADD error_kind text, ADD exit_code integer;

-- Outputs that are too large for the row of a step, which then holds a reference with their digest. They are in the
-- blob store; outputs with secrets are in body, and deleted at the end of the job.

CREATE TABLE large_outputs (
    job_id uuid NOT NULL,
    digest text NOT NULL,
    secret boolean NOT NULL,
    size bigint NOT NULL,
    body text,
    PRIMARY KEY (job_id, digest, secret)
);
CREATE INDEX large_outputs_by_digest ON large_outputs (digest) WHERE NOT secret;
