-- Secrets of workspaces, encrypted. value: under the data key, with AES-256-GCM. data_key: encrypted by the key key_id of
-- the server. Workspace, name and seal are authenticated with both; seal changes with each value.

CREATE TABLE secrets (
    workspace text NOT NULL,
    name text NOT NULL,
    seal uuid NOT NULL,
    version int NOT NULL DEFAULT 1,
    key_id text NOT NULL,
    data_key bytea NOT NULL,
    value bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    PRIMARY KEY (workspace, name)
);
