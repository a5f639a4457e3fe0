-- Jobs of a commit, in the order of their lists.

CREATE INDEX jobs_by_revision ON jobs (revision COLLATE "C", created_at DESC) WHERE revision IS NOT NULL;
