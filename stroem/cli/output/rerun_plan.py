"""Plan of a re-run as text."""

from collections.abc import Iterator
from typing import Any

import click

from stroem.cli.output.output import coloured, counted, echo, one_line, print_table

_COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}


def print_rerun_plan(plan: dict[str, Any]) -> None:
    """Prints the release, what differs in it, which steps are kept or run again, and warnings."""
    release = plan["release"]
    which = "the release of the job" if release["is_pinned"] else "not the release of the job"
    task = click.style(one_line(plan["task_name"]), bold=True)
    which_job = f"{plan['source_type']} of job {plan['job_id']}"
    echo(f"{task} again, a {one_line(which_job)}")
    echo(f"  release    {release['number']} at {one_line(release['revision'])[:12]}, {which}")
    for text in _differences(plan):
        echo(f"  {text}")
    rows: list[tuple[Any, ...]] = [(step["step"], coloured(step["status"]), "kept") for step in plan["kept"]]
    rows += [(step["step"], "runs", step["reason"]) for step in plan["again"]]
    echo()
    print_table(("STEP", "STATUS", "REASON"), rows)
    left_out = plan["kept_count"] + plan["again_count"] - len(rows)
    if left_out > 0:
        echo(f"{counted(left_out, 'more step')}")
    echo()
    echo(f"{counted(plan['kept_count'], 'step')} kept, {counted(plan['again_count'], 'step')} to run")
    for warning in plan["warnings"]:
        echo(f"Warning: {one_line(warning)}", err=True)


def _differences(plan: dict[str, Any]) -> Iterator[str]:
    for one in plan["differences"]:
        name = "the task" if one["step"] is None else f"step {one_line(one['step'])}"
        parts = f": {one_line(', '.join(one['parts']))}" if one["parts"] else ""
        yield f"{click.style(one_line(one['kind']), fg=_COLOURS.get(one['kind']))} {name}{parts}"
