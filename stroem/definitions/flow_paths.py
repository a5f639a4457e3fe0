"""Keys of steps inside groups, and paths to them.

The flow of a task holds the steps of groups beside the others, under `GROUP/STEP`. Files have them below `steps`.
"""

from stroem.definitions.values import Path

SEPARATOR = "/"
"""Stands in no name of a step."""
_FLOWS = (("flow",), ("finally",))
STEPS = "steps"
"""Key of a group with its steps."""


def key_in(group: str | None, step: str) -> str:
    """The key of a step in a group; None for a step outside of groups."""
    return step if group is None else f"{group}{SEPARATOR}{step}"


def name_of(key: str) -> str:
    """The name of a step as it is written."""
    return key.rpartition(SEPARATOR)[2]


def group_of(key: str) -> str | None:
    """The key of the group around a step."""
    return key.rpartition(SEPARATOR)[0] or None


def in_file(path: Path) -> Path:
    """The path in a file, for a path of the models: `("tasks", "t", "flow", "GROUP/STEP", …)`."""
    if path[:1] != ("tasks",) or path[2:3] not in _FLOWS or len(path) < 4 or SEPARATOR not in str(path[3]):
        return path
    first, *others = str(path[3]).split(SEPARATOR)
    return (*path[:3], first, *(part for one in others for part in (STEPS, one)), *path[4:])


def in_models(path: Path) -> Path:
    """The path of the models, for a path in a file."""
    if path[:1] != ("tasks",) or path[2:3] not in _FLOWS or path[4:5] != (STEPS,):
        return path
    key, rest = str(path[3]), path[4:]
    while len(rest) > 1 and rest[0] == STEPS:
        key, rest = key_in(key, str(rest[1])), rest[2:]
    return (*path[:3], key, *rest)
