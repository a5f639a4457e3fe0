"""The program `stroem`."""

import os

import click

from stroem import __version__
from stroem.cli.program.lazy_group import LazyGroup

EXAMPLE = """
\b
Example:
  stroem up                            # database, server and worker on this machine
  stroem tasks                         # in another terminal
  stroem trigger hello name=Ada --follow
"""


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Every command explains itself: stroem COMMAND --help",
)
@click.version_option(__version__, "-V", "--version", prog_name="stroem")
@click.pass_context
def stroem(ctx: click.Context) -> None:
    """Run workflows that live in git."""
    if os.environ.get("NO_COLOR"):
        ctx.color = False


stroem.help = f"{stroem.help}\n{EXAMPLE}"


def main() -> None:
    """Runs the program and ends the process with its exit code."""
    stroem.main(prog_name="stroem")


if __name__ == "__main__":
    main()
