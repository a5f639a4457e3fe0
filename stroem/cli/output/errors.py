"""Errors of commands, each with its exit code."""

from collections.abc import Sequence
from typing import Any

import click

from stroem.cli.output import exit_codes


class Failure(click.ClickException):
    """Expected failure of a command; click prints it as `Error: …` on stderr."""

    exit_code = exit_codes.FAILED


class Refused(Failure):
    """Refusal by the server. `fields` are the invalid fields of its answer."""

    exit_code = exit_codes.REFUSED

    def __init__(self, message: str, fields: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.fields = fields


class Denied(Refused):
    """Refusal by the server for lack of a right."""


class TooSoon(Refused):
    """Refusal by the server's rate limit; a retry is allowed after `retry_after` seconds."""

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
    """Failed write to stdout or stderr. `reason`: a full disk, or a closed pipe."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class ConnectionLost(Exception):
    """End of a stream before its last frame; the message is the reason."""
