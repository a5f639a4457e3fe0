"""`stroem import`."""

import click

from stroem.cli.commands.imports.crontab import crontab
from stroem.cli.program.ordered_group import OrderedGroup


@click.group("import", cls=OrderedGroup)
def command() -> None:
    """Make workflows from files of other programs.

    \b
    Example:
      crontab -l | stroem import crontab -
    """


command.add_command(crontab)
