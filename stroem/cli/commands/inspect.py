"""`stroem inspect`."""

from pathlib import Path

import click

from stroem.cli.commands.task import print_task
from stroem.cli.output.output import print_json
from stroem.cli.program.options import json_output, local_path


@click.command("inspect")
@click.argument("task")
@local_path(default=".", note="")
@json_output
def command(task: str, path: Path, as_json: bool) -> None:
    """Show a task of a workspace in a folder, as a server would understand it.

    No server is asked. With --json the actions of its steps are there too.

    \b
    Example:
      stroem inspect hello --path workspaces/example
    """
    from stroem.cli.local.definitions import inspected, local_definitions  # loads plugins: not for --help

    found = inspected(local_definitions(path), task)
    if as_json:
        print_json(found)
    else:
        print_task(found, f"stroem run {found['id']} --path {path}")
