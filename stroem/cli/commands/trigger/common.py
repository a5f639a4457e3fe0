"""The arguments of commands about one trigger."""

from collections.abc import Callable
from typing import Any

import click

Callback = Callable[..., Any]


def trigger_argument(callback: Callback) -> Callback:
    """Adds the argument NAME; the command receives it as `name`."""
    return click.argument("name", metavar="NAME")(callback)


def trigger_workspace(callback: Callback) -> Callback:
    """Adds `-w/--workspace`; None means `default`, or the server's only workspace."""
    text = "Workspace of the trigger.  [default: default, or the only one]"
    return click.option("-w", "--workspace", metavar="NAME", help=text)(callback)
