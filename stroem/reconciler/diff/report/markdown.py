"""Reports of plans as Markdown, for comments of pull requests.

Foreign text stands between code fences, or has every character replaced by its entity that Markdown or HTML would
act on: no name or value can make links, mentions or markup, or end the block that it stands in.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from markupsafe import Markup

from stroem.reconciler.diff.report import templates
from stroem.reconciler.diff.report.phrases import more_text, printable
from stroem.records.release_plan import ReleasePlan

MOST_CHARACTERS = 60_000
_MOST_LINES = 50
_MOST_OF_SECTION = 9_000
_LONGEST_NAME = 200
_LONGEST_LINE = 400
_RESERVE = 400
_ACTIVE = re.compile(r"[^A-Za-z0-9 ,\-\u00a1-\U0010ffff]")
_TICKS = re.compile(r"`+")


def as_markdown(plan: ReleasePlan) -> str:
    """The report, cut to 60,000 characters between its definitions; the details of each are folded away."""
    macros = _macros()
    head, foot = str(macros.head(plan)).strip("\n"), str(macros.foot(plan)).strip("\n")
    changes = (str(macros.change(change)).strip("\n") for change in plan.changes)
    blocks, left_out = _within(changes, MOST_CHARACTERS - _RESERVE - len(head) - len(foot))
    left_out += plan.changes_left_out
    rest = f"{more_text(left_out, 'definitions')}. `stroem plan` shows more." if left_out else ""
    return "\n\n".join(filter(None, [head, *blocks, rest, foot])) + "\n"


@functools.cache
def _macros() -> Any:
    filters: dict[str, Callable[..., object]] = {"code": _code, "fenced": _fenced, "mark": _mark, "section": _section}
    return templates.load("plan.md.jinja", filters).module


def _within(blocks: Iterable[str], left: int) -> tuple[list[str], int]:
    """The blocks that fit into `left` characters, and the number of the others."""
    kept: list[str] = []
    left_out = 0
    for block in blocks:
        left -= len(block) + 2
        if left < 0:
            left_out += 1
        else:
            kept.append(block)
    return kept, left_out


def _section(text: Markup, count: int) -> Markup:
    """The first lines of a section in a fence, and how many of its `count` lines are missing."""
    shown = list(_first(_lines(text)))
    return _fence([*shown, more_text(count - len(shown), "lines")] if count > len(shown) else shown)


def _first(lines: Sequence[str]) -> Iterator[str]:
    left = _MOST_OF_SECTION
    for line in lines[:_MOST_LINES]:
        left -= min(len(line), _LONGEST_LINE) + 1
        if left < 0:
            return
        yield line


def _fenced(text: Markup) -> Markup:
    return _fence(_lines(text))


def _lines(text: Markup) -> Sequence[str]:
    return str(text).removesuffix("\n").split("\n")


def _fence(lines: Sequence[str]) -> Markup:
    """Printable lines in a block of a diff, behind a fence that is longer than any in them."""
    cut = [_cut(line, _LONGEST_LINE) for line in lines]
    longest = max((len(found[0]) for line in cut for found in _TICKS.finditer(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup("\n".join([f"{fence}diff", *cut, fence]))  # noqa: S704 - nothing acts inside the fence


def _mark(change: str) -> str:
    """The sign that gives a line of a diff its colour."""
    return {"added": "+", "removed": "-"}.get(change, "!")


def _code(text: str) -> Markup:
    """A text as code inside a sentence or a cell."""
    return Markup(f"<code>{_ACTIVE.sub(_entity, _cut(printable(text), _LONGEST_NAME))}</code>")  # noqa: S704 - escaped


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
