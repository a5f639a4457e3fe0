-- People and service accounts. name: the e-mail address in lower case, or the name of the service account.

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('user', 'service')),
    name text NOT NULL,
    display_name text,
    is_admin boolean NOT NULL DEFAULT false,
    is_disabled boolean NOT NULL DEFAULT false,
    groups text[] NOT NULL DEFAULT '{}',
    password_hash text,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_login_at timestamptz,
    UNIQUE (kind, name)
);

-- Sessions of people. generation: of the refresh token that is good now; each use makes the next one.

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    generation integer NOT NULL DEFAULT 1,
    rotated_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    address text NOT NULL,
    user_agent text NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Addresses from which an account has signed in, which keep their own share of tries to sign in.

CREATE TABLE known_addresses (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    address text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, address)
);
CREATE INDEX known_addresses_by_age ON known_addresses (seen_at);

-- API keys. hash: SHA-256 of the key. Empty lists do not narrow what the owner may do.

CREATE TABLE api_keys (
    prefix text PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    hash bytea NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    workspaces text[] NOT NULL DEFAULT '{}',
    tasks text[] NOT NULL DEFAULT '{}',
    verbs text[] NOT NULL DEFAULT '{}',
    addresses text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX api_keys_by_account ON api_keys (account_id);

-- Tokens that are good once: tickets of streams and downloads, links to set a password. hash: SHA-256 of the token.
-- session_id and key_prefix: of the request that asked for a ticket.

CREATE TABLE one_time_tokens (
    hash bytea PRIMARY KEY,
    purpose text NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    session_id uuid REFERENCES sessions ON DELETE CASCADE,
    key_prefix text REFERENCES api_keys ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX one_time_tokens_by_account ON one_time_tokens (account_id);
CREATE INDEX one_time_tokens_by_session ON one_time_tokens (session_id);
CREATE INDEX one_time_tokens_by_key ON one_time_tokens (key_prefix);
CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

-- Rates count tries to sign in as well: owner is the workspace of a webhook, or what is limited, such as /sign-in.
-- until: when the row says nothing any more; NULL in rows of an older version.

ALTER TABLE hook_rates RENAME TO rates;
ALTER TABLE rates RENAME COLUMN workspace TO owner;
ALTER TABLE rates RENAME COLUMN trigger TO name;
ALTER TABLE rates ADD COLUMN until timestamptz;
CREATE INDEX rates_by_end ON rates (until);
