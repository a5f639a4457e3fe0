"""`stroem users`; its commands that change an account are in `user_changes`."""

from typing import TYPE_CHECKING

import click

from stroem.cli.client.accounts import USERS, Account, find_user
from stroem.cli.client.caller import Caller
from stroem.cli.client.pages import all_items
from stroem.cli.commands.accounts.common import reading, shown_groups
from stroem.cli.commands.accounts.user_changes import (
    add,
    disable,
    enable,
    end_sessions,
    make_admin,
    remove,
    reset_link,
    revoke_admin,
    user_argument,
)
from stroem.cli.output.output import echo, one_line, print_json, print_list, shown_time
from stroem.cli.output.sessions import print_sessions
from stroem.cli.output.workspace_report import Facts, print_facts
from stroem.cli.program.ordered_group import OrderedGroup

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.group("users", cls=OrderedGroup)
def command() -> None:
    """List, add and change the people who may sign in.

    USER is an e-mail address, or a name that no other user has.

    \b
    Examples:
      stroem users list
      stroem users add bob@example.org --group ops
      stroem users reset-link bob@example.org
    """


@command.command("list")
@click.option("--group", metavar="NAME", help="Only members of this group.")
@reading
def list_users(caller: Caller, group: str | None, as_json: bool) -> None:
    """List users by e-mail address.

    \b
    Example:
      stroem users list --group ops
    """
    users = caller.read(lambda client: all_items(client, USERS))
    print_list(
        [one for one in users if group is None or group in one["groups"]],
        ("USER", "NAME", "GROUPS", "STATUS", "SIGNS IN BY", "LAST SIGN-IN"),
        lambda one: (
            one["email"],
            one.get("name") or "-",
            shown_groups(one),
            _status(one),
            ", ".join(one["auth_methods"]) or "-",
            shown_time(one.get("last_login_at")),
        ),
        empty="No users." if group is None else f"No users in group {one_line(group)}.",
        as_json=as_json,
    )


@command.command("show")
@user_argument
@reading
def show(caller: Caller, user: str, as_json: bool) -> None:
    """Show a user.

    \b
    Example:
      stroem users show bob@example.org
    """
    found = caller.read(lambda client: find_user(client, user))
    if as_json:
        print_json(found)
        return
    echo(click.style(one_line(found["email"]), bold=True))
    print_facts(_facts(found))


@command.command("sessions")
@user_argument
@reading
def sessions(caller: Caller, user: str, as_json: bool) -> None:
    """List the sessions of a user, the last used one first.

    \b
    Example:
      stroem users sessions bob@example.org
    """

    async def listed(client: "Client") -> list[Account]:
        found = await find_user(client, user)
        page: list[Account] = (await client.get(USERS, found["user_id"], "sessions"))["items"]
        return page

    print_sessions(caller.read(listed), as_json=as_json)


def _facts(user: Account) -> Facts:
    yield "name", user.get("name")
    yield "groups", shown_groups(user)
    yield "status", _status(user)
    yield "signs in", f"by {', '.join(user['auth_methods'])}" if user["auth_methods"] else "not yet"
    yield "last", shown_time(user.get("last_login_at"))
    yield "added", shown_time(user["created_at"])


def _status(user: Account) -> str:
    told = ("administrator" if user["is_admin"] else "", "disabled" if user["is_disabled"] else "")
    return ", ".join(one for one in told if one) or "active"


for _subcommand in (add, remove, disable, enable, make_admin, revoke_admin, reset_link, end_sessions):
    command.add_command(_subcommand)
