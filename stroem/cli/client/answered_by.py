"""The server that answered a command last, to tell answers that the command cannot read."""

import click

from stroem import __version__
from stroem.cli.output.output import one_line
from stroem.cli.program.errors import Refused

ANSWERED_BY = "stroem.cli.client.answered_by"
"""Key in `click.Context.meta`: address and version of the server."""

UNREADABLE = (LookupError, TypeError, AttributeError, ValueError)
"""Errors raised by reading an answer of another shape."""


def unreadable_answer(context: click.Context, error: Exception) -> Refused | None:
    """The failure for an answer that a command could not read; None when no server has answered."""
    if ANSWERED_BY not in context.meta:
        return None
    url, version = context.meta[ANSWERED_BY]
    reason = f"{type(error).__name__}: {one_line(str(error))}"
    return Refused(
        f"The server at {url} answered what this command cannot read ({reason}).\n"
        f"It is version {one_line(version)}, this program is {__version__}. Use the `stroem` of the server's version."
    )
