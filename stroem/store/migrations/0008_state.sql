-- Snapshots of the state of tasks, and with the task '' of workspaces. number: the place of a published snapshot in its
-- scope, from 1; NULL until the outcome of its step is recorded. step, attempt: NULL for uploads; an older worker names
-- no step. document: its state.json. base: the snapshot that its writer started from. conflict: another one was
-- published in between.

CREATE TABLE state_snapshots (
    id uuid PRIMARY KEY,
    workspace text NOT NULL,
    task text NOT NULL,
    number integer,
    job_id uuid NOT NULL,
    step integer,
    attempt integer,
    step_name text,
    made_by text,
    blob text NOT NULL,
    size_bytes bigint NOT NULL,
    document json,
    base uuid,
    conflict boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX state_snapshots_by_number ON state_snapshots (workspace, task, number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX state_snapshots_by_attempt ON state_snapshots (job_id, step, attempt, (task = ''))
    WHERE step IS NOT NULL;
CREATE INDEX state_snapshots_by_blob ON state_snapshots (blob);
CREATE INDEX state_snapshots_unpublished ON state_snapshots (created_at) WHERE number IS NULL;

-- The latest snapshot of each scope. Its row is locked to publish the next one.

CREATE TABLE state_heads (
    workspace text NOT NULL,
    task text NOT NULL,
    snapshot uuid NOT NULL,
    previous uuid,
    number integer NOT NULL,
    has_json boolean NOT NULL,
    PRIMARY KEY (workspace, task)
) WITH (fillfactor = 50);
