"""Reading and validation of a workspace in a folder, without a server but with its code."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from stroem.cli.local.checkout import Checkout, read_checkout
from stroem.cli.output.errors import Failure
from stroem.cli.program.user_files import cache_dir
from stroem.definitions.library import WORKSPACE_FILES
from stroem.definitions.values import Json
from stroem.definitions.workflow_folder import RULES_FILE
from stroem.interfaces.source import Source, SourceUnavailable
from stroem.reconciler.sources.sources import Sources
from stroem.records.problem import Problem
from stroem.registry.registry import Registry, load_plugins
from stroem.settings.server import WorkspaceSettings

WORKFLOWS = ".workflows"


def workspace_of(path: Path) -> Path:
    """Root of the workspace of a path: the nearest folder with `.workflows`, else the path's own folder."""
    folder = path if path.is_dir() else path.parent
    for each in (folder, *folder.resolve().parents):
        if (each / WORKFLOWS).is_dir() and WORKFLOWS not in each.parts:
            return each
    return folder


def problems_of(root: Path, *, is_library: bool = False) -> tuple[Problem, ...]:
    """All problems of a workspace, or of a library by itself.

    Raises `Failure` when its files cannot be read or there are none.
    """
    found = checkout_of(root, is_library=is_library)
    return found.all_problems(found.validation())


def problems_of_file(file: Path, *, is_library: bool = False) -> tuple[Problem, ...]:
    """All problems of one file of a workspace. Raises `Failure` when it defines nothing or is unreadable."""
    root = workspace_of(file).resolve()
    name = (file.parent.resolve() / file.name).relative_to(root).as_posix()
    found = _read(root, is_library=is_library)
    problems = tuple(each for each in found.all_problems(found.validation()) if each.file == name)
    if name not in found.files and name not in (*WORKSPACE_FILES, RULES_FILE) and not problems:
        raise Failure(f"{file} is no workflow file of {root}: those are YAML files in its folder {WORKFLOWS}")
    if not problems and not _defines_something(file):
        raise Failure(f"{file} is empty: it defines nothing")
    return problems


def checkout_of(root: Path, *, is_library: bool = False) -> Checkout:
    """Reads a workspace in a folder. Raises `Failure` when its files cannot be read or there are none."""
    if not (root / WORKFLOWS).is_dir() and not (root / RULES_FILE).is_file():  # any other folder may be large
        raise Failure(
            f"There is no folder {WORKFLOWS} in {root}: the workflow files of a workspace are YAML files there. "
            f"A workspace that gives rights alone has the file {RULES_FILE}"
        )
    found = _read(root, is_library=is_library)
    refuse_nothing(found, str(root))
    return found


def _read(root: Path, *, is_library: bool) -> Checkout:
    registry = load_plugins()
    source = source_of(registry, "folder", {"path": str(root)})
    try:
        return asyncio.run(read_checkout(source, registry, is_library=is_library))
    except SourceUnavailable as error:
        raise Failure(str(error)) from error


def _defines_something(file: Path) -> bool:
    lines = (line.strip() for line in file.read_bytes().splitlines())
    return any(line and not line.startswith(b"#") and line != b"---" for line in lines)


def source_of(registry: Registry, kind: str, options: Mapping[str, Json]) -> Source:
    """A source of a kind; for an unknown kind, one that fails with the reason. Downloads go to the user's cache."""
    sources = Sources(registry=registry, cache=cache_dir() / "sources")
    return sources.of(WorkspaceSettings(type=kind, options=dict(options)))


def refuse_nothing(found: Checkout, place: str) -> None:
    """Raises `Failure` when there are neither workflow files nor rules of rights."""
    if not found.files and found.rules is None:
        raise Failure(f"There are no workflow files in {place}: they are YAML files in its folder {WORKFLOWS}")
