-- Triggers of the current releases of all workspaces. form: time, http, stream, consumer or job. options: the digest of
-- what makes up its times, its requests or its source; since: the time from which these are in effect. hook_since: the time from which it has its hook_name. due_at: the
-- time of the next fire, read or check. scheduled_at: the instant that falls due then; null if it is yet to be found.
-- memory: what its type keeps. problem: why it does not fire as it should.

CREATE TABLE triggers (
    workspace text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    form text NOT NULL,
    digest text NOT NULL,
    options text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    enabled boolean NOT NULL,
    paused boolean NOT NULL,
    hook_name text,
    hook_since timestamptz,
    due_at timestamptz,
    scheduled_at timestamptz,
    previous_at timestamptz,
    memory json,
    problem text,
    failures integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, name)
);
CREATE INDEX triggers_due ON triggers (form, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX triggers_by_hook ON triggers (hook_name, hook_since) WHERE hook_name IS NOT NULL;

-- The release whose triggers the rows of a workspace are.

ALTER TABLE workspaces ADD triggers_of bigint;

-- Fires of triggers. key: unique in its trigger, so that nothing fires twice. verdict: started, filtered, debounced,
-- failed or missed.

CREATE TABLE trigger_fires (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text NOT NULL,
    trigger text NOT NULL,
    key text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    scheduled_at timestamptz,
    verdict text NOT NULL,
    job_id uuid,
    reason text,
    UNIQUE (workspace, trigger, key)
);
CREATE INDEX trigger_fires_latest ON trigger_fires (workspace, trigger, id);
CREATE INDEX trigger_fires_at ON trigger_fires (at);

-- Fires that wait for more of the same key, and these fires.

CREATE TABLE debounces (
    workspace text NOT NULL,
    trigger text NOT NULL,
    key text NOT NULL,
    first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL,
    fires integer NOT NULL DEFAULT 1,
    failures integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, trigger, key)
);
CREATE INDEX debounces_due ON debounces (due_at);

CREATE TABLE debounced_fires (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text NOT NULL,
    trigger text NOT NULL,
    key text NOT NULL,
    fire json NOT NULL
);
CREATE INDEX debounced_fires_by_key ON debounced_fires (workspace, trigger, key, id);
