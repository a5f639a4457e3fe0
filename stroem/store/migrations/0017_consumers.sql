-- Consumers of event sources: while a trigger of this form is live, one job of it runs. state: waiting (it starts at
-- starts_at), running, ending (its job is to end), stopped (cancelled by a person, until the trigger is resumed) or ended
-- (its policy starts it no more). digest: of what job_id runs, as release_id has it. failures: ends in a row that were
-- failures. waiting: events at the worker that the server does not have. rate: events per second, an average that is as
-- of rate_at.

CREATE TABLE consumers (
    workspace text NOT NULL,
    trigger text NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    digest text,
    release_id bigint,
    job_id uuid,
    starts_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    starts bigint NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    last_status text,
    last_job uuid,
    ended_at timestamptz,
    events bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    waiting integer NOT NULL DEFAULT 0,
    last_event_id text,
    last_event_at timestamptz,
    rate double precision NOT NULL DEFAULT 0,
    rate_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace, trigger)
);

-- Jobs of events of triggers with a max_in_flight, until they are found to have ended.

CREATE TABLE event_jobs (
    workspace text NOT NULL,
    trigger text NOT NULL,
    job_id uuid PRIMARY KEY
);
CREATE INDEX event_jobs_by_trigger ON event_jobs (workspace, trigger);

-- Events that could not start a job. data: of an event; else text: the start of what was written, of size bytes.
-- is_masked: data or text had secrets in it, which are not stored.

CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text NOT NULL,
    trigger text NOT NULL,
    key text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text NOT NULL,
    data json,
    text text NOT NULL DEFAULT '',
    size integer NOT NULL,
    is_masked boolean NOT NULL,
    retries integer NOT NULL DEFAULT 0,
    UNIQUE (workspace, trigger, key)
);
CREATE INDEX dead_letters_latest ON dead_letters (workspace, trigger, id);
CREATE INDEX dead_letters_at ON dead_letters (at);
