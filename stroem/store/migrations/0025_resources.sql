-- Resources, in thousandths by name: what steps with a need take of their worker, and what a worker offers. What a worker
-- does not name is not limited.

ALTER TABLE needs ADD resources jsonb NOT NULL DEFAULT '{}';
ALTER TABLE needs DROP CONSTRAINT needs_ability_tags_key;
ALTER TABLE needs ADD UNIQUE (ability, tags, resources);
ALTER TABLE workers ADD resources jsonb NOT NULL DEFAULT '{}';
