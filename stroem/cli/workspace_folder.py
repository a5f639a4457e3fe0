"""A workspace in a folder, read and checked without a server, by the code that a server has for it."""

import asyncio
from pathlib import Path

from stroem.cli.failure import Failure
from stroem.definitions.problem import Problem
from stroem.dialects.known import Known
from stroem.dialects.validation import validate
from stroem.dialects.yaml_dialect import parse
from stroem.interfaces.source import Snapshot, Source, SourceUnavailable
from stroem.reconciler.sources import Sources
from stroem.reconciler.workflow_files import link_problems, workflow_files
from stroem.registry.registry import load_plugins
from stroem.settings.server import WorkspaceSettings

WORKFLOWS = ".workflows"


def workspace_of(path: Path) -> Path:
    """The root of the workspace that a path belongs to: what holds `.workflows`, or else the folder itself."""
    folder = path if path.is_dir() else path.parent
    for each in (folder, *folder.absolute().parents):
        if (each / WORKFLOWS).is_dir() and WORKFLOWS not in each.parts:
            return each
    return folder


def problems_of(root: Path) -> tuple[Problem, ...]:
    """All that is wrong with a workspace. Raises `Failure` when its files cannot be read or there are none."""
    registry = load_plugins()
    settings = WorkspaceSettings(type="folder", options={"path": str(root)})
    runners = {name: runner.Options for name, runner in registry.runners.items()}
    source = Sources(registry=registry, cache=Path()).of(settings)
    try:
        snapshot, texts = asyncio.run(_read(source))
    except SourceUnavailable as error:
        raise Failure(str(error)) from error
    if not texts:
        raise Failure(f"There are no workflow files in {root}: they are YAML files in its folder {WORKFLOWS}")
    files = {path: parse(path, data) for path, data in texts.items()}
    known = Known(runners=runners, files=frozenset(file.path for file in snapshot.files))
    found = validate(files, texts.__getitem__, known)
    return (*found.problems, *link_problems(snapshot))


async def _read(source: Source) -> tuple[Snapshot, dict[str, bytes]]:
    """The state of a workspace, and the text of each workflow file by its path."""
    snapshot = await source.fetch(None)
    entries = workflow_files(snapshot)
    by_path = {entry.path: entry for entry in entries.values()}
    texts = {entry.path: data async for entry, data in source.read(snapshot, list(by_path.values()))}
    return snapshot, {path: texts[entry.path] for path, entry in entries.items()}
