"""`stroem hooks`."""

import click

from stroem.cli.commands.hooks.deliveries import deliveries, redeliver
from stroem.cli.commands.hooks.show import show
from stroem.cli.commands.hooks.test import test
from stroem.cli.program.ordered_group import OrderedGroup


@click.group("hooks", cls=OrderedGroup)
def command() -> None:
    """Show what became of the requests to webhooks, deliver one again, or try one.

    \b
    Examples:
      stroem hooks deliveries deploy
      stroem hooks show 17
      stroem hooks redeliver 17
      stroem hooks test deploy --payload push.json --header 'X-GitHub-Event: push'
    """


for _subcommand in (deliveries, show, redeliver, test):
    command.add_command(_subcommand)
