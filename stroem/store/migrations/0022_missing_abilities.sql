-- missing: the abilities of a worker's settings that it cannot offer now, each with the reason.

ALTER TABLE workers ADD missing jsonb NOT NULL DEFAULT '{}';
