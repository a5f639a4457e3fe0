"""`stroem state`."""

import click

from stroem.cli.commands.state.change import download, rollback, upload
from stroem.cli.commands.state.show import diff, list_snapshots, show
from stroem.cli.program.ordered_group import OrderedGroup


@click.group("state", cls=OrderedGroup)
def command() -> None:
    """Show and change the state of a task, or the global state of a workspace.

    \b
    Examples:
      stroem state show -t sync
      stroem state diff -t sync 3
      stroem state rollback -t sync 3
    """


for each in (list_snapshots, show, diff, download, upload, rollback):
    command.add_command(each)
