"""Step names with hyphens inside expressions: `build-app.output.x` is one name when a step is called `build-app`."""

import re
from collections.abc import Iterable, Iterator

RawToken = tuple[int, str, str]

_RUN = re.compile(r"(?<!\w)\w++(?:-\w++)+")
_MAX_WORDS = 12


def underscored(step: str) -> str:
    """The name of a step in the context of a template."""
    return step.replace("-", "_")


def candidates(text: str) -> frozenset[str]:
    """Every hyphenated name that the text might mean, in expressions or not."""
    found = set()
    for run in set(_RUN.findall(text)):
        words = run.split("-")
        for start in range(len(words) - 1):
            for end in range(start + 2, min(len(words), start + _MAX_WORDS) + 1):
                found.add("-".join(words[start:end]))
    return frozenset(found)


def join_hyphens(tokens: Iterable[RawToken], names: frozenset[str]) -> Iterator[RawToken]:
    """Joins the tokens of known hyphenated names, longest first, into one name token."""
    if not names:
        yield from tokens
        return
    queue = list(tokens)
    position = 0
    while position < len(queue):
        line, sort, value = queue[position]
        length = 0
        if sort == "name" and not _is_part(queue, position):
            length = _longest(queue, position, names)
        if length:
            name = "".join(value for _, _, value in queue[position : position + length])
            yield line, "name", underscored(name)
            position += length
        else:
            yield line, sort, value
            position += 1


def _is_part(queue: list[RawToken], position: int) -> bool:
    return position > 0 and queue[position - 1][1:] == ("operator", ".")


def _longest(queue: list[RawToken], position: int, names: frozenset[str]) -> int:
    """The number of tokens of the longest known name from here; 0 if none."""
    best = 0
    name = ""
    for offset in range(min(len(queue) - position, 2 * _MAX_WORDS)):
        _, sort, value = queue[position + offset]
        if sort not in ("name", "integer") and (sort, value) != ("operator", "-"):
            break
        name += value
        if name in names and not _continues(queue, position + offset + 1):
            best = offset + 1
    return best


def _continues(queue: list[RawToken], position: int) -> bool:
    return position < len(queue) and queue[position][1] in ("name", "integer")
