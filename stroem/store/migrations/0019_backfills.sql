-- Backfills: instants of a schedule, from from_at to to_at, that a person has fired after the fact. since: that of the
-- schedule, for intervals. cursor_at: instants up to this one are done. due_at: the time of the next check; null once
-- ended. status: running, completed, cancelled or failed.

CREATE TABLE backfills (
    id uuid PRIMARY KEY,
    workspace text NOT NULL,
    trigger text NOT NULL,
    status text NOT NULL DEFAULT 'running',
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    since timestamptz NOT NULL,
    max_active integer NOT NULL,
    instants integer NOT NULL,
    fired integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    cursor_at timestamptz NOT NULL,
    previous_at timestamptz,
    by text NOT NULL,
    reason text,
    problem text,
    failures integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    due_at timestamptz DEFAULT clock_timestamp()
);
CREATE INDEX backfills_due ON backfills (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX backfills_of_trigger ON backfills (workspace, trigger, created_at);

-- Jobs of running backfills that were live when last seen.

CREATE TABLE backfill_jobs (
    backfill uuid NOT NULL REFERENCES backfills ON DELETE CASCADE,
    job_id uuid NOT NULL,
    PRIMARY KEY (backfill, job_id)
);
