"""What a revision would change, found out without changing anything."""

import asyncio

import attrs

from stroem.definitions.workspace import Definitions
from stroem.errors import BadRequest, LibraryUnavailable, Unavailable
from stroem.interfaces.source import RefUnknown, Snapshot, SourceRejected, SourceUnavailable
from stroem.reconciler.diff.plan import Side, plan_between
from stroem.reconciler.workspaces import stages
from stroem.reconciler.workspaces.contents import Texts, fetch_within, new_files
from stroem.reconciler.workspaces.context import Attempt, Tools
from stroem.reconciler.workspaces.restoring import files_of
from stroem.reconciler.workspaces.state import Workspace
from stroem.records.release_plan import ReleasePlan
from stroem.store.jobs import jobs
from stroem.store.workspaces import workspaces

_STEPS = (stages.resolve, stages.parse, stages.validate)


async def preview(workspace: Workspace, ref: str | None, tools: Tools) -> ReleasePlan:
    """The plan of a ref, or of what the workspace follows, against the current release.

    Raises `BadRequest` for a ref that is not there, `Unavailable` when the source cannot be had.
    """
    async with workspace.turn:
        snapshot, texts = await _read(workspace, ref)
        scratch = attrs.evolve(
            workspace,
            snapshot=snapshot,
            verdict=None,
            library_keys=dict(workspace.library_keys),
            inside=dict(workspace.inside),
            turn=asyncio.Lock(),
        )
    async with tools.database.read() as connection:
        rows = await workspaces.list_workspaces(connection, [workspace.name])
        live_jobs = await jobs.count_live(connection, workspace.name)
    attempt = Attempt(tools=tools, workspace=scratch, row=rows[0], texts=texts)
    try:
        for step in _STEPS:
            if not await step(attempt):
                break
    except LibraryUnavailable as error:
        raise Unavailable(message=str(error)) from None
    old = await _old_side(workspace, tools)
    new = _new_side(scratch, attempt)
    return await asyncio.to_thread(plan_between, old, new, attempt.problems, now=attempt.now, live_jobs=live_jobs)


async def _read(workspace: Workspace, ref: str | None) -> tuple[Snapshot, Texts]:
    """The revision with its new workflow files; nothing is kept of it."""
    texts: Texts = {}
    try:
        limits, wanted_ref = workspace.settings.limits, ref or workspace.pinned_ref
        snapshot = await fetch_within(limits, workspace.source, workspace.snapshot, wanted_ref)
        wanted = [file for file in new_files(snapshot, workspace.snapshot) if file.path.endswith((".yaml", ".yml"))]
        async for file, data in workspace.source.read(snapshot, wanted):
            texts[file.digest] = data
    except (RefUnknown, SourceRejected) as error:
        raise BadRequest(message=str(error)) from None
    except SourceUnavailable as error:
        raise Unavailable(message=f"The source of workspace {workspace.name!r} failed: {error}") from None
    return snapshot, texts


async def _old_side(workspace: Workspace, tools: Tools) -> Side | None:
    release = workspace.release
    if release is None:
        return None
    return Side(
        revision=release.revision,
        definitions=workspace.definitions or Definitions(),
        files=await files_of(release, tools),
        libraries=release.libraries,
        release=release.number,
        commit=release.commit,
    )


def _new_side(scratch: Workspace, attempt: Attempt) -> Side:
    combined = scratch.combined
    assert combined is not None
    return Side(
        revision=combined.snapshot.revision,
        definitions=attempt.result or Definitions(),
        files=combined.files,
        libraries=combined.libraries,
        commit=combined.snapshot.commit,
        broken=frozenset(name for file in scratch.files.values() for name in file.broken),
    )
