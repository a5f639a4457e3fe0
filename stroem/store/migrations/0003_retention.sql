-- Releases are dropped when newer ones have come, and then what only they needed from the blob store.

-- Lists of files that something referred to and does no longer; neighbour: one much like it that was kept.

CREATE TABLE dropped_manifests (
    manifest text PRIMARY KEY,
    neighbour text,
    dropped_at timestamptz NOT NULL DEFAULT now()
);

-- Objects that may be needed by nobody. Whoever is about to refer to one moves its due_at.

CREATE TABLE blob_candidates (
    digest text PRIMARY KEY,
    due_at timestamptz NOT NULL
);
CREATE INDEX blob_candidates_due ON blob_candidates (due_at);

DROP INDEX releases_by_manifest;
CREATE INDEX releases_by_manifest ON releases (manifest, workspace);
CREATE INDEX releases_by_tarball ON releases (tarball) WHERE tarball IS NOT NULL;
CREATE INDEX log_segments_by_blob ON log_segments (blob);
