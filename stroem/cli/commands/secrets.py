"""`stroem secrets`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import counted, echo, print_json, print_page, shown_time
from stroem.cli.program.options import Address, json_output, remote, workspace_option
from stroem.cli.program.ordered_group import OrderedGroup

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.group("secrets", cls=OrderedGroup)
def command() -> None:
    """Keep secrets of workspaces, encrypted in the database of the server.

    Files of the workspace name them by ref+stroem://NAME. Values are read by steps only, and never shown.

    \b
    Examples:
      stroem secrets set DB_PASSWORD
      stroem secrets set DB_PASSWORD < password.txt
      stroem secrets list
    """


@command.command("set")
@click.argument("name")
@workspace_option
@remote
@json_output
def set_secret(address: Address, workspace: str | None, name: str, as_json: bool) -> None:
    """Set a secret, or replace its value. The value is asked for, or read from the standard input.

    One line break at its end is cut.

    \b
    Examples:
      stroem secrets set DB_PASSWORD
      openssl rand -base64 32 | stroem secrets set SIGNING_KEY
    """
    value = _value()

    async def put(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "secrets", name)
        found: dict[str, Any] = await client.put(*path, body={"value": value})
        return found

    found = run_with_client(address, put)
    if as_json:
        print_json(found)
    else:
        echo(f"{found['name']} is set, version {found['version']}.")


@command.command("list")
@workspace_option
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="How many.")
@remote
@json_output
def list_secrets(address: Address, workspace: str | None, limit: int, as_json: bool) -> None:
    """List the secrets of a workspace by name, without their values.

    \b
    Example:
      stroem secrets list -w shop
    """

    async def listed(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "secrets")
        page: dict[str, Any] = await client.get(*path, limit=limit)
        return page

    print_page(
        run_with_client(address, listed),
        ("NAME", "VERSION", "CHANGED", "BY", "KEY"),
        lambda one: (
            one["name"],
            str(one["version"]),
            shown_time(one["changed_at"]),
            one["changed_by"],
            one["key_id"],
        ),
        empty="No secrets.",
        as_json=as_json,
    )


@command.command("remove")
@click.argument("name")
@workspace_option
@remote
@json_output
def remove(address: Address, workspace: str | None, name: str, as_json: bool) -> None:
    """Remove a secret. Steps that need it fail from then on.

    \b
    Example:
      stroem secrets remove DB_PASSWORD
    """

    async def removed(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "secrets", name)
        found: dict[str, Any] = await client.delete(*path)
        return found

    found = run_with_client(address, removed)
    if as_json:
        print_json(found)
    else:
        echo(f"{name} is removed.")


@command.command("rotate")
@remote
@json_output
def rotate(address: Address, as_json: bool) -> None:
    """Encrypt secrets of workspaces and inputs of jobs with the first key of the server's file of keys.

    Put a new key into the first line of the file, restart the servers, rotate, and remove the old line.

    \b
    Example:
      stroem secrets rotate
    """

    async def rotated(client: "Client") -> dict[str, Any]:
        found: dict[str, Any] = await client.post("secrets", "rotate", body={})
        return found

    found = run_with_client(address, rotated)
    if as_json:
        print_json(found)
        return
    done = _counted(found["changed"], found["inputs"])
    echo(f"{done} encrypted with key {found['key_id']}.")
    if found["failed"] or found["failed_inputs"]:
        told = _counted(found["failed"], found["failed_inputs"])
        raise Refused(
            f"{told} could not be opened: their keys are not in the file. `stroem secrets list` shows the keys of "
            "secrets, the error of a job that of its input"
        )


def _counted(secrets: int, inputs: int) -> str:
    return f"{counted(secrets, 'secret')} and {counted(inputs, 'input')}"


def _value() -> str:
    """The value, which is never an argument: those are in the history of shells and in lists of processes."""
    if sys.stdin.isatty():
        found: str = click.prompt("Value", hide_input=True, confirmation_prompt=True, err=True)
        return found
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")
