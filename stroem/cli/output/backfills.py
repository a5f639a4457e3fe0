"""Backfills as lines of text."""

from collections.abc import Mapping
from typing import Any

from stroem.cli.output.output import counted, one_line, shown_time


def backfill_text(found: Mapping[str, Any]) -> str:
    """A backfill on one line: its range, how far it is, who has started it."""
    parts = [f"{found['fired']} of {counted(found['instants'], 'time')} fired"]
    if found["failed"]:
        parts.append(f"{found['failed']} without a job")
    if found["live"]:
        parts.append(f"{counted(found['live'], 'job')} live")
    if found["problem"]:
        parts.append(one_line(found["problem"]))
    span = f"{shown_time(found['start'])} to {shown_time(found['end'])}"
    by = one_line(found["by"]) + (f": {one_line(found['reason'])}" if found["reason"] else "")
    return f"Backfill {found['id'][:8]} {found['status']}, {span}: {', '.join(parts)} (by {by})"
