-- Plans name secrets and connections; their values are read from the release of a job. Values that plans hold are
-- replaced by the marker. The functions keep the type json, so that numbers and texts stay as they were written; NUL,
-- which PostgreSQL does not take in JSON, stands as U+E000 meanwhile.

CREATE FUNCTION pg_temp.without_defaults(fields json) RETURNS json LANGUAGE sql AS $$
    SELECT coalesce(json_object_agg(field.key, CASE
        WHEN field.value ->> 'secret' = 'true' AND field.value -> 'default' IS NOT NULL
        THEN (SELECT json_object_agg(key, CASE key WHEN 'default' THEN '"••••••"'::json ELSE value END)
              FROM json_each(field.value))
        ELSE field.value END), '{}')
    FROM json_each(fields) AS field
$$;

CREATE FUNCTION pg_temp.without_values(plan json) RETURNS json LANGUAGE sql AS $$
    SELECT json_object_agg(part.key, CASE part.key
        WHEN 'secrets' THEN (SELECT json_object_agg(key, '••••••'::text) FROM json_each(part.value))
        WHEN 'connections' THEN (
            SELECT json_object_agg(one.key, (
                SELECT coalesce(json_object_agg(key, value), '{}') FROM json_each(one.value) WHERE key <> 'values'))
            FROM json_each(part.value) AS one)
        WHEN 'connection_types' THEN (
            SELECT json_object_agg(key, pg_temp.without_defaults(value)) FROM json_each(part.value))
        WHEN 'input' THEN pg_temp.without_defaults(part.value)
        WHEN 'actions' THEN (
            SELECT json_object_agg(action.key, (
                SELECT json_object_agg(key, CASE key WHEN 'input' THEN pg_temp.without_defaults(value) ELSE value END)
                FROM json_each(action.value)))
            FROM json_each(part.value) AS action)
        ELSE part.value END)
    FROM json_each(plan) AS part
$$;

CREATE FUNCTION pg_temp.swapped(plan text, old text, new text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(plan, '(?<!\\)((?:\\\\)*)\\u' || old, '\1\\u' || new, 'g')
$$;

UPDATE plans SET body = convert_to(pg_temp.swapped(
    pg_temp.without_values(pg_temp.swapped(convert_from(body, 'UTF8'), '0000', 'e000')::json)::text, 'e000', '0000'
), 'UTF8');

CREATE INDEX jobs_by_plan ON jobs (plan);
CREATE INDEX plans_by_age ON plans (created_at);

-- redacted: no secrets stand in the outputs, errors and inputs of its steps. Not so for jobs that were made before.

ALTER TABLE jobs ADD redacted boolean NOT NULL DEFAULT false;
ALTER TABLE jobs ALTER redacted SET DEFAULT true;

-- full_output: the output with its secrets, for the steps behind it, until the job ends.

ALTER TABLE job_steps ADD full_output json;
CREATE INDEX job_steps_with_secrets ON job_steps (job_id) WHERE full_output IS NOT NULL;
