"""A workspace in a folder or at a commit, read without a server."""

from collections.abc import Iterable, Iterator, Mapping

import attrs

from stroem.definitions.library import library_of, path_in_library
from stroem.dialects.environment import Environment
from stroem.dialects.installed import InstalledDialects
from stroem.dialects.size_budget import Allowance
from stroem.dialects.workspace_file.file import LibraryRef, WorkspaceFile, find_workspace_file, parse_workspace_file
from stroem.interfaces.parsed_file import ParsedFile
from stroem.interfaces.source import Snapshot, Source
from stroem.reconciler.libraries.library import library_workflow_files, parsed_as, placed
from stroem.reconciler.sources.contents import fetch_within, still_known
from stroem.reconciler.sources.link_problems import link_problems
from stroem.reconciler.sources.workflow_files import rules_entry, workflow_files
from stroem.records.problem import Problem
from stroem.records.release import FileEntry, LibraryVersion
from stroem.registry.registry import Registry
from stroem.rights.rules_file import parse_rules_file
from stroem.rights.workspace_rules import RulesFile
from stroem.settings.server import SourceLimitSettings
from stroem.validation.checker import Validation, validate
from stroem.validation.library import shadowed_folders
from stroem.validation.unread_libraries import unread_problems

_INSIDE = "folder"
_UNREAD = "not read here"


@attrs.frozen(kw_only=True, eq=False)
class Checkout:
    """Files and definitions of a workspace and of the libraries inside it.

    `entries` are the files as a release lists them, `files` the parsed workflow files and `texts` their bytes, both by
    path, `rules` the rules of rights. `folders` are the folders of the libraries inside, by name.
    """

    snapshot: Snapshot
    entries: tuple[FileEntry, ...]
    files: Mapping[str, ParsedFile]
    texts: Mapping[str, bytes]
    known: Environment
    folders: Mapping[str, str]
    libraries: tuple[LibraryVersion, ...]
    problems: tuple[Problem, ...]
    rules: RulesFile | None
    dialects: InstalledDialects

    def validation(self, previous: Validation | None = None) -> Validation:
        """Validates the definitions; see `validate`."""
        return validate(self.files, self.texts.__getitem__, self.known, previous)

    def all_problems(self, found: Validation) -> tuple[Problem, ...]:
        """All problems, those of `found` among them; problems of libraries with the paths of their folders."""
        paths = (file.path for file in self.snapshot.files)
        shadowed = shadowed_folders(paths, self.known.libraries)
        links = link_problems(self.snapshot, self.dialects)
        return (*self.problems, *map(self._in_folder, found.problems), *links, *shadowed)

    @property
    def broken(self) -> frozenset[tuple[str, str]]:
        """Kind and name of each definition that cannot be parsed."""
        return frozenset(name for file in self.files.values() for name in file.broken)

    def _in_folder(self, problem: Problem) -> Problem:
        library = library_of(problem.file)
        if library is None or library not in self.folders:
            return problem
        path = problem.file.removeprefix(f"{path_in_library(library)}/")
        return attrs.evolve(problem, file=f"{self.folders[library]}/{path}")


async def read_checkout(
    source: Source,
    registry: Registry,
    *,
    is_library: bool = False,
    previous: Checkout | None = None,
) -> Checkout:
    """Reads a workspace, or a library by itself, from its source.

    Files that are unchanged since `previous` are not read or parsed again. Raises `SourceUnavailable`.
    """
    snapshot = await fetch_within(SourceLimitSettings(), source, None, None)
    paths = [file.path for file in snapshot.files]
    declared, rules = await _declared(source, snapshot), await _rules(source, snapshot)
    inside = {ref.name: _inside(ref, snapshot) for ref in declared.libraries.values() if ref.type == _INSIDE}
    names = frozenset(declared.libraries) | declared.broken
    unread = names - {name for name, found in inside.items() if found}
    own = tuple(file for file in snapshot.files if library_of(file.path) not in names)
    entries = _sorted((own, *(placed(name, found) for name, found in inside.items())))
    files, texts = await _workflows(source, snapshot, (own, inside), registry.dialects, previous)
    return Checkout(
        snapshot=snapshot,
        entries=entries,
        files=files,
        texts=texts,
        known=Environment(
            runners=registry.runner_options,
            trigger_types=registry.trigger_types,
            files=frozenset(entry.path for entry in entries),
            libraries=names,
            unread_libraries=unread,
            is_library=is_library,
        ),
        folders={name: str(declared.libraries[name].options["path"]) for name in inside},
        libraries=tuple(_version(ref, snapshot) for _, ref in sorted(declared.libraries.items())),
        problems=(
            *declared.problems,
            *(rules.problems if rules else ()),
            *unread_problems(find_workspace_file(paths) or "", declared, unread),
        ),
        rules=rules,
        dialects=registry.dialects,
    )


async def _declared(source: Source, snapshot: Snapshot) -> WorkspaceFile:
    regular = {file.path: file for file in snapshot.files if file.link is None}
    path = find_workspace_file(regular)
    if path is None:
        return WorkspaceFile()
    texts = await _texts(source, snapshot, [regular[path]])
    return parse_workspace_file(path, texts[regular[path].digest])


async def _rules(source: Source, snapshot: Snapshot) -> RulesFile | None:
    """The rules of rights, if there is a file of them."""
    entry = rules_entry(snapshot)
    if entry is None:
        return None
    return parse_rules_file((await _texts(source, snapshot, [entry]))[entry.digest], entry.digest)


async def _workflows(
    source: Source,
    snapshot: Snapshot,
    parts: tuple[tuple[FileEntry, ...], Mapping[str, tuple[FileEntry, ...]]],
    dialects: InstalledDialects,
    previous: Checkout | None,
) -> tuple[dict[str, ParsedFile], dict[str, bytes]]:
    """The workflow files and their bytes, by path in a release. `parts` are the own files and those of libraries."""
    own, inside = parts
    own_files = workflow_files(attrs.evolve(snapshot, files=own), dialects)
    of_libraries = {name: library_workflow_files(found, dialects) for name, found in inside.items()}
    entries = dict(own_files)
    for name, found in of_libraries.items():
        entries |= {path_in_library(name, path): entry for path, entry in found.items()}
    allowance = Allowance()
    known = still_known(entries, previous.files if previous else {}, allowance)
    texts = await _texts(source, snapshot, [file for path, file in entries.items() if path not in known])
    by_path = {path: texts[file.digest] for path, file in entries.items() if path not in known}
    files = {path: dialects.parse(path, by_path[path], allowance) for path in own_files if path not in known}
    for name, found in of_libraries.items():
        fresh = {path: by_path.get(path_in_library(name, path)) for path in found}
        parsed = {path: dialects.parse(path, data, allowance) for path, data in fresh.items() if data is not None}
        files |= parsed_as(name, parsed)
    if previous is not None:
        files |= known
        by_path |= {path: previous.texts[path] for path in known}
    return {path: files[path] for path in entries}, by_path


async def _texts(source: Source, snapshot: Snapshot, files: Iterable[FileEntry]) -> dict[str, bytes]:
    """Contents of files by digest, each read once."""
    digests = {file.digest for file in files}
    entries = {file.digest: file for file in snapshot.files if file.link is None and file.digest in digests}
    return {file.digest: data async for file, data in source.read(snapshot, list(entries.values()))}


def _inside(library: LibraryRef, snapshot: Snapshot) -> tuple[FileEntry, ...]:
    """Files of a library in a folder of the workspace, with paths relative to that folder."""
    folder = f"{library.options['path']}/"
    inside = (file for file in snapshot.files if file.path.startswith(folder))
    return tuple(attrs.evolve(file, path=file.path.removeprefix(folder)) for file in inside)


def _version(library: LibraryRef, snapshot: Snapshot) -> LibraryVersion:
    """The library as a release lists it; its revision is unknown when it cannot be read here."""
    options = library.options
    if library.type == _INSIDE:
        return LibraryVersion(name=library.name, revision=snapshot.revision, origin=str(options["path"]))
    ref = options.get("ref")
    where = ":".join(str(options[key]) for key in ("url", "path") if options.get(key)) or library.type
    return LibraryVersion(name=library.name, revision=_UNREAD, origin=where, ref=ref if isinstance(ref, str) else None)


def _sorted(parts: Iterable[Iterable[FileEntry]]) -> tuple[FileEntry, ...]:
    def each() -> Iterator[FileEntry]:
        for part in parts:
            yield from part

    return tuple(sorted(each(), key=lambda file: file.path))
