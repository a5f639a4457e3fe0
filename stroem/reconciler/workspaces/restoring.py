"""From the stored files of a release back to its definitions."""

import asyncio
import logging
from collections.abc import Mapping

import attrs

from stroem.blobs import manifest
from stroem.definitions.workspace import Definitions
from stroem.dialects.environment import Environment
from stroem.errors import BlobCorrupt, BlobMissing, NotFound
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.source import Snapshot
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.libraries.library import library_workflow_files, parsed_as, split
from stroem.reconciler.sources.contents import Texts, parse_files, reader
from stroem.reconciler.sources.workflow_files import workflow_files
from stroem.reconciler.workspaces.catalog import Catalog
from stroem.reconciler.workspaces.partial_release import put_back
from stroem.reconciler.workspaces.rules import read_rules
from stroem.reconciler.workspaces.state import HeldTask, Workspace
from stroem.records.release import FileEntry, Release
from stroem.store.workspaces import releases
from stroem.validation import checker

log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True, eq=False)
class Restored:
    """A release read from its files; `snapshot` are the workspace's own files."""

    snapshot: Snapshot
    parsed: dict[str, ParsedFile]
    validation: checker.Validation


async def restore(workspace: Workspace, release: Release, deps: Dependencies) -> None:
    """Sets the workspace to a release that was made elsewhere or before. One whose files were lost from the blob store
    has no definitions until they are found again at the source. Whatever else goes wrong leaves it as it is.
    """
    try:
        found = await _restored(release, workspace.files, deps, workspace.validation)
        definitions, held = await _with_held(release, found.validation.definitions, deps)
        rules = await read_rules(found.snapshot, {}, deps.blobs, workspace.rules)
        workspace.files, workspace.validation = found.parsed, found.validation
        workspace.good_files, workspace.snapshot = found.parsed, found.snapshot
        workspace.definitions, workspace.held, workspace.rules = definitions, held, rules
    except (BlobMissing, BlobCorrupt) as error:
        log.warning("release %d of workspace %s is incomplete: %s", release.number, workspace.name, error)
        workspace.definitions, workspace.held, workspace.snapshot, workspace.rules = None, {}, None, None
    workspace.release = release
    workspace.evaluation, workspace.merged, workspace.kept_at = None, None, None


async def files_of(release: Release, deps: Dependencies) -> tuple[FileEntry, ...]:
    """The files of a release, those of its libraries included. Raises `BlobMissing`."""
    return manifest.from_bytes(await deps.blobs.get(release.manifest))


async def definitions_of(release: Release, deps: Dependencies) -> Definitions:
    """The definitions that a release runs. Raises `BlobMissing`."""
    return (await parsed_of(release, deps))[1]


async def parsed_of(release: Release, deps: Dependencies) -> tuple[Mapping[str, ParsedFile], Definitions]:
    """The workflow files of a release, and the definitions that it runs. Raises `BlobMissing`."""
    found = await _restored(release, {}, deps)
    return found.parsed, (await _with_held(release, found.validation.definitions, deps))[0]


async def parsed_snapshot(
    whole: Snapshot, libraries: frozenset[str], deps: Dependencies
) -> tuple[Mapping[str, ParsedFile], Definitions]:
    """The workflow files of a revision with those of its libraries, and the definitions that are right in them.

    Raises `BlobMissing`.
    """
    found = await _read(whole, libraries, {}, deps)
    return found.parsed, found.validation.definitions


async def definitions_by_id(release_id: int, catalog: Catalog, deps: Dependencies) -> Definitions:
    """The definitions of a release, from memory if current. Raises `BlobMissing`, or `NotFound` for a dropped one."""
    for status in catalog.workspaces():
        live = catalog.get(status.name)
        for release, definitions in [(live.release, live.definitions), *live.held.values()] if live else ():
            if release is not None and release.id == release_id and definitions is not None:
                return definitions
    async with deps.database.read() as connection:
        found = await releases.find_release(connection, release_id)
    if found is None:
        raise NotFound(kind="Release", name=release_id)
    return await definitions_of(found, deps)


async def _restored(
    release: Release, known: Mapping[str, ParsedFile], deps: Dependencies, before: checker.Validation | None = None
) -> Restored:
    whole = Snapshot(revision=release.revision, files=await files_of(release, deps), commit=release.commit)
    return await _read(whole, frozenset(library.name for library in release.libraries), known, deps, before)


async def _read(
    whole: Snapshot,
    library_names: frozenset[str],
    known: Mapping[str, ParsedFile],
    deps: Dependencies,
    before: checker.Validation | None = None,
) -> Restored:
    """Reads a snapshot that has the files of its libraries too."""
    texts: Texts = {}
    files = whole.files
    own, libraries = split(files, library_names)
    snapshot = attrs.evolve(whole, files=own)
    parsed = await parse_files(workflow_files(snapshot, deps.dialects), known, texts, deps.blobs, deps.dialects)
    for name, entries in libraries.items():
        wanted = library_workflow_files(tuple(entries), deps.dialects)
        inside = await parse_files(wanted, {}, texts, deps.blobs, deps.dialects)
        parsed |= parsed_as(name, inside)
    outside = Environment(
        runners=deps.runners,
        trigger_types=deps.trigger_types,
        files=frozenset(file.path for file in files),
        libraries=library_names,
        workspaces=deps.names(),
    )
    read = reader({file.path: file.digest for file in files}, texts, deps.blobs)
    found = await asyncio.to_thread(checker.validate, parsed, read, outside, before)
    return Restored(snapshot=snapshot, parsed=parsed, validation=found)


async def _with_held(
    release: Release, definitions: Definitions, deps: Dependencies
) -> tuple[Definitions, dict[str, HeldTask]]:
    """The definitions that the release runs, some of them as older releases have them."""
    if not release.held:
        return definitions, {}
    older: dict[int, tuple[Release, Definitions]] = {}
    for one in release.held:
        if one.release_id is not None and one.release_id not in older:
            async with deps.database.read() as connection:
                old = await releases.get_release(connection, one.release_id)
            found = await _restored(old, {}, deps)
            older[old.id] = (old, found.validation.definitions)
    tasks = {
        one.name: HeldTask(release=older[one.release_id][0], definitions=older[one.release_id][1])
        for one in release.held
        if one.kind == "task" and one.release_id is not None
    }
    return put_back(definitions, release.held, {key: pair[1] for key, pair in older.items()}), tasks
