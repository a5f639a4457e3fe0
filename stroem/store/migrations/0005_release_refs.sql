-- The branch, tag or commit that was followed when a release was made; NULL for sources without refs and for releases
-- that were made before.

ALTER TABLE releases ADD ref text;
