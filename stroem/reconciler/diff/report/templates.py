"""Templates of the reports of a plan, and the filters that they use.

Every value that a template writes is made `printable`: it can end no line and move no cursor.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping

import jinja2
from markupsafe import Markup

from stroem.reconciler.diff.report.phrases import (
    counted,
    counts_text,
    field_text,
    headline,
    kind_text,
    more_text,
    names_text,
    place_text,
    printable,
    revision_text,
    subject_text,
    time_text,
    verbs_text,
    verdict,
)
from stroem.records.problem import errors_first
from stroem.records.release_plan import FileChange, UseChange

_SIGNS = {"added": "+", "removed": "-", "broken": "!"}
_STYLES = ("added", "removed")


def load(name: str, filters: Mapping[str, Callable[..., object]] | None = None) -> jinja2.Template:
    """The template of a name with further filters. A filter's result is made printable unless it is `Markup`."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, ""),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,  # for `Markup`, by which `finalize` knows texts that are printable already
        undefined=jinja2.StrictUndefined,
        finalize=_finalized,
    )
    environment.filters |= {**_FILTERS, **(filters or {})}
    environment.globals |= {
        "schedules": "Schedules",
        "advice": "They finish on the release that they began with.",
    }
    return environment.get_template(name)


def _finalized(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(printable(str(value)))  # noqa: S704 - no HTML is made


def _times(times: Iterable[datetime.datetime]) -> str:
    return "; ".join(map(time_text, times)) or "never"


def _readers(use: UseChange) -> list[str]:
    return [*([names_text(use.tasks)] if use.tasks.names else []), *use.others.names]


def _file_notes(file: FileChange) -> list[str]:
    """The differences in a file, and its users."""
    parts: list[str] = [what for what in file.what if what != "mode"] if file.what != ("content",) else []
    if "mode" in file.what:
        parts.append(f"mode {file.old_mode} → {file.new_mode}")
    users = ([names_text(file.used_by)] if file.used_by.names else []) + (["the workspace's hooks"] * file.by_hooks)
    return [*parts, f"used by {', '.join(users)}"] if users else parts


_FILTERS: Mapping[str, Callable[..., object]] = {
    "counted": counted,
    "counts": counts_text,
    "errors_first": errors_first,
    "field": field_text,
    "file_notes": _file_notes,
    "headline": headline,
    "join": lambda texts, separator: separator.join(texts),
    "kind": kind_text,
    "more": more_text,
    "names": names_text,
    "readers": _readers,
    "revision": revision_text,
    "rights_style": lambda change: "added" if change in ("gained", "kept") else "removed",
    "sign": lambda change: _SIGNS.get(change, "~"),
    "style": lambda change: change if change in _STYLES else "changed",
    "thousands": lambda number: f"{number:,}",
    "times": _times,
    "subject": subject_text,
    "verbs": verbs_text,
    "verdict": verdict,
    "where": place_text,
}
