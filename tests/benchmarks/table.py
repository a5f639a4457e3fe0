"""The lines of the result and how they are printed."""

import json
from collections.abc import Sequence
from typing import Literal

import attrs

Verdict = Literal["met", "short", "not done", "failed", ""]

_HEADINGS = ("line", "figure", "limit", "ratio", "target", "verdict")


@attrs.frozen(kw_only=True)
class Row:
    """One line. `figure`, `limit`, `ratio` and `target` are texts with their units; `values` are the bare numbers."""

    line: str
    figure: str
    limit: str = ""
    ratio: str = ""
    target: str = ""
    verdict: Verdict = ""
    values: dict[str, float] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()


def at_most(value: float, target: float, not_done: float = float("inf")) -> Verdict:
    """The verdict on a figure that should be small; above `not_done` it is none at all."""
    return "met" if value <= target else "short" if value <= not_done else "not done"


def at_least(value: float, target: float, not_done: float = 0.0) -> Verdict:
    """The verdict on a figure that should be large; below `not_done` it is none at all."""
    return "met" if value >= target else "short" if value >= not_done else "not done"


def as_text(rows: Sequence[Row]) -> str:
    """A table for people, with the notes beneath it."""
    cells = [_HEADINGS, *((r.line, r.figure, r.limit, r.ratio, r.target, r.verdict) for r in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADINGS))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{row.line}: {note}" for row in rows for note in row.notes]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def as_json(rows: Sequence[Row]) -> str:
    """The same for programs: a list of objects."""
    return json.dumps([attrs.asdict(row) for row in rows], indent=2, ensure_ascii=False)
