"""Error for a server's answer that the command cannot read."""

import click

from stroem import __version__
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import one_line

ANSWERED_BY = "stroem.cli.program.answered_by"
"""Key in `click.Context.meta`: address and version of the server that answered last."""

UNREADABLE = (LookupError, TypeError, AttributeError, ValueError)
"""Errors that reading an answer of another shape raises."""


def unreadable_answer(context: click.Context, error: Exception) -> Refused | None:
    """Failure for an answer that could not be read; None when no server has answered."""
    if ANSWERED_BY not in context.meta:
        return None
    url, version = context.meta[ANSWERED_BY]
    reason = f"{type(error).__name__}: {one_line(str(error))}"
    return Refused(
        f"The server at {url} answered what this command cannot read ({reason}).\n"
        f"It is version {one_line(version)}, this program is {__version__}. Use the `stroem` of the server's version."
    )
