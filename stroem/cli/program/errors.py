"""What keeps a command from doing what it was asked."""

from collections.abc import Sequence
from typing import Any

import click

from stroem.cli.program import exit_codes


class Failure(click.ClickException):
    """Shown as `Error: …` on stderr."""

    exit_code = exit_codes.FAILED


class Refused(Failure):
    """The server answered and did not do it. `fields` are the mistakes that it named, as in its answer."""

    exit_code = exit_codes.REFUSED

    def __init__(self, message: str, fields: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.fields = fields


class TooSoon(Refused):
    """The server will do it `retry_after` seconds later."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(Failure):
    """No server answered."""

    exit_code = exit_codes.UNREACHABLE


class TimedOut(Failure):
    """The awaited event did not happen within the given time."""

    exit_code = exit_codes.TIMED_OUT


class OutputFailed(Exception):
    """Stdout or stderr takes no more, for a `reason`: a full disk, or a reader that is gone."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class ConnectionLost(Exception):
    """A connection ended before what it was for. The message says how."""
