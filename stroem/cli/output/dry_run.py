"""A dry run as text."""

from collections.abc import Iterator
from typing import Any

import click

from stroem.cli.output.output import counted, echo, one_line, print_json
from stroem.conversion.text import visible_json


def print_dry_run(found: dict[str, Any], *, as_json: bool) -> None:
    """Prints the input, each step with what is known of it, hooks, and blockers."""
    if as_json:
        print_json(found)
        return
    echo(f"{click.style(one_line(found['task_name']), bold=True)} would run; nothing was started")
    echo(f"  workspace  {one_line(found['workspace'])} at {one_line(found['revision'])[:12]}")
    echo(f"  input      {visible_json(found['input'])}")
    if found["attempts"] > 1:
        echo(f"  attempts   at most {found['attempts']}")
    for number, step in enumerate(found["steps"], 1):
        echo()
        action = step["action_name"] or step["action_type"]
        echo(f"{number}. {click.style(one_line(step['step_name']), bold=True)} ({one_line(action)})")
        for label, text in _facts(step):
            echo(f"     {label:10} {one_line(text)}")
    hooks = [f"{key}: {', '.join(actions)}" for key, actions in found["hooks"].items()]
    if hooks:
        echo()
        echo(f"hooks  {one_line('; '.join(hooks))}")
    if found["blockers"]:
        echo()
    for blocker in found["blockers"]:
        place = "" if blocker["step_name"] is None else f"{one_line(blocker['step_name'])}: "
        echo(f"{click.style('would wait', fg='yellow')}  {place}{one_line(blocker['message'])}")


def _facts(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if step["depends_on"]:
        yield "after", ", ".join(step["depends_on"])
    if step["is_final"]:
        yield "at the end", "of each job, however it ended"
    if step["condition"] is not None:
        known = {True: "true now", False: "false now: the step would be skipped"}
        yield "if", f"{step['condition']} ({known.get(step['condition_value'], 'not known yet')})"
    if step["is_loop"]:
        items = "a number of times that is not known yet" if step["items"] is None else counted(step["items"], "time")
        most = f", at most {step['max_concurrency']} at once" if step["max_concurrency"] else ""
        yield "loops", f"{items}{most}"
    for key, value in step["input"].items():
        yield "input", f"{key} = {visible_json(value)}"
    for key, later in step["later"].items():
        yield "input", f"{key} = {visible_json(later['template'])}, after {', '.join(later['reads'])}"
    if step["attempts"] > 1:
        yield "attempts", f"at most {step['attempts']}"
    if step["ability"] is not None:
        tags = f", tags {', '.join(step['tags'])}" if step["tags"] else ""
        yield "worker", f"ability {step['ability']}{tags}"
    if step["cache"] is not None:
        found = step["cache"]
        hit = f"the result of {found['step_name']} of job {found['job_id'][:8]}" if found["job_id"] else "no result yet"
        yield "cache", hit
    for problem in step["problems"]:
        yield "problem", problem
