"""`stroem artifacts`."""

import re

import click

from stroem.cli.commands.artifacts.download import download
from stroem.cli.commands.artifacts.show import find, list_artifacts
from stroem.cli.program.ordered_group import OrderedGroup

_ID = re.compile(r"[0-9a-fA-F-]{8,36}")


class _ArtifactGroup(OrderedGroup):
    """Group in which the id of a job in the place of a command means `list`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As in click, with `list` before an id."""
        if _ID.fullmatch(args[0]):
            args = ["list", *args]
        return super().resolve_command(ctx, args)


@click.group("artifacts", cls=_ArtifactGroup)
def command() -> None:
    """Show and download the files that steps have left.

    \b
    Examples:
      stroem artifacts 5f0c2a91
      stroem artifacts download 5f0c2a91 'dist/**' -o out
      stroem artifacts download --task build report.html
    """


for each in (list_artifacts, find, download):
    command.add_command(each)
