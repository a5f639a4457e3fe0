"""Options of the commands about accounts, and changes that users and service accounts share."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.accounts import Account, path_of
from stroem.cli.client.caller import Caller
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

Callback = Callable[..., Any]


def reading(callback: Callback) -> Callback:
    """Adds the options of a command that changes nothing; the command receives `caller`."""

    @remote
    @json_output
    @wraps(callback)
    def command(*, address: Address, **rest: Any) -> Any:
        return callback(caller=Caller(address, password_stdin=False), **rest)

    return command


def signing_in(callback: Callback) -> Callback:
    """Adds the options of a command that an API key may not be enough for; the command receives `caller`."""

    @remote
    @click.option("--password-stdin", is_flag=True, help="Read your password from stdin instead of asking for it.")
    @json_output
    @wraps(callback)
    def command(*, address: Address, password_stdin: bool, **rest: Any) -> Any:
        if password_stdin and rest.get("yes") is False:
            raise click.UsageError("--password-stdin needs --yes: stdin cannot confirm")
        return callback(caller=Caller(address, password_stdin), **rest)

    return command


def groups_option(callback: Callback) -> Callback:
    """Adds `--group`; the command receives the names as `groups`."""
    return click.option("--group", "groups", multiple=True, metavar="NAME", help="Put it into this group.")(callback)


def tell(document: object, text: str, *, as_json: bool) -> None:
    """Prints a JSON document, or a text."""
    if as_json:
        print_json(document)
    else:
        echo(text)


async def set_disabled(client: "Client", account: Account, *, is_disabled: bool) -> Account:
    """Disables or enables an account; returns it as it is then."""
    await client.put(*path_of(account), "disabled", body={"is_disabled": is_disabled})
    return {**account, "is_disabled": is_disabled}


def shown_groups(account: Account) -> str:
    """The groups of an account."""
    return ", ".join(account["groups"]) or "-"
