-- Jobs that have ended hold no slots and wait for none. A job could ask for its next slot and end at once, and was given
-- one that nobody freed. The keys of slots that are freed here are opened for those that wait.

WITH ended AS (
    SELECT DISTINCT s.job_id FROM (SELECT job_id FROM slots UNION SELECT job_id FROM slot_line) s
    LEFT JOIN jobs j ON j.id = s.job_id
    WHERE j.id IS NULL OR (j.status NOT IN ('pending', 'running') AND j.open = 0)
), freed AS (
    DELETE FROM slots s USING ended e WHERE s.job_id = e.job_id RETURNING s.key
), left_line AS (
    DELETE FROM slot_line l USING ended e WHERE l.job_id = e.job_id RETURNING l.key
)
UPDATE slot_keys k SET opens_at = now()
WHERE k.key IN (SELECT key FROM freed UNION SELECT key FROM left_line);
