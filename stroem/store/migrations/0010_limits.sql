-- A job may own slots too, as step 0. waits_for: the slot for which a job waits before it begins. slots: those that it
-- needs, and those of its ancestors.

ALTER TABLE jobs
    ADD waits_for text,
    ADD slots json;

-- rate, per_secs: how many slots of a key are taken in any so many seconds. opens_at: the end of a full window for which
-- owners wait. release_id: the release that gave the size; null if none did.

ALTER TABLE slot_keys
    ADD workspace text,
    ADD release_id bigint,
    ADD rate integer,
    ADD per_secs integer,
    ADD opens_at timestamptz;
CREATE INDEX slot_keys_opening ON slot_keys (opens_at) WHERE opens_at IS NOT NULL;

-- Owners in line for a slot, which wait for one each. priority: the smaller is first, as in the queue of steps.

CREATE TABLE slot_line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    priority smallint NOT NULL,
    job_id uuid NOT NULL,
    step integer NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (job_id, step)
);
CREATE INDEX slot_line_by_key ON slot_line (key, priority, id);

INSERT INTO slot_line (key, priority, job_id, step, since)
SELECT substr(s.waits_for, 6), s.priority, s.job_id, s.id, coalesce(s.ready_at, now()) FROM steps s
WHERE s.status = 'pending' AND s.waits_for LIKE 'slot:%'
  AND NOT EXISTS (SELECT FROM slots o WHERE o.job_id = s.job_id AND o.step = s.id)
ORDER BY s.ready_at, s.job_id, s.id;
DROP INDEX steps_slots;

-- Times at which slots of keys with a rate were taken.

CREATE TABLE slot_uses (
    key text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX slot_uses_by_key ON slot_uses (key, at);
