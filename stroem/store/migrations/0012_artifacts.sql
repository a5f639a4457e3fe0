-- Files that steps leave. A row counts once its attempt is the one in which its step has completed. step_name: the path
-- of the step. blob: the SHA-256 of the content. check_at: when the retention looks whether the row counts; NULL once it
-- does. expires_at: by the keep of the step; NULL follows the settings.

CREATE TABLE artifacts (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL,
    step integer NOT NULL,
    attempt integer NOT NULL,
    workspace text NOT NULL,
    task text NOT NULL,
    step_name text NOT NULL,
    name text NOT NULL,
    content_type text NOT NULL,
    size_bytes bigint NOT NULL,
    blob text NOT NULL,
    check_at timestamptz DEFAULT now() + interval '1 day',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    UNIQUE (job_id, step, attempt, name)
);
CREATE INDEX artifacts_by_workspace ON artifacts (workspace, created_at DESC, id);
CREATE INDEX artifacts_by_task ON artifacts (workspace, task, created_at DESC, id);
CREATE INDEX artifacts_by_blob ON artifacts (blob);
CREATE INDEX artifacts_to_check ON artifacts (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX artifacts_expiring ON artifacts (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX artifacts_kept ON artifacts (created_at) WHERE check_at IS NULL AND expires_at IS NULL;

-- Results of steps for later steps of the same key. A row is made when its step starts, and counts once the step has
-- completed. digest: of all that makes the step what it is. artifacts: the number that the step has left.

CREATE TABLE cache_entries (
    job_id uuid NOT NULL,
    step integer NOT NULL,
    workspace text NOT NULL,
    digest text NOT NULL,
    ttl_secs integer NOT NULL,
    artifacts integer NOT NULL DEFAULT 0,
    completed_at timestamptz,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (job_id, step)
);
CREATE INDEX cache_entries_by_digest ON cache_entries (workspace, digest, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX cache_entries_by_age ON cache_entries (workspace, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX cache_entries_expiring ON cache_entries (expires_at);

-- Steps that took the result of an earlier one, with its path.

CREATE TABLE cache_hits (
    job_id uuid NOT NULL,
    step integer NOT NULL,
    source_job uuid NOT NULL,
    source_step integer NOT NULL,
    source_name text NOT NULL,
    PRIMARY KEY (job_id, step)
);

CREATE INDEX cache_hits_by_source ON cache_hits (source_job, source_step);

-- no_cache: steps of the job run although there is a result of their key.

ALTER TABLE jobs ADD no_cache boolean NOT NULL DEFAULT false;
