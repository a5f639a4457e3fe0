-- Workspaces follow their sources: when each is due for a look, and how it stands.
-- changed_at moves with everything that other servers should know of.

-- asks counts the requests for a look, so that one that comes while another is under way is not lost.

ALTER TABLE workspaces
    DROP observed_revision,
    ADD due_at timestamptz NOT NULL DEFAULT now(),
    ADD asks bigint NOT NULL DEFAULT 0,
    ADD looks bigint NOT NULL DEFAULT 0,
    ADD cause text,
    ADD asked_by text,
    ADD failures integer NOT NULL DEFAULT 0,
    ADD conditions jsonb NOT NULL DEFAULT '[]',
    ADD warnings jsonb NOT NULL DEFAULT '[]',
    ADD observed jsonb,
    ADD waiting jsonb,
    ADD approved jsonb,
    ADD changed_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX workspaces_due ON workspaces (due_at);
CREATE INDEX workspaces_changed ON workspaces (changed_at);

ALTER TABLE releases
    ADD cause text NOT NULL DEFAULT 'poll',
    ADD made_by text,
    ADD commit jsonb,
    ADD libraries jsonb NOT NULL DEFAULT '[]',
    ADD held jsonb NOT NULL DEFAULT '[]',
    ADD rollback_of integer;
CREATE INDEX releases_by_manifest ON releases (manifest, workspace);
CREATE INDEX releases_by_tarball ON releases (tarball) WHERE tarball IS NOT NULL;

ALTER TABLE jobs ADD files text;
CREATE INDEX jobs_live_by_release ON jobs (release_id) WHERE status IN ('pending', 'running');

-- Libraries, by the digest of what makes up their source. manifest: their files at the last good revision.

CREATE TABLE libraries (
    key text PRIMARY KEY,
    origin text NOT NULL,
    ref text,
    floats boolean NOT NULL DEFAULT true,
    revision text,
    manifest text,
    commit jsonb,
    observed_revision text,
    error text,
    problems jsonb NOT NULL DEFAULT '[]',
    warnings jsonb NOT NULL DEFAULT '[]',
    failures integer NOT NULL DEFAULT 0,
    checked_at timestamptz,
    due_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX libraries_due ON libraries (due_at);

-- What people have set at run time against what git says.

CREATE TABLE overrides (
    workspace text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('suspended', 'pinned', 'trigger_paused')),
    name text NOT NULL DEFAULT '',
    ref text,
    release integer,
    reason text,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace, kind, name)
);

-- What happened, and what of it is still to be delivered to whom.

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    count integer NOT NULL DEFAULT 1,
    kind text NOT NULL,
    severity text NOT NULL,
    message text NOT NULL,
    workspace text,
    library text,
    revision text,
    release integer,
    cause text,
    by text,
    origin text,
    data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX events_by_workspace ON events (workspace, id);
CREATE INDEX events_by_library ON events (library, id);
CREATE INDEX events_by_subject ON events (coalesce(workspace, ''), coalesce(library, ''), id);
CREATE INDEX events_by_kind ON events (kind, id);
CREATE INDEX events_by_severity ON events (severity, id);
CREATE INDEX events_by_age ON events (last_at);

-- A lane is what one sink still gets of one workspace ('' for none), in the order of the events.

CREATE TABLE event_deliveries (
    event_id bigint NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    sink text NOT NULL,
    workspace text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    error text,
    given_up_at timestamptz,
    PRIMARY KEY (event_id, sink)
);
CREATE INDEX event_deliveries_lanes ON event_deliveries (sink, workspace, event_id) WHERE given_up_at IS NULL;

-- Releases are dropped when newer ones have come, and then what only they needed from the blob store.

-- Lists of files that something referred to and does no longer; neighbour: one much like it that was kept.

CREATE TABLE dropped_manifests (
    manifest text PRIMARY KEY,
    neighbour text,
    dropped_at timestamptz NOT NULL DEFAULT now()
);

-- Objects that may be needed by nobody. Whoever is about to refer to one moves its due_at.

CREATE TABLE blob_candidates (
    digest text PRIMARY KEY,
    due_at timestamptz NOT NULL
);
CREATE INDEX blob_candidates_due ON blob_candidates (due_at);

CREATE INDEX log_segments_by_blob ON log_segments (blob);
