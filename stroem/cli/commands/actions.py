"""`stroem actions`."""

from pathlib import Path

import click

from stroem.cli.commands.tasks import first_line
from stroem.cli.output.output import echo, print_items, print_table
from stroem.cli.program.options import json_output, local_path


@click.command("actions")
@local_path(default=".", note="")
@json_output
def command(path: Path, as_json: bool) -> None:
    """List the actions of a workspace in a folder.

    No server is asked. Actions that are written inside a step have no name and are not listed.

    \b
    Example:
      stroem actions --path workspaces/example
    """
    from stroem.cli.local.definitions import local_actions, local_definitions  # loads plugins: not for --help

    actions = local_actions(local_definitions(path))
    if as_json:
        print_items(actions)
        return
    if not actions:
        echo("No actions.")
        return
    print_table(
        ("ACTION", "TYPE", "RUNNER", "INPUT", "DESCRIPTION"),
        [
            (
                action["id"],
                action["type"],
                action["runner"] or "-",
                ", ".join(action["input"]) or "-",
                first_line(action["description"]),
            )
            for action in actions
        ],
    )
