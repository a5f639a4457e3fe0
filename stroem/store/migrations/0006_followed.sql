-- Sources that are followed, of workspaces, of libraries, and of the set of workspaces: when each is due for a poll.
-- asks counts the requests for a poll, so that one that comes while another is under way is not lost. interval_secs is
-- set by the servers that follow the source.

CREATE TABLE followed (
    kind text NOT NULL CHECK (kind IN ('workspace', 'library', 'set')),
    key text NOT NULL,
    interval_secs double precision NOT NULL DEFAULT 30,
    due_at timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz,
    polls bigint NOT NULL DEFAULT 0,
    asks bigint NOT NULL DEFAULT 0,
    cause text,
    asked_by text,
    PRIMARY KEY (kind, key)
);
CREATE INDEX followed_due ON followed (due_at);

INSERT INTO followed (kind, key, due_at, checked_at, polls, asks, cause, asked_by)
SELECT 'workspace', name, due_at, checked_at, looks, asks, cause, asked_by FROM workspaces;
INSERT INTO followed (kind, key, due_at, checked_at)
SELECT CASE key WHEN 'workspaces_from' THEN 'set' ELSE 'library' END, key, due_at, checked_at FROM libraries;

ALTER TABLE workspaces DROP due_at, DROP checked_at, DROP looks, DROP asks, DROP cause, DROP asked_by;
ALTER TABLE libraries DROP due_at, DROP checked_at;
