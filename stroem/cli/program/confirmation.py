"""Confirmation of commands that cannot be undone."""

from collections.abc import Callable
from typing import Any

import click

from stroem.cli.output.errors import Failure
from stroem.conversion.text import visible


def yes_option(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--yes`; the command receives it as `yes`."""
    return click.option("--yes", "-y", is_flag=True, help="Ask nothing.")(callback)


def confirm(question: str, undone: str) -> None:
    """Asks a person. Raises `Failure` with `undone` (`Nothing was approved`) without their consent."""
    try:
        agreed = click.confirm(visible(question), err=True)
    except click.Abort:
        raise Failure(f"{undone}, since nobody answered. Without a terminal, give --yes") from None
    if not agreed:
        raise Failure(undone)
