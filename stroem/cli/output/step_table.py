"""Table of a job's steps, cut to fit the terminal."""

from collections import Counter
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from stroem.cli.output.output import COLOURS, one_line, step_reason, took

MARKS = {
    "completed": "✓",
    "failed": "✗",
    "running": "▶",
    "ready": "·",
    "pending": "·",
    "skipped": "-",
    "cancelled": "■",
    "suspended": "‖",
}
FIRST = ("failed", "running", "suspended", "ready", "cancelled", "completed", "pending", "skipped")
"""Statuses by priority, for when not all steps fit."""


def step_table(job: dict[str, Any], rows: int) -> Group:
    """The job's status and up to `rows` steps by priority of their status, in the order of the flow."""
    steps = job["steps"]
    table = Table(box=None, show_header=False, pad_edge=False)
    for step in chosen_steps(steps, rows):
        status = step["status"]
        table.add_row(
            Text(MARKS.get(status, "?"), style=COLOURS.get(status, "")),
            Text(one_line(step["step_name"])),
            Text(one_line(status), style=COLOURS.get(status, "")),
            Text(took(step), style="dim"),
            Text(one_line(step_reason(step)), style="red" if step.get("error_message") else "dim"),
        )
    head = Text.assemble(
        (one_line(job["task_name"]), "bold"),
        " ",
        (one_line(job["status"]), COLOURS.get(job["status"], "")),
        " ",
        (took(job), "dim"),
    )
    if len(steps) > rows:
        head.append(f"  {step_counts(steps)}", style="dim")
    return Group(head, table)


def chosen_steps(steps: list[dict[str, Any]], rows: int) -> list[dict[str, Any]]:
    """At most `rows` steps by priority of their status, in their given order."""
    if len(steps) <= rows:
        return steps
    rank = {status: number for number, status in enumerate(FIRST)}
    order = sorted(range(len(steps)), key=lambda index: rank.get(steps[index]["status"], len(rank)))
    return [steps[index] for index in sorted(order[:rows])]


def step_counts(steps: list[dict[str, Any]]) -> str:
    """`3 failed, 2 running, 95 completed`."""
    counts = Counter(step["status"] for step in steps)
    return ", ".join(f"{counts[status]} {status}" for status in FIRST if counts[status])
