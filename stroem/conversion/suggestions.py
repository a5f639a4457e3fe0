"""The name that was probably meant."""

import bisect
import difflib
from collections.abc import Collection, Iterable, Sequence

import attrs

from stroem.errors import NotFound

WINDOW = 250
LISTED = 12


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name most like `name`, or None when none is. Case, `-` and `_` count for nothing."""
    candidates: dict[str, str] = {}
    for candidate in names:
        candidates.setdefault(_plain(candidate), candidate)
    for cutoff in (0.85, 0.6):  # among many similar names the high one is decided quickly
        if found := difflib.get_close_matches(_plain(name), candidates, n=1, cutoff=cutoff):
            return candidates[found[0]]
    return None


def meant_or_known(name: str, names: Sequence[str]) -> str:
    """The end of a message about an unknown name: the nearest one, else all."""
    meant = nearest(name, names)
    return f"; did you mean {meant!r}?" if meant else f"; known are {', '.join(sorted(names))}"


@attrs.define
class Suggester:
    """Finds hints with bounded work: among many names it compares alphabetical neighbours only."""

    comparisons_left: int = 10_000
    _sorted: dict[int, Sequence[str]] = attrs.Factory(dict)
    _found: dict[tuple[int, str], str | None] = attrs.Factory(dict)

    def hint(self, name: str, names: Collection[str]) -> str | None:
        """`did you mean 'x'?`, or all names when they are few; None for many names without a similar one."""
        if not names:
            return None
        key = (id(names), name)
        if key not in self._found:
            self._found[key] = self._hint(name, names)
        return self._found[key]

    def _hint(self, name: str, names: Collection[str]) -> str | None:
        candidates = self._candidates(name, names)
        if len(candidates) > self.comparisons_left:
            return None
        self.comparisons_left -= len(candidates)
        if found := _in_library(name, candidates) or nearest(name, candidates):
            return f"did you mean {found!r}?"
        if len(names) <= LISTED:
            return f"one of {', '.join(sorted(names))}"
        return None

    def _candidates(self, name: str, names: Collection[str]) -> Collection[str]:
        if len(names) <= 2 * WINDOW:
            return names
        ordered = self._sorted.setdefault(id(names), sorted(names))
        middle = bisect.bisect(ordered, name)
        return ordered[max(0, middle - WINDOW) : middle + WINDOW]


def _in_library(name: str, names: Iterable[str]) -> str | None:
    """The name of a library's thing that was named without its library."""
    return next((each for each in names if each.endswith(f".{name}")), None) if name else None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def missing(kind: str, name: str, known: Collection[str], *, more: str = "") -> NotFound:
    """The error for an unknown name, with the nearest of the `known` ones, or with all when they are few."""
    if len(known) == 1:
        hint = f"The only one is {next(iter(known))!r}."
    elif not known:
        hint = "There is none."
    else:
        found = Suggester().hint(name, known)
        hint = f"{found[0].upper()}{found[1:]}".replace("One of", "There are:") if found else ""
        hint += "" if not hint or hint.endswith("?") else "."
    return NotFound(kind=kind, name=name, hint=f"{more} {hint}".strip())
