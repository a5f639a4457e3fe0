-- Secrets of stores whose values workers were given for a job: a row for each. place: the path in the store, with the
-- key. Logs and outputs of such a job are withheld while the value cannot be read again to mask it.

CREATE TABLE job_secrets (
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    store text NOT NULL,
    place text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, store, place)
);
