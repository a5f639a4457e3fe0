"""Libraries that a revision of a workspace uses, and their contents."""

import contextlib
from collections.abc import Mapping, Sequence

import attrs

from stroem.dialects.workspace_file.file import LibraryRef, WorkspaceFile, find_workspace_file, parse_workspace_file
from stroem.errors import BlobCorrupt, BlobMissing, LibraryUnavailable
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.source import Snapshot
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.libraries.library import Library, UsedLibrary, library_workflow_files, parsed_as, placed
from stroem.reconciler.sources.contents import parse_files, texts_of
from stroem.reconciler.workspaces.context import Context
from stroem.records.release import FileEntry, LibraryVersion

_INSIDE = "folder"


async def read_declared(context: Context, snapshot: Snapshot) -> WorkspaceFile:
    """The parsed `.stroem.yaml`; searched only in another snapshot, and parsed again only when it changed."""
    workspace = context.workspace
    if workspace.merged is not None and workspace.merged.snapshot is snapshot:
        return workspace.declared[1] if workspace.declared else WorkspaceFile()
    regular = {file.path: file for file in snapshot.files if file.path.startswith(".stroem.") and file.link is None}
    path = find_workspace_file(regular)
    entry = regular.get(path) if path else None
    if entry is None:
        workspace.declared = None
        return WorkspaceFile()
    if workspace.declared is None or workspace.declared[0] != entry.digest:
        (text,) = await texts_of([entry.digest], context.texts, context.deps.blobs)
        workspace.declared = (entry.digest, parse_workspace_file(entry.path, text))
    return workspace.declared[1]


async def use_libraries(context: Context, declared: WorkspaceFile, snapshot: Snapshot) -> tuple[UsedLibrary, ...]:
    """The libraries of the server's settings and of the workspace's own file, which wins over them. One that is a
    folder is a part of the workspace itself.

    Raises `LibraryUnavailable`.
    """
    libraries, workspace = context.libraries, context.workspace
    keys = workspace.library_keys = _keys(declared, libraries)
    inside = [ref for ref in declared.libraries.values() if ref.type == _INSIDE]
    found = await libraries.ready(set(keys.values())) if keys else {}
    used = [_shared(context, name, found[key]) for name, key in keys.items()]
    used += [await _inside(context, ref, snapshot) for ref in inside]
    return tuple(sorted(used, key=lambda library: library.version.name))


async def know_libraries(context: Context) -> None:
    """Notes the libraries of the current release, so that their changes request a poll of the workspace."""
    workspace, snapshot = context.workspace, context.workspace.snapshot
    if snapshot is not None:
        with contextlib.suppress(BlobMissing, BlobCorrupt):
            workspace.library_keys = _keys(await read_declared(context, snapshot), context.libraries)


def _keys(declared: WorkspaceFile, libraries: Libraries) -> dict[str, str]:
    keys = {name: key for name, key in libraries.common.items() if name not in declared.libraries}
    for name, ref in declared.libraries.items():
        if ref.type != _INSIDE:
            keys[name] = libraries.declare(ref)
    return keys


def _shared(context: Context, name: str, library: Library) -> UsedLibrary:
    row = library.row
    broken = row is not None and any(problem.severity == "error" for problem in row.problems)
    if row is None or library.state is None or broken:
        reason = (row.error if row else None) or "it was not looked at yet"
        raise LibraryUnavailable(library=name, origin=library.source.origin, reason=reason.rstrip("."))
    if row.error:
        context.warnings.append(f"library {name!r} stays at {row.revision[:12] if row.revision else '?'}: {row.error}")
    if row.floats and row.ref is not None:
        hint = "a tag or a commit would pin it"
        context.warnings.append(f"library {name!r} floats: it follows {row.ref} of {row.origin} ({hint})")
    context.warnings += [f"library {name!r}: {warning}" for warning in row.warnings]
    version = library.version(name)
    return UsedLibrary(version=version, files=library.files_as(name), parsed=library.parsed_as(name))


async def _inside(context: Context, ref: LibraryRef, snapshot: Snapshot) -> UsedLibrary:
    workspace = context.workspace
    before = {library.version.name: library for library in workspace.used}.get(ref.name)
    folder = str(ref.options.get("path", "")).strip("/") + "/"
    version = LibraryVersion(name=ref.name, revision=snapshot.revision, origin=folder)
    same = workspace.merged is not None and workspace.merged.snapshot is snapshot
    if same and before is not None and before.version == version:
        return before
    files = tuple(
        attrs.evolve(file, path=file.path.removeprefix(folder))
        for file in snapshot.files
        if file.path.startswith(folder)
    )
    if not files:
        raise LibraryUnavailable(
            library=ref.name, origin=folder, reason="there is no such folder in the workspace, or it is empty"
        )
    known = workspace.inside.get(ref.name, {})
    wanted = library_workflow_files(files, context.deps.dialects)
    parsed = await parse_files(
        wanted, known, context.texts, context.deps.blobs, context.deps.dialects, context.allowance
    )
    workspace.inside[ref.name] = parsed
    return UsedLibrary(version=version, files=placed(ref.name, files), parsed=_kept(ref.name, parsed, before))


def _kept(name: str, parsed: Mapping[str, ParsedFile], before: UsedLibrary | None) -> dict[str, ParsedFile]:
    """The parsed files as users see them; those that did not change are the same objects as before."""
    made = parsed_as(name, parsed)
    known = before.parsed if before else {}
    return {
        path: known[path] if path in known and not file.crowded and known[path].is_current(file.digest) else file
        for path, file in made.items()
    }


def names_of(used: Sequence[UsedLibrary]) -> frozenset[str]:
    """The names under which the libraries are used."""
    return frozenset(library.version.name for library in used)


def versions_of(used: Sequence[UsedLibrary]) -> tuple[LibraryVersion, ...]:
    """The library versions that a release records."""
    return tuple(library.version for library in used)


def library_files(used: Sequence[UsedLibrary]) -> list[tuple[FileEntry, ...]]:
    """The files of the libraries at their places in the workspace."""
    return [library.files for library in used]
