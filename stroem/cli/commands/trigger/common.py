"""The arguments of commands about one trigger."""

from collections.abc import Callable
from typing import Any

import click

from stroem.cli.program.options import workspace_of

Callback = Callable[..., Any]


def trigger_argument(callback: Callback) -> Callback:
    """Adds the argument NAME; the command receives it as `name`."""
    return click.argument("name", metavar="NAME")(callback)


def trigger_workspace(callback: Callback) -> Callback:
    """Adds `-w/--workspace`; None means `default`, or the server's only workspace."""
    return workspace_of("the trigger")(callback)
