"""Printing: text, JSON, tables, colours."""

import datetime
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from stroem.cli.output.errors import OutputFailed
from stroem.conversion import text as conversion

COLOURS = {
    "completed": "green",
    "active": "green",
    "running": "cyan",
    "ready": "blue",
    "failed": "red",
    "error": "red",
    "cancelled": "yellow",
    "suspended": "magenta",
    "warning": "yellow",
    "added": "green",
    "changed": "yellow",
    "removed": "red",
}

GAP = "  "
NARROWEST = 8
"""Least width to which a column is cut so that a row fits the terminal."""


class Styled(str):
    """Text that is already escaped for the terminal and may have colours."""

    __slots__ = ()


def echo(text: str = "", *, err: bool = False, nl: bool = True, color: bool | None = None) -> None:
    """Prints text with its colours; all other control characters are escaped.

    Every command prints with this function. Raises `OutputFailed`.
    """
    try:
        click.echo(conversion.visible(text, colours=True), err=err, nl=nl, color=color)
    except OSError as error:
        raise OutputFailed(error) from error


def print_json(document: object) -> None:
    """Prints one JSON document, indented."""
    echo(conversion.visible_json(document, indent=2))


def print_items(items: Sequence[object]) -> None:
    """Prints a list as JSON: `items` and `total`."""
    print_json({"items": items, "total": len(items)})


def coloured(status: str, like: str | None = None) -> Styled:
    """A status in its colour, or in that of the status `like`. Without a terminal click drops colours."""
    status, kind = one_line(status), like or status
    return Styled(click.style(status, fg=COLOURS.get(kind), dim=kind in {"pending", "skipped", "inactive"}))


def one_line(text: str) -> str:
    """Text on one line, control characters escaped."""
    return conversion.one_line(" ".join(text.splitlines()))


def print_rest(page: Mapping[str, Any], offset: str | int | None) -> None:
    """Prints on stderr how many older items there are behind a page that begins at `offset`."""
    rest = page["total"] - len(page["items"]) - int(offset or 0)
    if rest > 0:
        echo(f"{rest} older; see --limit and --offset", err=True)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints rows in columns as wide as their widest cell, cut to the terminal's width.

    Cells that are not `Styled` are escaped.
    """
    cells = [tuple(heads), *(tuple(_fit(cell) for cell in row) for row in rows)]
    widths = _fitting([max(len(click.unstyle(row[column])) for row in cells) for column in range(len(heads))])
    for number, row in enumerate(cells):
        line = GAP.join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        echo(click.style(line, bold=True) if number == 0 else line)


def _fit(cell: str) -> str:
    return cell if isinstance(cell, Styled) else one_line(cell)


def _fitting(widths: list[int]) -> list[int]:
    """Widths cut so that a row fits the terminal; unchanged without one."""
    if not sys.stdout.isatty():
        return widths
    room = shutil.get_terminal_size().columns - len(GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > NARROWEST:
        widest = max(range(len(widths)), key=lambda column: (widths[column], column))
        widths[widest] -= 1
    return widths


def _padded(cell: str, width: int) -> str:
    length = len(click.unstyle(cell))
    return cell + " " * (width - length) if length <= width else f"{click.unstyle(cell)[: width - 1]}…"


def counted(number: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def parsed_time(text: str | None) -> datetime.datetime | None:
    """Parses an RFC 3339 time."""
    return datetime.datetime.fromisoformat(text) if text else None


def shown_time(text: str | None) -> str:
    """A time of the API in UTC, to the second, as in the server's messages; `-` without one."""
    moment = parsed_time(text)
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "-"


def took(row: dict[str, Any]) -> str:
    """Duration of a job or step up to now or its end; `-` before its start."""
    started, completed = parsed_time(row.get("started_at")), parsed_time(row.get("completed_at"))
    if started is None:
        return "-"
    seconds = ((completed or datetime.datetime.now(datetime.UTC)) - started).total_seconds()
    return shown_seconds(max(seconds, 0))


def print_list(
    items: Sequence[dict[str, Any]],
    headings: Sequence[str],
    cells: Callable[[dict[str, Any]], Sequence[str]],
    *,
    empty: str,
    as_json: bool,
) -> None:
    """Prints all items there are as JSON, or as a table of `cells`; `empty` if there are none."""
    print_page({"items": items, "total": len(items)}, headings, cells, empty=empty, as_json=as_json)


def print_page(
    page: Mapping[str, Any],
    headings: Sequence[str],
    cells: Callable[[dict[str, Any]], Sequence[str]],
    *,
    empty: str,
    as_json: bool,
) -> None:
    """Prints a page of the server as JSON, or as a table of `cells`. Tells if there may be more."""
    items = page["items"]
    if as_json:
        print_json(page)
    elif not items:
        echo(empty)
    else:
        print_table(headings, [cells(one) for one in items])
        if page.get("has_more") or page.get("next") or page.get("total", 0) > len(items):
            echo("There may be more; see --limit", err=True)


def step_reason(step: dict[str, Any]) -> str:
    """First line of a step's waiting reason, error or skip reason; its cache hit, and its failed attempts.

    Of a step that was kept, first the job in which it ran.
    """
    reasons = (step.get(key) for key in ("waiting_reason", "error_message", "skip_reason"))
    reason: str = next((reason for reason in reasons if reason), "").partition("\n")[0]
    if kept_from := step.get("kept_from_job_id"):
        return f"kept from job {kept_from[:8]}{f': {reason}' if reason else ''}"
    if source := step.get("cached_from"):
        reason = f"cached from {source['step_name']} of {source['job_id'][:8]}"
    failed = len(step.get("retry_history") or ())
    failed += bool(failed) and step.get("status") == "failed"
    if not failed:
        return reason
    attempts = f"{failed} of {(step.get('max_retries') or 0) + 1} attempts failed"
    return f"{reason} ({attempts})" if reason else attempts


def shown_seconds(seconds: float) -> str:
    """`0.12 s`, `12.3 s`, `2m 05s`, `3h 02m`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m {rest:02d}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02d}m"
