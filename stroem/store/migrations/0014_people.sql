-- expires_at: the end of the wait of a suspended step, whose due_at may be that of a reminder. reminded: the number of
-- reminders sent. holds: of a job, the pauses of single steps, as [{place: [[node, item], …], step, by, at}, …].

ALTER TABLE steps ADD expires_at timestamptz, ADD reminded integer NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD holds jsonb;

UPDATE steps SET expires_at = due_at WHERE due_at IS NOT NULL AND status = 'suspended';
