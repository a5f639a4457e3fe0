"""The stages of the pipeline, in order. Each checks before it acts, and returns whether the run goes on."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import attrs

from stroem.blobs import manifest
from stroem.conversion import canonical
from stroem.definitions.library import library_of
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.dialects.environment import Environment
from stroem.dialects.size_budget import Allowance
from stroem.errors import NotFound
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.source import Snapshot
from stroem.reconciler.diff.definitions import changes_between
from stroem.reconciler.guards import guards
from stroem.reconciler.sources.contents import fetch_and_keep, merged_files, parse_files, reader, within
from stroem.reconciler.sources.link_problems import link_problems
from stroem.reconciler.sources.workflow_files import workflow_files
from stroem.reconciler.workspaces import status_writer
from stroem.reconciler.workspaces.context import Context
from stroem.reconciler.workspaces.draft import draft_of
from stroem.reconciler.workspaces.holding import hold
from stroem.reconciler.workspaces.library_resolution import (
    know_libraries,
    library_files,
    names_of,
    read_declared,
    use_libraries,
    versions_of,
)
from stroem.reconciler.workspaces.restoring import restore
from stroem.reconciler.workspaces.rules import read_rules, rules_changes, rules_problems
from stroem.reconciler.workspaces.state import Evaluation, MergedSnapshot
from stroem.records.event import NewEvent
from stroem.records.problem import Problem, describe
from stroem.store.workspaces import overrides, releases, workspaces
from stroem.validation import checker
from stroem.validation.library import shadowed_folders

log = logging.getLogger(__name__)

Stage = Callable[[Context], Awaitable[bool]]


async def adopt(context: Context) -> bool:
    """Takes over the current release, if it is another than the one in memory; the run ends if the source is not
    to be followed.
    """
    workspace, deps = context.workspace, context.deps
    if context.row is None:
        async with deps.database.read() as connection:
            rows = await workspaces.list_workspaces(connection, [workspace.name])
        if not rows:
            raise NotFound(kind="Workspace", name=workspace.name)
        context.row = rows[0]
    workspace.row = context.row
    current = context.row.current_release
    if current is not None and (workspace.release is None or workspace.release.id != current):
        async with deps.database.read() as connection:
            release = await releases.get_release(connection, current)
        await restore(workspace, release, deps)
        await know_libraries(context)
    return workspace.is_followed


async def fetch(context: Context) -> bool:
    """Brings the files of the source's revision into the blob store."""
    workspace, deps = context.workspace, context.deps
    ref = workspace.pinned_ref
    kept = workspace.snapshot if workspace.contents_are_kept else None
    source, limits = workspace.source, workspace.settings.limits
    snapshot = await fetch_and_keep(
        source, workspace.snapshot, ref, deps.blobs, context.texts, kept=kept, limits=limits
    )
    context.polled, workspace.kept_at = True, time.monotonic()
    if snapshot.revision != context.seen_before:
        await _tell_of_revision(context, snapshot)
    workspace.snapshot = snapshot
    return True


async def resolve(context: Context) -> bool:
    """Puts the files of the libraries beside those of the workspace; the run ends if all this is judged already."""
    workspace, snapshot = context.workspace, _snapshot(context)
    context.warnings += workspace.source.warnings
    if workspace.settings.guards.four_eyes and snapshot.commit is None:
        context.warnings.append(
            "nobody can ever approve what waits: `guards.four_eyes` needs authors, and this source has no commits"
        )
    declared = await read_declared(context, snapshot)
    used = await use_libraries(context, declared, snapshot)
    versions, evaluation = versions_of(used), workspace.evaluation
    context.rules_from = context.deps.rules_from()
    if evaluation is not None and evaluation.is_of(snapshot.revision, versions, context.rules_from):
        context.problems = evaluation.problems
        if evaluation.waiting is None:
            return False
    workspace.used = used
    merged = workspace.merged
    if merged is None or merged.snapshot is not snapshot or merged.libraries != versions:
        names = names_of(used)
        own = tuple(file for file in snapshot.files if library_of(file.path) not in names) if names else snapshot.files
        files = merged_files([own, *library_files(used)]) if names else own
        context.manifest = await asyncio.to_thread(manifest.to_bytes, files)
        digest = canonical.digest_of(context.manifest)
        workspace.merged = MergedSnapshot(snapshot=snapshot, libraries=versions, own=own, files=files, manifest=digest)
    return True


async def keep(context: Context) -> bool:
    """Stores the list of the files."""
    if context.manifest is not None:
        merged, context.workspace.merged = context.workspace.merged, None
        await context.deps.blobs.put(context.manifest)
        context.workspace.merged = merged  # only now: should this fail, the next run stores it
    return True


async def parse(context: Context) -> bool:
    """Parses the workflow files that changed."""
    workspace, merged = context.workspace, _merged(context)
    wanted = workflow_files(Snapshot(revision="", files=merged.own), context.deps.dialects)
    allowance = Allowance()
    libraries: dict[str, ParsedFile] = {}
    for library in workspace.used:
        libraries |= within(library.parsed, allowance)
    parsed = await parse_files(
        wanted, workspace.files, context.texts, context.deps.blobs, context.deps.dialects, allowance
    )
    workspace.files = parsed | libraries
    return True


async def validate(context: Context) -> bool:
    """Validates the whole; the run ends if mistakes hold all of it back, and the last good release stays."""
    workspace, snapshot, merged = context.workspace, _snapshot(context), _merged(context)
    broken = workspace.declared[1].broken if workspace.declared else frozenset()
    known = Environment(
        runners=context.deps.runners,
        trigger_types=context.deps.trigger_types,
        files=frozenset(file.path for file in merged.files),
        libraries=names_of(workspace.used) | broken,
        unread_libraries=broken,
        workspaces=context.deps.names(),
        has_authors=snapshot.commit is not None,
    )
    read = reader({path: file.digest for path, file in workspace.files.items()}, context.texts, context.deps.blobs)
    before = workspace.validation
    found = await asyncio.to_thread(checker.validate, workspace.files, read, known, before)
    workspace.validation = found
    declared = workspace.declared[1].problems if workspace.declared else ()
    shadowed = shadowed_folders((file.path for file in snapshot.files), known.libraries) if known.libraries else ()
    links = await asyncio.to_thread(link_problems, snapshot, context.deps.dialects)
    context.rules = await read_rules(snapshot, context.texts, context.deps.blobs, workspace.rules)
    rules = rules_problems(workspace.name, context.rules_from, context.rules)
    context.problems = (*declared, *rules, *found.problems, *links, *shadowed)
    context.result, context.held, context.held_tasks = found.definitions, (), {}
    mistakes = [problem for problem in context.problems if problem.severity == "error"]
    if mistakes and not (workspace.settings.guards.hold == "affected" and hold(context, mistakes)):
        _reject(context, mistakes)
        return False
    return True


async def plan(context: Context) -> bool:
    """Compares with the current release; the run ends if that has the very same files."""
    workspace, snapshot, merged = context.workspace, _snapshot(context), _merged(context)
    current = workspace.release
    if current is not None and current.manifest == merged.manifest and current.held == context.held:
        workspace.evaluation = _evaluation(context)
        workspace.definitions, workspace.rules = context.result, context.rules
        if snapshot.revision != context.seen_before:
            message = f"Revision {snapshot.revision[:12]} holds what release {current.number} does"
            context.note(
                NewEvent(kind="unchanged", message=message, revision=snapshot.revision, release=current.number)
            )
        return False
    context.changes = await asyncio.to_thread(changes_between, workspace.definitions, _result(context))
    if workspace.name == context.rules_from:
        context.changes += rules_changes(workspace.rules, context.rules)
    return True


async def guard(context: Context) -> bool:
    """Makes the release wait for its guards."""
    workspace, merged = context.workspace, _merged(context)
    release, row = workspace.release, context.row
    assert row is not None
    candidate = guards.Candidate(
        revision=merged.snapshot.revision,
        manifest=merged.manifest,
        author=_author(merged.snapshot),
        is_first=release is None,
        old_tasks=workspace.definitions.tasks if workspace.definitions else (),
        new_tasks=context.result.tasks if context.result else (),
        approved=row.approved,
        now=context.now,
    )
    waiting = guards.reason_to_wait(workspace.settings.guards, candidate)
    if waiting is None:
        return True
    known = row.report.waiting
    same = known is not None and known.manifest == waiting.manifest
    if known is not None and same:
        waiting = attrs.evolve(waiting, since=known.since)
    if known is None or not same or known.reasons != waiting.reasons:
        data: dict[str, Json] = {"reasons": list(waiting.reasons), "manifest": waiting.manifest}
        context.note(
            NewEvent(kind="waiting", severity="warning", message=waiting.message, revision=waiting.revision, data=data)
        )
    workspace.evaluation = attrs.evolve(_evaluation(context), waiting=waiting)
    return False


async def apply(context: Context) -> bool:
    """Makes the release current."""
    workspace, deps = context.workspace, context.deps
    draft = draft_of(context, _result(context), _merged(context))
    base = workspace.release.id if workspace.release else None
    async with deps.database.begin() as connection:
        release = None
        if await overrides.is_followed_as(connection, workspace.name, workspace.overrides):
            release = await releases.make_current(connection, draft, base)
        if release is not None:  # should the transaction fail, the event is that of no release
            await deps.record(connection, [*context.events, context.told(status_writer.released(release))])
    if release is None:
        context.overtaken = True
        return False
    context.events.clear()
    workspace.release, workspace.definitions, workspace.held = release, context.result, context.held_tasks
    workspace.rules, workspace.good_files = context.rules, workspace.files
    workspace.evaluation = _evaluation(context)
    log.info("workspace %s is at release %d (%s)", workspace.name, release.number, release.revision)
    return True


STAGES: Sequence[Stage] = (adopt, fetch, resolve, keep, parse, validate, plan, guard, apply)


async def _tell_of_revision(context: Context, snapshot: Snapshot) -> None:
    """Records `fetched` before validation, so that commit-status sinks can show "pending"."""
    title = f": {snapshot.commit.title}" if snapshot.commit else ""
    author = _author(snapshot)
    message = f"Revision {snapshot.revision[:12]} is seen{title}"
    context.note(NewEvent(kind="fetched", message=message, revision=snapshot.revision, by=context.by or author))
    async with context.deps.database.begin() as connection:
        await context.deps.record(connection, context.events)
    context.events.clear()


def _reject(context: Context, mistakes: Sequence[Problem]) -> None:
    workspace, snapshot = context.workspace, _snapshot(context)
    error = status_writer.rejection(snapshot.revision, mistakes, workspace.release)
    workspace.evaluation = attrs.evolve(_evaluation(context), error=error)
    data: dict[str, Json] = {"mistakes": len(mistakes), "first": describe(mistakes[0])}
    context.note(NewEvent(kind="rejected", severity="error", message=error, revision=snapshot.revision, data=data))


def _evaluation(context: Context) -> Evaluation:
    return Evaluation(
        revision=_snapshot(context).revision,
        libraries=_merged(context).libraries,
        rules_from=context.rules_from,
        problems=context.problems,
        held=context.held,
    )


def _author(snapshot: Snapshot) -> str | None:
    return snapshot.commit.author if snapshot.commit else None


def _snapshot(context: Context) -> Snapshot:
    assert context.workspace.snapshot is not None
    return context.workspace.snapshot


def _merged(context: Context) -> MergedSnapshot:
    assert context.workspace.merged is not None
    return context.workspace.merged


def _result(context: Context) -> Definitions:
    assert context.result is not None
    return context.result
