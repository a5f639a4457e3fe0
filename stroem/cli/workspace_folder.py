"""A workspace in a folder, read and checked without a server."""

import os
from pathlib import Path

import attrs

from stroem.definitions.problem import Problem
from stroem.dialects.validation import Known, validate
from stroem.dialects.yaml_dialect import is_workflow_file, parse
from stroem.registry.registry import load_plugins

WORKFLOWS = ".workflows"


@attrs.frozen(kw_only=True)
class CheckedFolder:
    """The workflow files of a folder, and what is wrong with them."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def workspace_of(path: Path) -> Path:
    """The root of the workspace that a path belongs to; a folder is a root itself unless it lies in `.workflows`."""
    folder = path if path.is_dir() else path.parent
    parts = folder.parts
    if WORKFLOWS in parts:
        return Path(*parts[: parts.index(WORKFLOWS)])
    return folder


def all_files(root: Path) -> list[str]:
    """The paths of all files below a folder, relative and with `/`; version control is left out."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        found += [Path(folder, name).relative_to(root).as_posix() for name in names]
    return sorted(found)


def known_runners() -> dict[str, type | None]:
    """The name of each runner that is installed, with the class of its options."""
    return {name: runner.Options for name, runner in load_plugins().runners.items()}


def validate_folder(root: Path) -> CheckedFolder:
    """Checks all workflows of a workspace as the server does."""
    paths = all_files(root)
    files = {path: parse(path, (root / path).read_bytes()) for path in paths if is_workflow_file(path, paths)}
    known = Known(runners=known_runners(), files=frozenset(paths))
    checked = validate(files, lambda path: (root / path).read_bytes(), known)
    return CheckedFolder(files=tuple(files), problems=checked.problems)
