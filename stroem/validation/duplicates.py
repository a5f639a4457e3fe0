"""Names that two files define."""

from collections.abc import Callable, Iterable

from stroem.conversion.mistake import Mistake
from stroem.conversion.positions import Positions
from stroem.conversion.problem_places import Placed, place
from stroem.definitions.kinds import KINDS, noun
from stroem.definitions.library import library_of, own_name
from stroem.definitions.task import is_inline
from stroem.interfaces.triggers.http_trigger import HttpTrigger
from stroem.validation.merge import Duplicate, Merged


def place_duplicates(merged: Merged, read: Callable[[str], bytes]) -> list[Placed]:
    """A problem at the second definition of each duplicate name, with the position of the first.

    A name of both a library and the workspace is no duplicate here: the workspace's file is warned about it.
    """
    found: dict[str, list[Mistake]] = {}
    positions: dict[str, Positions] = {}
    for duplicate in merged.duplicates:
        library = library_of(duplicate.first)
        if not is_inline(duplicate.name) and library == library_of(duplicate.second):
            name = duplicate.name if library is None else own_name(library, duplicate.name)
            _add(found, positions, read, duplicate, (duplicate.kind, name), noun(KINDS[duplicate.kind]))
    for duplicate, (first, second) in _webhooks(merged):
        _add(found, positions, read, duplicate, ("triggers", second, "name"), "webhook", ("triggers", first, "name"))
    return [placed for file, mistakes in found.items() for placed in place(file, read(file), mistakes)]


def _add(
    found: dict[str, list[Mistake]],
    positions: dict[str, Positions],
    read: Callable[[str], bytes],
    duplicate: Duplicate,
    path: tuple[str, ...],
    noun: str,
    first_path: tuple[str, ...] = (),
) -> None:
    if duplicate.first not in positions:
        positions[duplicate.first] = Positions(read(duplicate.first))
    at_first = Mistake(code="", message="", path=first_path or path, at_key=True)
    line, column = positions[duplicate.first].place(at_first)
    message = f"{noun} {duplicate.name!r} is already defined in {duplicate.first}:{line}:{column}"
    mistake = Mistake(code="duplicate-name", message=message, path=path, hint="rename one of them", at_key=True)
    found.setdefault(duplicate.second, []).append(mistake)


def _webhooks(merged: Merged) -> Iterable[tuple[Duplicate, tuple[str, str]]]:
    seen: dict[str, str] = {}
    for name, trigger in merged.definitions.triggers.items():
        if isinstance(trigger.options, HttpTrigger):
            first = seen.setdefault(trigger.options.hook_name, name)
            if first != name:
                places = merged.places["triggers"]
                duplicate = Duplicate(
                    kind="triggers", name=trigger.options.hook_name, first=places[first], second=places[name]
                )
                yield duplicate, (first, name)
