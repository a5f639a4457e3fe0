"""The steps of a round, in order. Each checks before it acts and says whether the round goes on."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence

from stroem.definitions.problem import Problem
from stroem.definitions.release import Release
from stroem.definitions.workspace import Definitions
from stroem.dialects import validation, yaml_dialect
from stroem.dialects.document import ParsedFile
from stroem.dialects.known import Known
from stroem.errors import BlobCorrupt, BlobMissing, NotFound
from stroem.interfaces.source import Snapshot, SourceUnavailable
from stroem.reconciler import manifest
from stroem.reconciler.attempt import Attempt
from stroem.reconciler.catalog import describe
from stroem.reconciler.changes import changes_between, is_inline
from stroem.reconciler.workflow_files import link_problems, workflow_files
from stroem.reconciler.workspace import Verdict
from stroem.store import releases

log = logging.getLogger(__name__)

Step = Callable[[Attempt], Awaitable[bool]]

_READ_TRIES = 3
_STORE_FILES = 64
_STORE_BYTES = 8 * 1024 * 1024
_PARSE_FILES = 20


async def adopt(attempt: Attempt) -> bool:
    """Takes over the current release, if it is another than the one in memory."""
    workspace, tools = attempt.workspace, attempt.tools
    async with tools.database.read() as connection:
        rows = await releases.list_workspaces(connection, [workspace.name])
        if not rows:
            raise NotFound(kind="Workspace", name=workspace.name)
        attempt.looked_at = rows[0].looked_at
        current = rows[0].current_release
        if current is None or (workspace.release is not None and workspace.release.id == current):
            return True
        release = await releases.get_release(connection, current)
    workspace.release, workspace.definitions, workspace.verdict = release, None, None
    try:
        await _restore(attempt, release)
    except (BlobMissing, BlobCorrupt) as error:
        log.warning("release %d of workspace %s is incomplete: %s", release.number, workspace.name, error)
        workspace.snapshot = None
    return True


async def fetch(attempt: Attempt) -> bool:
    """Brings the files of the source's revision into the blob store; the round ends if it is judged already."""
    workspace = attempt.workspace
    for tries_left in reversed(range(_READ_TRIES)):
        snapshot = await workspace.source.fetch(workspace.snapshot)
        try:
            await _keep_files(attempt, snapshot)
            break
        except SourceUnavailable:  # a file changed between its digest and its content
            if not tries_left:
                raise
    workspace.snapshot = snapshot
    return workspace.verdict is None or workspace.verdict.revision != snapshot.revision


async def parse(attempt: Attempt) -> bool:
    """Parses the workflow files that changed."""
    workspace = attempt.workspace
    wanted = workflow_files(_snapshot(attempt))
    parsed = {
        path: known
        for path, file in wanted.items()
        if (known := workspace.files.get(path)) is not None and known.digest == file.digest
    }
    rest = iter([(path, file.digest) for path, file in wanted.items() if path not in parsed])
    while batch := list(itertools.islice(rest, _PARSE_FILES)):
        texts = await _texts(attempt, [digest for _, digest in batch])
        paths = [path for path, _ in batch]
        for found in await asyncio.to_thread(_parse_batch, paths, texts):
            parsed[found.path] = found
    workspace.files = {path: parsed[path] for path in wanted}
    return True


async def validate(attempt: Attempt) -> bool:
    """Validates the whole; the round ends if there are mistakes, and the last good release stays."""
    workspace, snapshot = attempt.workspace, _snapshot(attempt)
    known = Known(runners=attempt.tools.runners, files=frozenset(file.path for file in snapshot.files))
    read = _reader(attempt)
    found = await asyncio.to_thread(validation.validate, workspace.files, read, known, workspace.validation)
    workspace.validation = found
    attempt.problems = (*found.problems, *link_problems(snapshot))
    mistakes = [problem for problem in attempt.problems if problem.severity == "error"]
    if mistakes:
        error = _rejection(snapshot.revision, mistakes, workspace.release)
        workspace.verdict = Verdict(revision=snapshot.revision, error=error, problems=attempt.problems)
    return not mistakes


async def plan(attempt: Attempt) -> bool:
    """Compares with the current release."""
    old, new = attempt.workspace.definitions, _definitions(attempt)
    attempt.changes = await asyncio.to_thread(changes_between, old, new)
    return True


async def apply(attempt: Attempt) -> bool:
    """Makes the release current, unless its files are those of the current one already."""
    workspace, tools, snapshot = attempt.workspace, attempt.tools, _snapshot(attempt)
    definitions = _definitions(attempt)
    digest = await tools.blobs.put(manifest.to_bytes(snapshot.files))
    if workspace.release is None or workspace.release.manifest != digest:
        draft = _draft(attempt, definitions, digest)
        base = workspace.release.id if workspace.release else None
        async with tools.database.begin() as connection:
            release = await releases.make_current(connection, draft, base)
        if release is None:
            attempt.overtaken = True
            return False
        workspace.release = release
        log.info("workspace %s is at release %d (%s)", workspace.name, release.number, release.revision)
    workspace.definitions = definitions
    workspace.verdict = Verdict(revision=snapshot.revision, problems=attempt.problems)
    return True


STEPS: Sequence[Step] = (adopt, fetch, parse, validate, plan, apply)


async def _restore(attempt: Attempt, release: Release) -> None:
    """Reads the definitions of a release from its files in the blob store."""
    workspace = attempt.workspace
    files = manifest.from_bytes(await attempt.tools.blobs.get(release.manifest))
    workspace.snapshot = Snapshot(revision=release.revision, files=files)
    await parse(attempt)
    await validate(attempt)
    workspace.definitions, workspace.verdict = _definitions(attempt), None


async def _keep_files(attempt: Attempt, snapshot: Snapshot) -> None:
    """Stores the contents that the blob store may lack; those of the last snapshot are there."""
    known = {file.digest for file in attempt.workspace.snapshot.files} if attempt.workspace.snapshot else set()
    new = [file for file in snapshot.files if file.link is None and file.digest not in known]
    batch: list[bytes] = []
    size = 0
    async for file, data in attempt.workspace.source.read(snapshot, new):
        if file.path.endswith((".yaml", ".yml")):
            attempt.texts[file.digest] = data
        batch.append(data)
        size += len(data)
        if len(batch) >= _STORE_FILES or size >= _STORE_BYTES:
            await attempt.tools.blobs.put_many(batch)
            batch, size = [], 0
    await attempt.tools.blobs.put_many(batch)


async def _texts(attempt: Attempt, digests: Sequence[str]) -> list[bytes]:
    missing = [digest for digest in digests if digest not in attempt.texts]
    attempt.texts.update(zip(missing, await attempt.tools.blobs.get_many(missing), strict=True))
    return [attempt.texts[digest] for digest in digests]


def _parse_batch(paths: Sequence[str], texts: Sequence[bytes]) -> list[ParsedFile]:
    return [yaml_dialect.parse(path, text) for path, text in zip(paths, texts, strict=True)]


def _reader(attempt: Attempt) -> Callable[[str], bytes]:
    """What gives a file's bytes to a thread that needs them for the place of a mistake."""
    loop = asyncio.get_running_loop()
    digests = {path: parsed.digest for path, parsed in attempt.workspace.files.items()}

    def read(path: str) -> bytes:
        text = attempt.texts.get(digests[path])
        if text is not None:
            return text
        return asyncio.run_coroutine_threadsafe(attempt.tools.blobs.get(digests[path]), loop).result()

    return read


def _rejection(revision: str, mistakes: Sequence[Problem], current: Release | None) -> str:
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes, first"
    stays = f"Release {current.number} stays current" if current else "There is no release before it"
    return f"Revision {revision[:12]} is not valid: {count} {describe(mistakes[0])}. {stays}."


def _draft(attempt: Attempt, definitions: Definitions, digest: str) -> releases.Draft:
    return releases.Draft(
        workspace=attempt.workspace.name,
        revision=_snapshot(attempt).revision,
        manifest=digest,
        tasks_count=len(definitions.tasks),
        actions_count=sum(1 for name in definitions.actions if not is_inline(name)),
        triggers_count=len(definitions.triggers),
        connections_count=len(definitions.connections),
        changes=attempt.changes,
    )


def _snapshot(attempt: Attempt) -> Snapshot:
    assert attempt.workspace.snapshot is not None
    return attempt.workspace.snapshot


def _definitions(attempt: Attempt) -> Definitions:
    assert attempt.workspace.validation is not None
    definitions: Definitions = attempt.workspace.validation.definitions
    return definitions
