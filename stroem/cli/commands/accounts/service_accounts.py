"""`stroem service-accounts`: owners of API keys that are no people."""

import click

from stroem.cli.client.accounts import SERVICE_ACCOUNTS, Account, find_service_account, path_of
from stroem.cli.client.caller import Caller
from stroem.cli.client.pages import all_items
from stroem.cli.commands.accounts.common import (
    Callback,
    groups_option,
    reading,
    set_disabled,
    shown_groups,
    signing_in,
    tell,
)
from stroem.cli.output.key_table import print_keys
from stroem.cli.output.output import counted, echo, one_line, print_json, print_list, shown_time
from stroem.cli.output.workspace_report import print_facts
from stroem.cli.program.confirmation import confirm, yes_option
from stroem.cli.program.ordered_group import OrderedGroup


def _name_argument(callback: Callback) -> Callback:
    """Adds the argument NAME."""
    return click.argument("name", metavar="NAME")(callback)


@click.group("service-accounts", cls=OrderedGroup)
def command() -> None:
    """Keep accounts of programs, which own API keys and belong to no person.

    \b
    Examples:
      stroem service-accounts add ci --group deployers
      stroem keys create pipeline --service-account ci
    """


@command.command("list")
@reading
def list_accounts(caller: Caller, as_json: bool) -> None:
    """List service accounts by name.

    \b
    Example:
      stroem service-accounts list
    """
    print_list(
        caller.read(lambda client: all_items(client, SERVICE_ACCOUNTS)),
        ("NAME", "GROUPS", "STATUS", "KEYS", "ADDED"),
        lambda one: (
            one["name"],
            shown_groups(one),
            _status(one),
            str(len(one["keys"])),
            shown_time(one["created_at"]),
        ),
        empty="No service accounts. Add one with: stroem service-accounts add NAME",
        as_json=as_json,
    )


@command.command("show")
@_name_argument
@reading
def show(caller: Caller, name: str, as_json: bool) -> None:
    """Show a service account and its API keys.

    \b
    Example:
      stroem service-accounts show ci
    """
    found = _found(caller, name)
    if as_json:
        print_json(found)
        return
    echo(click.style(one_line(found["name"]), bold=True))
    print_facts(
        (("groups", shown_groups(found)), ("status", _status(found)), ("added", shown_time(found["created_at"])))
    )
    if found["keys"]:
        echo()
        print_keys(found["keys"], as_json=False)


@command.command("add")
@_name_argument
@groups_option
@signing_in
def add(caller: Caller, name: str, groups: tuple[str, ...], as_json: bool) -> None:
    """Add a service account, which has no API key yet.

    --group may be given several times.

    \b
    Example:
      stroem service-accounts add ci --group deployers
    """
    wanted = {"name": name, "groups": groups}
    added = caller.manage(lambda client: client.post(SERVICE_ACCOUNTS, body=wanted))
    tell(added, f"Service account {name} was added", as_json=as_json)
    if not as_json:
        echo(f"An API key for it: stroem keys create KEY_NAME --service-account {name}", err=True)


@command.command("remove")
@_name_argument
@yes_option
@signing_in
def remove(caller: Caller, name: str, yes: bool, as_json: bool) -> None:
    """Remove a service account with its API keys.

    \b
    Example:
      stroem service-accounts remove ci
    """
    found = _found(caller, name)
    if not yes:
        keys = counted(len(found["keys"]), "API key")
        confirm(f"Remove the service account {name} with {keys}?", "No service account was removed")
    caller.manage(lambda client: client.delete(*path_of(found)))
    tell(found, f"Service account {name} was removed", as_json=as_json)


@command.command("disable")
@_name_argument
@yes_option
@signing_in
def disable(caller: Caller, name: str, yes: bool, as_json: bool) -> None:
    """Disable a service account: its API keys are refused.

    \b
    Example:
      stroem service-accounts disable ci
    """
    found = _found(caller, name)
    if not yes:
        confirm(f"Disable the service account {name}?", "No service account was disabled")
    changed = caller.manage(lambda client: set_disabled(client, found, is_disabled=True))
    tell(changed, f"Service account {name} is disabled", as_json=as_json)


@command.command("enable")
@_name_argument
@signing_in
def enable(caller: Caller, name: str, as_json: bool) -> None:
    """Enable a service account that was disabled.

    \b
    Example:
      stroem service-accounts enable ci
    """
    found = _found(caller, name)
    changed = caller.manage(lambda client: set_disabled(client, found, is_disabled=False))
    tell(changed, f"Service account {name} is enabled", as_json=as_json)


def _found(caller: Caller, name: str) -> Account:
    return caller.read(lambda client: find_service_account(client, name))


def _status(account: Account) -> str:
    return "disabled" if account["is_disabled"] else "active"
