"""Unquoted scalars that a workflow file gives to fields declared elsewhere."""

from collections.abc import Mapping

from stroem.definitions.flow_paths import in_models
from stroem.definitions.values import Path
from stroem.interfaces.parsed_file import GivenScalars


def given_scalars(scalars: Mapping[Path, str]) -> GivenScalars:
    """Groups the scalars of a file by the definition that gives them."""
    groups: dict[tuple[str, str], dict[Path, list[tuple[Path, str]]]] = {}
    for path, text in scalars.items():
        if found := _split(path):
            way, place = found
            groups.setdefault((str(path[0]), str(path[1])), {}).setdefault(way, []).append((place, text))
    return groups


def _split(path: Path) -> tuple[Path, Path] | None:
    """The path of the giver inside a definition, and that of the value inside the giver; None for other scalars."""
    path = in_models(path)
    kind, parts = path[0] if path else "", len(path)
    if kind == "connections" and parts > 2:
        return (), path[2:]
    if kind == "triggers" and parts > 3 and path[2] == "input":
        return (), path[3:]
    if kind == "tasks" and parts > 5 and path[4] == "input":
        return path[2:4], path[5:]
    return None
