-- Join tokens, with which workers get identities of their own. hash: SHA-256 of the token. uses_left: null is without
-- limit. Empty lists do not narrow what a worker may offer and run.

CREATE TABLE join_tokens (
    prefix text PRIMARY KEY,
    hash bytea NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    uses integer NOT NULL DEFAULT 0,
    uses_left integer CHECK (uses_left >= 0),
    workspaces text[] NOT NULL DEFAULT '{}',
    tags text[] NOT NULL DEFAULT '{}',
    abilities text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX join_tokens_by_expiry ON join_tokens (expires_at);

-- Identities of workers, with the bounds of their join tokens.

CREATE TABLE worker_identities (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    join_token text NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    workspaces text[] NOT NULL,
    tags text[] NOT NULL,
    abilities text[] NOT NULL,
    revoked_at timestamptz,
    revoked_by text
);

-- Tokens of identities. hash: SHA-256 of the token. used_at: of its first use, which replaces the others.

CREATE TABLE worker_tokens (
    hash bytea PRIMARY KEY,
    identity_id uuid NOT NULL REFERENCES worker_identities ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    replaced_at timestamptz
);
CREATE INDEX worker_tokens_by_identity ON worker_tokens (identity_id);
CREATE INDEX worker_tokens_by_expiry ON worker_tokens (expires_at);

-- identity_id, workspaces: of the identity that has registered the worker; null and empty for the shared token.

ALTER TABLE workers ADD identity_id uuid, ADD workspaces text[] NOT NULL DEFAULT '{}';
CREATE INDEX workers_by_identity ON workers (identity_id) WHERE identity_id IS NOT NULL;

-- The name under which workers mark what they make in other systems.

CREATE TABLE installation (is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one), name text NOT NULL);

-- Tars that attempts of steps have sent for their workers.

CREATE TABLE step_files (
    sha256 text NOT NULL,
    job_id uuid NOT NULL,
    step integer NOT NULL,
    attempt integer NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sha256, job_id, step, attempt)
);
CREATE INDEX step_files_by_age ON step_files (sent_at);
