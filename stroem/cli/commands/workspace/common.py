"""What the commands that do something to a workspace share."""

import getpass
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from stroem.cli.client.run import ask
from stroem.cli.output.output import print_json
from stroem.cli.output.workspace_report import is_ready, print_state
from stroem.cli.program import exit_codes
from stroem.cli.program.options import Address, json_output, remote

PATIENCE_SECS = 300.0
"""How long the server may take to look at a source: it may have to fetch a large repository first."""

Callback = Callable[..., Any]


def workspace_argument(callback: Callback) -> Callback:
    """Adds the argument NAME; the command gets it as `workspace`."""
    return click.argument("workspace", metavar="NAME")(callback)


def workspace_or_only(callback: Callback) -> Callback:
    """Adds the argument NAME, which may be left out: None means `default`, or the only one of the server."""
    return click.argument("workspace", metavar="[NAME]", required=False)(callback)


def reason_option(callback: Callback) -> Callback:
    """Adds `--reason`."""
    return click.option("--reason", metavar="TEXT", help="Why, for those who look at it later.")(callback)


def acting(callback: Callback) -> Callback:
    """Adds `--by` and the options of commands that speak to a server."""

    @click.option("--by", metavar="NAME", help="Who does it, for the record; your user name if left out.")
    @remote
    @json_output
    @wraps(callback)
    def command(*, by: str | None, **rest: Any) -> Any:
        return callback(by=by or user_name(), **rest)

    return command


def user_name() -> str | None:
    """The name of the user of the operating system; None for a user who has none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


def act(
    address: Address, workspace: str, *verb: str, body: dict[str, Any], as_json: bool, must_be_ready: bool = False
) -> None:
    """Has the server do something and shows how the workspace stands then."""
    found = ask(address, lambda client: client.post("workspaces", workspace, *verb, body=body, within=PATIENCE_SECS))
    tell(found, as_json=as_json, must_be_ready=must_be_ready)


def tell(workspace: dict[str, Any], *, as_json: bool, must_be_ready: bool) -> None:
    """Shows how a workspace stands. Ends the program with 1 when it must be ready and is not."""
    if as_json:
        print_json(workspace)
    else:
        print_state(workspace)
    if must_be_ready and not is_ready(workspace):
        sys.exit(exit_codes.FAILED)
