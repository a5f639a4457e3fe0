"""What PostgreSQL was asked meanwhile: its own log of statements, added up."""

import re
from collections import defaultdict
from pathlib import Path

SETTINGS = ("log_min_duration_statement = 0", "log_parameter_max_length = 0")
"""Settings of a database that make PostgreSQL log each statement with its duration."""

_TOP = 25
_WIDTH = 110
_ENTRY = re.compile(
    r"LOG:  duration: ([\d.]+) ms  (parse|bind|execute|statement)(?: [^:]*)?: (.*?)(?=\n\d{4}-\d\d-\d\d |\Z)", re.S
)


def report(log: Path, offset: int) -> str:
    """The statements that took most, in milliseconds and calls; `offset` is where the log began to matter."""
    with log.open("rb") as file:
        file.seek(offset)
        text = file.read().decode("utf-8", "replace")
    totals: dict[str, float] = defaultdict(float)
    calls: dict[str, int] = defaultdict(int)
    for duration, phase, statement in _ENTRY.findall(text):
        short = " ".join(statement.split())[:_WIDTH]
        totals[short] += float(duration)
        calls[short] += phase in ("execute", "statement")
    lines = [f"  PostgreSQL: {sum(calls.values())} statements, {sum(totals.values()):.0f} ms"]
    for statement, total in sorted(totals.items(), key=lambda entry: -entry[1])[:_TOP]:
        lines.append(f"  {total:8.1f} ms {calls[statement]:7} x  {statement}")
    return "\n".join(lines)
