"""What keeps a command from doing what it was asked."""

import click

from stroem.cli import exits


class Failure(click.ClickException):
    """Shown as `Error: …` on stderr."""

    exit_code = exits.FAILED


class Refused(Failure):
    """The server answered and did not do it."""

    exit_code = exits.REFUSED


class TooSoon(Refused):
    """The server will do it `retry_after` seconds later."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(Failure):
    """No server answered."""

    exit_code = exits.UNREACHABLE


class ConnectionLost(Exception):
    """A connection ended before what it was for. The message says how."""
