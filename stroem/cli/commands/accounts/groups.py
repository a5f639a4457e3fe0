"""`stroem groups`: the groups that accounts are in."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import click

from stroem.cli.client.accounts import SERVICE_ACCOUNTS, USERS, Account, find_user, name_of, path_of
from stroem.cli.client.caller import Caller
from stroem.cli.client.pages import all_items
from stroem.cli.commands.accounts.common import Callback, reading, signing_in
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import echo, one_line, print_json, print_list, print_table
from stroem.cli.output.suggestion import suggestion
from stroem.cli.program.ordered_group import OrderedGroup

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


class Group(NamedTuple):
    """A group with the e-mail addresses of its users and the names of its service accounts."""

    name: str
    users: tuple[str, ...]
    service_accounts: tuple[str, ...]


def _members(callback: Callback) -> Callback:
    """Adds the arguments GROUP and ACCOUNT."""
    callback = click.argument("accounts", metavar="ACCOUNT...", nargs=-1, required=True)(callback)
    return click.argument("group", metavar="GROUP")(callback)


@click.group("groups", cls=OrderedGroup)
def command() -> None:
    """Show groups, and put users and service accounts into them.

    A group is there while it has members. Rules say what its members may do.

    \b
    Examples:
      stroem groups list
      stroem groups add ops bob@example.org ci
    """


@command.command("list")
@reading
def list_groups(caller: Caller, as_json: bool) -> None:
    """List groups with the number of their members.

    \b
    Example:
      stroem groups list
    """
    print_list(
        [one._asdict() for one in caller.read(_groups)],
        ("GROUP", "USERS", "SERVICE ACCOUNTS"),
        lambda one: (one["name"], str(len(one["users"])), str(len(one["service_accounts"]))),
        empty="No groups. Put a user into one with: stroem groups add GROUP USER",
        as_json=as_json,
    )


@command.command("show")
@click.argument("group", metavar="GROUP")
@reading
def show(caller: Caller, group: str, as_json: bool) -> None:
    """Show the members of a group.

    \b
    Example:
      stroem groups show ops
    """
    groups = caller.read(_groups)
    found = next((one for one in groups if one.name == group), None)
    if found is None:
        near = suggestion(group, [one.name for one in groups])
        raise Refused(
            f"No account is in a group {group!r}.{near} List: stroem groups list\nServer: {caller.address.url}"
        )
    if as_json:
        print_json(found._asdict())
        return
    rows = [("user", name) for name in found.users] + [("service account", name) for name in found.service_accounts]
    print_table(("KIND", "MEMBER"), rows)


@command.command("add")
@_members
@signing_in
def add(caller: Caller, group: str, accounts: tuple[str, ...], as_json: bool) -> None:
    """Put users and service accounts into a group.

    ACCOUNT is a user (e-mail address or name), or the name of a service account.

    \b
    Example:
      stroem groups add ops bob@example.org ci
    """
    found, known = caller.read(lambda client: _accounts(client, accounts)), caller.read(_names)
    _change(caller, [(one, sorted({*one["groups"], group})) for one in found], as_json=as_json)
    if group not in known:
        echo(f"{one_line(group)} is a new group", err=True)


@command.command("remove")
@_members
@signing_in
def remove(caller: Caller, group: str, accounts: tuple[str, ...], as_json: bool) -> None:
    """Take users and service accounts out of a group.

    \b
    Example:
      stroem groups remove ops bob@example.org
    """
    found = caller.read(lambda client: _accounts(client, accounts))
    if others := [name_of(one) for one in found if group not in one["groups"]]:
        raise Refused(f"Not in group {group!r}: {', '.join(map(one_line, others))}. Nothing was changed")
    _change(caller, [(one, [name for name in one["groups"] if name != group]) for one in found], as_json=as_json)


def _change(caller: Caller, wanted: Iterable[tuple[Account, list[str]]], *, as_json: bool) -> None:
    """Sets the groups of accounts, and tells them."""

    async def put(client: "Client") -> list[Account]:
        changed = []
        for account, groups in wanted:
            await client.put(*path_of(account), "groups", body={"groups": groups})
            changed.append({**account, "groups": groups})
        return changed

    print_list(
        caller.manage(put),
        ("ACCOUNT", "GROUPS"),
        lambda one: (name_of(one), ", ".join(one["groups"]) or "-"),
        empty="",
        as_json=as_json,
    )


async def _accounts(client: "Client", names: Iterable[str]) -> list[Account]:
    """Accounts by name: a service account, if there is one of that name, else a user."""
    services = {one["name"]: one for one in await all_items(client, SERVICE_ACCOUNTS)}
    return [services[name] if name in services else await find_user(client, name) for name in dict.fromkeys(names)]


async def _groups(client: "Client") -> list[Group]:
    users, services = await all_items(client, USERS), await all_items(client, SERVICE_ACCOUNTS)
    return [Group(name, tuple(_named(users, name)), tuple(_named(services, name))) for name in await _names(client)]


async def _names(client: "Client") -> list[str]:
    names: list[str] = (await client.get("groups"))["groups"]
    return names


def _named(accounts: Iterable[Account], group: str) -> list[str]:
    return [name_of(one) for one in accounts if group in one["groups"]]
