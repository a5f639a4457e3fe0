"""Preview of the changes that a revision would make; it changes nothing."""

import asyncio
import itertools

import attrs

from stroem.definitions.library import library_of
from stroem.definitions.workspace import Definitions
from stroem.dialects.installed import InstalledDialects
from stroem.errors import BadRequest, LibraryUnavailable, Unavailable
from stroem.interfaces.source import RefUnknown, Snapshot, SourceRejected, SourceUnavailable
from stroem.reconciler.diff.plan import Side, plan_between
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.sources.contents import Texts, fetch_within, new_files
from stroem.reconciler.workspaces import stages
from stroem.reconciler.workspaces.context import Context
from stroem.reconciler.workspaces.excerpts import excerpts_of, reader_of
from stroem.reconciler.workspaces.file_diffs import MOST_BYTES, MOST_FILES, with_file_diffs
from stroem.reconciler.workspaces.restoring import files_of
from stroem.reconciler.workspaces.state import Workspace
from stroem.records.release_plan import ReleasePlan
from stroem.redaction.definition_secrets import Secrets
from stroem.redaction.file_mask import FileMask
from stroem.store.jobs.summaries import live_counts
from stroem.store.workspaces import workspaces

_STAGES = (stages.resolve, stages.parse, stages.validate)


async def preview(workspace: Workspace, ref: str | None, deps: Dependencies, libraries: Libraries) -> ReleasePlan:
    """The diff of a ref, by default the followed one, against the current release.

    Raises `BadRequest` for a ref that is not there, `Unavailable` when the source cannot be had.
    """
    async with workspace.lock:
        snapshot, texts = await _read(workspace, ref, deps.dialects)
        scratch = _scratch(workspace, snapshot)
    return await _plan(workspace, scratch, texts, deps, libraries)


async def preview_of(
    workspace: Workspace, snapshot: Snapshot, texts: Texts, deps: Dependencies, libraries: Libraries
) -> ReleasePlan:
    """The diff of other files against the current release.

    `texts` are the contents, by digest, that the blob store lacks. Raises `Unavailable` when a library cannot be had.
    """
    async with workspace.lock:
        scratch = _scratch(workspace, snapshot)
    return await _plan(workspace, scratch, texts, deps, libraries)


def _scratch(workspace: Workspace, snapshot: Snapshot) -> Workspace:
    return attrs.evolve(
        workspace,
        snapshot=snapshot,
        evaluation=None,
        library_keys=dict(workspace.library_keys),
        inside=dict(workspace.inside),
        lock=asyncio.Lock(),
    )


async def _plan(
    workspace: Workspace, scratch: Workspace, texts: Texts, deps: Dependencies, libraries: Libraries
) -> ReleasePlan:
    async with deps.database.read() as connection:
        rows = await workspaces.list_workspaces(connection, [workspace.name])
        live_jobs = await live_counts.count_live(connection, workspace.name)
    context = Context(deps=deps, libraries=libraries, workspace=scratch, row=rows[0], texts=texts)
    try:
        for stage in _STAGES:
            if not await stage(context):
                break
    except LibraryUnavailable as error:
        raise Unavailable(message=str(error)) from None
    old = await _old_side(workspace, deps)
    new = _new_side(scratch, context)
    found = await asyncio.to_thread(
        plan_between,
        old,
        new,
        context.problems,
        dialects=deps.dialects,
        now=context.now,
        live_jobs=live_jobs,
        own_rules=deps.own_rules(),
    )
    return await _with_texts(found, old, new, context)


async def _with_texts(plan: ReleasePlan, old: Side | None, new: Side, context: Context) -> ReleasePlan:
    """The plan with lines around its problems, and diffs of its files."""
    mask = FileMask(secrets=Secrets(sides=(*((old.definitions,) if old else ()), new.definitions)))
    before, read = (reader_of(side.files if side else (), context.texts, context.deps.blobs) for side in (old, new))
    plan = await with_file_diffs(plan, before, read, mask)
    source = context.workspace.source

    def page(path: str, line: int) -> str | None:
        return source.page(new.revision, path, line) if library_of(path) is None else None

    return attrs.evolve(plan, excerpts=await excerpts_of(plan.problems, read, mask, page))


async def _read(workspace: Workspace, ref: str | None, dialects: InstalledDialects) -> tuple[Snapshot, Texts]:
    """The revision with its new workflow files, and others to compare; nothing is kept of it."""
    texts: Texts = {}
    try:
        limits, wanted_ref = workspace.settings.limits, ref or workspace.pinned_ref
        snapshot = await fetch_within(limits, workspace.source, workspace.snapshot, wanted_ref)
        new = new_files(snapshot, workspace.snapshot)
        wanted = [file for file in new if file.path.endswith(dialects.endings)]
        others = (file for file in new if not file.path.endswith(dialects.endings) and file.size <= MOST_BYTES)
        wanted += itertools.islice(others, MOST_FILES)
        async for file, data in workspace.source.read(snapshot, wanted):
            texts[file.digest] = data
    except (RefUnknown, SourceRejected) as error:
        raise BadRequest(message=str(error)) from None
    except SourceUnavailable as error:
        raise Unavailable(message=f"The source of workspace {workspace.name!r} failed: {error}") from None
    return snapshot, texts


async def _old_side(workspace: Workspace, deps: Dependencies) -> Side | None:
    release = workspace.release
    if release is None:
        return None
    return Side(
        revision=release.revision,
        definitions=workspace.definitions or Definitions(),
        files=await files_of(release, deps),
        libraries=release.libraries,
        release=release.number,
        commit=release.commit,
        rules=workspace.rules if workspace.name == deps.rules_from() else None,
    )


def _new_side(scratch: Workspace, context: Context) -> Side:
    merged = scratch.merged
    assert merged is not None
    return Side(
        revision=merged.snapshot.revision,
        definitions=context.result or Definitions(),
        files=merged.files,
        libraries=merged.libraries,
        commit=merged.snapshot.commit,
        broken=frozenset(name for file in scratch.files.values() for name in file.broken),
        rules=context.rules if scratch.name == context.rules_from else None,
    )
