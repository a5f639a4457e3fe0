"""Reports of plans as text for a terminal."""

import functools
from collections.abc import Iterator
from typing import Literal, cast

import attrs
import jinja2

from stroem.reconciler.diff.report import templates
from stroem.records.release_plan import ReleasePlan

Style = Literal["plain", "title", "added", "removed", "changed", "broken", "error", "warning", "faint"]


@attrs.frozen
class Line:
    """A line of the report and its style, which sets its colour."""

    text: str
    style: Style = "plain"


def as_text(plan: ReleasePlan) -> str:
    """The report without colours."""
    return "".join(f"{line.text}\n" for line in report_lines(plan))


def report_lines(plan: ReleasePlan) -> Iterator[Line]:
    """The lines of the report. No line holds a character that a terminal acts on."""
    for line in _template().render(plan=plan).removesuffix("\n").split("\n"):
        style, _, text = line.partition("|")
        yield Line(text, cast("Style", style))


@functools.cache
def _template() -> jinja2.Template:
    return templates.load("plan.txt.jinja")
