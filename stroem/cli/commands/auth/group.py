"""`stroem auth`."""

import click

from stroem.cli.commands.auth.questions import can_i, explain
from stroem.cli.commands.auth.whoami import whoami
from stroem.cli.program.ordered_group import OrderedGroup


@click.group("auth", cls=OrderedGroup)
def command() -> None:
    """Show who one is, what one may do, and which rule says so.

    \b
    Examples:
      stroem auth whoami
      stroem auth can-i job.run main/deploy
      stroem auth explain workspace.rollback main
    """


for _subcommand in (whoami, can_i, explain):
    command.add_command(_subcommand)
