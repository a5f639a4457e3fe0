"""Which files a worker means, and where their tarball lies."""

import attrs

from stroem.store import blob_garbage
from stroem.store.statement import Connection, execute, fetch


@attrs.frozen(kw_only=True)
class ReleaseFiles:
    """The files of a workspace, by the digest of their list, and the digest of their tarball once there is one."""

    workspace: str
    manifest: str
    tarball: str | None


_CURRENT = """
    SELECT r.manifest FROM workspaces w JOIN releases r ON r.id = w.current_release WHERE w.name = %(workspace)s
    """
_BY_DIGEST = "SELECT manifest FROM releases WHERE manifest = %(revision)s AND workspace = %(workspace)s LIMIT 1"
_BY_REVISION = """
    SELECT manifest FROM releases
    WHERE workspace = %(workspace)s AND revision = %(revision)s ORDER BY number DESC LIMIT 1
    """
# A release can be dropped in the very moment in which a job starts on it. What the job needs stays.
_BY_JOB = """
    SELECT files FROM jobs
    WHERE status IN ('pending', 'running') AND workspace = %(workspace)s AND files = %(revision)s LIMIT 1
    """
_TARBALL = "SELECT tarball FROM releases WHERE manifest = %s AND tarball IS NOT NULL LIMIT 1"


async def find_files(connection: Connection, workspace: str, revision: str | None = None) -> ReleaseFiles | None:
    """The files that are current; or those that `revision` names, which is the digest of their list, or a revision of
    the source, of which the newest release counts.
    """
    parameters = {"workspace": workspace, "revision": revision}
    for statement in [_CURRENT] if revision is None else [_BY_DIGEST, _BY_REVISION, _BY_JOB]:
        if found := await fetch(connection, statement, parameters):
            tarball = await fetch(connection, _TARBALL, (found[0][0],))
            return ReleaseFiles(workspace=workspace, manifest=found[0][0], tarball=tarball[0][0] if tarball else None)
    return None


async def keep_tarball(connection: Connection, manifest: str, tarball: str) -> None:
    """Notes where the tarball of these files lies. When no release has them any more it goes again, later."""
    noted = await execute(connection, "UPDATE releases SET tarball = %s WHERE manifest = %s", (tarball, manifest))
    if not noted:
        await blob_garbage.add(connection, [tarball])
