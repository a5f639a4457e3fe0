"""Options and result of the commands that change a workspace."""

import getpass
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output import exit_codes
from stroem.cli.output.output import print_json
from stroem.cli.output.workspace_report import is_ready, print_state
from stroem.cli.program.options import WORKSPACE_VARIABLE, Address, json_output, remote

SOURCE_TIMEOUT_SECS = 300.0
"""Timeout of a request in which the server fetches a source, which may be a large repository."""

Callback = Callable[..., Any]


def workspace_argument(callback: Callback) -> Callback:
    """Adds the argument NAME; the command receives it as `workspace`."""
    return click.argument("workspace", metavar="NAME")(callback)


def workspace_or_only(callback: Callback) -> Callback:
    """Adds the optional argument NAME, else of the environment; None means `default`, or the only workspace."""
    return click.argument("workspace", metavar="[NAME]", required=False, envvar=WORKSPACE_VARIABLE)(callback)


def reason_option(callback: Callback) -> Callback:
    """Adds `--reason`."""
    return click.option("--reason", metavar="TEXT", help="Why, for those who look at it later.")(callback)


def operation_options(callback: Callback) -> Callback:
    """Adds `--by` and the options of commands that use a server."""

    @click.option("--by", metavar="NAME", help="Who does it, for the record; your user name if left out.")
    @remote
    @json_output
    @wraps(callback)
    def command(*, by: str | None, **rest: Any) -> Any:
        return callback(by=by or user_name(), **rest)

    return command


def user_name() -> str | None:
    """Name of the operating system's user; None for an id without a name, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None


def operate(
    address: Address, workspace: str, *verb: str, body: dict[str, Any], as_json: bool, must_be_ready: bool = False
) -> None:
    """Requests an operation on a workspace and shows its status afterwards."""
    found = run_with_client(
        address, lambda client: client.post("workspaces", workspace, *verb, body=body, within=SOURCE_TIMEOUT_SECS)
    )
    show_result(found, as_json=as_json, must_be_ready=must_be_ready)


def show_result(workspace: dict[str, Any], *, as_json: bool, must_be_ready: bool) -> None:
    """Shows the status of a workspace. Exits with 1 when it must be ready and is not."""
    if as_json:
        print_json(workspace)
    else:
        print_state(workspace)
    if must_be_ready and not is_ready(workspace):
        sys.exit(exit_codes.FAILED)
