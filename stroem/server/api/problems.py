"""Problems of a workspace's newest revision, with the lines of their files."""

import attrs
from aiohttp import web

from stroem.blobs import manifest
from stroem.errors import BlobCorrupt, BlobMissing
from stroem.reconciler.workspaces.excerpts import excerpts_of, reader_of
from stroem.records.problem import Excerpt, Problem
from stroem.records.release import Commit, FileEntry
from stroem.server.api.git_pages import page_of
from stroem.server.api.lookup import current_workspace
from stroem.server.keys import RECONCILER


@attrs.frozen(kw_only=True)
class WorkspaceProblems:
    """The problems of `revision`, the one last seen at the source.

    `current`: it runs, so that these are warnings, or mistakes of what is held back. `excerpts` are lines around the
    first 200 of them.
    """

    revision: str | None
    current: bool
    error: str | None
    commit: Commit | None
    commit_url: str | None
    problems: tuple[Problem, ...]
    excerpts: tuple[Excerpt, ...]


async def get(request: web.Request, workspace: str) -> WorkspaceProblems:
    """The problems of the newest revision, each with the lines around it."""
    status = current_workspace(request.app, workspace).status
    reconciler = request.app[RECONCILER]
    followed = reconciler.workspaces.get(workspace)
    validation = followed.validation
    mask = reconciler.contents.mask(workspace, *((validation.definitions,) if validation is not None else ()))
    excerpts = await excerpts_of(
        status.problems,
        reader_of(await _files(request.app, workspace) if status.problems else (), {}, reconciler.deps.blobs),
        mask,
        lambda path, line: page_of(request.app, workspace, status.revision, path, line),
    )
    return WorkspaceProblems(
        revision=status.revision,
        current=status.release is not None and status.release.revision == status.revision,
        error=status.error,
        commit=status.commit,
        commit_url=page_of(request.app, workspace, status.revision),
        problems=status.problems,
        excerpts=excerpts,
    )


async def _files(app: web.Application, workspace: str) -> tuple[FileEntry, ...]:
    """The files of the newest revision; none when they are not kept."""
    row = app[RECONCILER].workspaces.get(workspace).row
    observed = row.report.observed if row is not None else None
    if observed is None or observed.manifest is None:
        return ()
    try:
        return manifest.from_bytes(await app[RECONCILER].deps.blobs.get(observed.manifest))
    except (BlobMissing, BlobCorrupt):
        return ()
