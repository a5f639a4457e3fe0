"""Group of commands in the order of their addition."""

import click

from stroem.cli.program.lazy_group import HelpfulGroup


class OrderedGroup(HelpfulGroup):
    """Group that lists its commands in the order of their addition."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands."""
        return [*self.commands]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands, with uncut summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(limit=100)) for name, each in self.commands.items()])
