-- Workspaces and their releases.

CREATE TABLE workspaces (
    name text PRIMARY KEY,
    current_release bigint,
    observed_revision text,
    error text,
    problems jsonb NOT NULL DEFAULT '[]',
    checked_at timestamptz
);

CREATE TABLE releases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text NOT NULL REFERENCES workspaces (name),
    number integer NOT NULL,
    revision text NOT NULL,
    manifest text NOT NULL,
    tarball text,
    changes jsonb NOT NULL,
    tasks_count integer NOT NULL,
    actions_count integer NOT NULL,
    triggers_count integer NOT NULL,
    connections_count integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace, number)
);
CREATE INDEX releases_by_revision ON releases (workspace, revision, number DESC);

-- Workers. A worker's lease covers every step it runs; heartbeats extend it.

CREATE TABLE workers (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    capabilities text[] NOT NULL,
    tags text[] NOT NULL,
    exclusive boolean NOT NULL,
    version text,
    registered_at timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz NOT NULL,
    active boolean NOT NULL DEFAULT true
) WITH (fillfactor = 50);
CREATE INDEX workers_due ON workers (lease_until) WHERE active;
CREATE INDEX workers_by_age ON workers (active DESC, registered_at DESC);

-- Jobs. Every transition of a job's steps is made while its row is locked, so their counters agree.

CREATE TABLE plans (
    digest text PRIMARY KEY,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    workspace text NOT NULL,
    task text NOT NULL,
    mode text NOT NULL,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled', 'skipped')),
    source_type text NOT NULL,
    source_id text,
    source_job_id uuid,
    release_id bigint,
    revision text,
    plan text NOT NULL REFERENCES plans (digest),
    raw_input json,
    input json,
    output json,
    error text,
    steps_open integer NOT NULL,
    steps_failed integer NOT NULL DEFAULT 0,
    log_lines bigint NOT NULL DEFAULT 0,
    cancel_reason text,
    deadline_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX jobs_by_age ON jobs (created_at DESC, id);
CREATE INDEX jobs_by_task ON jobs (workspace, task, created_at DESC);
CREATE INDEX jobs_by_status ON jobs (status, created_at DESC);
CREATE INDEX jobs_due ON jobs (deadline_at) WHERE status IN ('pending', 'running') AND deadline_at IS NOT NULL;

-- How many jobs have ended in each way, in parts so that jobs that end together do not wait for one another.

CREATE TABLE job_tallies (
    status text NOT NULL,
    part smallint NOT NULL,
    jobs bigint NOT NULL,
    PRIMARY KEY (status, part)
) WITH (fillfactor = 20);

-- Steps. unmet: dependencies that have not ended; broken: those that failed, were cancelled or were skipped for it.

CREATE TABLE job_steps (
    job_id uuid NOT NULL,
    position integer NOT NULL,
    status text NOT NULL
        CHECK (status IN ('pending', 'ready', 'running', 'completed', 'failed', 'skipped', 'cancelled', 'suspended')),
    unmet integer NOT NULL,
    broken integer NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    ability text NOT NULL,
    tags text[] NOT NULL,
    timeout_secs integer,
    worker_id uuid,
    cancel_requested boolean NOT NULL DEFAULT false,
    ready_at timestamptz,
    started_at timestamptz,
    deadline_at timestamptz,
    completed_at timestamptz,
    input json,
    output json,
    error text,
    PRIMARY KEY (job_id, position)
) WITH (fillfactor = 70);
CREATE INDEX job_steps_ready ON job_steps (ready_at, position) WHERE status = 'ready';
CREATE INDEX job_steps_running ON job_steps (worker_id) WHERE status = 'running';
CREATE INDEX job_steps_due ON job_steps (deadline_at) WHERE status = 'running' AND deadline_at IS NOT NULL;
CREATE INDEX job_steps_by_worker ON job_steps (worker_id, started_at DESC) WHERE worker_id IS NOT NULL;

-- Logs. A line's place is the number of lines of its job before it. Hot chunks are sealed into segments of blobs:
-- a segment is `bytes` bytes behind the first `skip` of what the gzip member at `start`, `length` bytes long, holds.

CREATE TABLE log_heads (
    job_id uuid NOT NULL,
    step integer NOT NULL,
    attempt integer NOT NULL,
    next_chunk integer NOT NULL,
    lines bigint NOT NULL,
    hot_bytes bigint NOT NULL,
    seal_due_at timestamptz,
    PRIMARY KEY (job_id, step)
) WITH (fillfactor = 50);
CREATE INDEX log_heads_due ON log_heads (seal_due_at) WHERE seal_due_at IS NOT NULL;

CREATE TABLE log_chunks (
    job_id uuid NOT NULL,
    first_line bigint NOT NULL,
    lines integer NOT NULL,
    step integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (job_id, first_line)
);
ALTER TABLE log_chunks ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX log_chunks_by_step ON log_chunks (job_id, step, first_line);

CREATE TABLE log_segments (
    job_id uuid NOT NULL,
    first_line bigint NOT NULL,
    lines bigint NOT NULL,
    step integer NOT NULL,
    blob text NOT NULL,
    start bigint NOT NULL,
    length integer NOT NULL,
    skip integer NOT NULL,
    bytes integer NOT NULL,
    PRIMARY KEY (job_id, first_line)
);
CREATE INDEX log_segments_by_step ON log_segments (job_id, step, first_line);

-- Servers that are up, so that one alone need not notify the others.

CREATE TABLE replicas (
    id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);
