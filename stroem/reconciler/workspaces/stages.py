"""The steps of a round, in order. Each checks before it acts and says whether the round goes on."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import attrs

from stroem.blobs import manifest
from stroem.conversion import canonical
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.dialects.allowance import Allowance
from stroem.dialects.environment import Known
from stroem.dialects.parsed_file import ParsedFile
from stroem.dialects.workspace_file.library_refs import library_of
from stroem.errors import NotFound
from stroem.interfaces.source import Snapshot
from stroem.reconciler.diff.definitions import changes_between
from stroem.reconciler.guards import guards
from stroem.reconciler.libraries.resolving import (
    know_libraries,
    library_files,
    names_of,
    read_declared,
    use_libraries,
    versions_of,
)
from stroem.reconciler.workspaces import partial_release, verdicts
from stroem.reconciler.workspaces.catalog import describe
from stroem.reconciler.workspaces.contents import fetch_and_keep, merged_files, parse_files, reader, within
from stroem.reconciler.workspaces.context import Attempt
from stroem.reconciler.workspaces.draft import draft_of
from stroem.reconciler.workspaces.link_problems import link_problems
from stroem.reconciler.workspaces.restoring import restore
from stroem.reconciler.workspaces.state import Combined, HeldTask, Verdict
from stroem.reconciler.workspaces.workflow_files import workflow_files
from stroem.records.event import NewEvent
from stroem.records.problem import Problem
from stroem.store.workspaces import overrides, releases, workspaces
from stroem.validation import checker
from stroem.validation.library import shadowed_folders

log = logging.getLogger(__name__)

Step = Callable[[Attempt], Awaitable[bool]]


async def adopt(attempt: Attempt) -> bool:
    """Takes over the current release, if it is another than the one in memory; the round ends if the source is not
    to be followed.
    """
    workspace, tools = attempt.workspace, attempt.tools
    if attempt.row is None:
        async with tools.database.read() as connection:
            rows = await workspaces.list_workspaces(connection, [workspace.name])
        if not rows:
            raise NotFound(kind="Workspace", name=workspace.name)
        attempt.row = rows[0]
    workspace.row = attempt.row
    current = attempt.row.current_release
    if current is not None and (workspace.release is None or workspace.release.id != current):
        async with tools.database.read() as connection:
            release = await releases.get_release(connection, current)
        await restore(workspace, release, tools)
        await know_libraries(attempt)
    return workspace.is_followed


async def fetch(attempt: Attempt) -> bool:
    """Brings the files of the source's revision into the blob store."""
    workspace, tools = attempt.workspace, attempt.tools
    ref = workspace.pinned_ref
    kept = workspace.snapshot if workspace.contents_are_kept else None
    source, limits = workspace.source, workspace.settings.limits
    snapshot = await fetch_and_keep(
        source, workspace.snapshot, ref, tools.blobs, attempt.texts, kept=kept, limits=limits
    )
    attempt.looked, workspace.kept_at = True, time.monotonic()
    if snapshot.revision != attempt.seen_before:
        await _tell_of_revision(attempt, snapshot)
    workspace.snapshot = snapshot
    return True


async def resolve(attempt: Attempt) -> bool:
    """Puts the files of the libraries beside those of the workspace; the round ends if all this is judged already."""
    workspace, snapshot = attempt.workspace, _snapshot(attempt)
    attempt.warnings += workspace.source.warnings
    declared = await read_declared(attempt, snapshot)
    used = await use_libraries(attempt, declared, snapshot)
    versions, verdict = versions_of(used), workspace.verdict
    if verdict is not None and (verdict.revision, verdict.libraries) == (snapshot.revision, versions):
        attempt.problems = verdict.problems
        if verdict.waiting is None:
            return False
    workspace.used = used
    combined = workspace.combined
    if combined is None or combined.snapshot is not snapshot or combined.libraries != versions:
        names = names_of(used)
        own = tuple(file for file in snapshot.files if library_of(file.path) not in names) if names else snapshot.files
        files = merged_files([own, *library_files(used)]) if names else own
        attempt.manifest = await asyncio.to_thread(manifest.to_bytes, files)
        digest = canonical.digest_of(attempt.manifest)
        workspace.combined = Combined(snapshot=snapshot, libraries=versions, own=own, files=files, manifest=digest)
    return True


async def keep(attempt: Attempt) -> bool:
    """Stores the list of the files."""
    if attempt.manifest is not None:
        combined, attempt.workspace.combined = attempt.workspace.combined, None
        await attempt.tools.blobs.put(attempt.manifest)
        attempt.workspace.combined = combined  # only now: should this fail, the next round stores it
    return True


async def parse(attempt: Attempt) -> bool:
    """Parses the workflow files that changed."""
    workspace, combined = attempt.workspace, _combined(attempt)
    wanted = workflow_files(Snapshot(revision="", files=combined.own))
    allowance = Allowance()
    libraries: dict[str, ParsedFile] = {}
    for library in workspace.used:
        libraries |= within(library.parsed, allowance)
    parsed = await parse_files(wanted, workspace.files, attempt.texts, attempt.tools.blobs, allowance)
    workspace.files = parsed | libraries
    return True


async def validate(attempt: Attempt) -> bool:
    """Validates the whole; the round ends if mistakes hold all of it back, and the last good release stays."""
    workspace, snapshot, combined = attempt.workspace, _snapshot(attempt), _combined(attempt)
    broken = workspace.declared[1].broken if workspace.declared else frozenset()
    known = Known(
        runners=attempt.tools.runners,
        files=frozenset(file.path for file in combined.files),
        libraries=names_of(workspace.used) | broken,
        unread_libraries=broken,
        workspaces=attempt.tools.names(),
    )
    read = reader({path: file.digest for path, file in workspace.files.items()}, attempt.texts, attempt.tools.blobs)
    before = workspace.validation
    found = await asyncio.to_thread(checker.validate, workspace.files, read, known, before)
    workspace.validation = found
    declared = workspace.declared[1].problems if workspace.declared else ()
    shadowed = shadowed_folders((file.path for file in snapshot.files), known.libraries) if known.libraries else ()
    links = await asyncio.to_thread(link_problems, snapshot)
    attempt.problems = (*declared, *found.problems, *links, *shadowed)
    attempt.result, attempt.held, attempt.held_tasks = found.definitions, (), {}
    mistakes = [problem for problem in attempt.problems if problem.severity == "error"]
    if mistakes and not (workspace.settings.guards.hold == "affected" and _hold(attempt, mistakes)):
        _reject(attempt, mistakes)
        return False
    return True


async def plan(attempt: Attempt) -> bool:
    """Compares with the current release; the round ends if that has the very same files."""
    workspace, snapshot, combined = attempt.workspace, _snapshot(attempt), _combined(attempt)
    current = workspace.release
    if current is not None and current.manifest == combined.manifest and current.held == attempt.held:
        workspace.verdict = _verdict(attempt)
        workspace.definitions = attempt.result
        if snapshot.revision != attempt.seen_before:
            message = f"Revision {snapshot.revision[:12]} holds what release {current.number} does"
            attempt.note(
                NewEvent(kind="unchanged", message=message, revision=snapshot.revision, release=current.number)
            )
        return False
    attempt.changes = await asyncio.to_thread(changes_between, workspace.definitions, _result(attempt))
    return True


async def guard(attempt: Attempt) -> bool:
    """Lets the release wait where a guard says so."""
    workspace, combined = attempt.workspace, _combined(attempt)
    waiting = guards.reason_to_wait(attempt, combined)
    if waiting is None:
        return True
    known = attempt.row.report.waiting if attempt.row else None
    same = known is not None and known.manifest == waiting.manifest
    if known is not None and same:
        waiting = attrs.evolve(waiting, since=known.since)
    if known is None or not same or known.reasons != waiting.reasons:
        data: dict[str, Json] = {"reasons": list(waiting.reasons), "manifest": waiting.manifest}
        attempt.note(
            NewEvent(kind="waiting", severity="warning", message=waiting.message, revision=waiting.revision, data=data)
        )
    workspace.verdict = attrs.evolve(_verdict(attempt), waiting=waiting)
    return False


async def apply(attempt: Attempt) -> bool:
    """Makes the release current."""
    workspace, tools = attempt.workspace, attempt.tools
    draft = draft_of(attempt, _result(attempt), _combined(attempt))
    base = workspace.release.id if workspace.release else None
    async with tools.database.begin() as connection:
        release = None
        if await overrides.is_followed_as(connection, workspace.name, workspace.overrides):
            release = await releases.make_current(connection, draft, base)
        if release is not None:  # should the transaction fail, the event is that of no release
            await tools.record(connection, [*attempt.events, attempt.told(verdicts.released(release))])
    if release is None:
        attempt.overtaken = True
        return False
    attempt.events.clear()
    workspace.release, workspace.definitions, workspace.held = release, attempt.result, attempt.held_tasks
    workspace.good_files, workspace.verdict = workspace.files, _verdict(attempt)
    log.info("workspace %s is at release %d (%s)", workspace.name, release.number, release.revision)
    return True


STEPS: Sequence[Step] = (adopt, fetch, resolve, keep, parse, validate, plan, guard, apply)


async def _tell_of_revision(attempt: Attempt, snapshot: Snapshot) -> None:
    """An event at once, so that who shows a status beside the commit can say that it is looked at."""
    title = f": {snapshot.commit.title}" if snapshot.commit else ""
    author = snapshot.commit.author if snapshot.commit else None
    message = f"Revision {snapshot.revision[:12]} is seen{title}"
    attempt.note(NewEvent(kind="fetched", message=message, revision=snapshot.revision, by=attempt.by or author))
    async with attempt.tools.database.begin() as connection:
        await attempt.tools.record(connection, attempt.events)
    attempt.events.clear()


def _hold(attempt: Attempt, mistakes: Sequence[Problem]) -> bool:
    """Keeps back what the mistakes concern; False when that is everything, or nobody knows what."""
    workspace, result = attempt.workspace, _result(attempt)
    if workspace.release is not None and workspace.release.manifest == _combined(attempt).manifest:
        attempt.held, attempt.result, attempt.held_tasks = workspace.release.held, workspace.definitions, workspace.held
        return bool(attempt.held) and attempt.result is not None
    broken = partial_release.broken_names(mistakes, workspace.files, workspace.good_files, workspace.release)
    if broken is None:
        return False
    running = workspace.definitions
    concerned = partial_release.with_needs(partial_release.with_dependents(broken, result), result, running)
    held = partial_release.held_back(concerned, workspace.release, running)
    older = {task.release.id: task.definitions for task in workspace.held.values()}
    if running is not None:  # what of an older release is no task runs here as that has it
        older = {one.release_id: running for one in held if one.release_id is not None} | older
    attempt.held, attempt.result = held, partial_release.put_back(result, held, older)
    if not attempt.result.tasks or not partial_release.hooks_are_whole(attempt.result, held):
        return False
    for one in held:
        if one.kind == "task" and one.release_id is not None:
            before = workspace.held.get(one.name)
            if before is None and workspace.release is not None and running is not None:
                before = HeldTask(release=workspace.release, definitions=running)
            if before is not None:
                attempt.held_tasks[one.name] = before
    return True


def _reject(attempt: Attempt, mistakes: Sequence[Problem]) -> None:
    workspace, snapshot = attempt.workspace, _snapshot(attempt)
    error = verdicts.rejection(snapshot.revision, mistakes, workspace.release)
    workspace.verdict = attrs.evolve(_verdict(attempt), error=error)
    data: dict[str, Json] = {"mistakes": len(mistakes), "first": describe(mistakes[0])}
    attempt.note(NewEvent(kind="rejected", severity="error", message=error, revision=snapshot.revision, data=data))


def _verdict(attempt: Attempt) -> Verdict:
    return Verdict(
        revision=_snapshot(attempt).revision,
        libraries=_combined(attempt).libraries,
        problems=attempt.problems,
        held=attempt.held,
    )


def _snapshot(attempt: Attempt) -> Snapshot:
    assert attempt.workspace.snapshot is not None
    return attempt.workspace.snapshot


def _combined(attempt: Attempt) -> Combined:
    assert attempt.workspace.combined is not None
    return attempt.workspace.combined


def _result(attempt: Attempt) -> Definitions:
    assert attempt.result is not None
    return attempt.result
