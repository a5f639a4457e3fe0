"""Commands of `stroem users` that change an account."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.accounts import USERS, Account, find_user, path_of
from stroem.cli.client.caller import Caller
from stroem.cli.commands.accounts.common import Callback, groups_option, set_disabled, signing_in, tell
from stroem.cli.output.output import counted, echo, print_json, shown_time
from stroem.cli.program.confirmation import confirm, yes_option

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


def user_argument(callback: Callback) -> Callback:
    """Adds the argument USER."""
    return click.argument("user", metavar="USER")(callback)


@click.command("add")
@click.argument("email", metavar="EMAIL")
@click.option("--name", metavar="TEXT", help="Name of the person.")
@groups_option
@click.option("--admin", "is_admin", is_flag=True, help="Make it an administrator.")
@signing_in
def add(caller: Caller, email: str, name: str | None, groups: tuple[str, ...], is_admin: bool, as_json: bool) -> None:
    """Add a user, who has no password yet.

    --group may be given several times.

    \b
    Example:
      stroem users add bob@example.org --name "Bob Miller" --group ops
    """
    wanted = {"email": email, "name": name, "groups": groups, "is_admin": is_admin}
    added = caller.manage(lambda client: client.post(USERS, body=wanted))
    tell(added, f"User {added['email']} was added", as_json=as_json)
    if not as_json:
        echo(f"A link for the password: stroem users reset-link {added['email']}", err=True)


@click.command("remove")
@user_argument
@yes_option
@signing_in
def remove(caller: Caller, user: str, yes: bool, as_json: bool) -> None:
    """Remove a user with all sessions and API keys.

    \b
    Example:
      stroem users remove bob@example.org
    """
    found = _found(caller, user)
    if not yes:
        confirm(f"Remove {found['email']} with all sessions and API keys?", "Nobody was removed")
    caller.manage(lambda client: client.delete(*path_of(found)))
    tell(found, f"User {found['email']} was removed", as_json=as_json)


@click.command("disable")
@user_argument
@yes_option
@signing_in
def disable(caller: Caller, user: str, yes: bool, as_json: bool) -> None:
    """Disable a user: all sessions end, and API keys are refused.

    \b
    Example:
      stroem users disable bob@example.org
    """
    found = _found(caller, user)
    if not yes:
        confirm(f"Disable {found['email']} and end all sessions?", "Nobody was disabled")
    changed = caller.manage(lambda client: set_disabled(client, found, is_disabled=True))
    tell(changed, f"User {found['email']} is disabled", as_json=as_json)


@click.command("enable")
@user_argument
@signing_in
def enable(caller: Caller, user: str, as_json: bool) -> None:
    """Enable a user who was disabled.

    \b
    Example:
      stroem users enable bob@example.org
    """
    found = _found(caller, user)
    changed = caller.manage(lambda client: set_disabled(client, found, is_disabled=False))
    tell(changed, f"User {found['email']} is enabled", as_json=as_json)


@click.command("make-admin")
@user_argument
@yes_option
@signing_in
def make_admin(caller: Caller, user: str, yes: bool, as_json: bool) -> None:
    """Make a user an administrator, who may do everything.

    \b
    Example:
      stroem users make-admin bob@example.org
    """
    found = _found(caller, user)
    if not yes:
        confirm(f"Make {found['email']} an administrator, who may do everything?", "Nothing was changed")
    changed = caller.manage(lambda client: _set_admin(client, found, is_admin=True))
    tell(changed, f"User {found['email']} is an administrator", as_json=as_json)


@click.command("revoke-admin")
@user_argument
@signing_in
def revoke_admin(caller: Caller, user: str, as_json: bool) -> None:
    """Make an administrator an ordinary user. One administrator stays.

    \b
    Example:
      stroem users revoke-admin bob@example.org
    """
    found = _found(caller, user)
    changed = caller.manage(lambda client: _set_admin(client, found, is_admin=False))
    tell(changed, f"User {found['email']} is no administrator any more", as_json=as_json)


@click.command("reset-link")
@user_argument
@signing_in
def reset_link(caller: Caller, user: str, as_json: bool) -> None:
    """Make a link with which a user sets a password, good once and for a day.

    The link alone is on stdout. Send it to the person in a way that others cannot read.

    \b
    Example:
      stroem users reset-link bob@example.org
    """
    found = _found(caller, user)
    made: dict[str, Any] = caller.manage(lambda client: client.post(*path_of(found), "reset-link", body={}))
    if as_json:
        print_json({"email": found["email"], **made})
        return
    echo(made["url"])
    until = shown_time(made["expires_at"])
    echo(f"The link for the password of {found['email']} is good once, until {until}", err=True)


@click.command("end-sessions")
@user_argument
@yes_option
@signing_in
def end_sessions(caller: Caller, user: str, yes: bool, as_json: bool) -> None:
    """End all sessions of a user. API keys stay.

    \b
    Example:
      stroem users end-sessions bob@example.org
    """
    found = _found(caller, user)
    if not yes:
        confirm(f"End all sessions of {found['email']}?", "No session was ended")
    ended: dict[str, Any] = caller.manage(lambda client: client.post(*path_of(found), "end-sessions", body={}))
    tell(ended, f"{counted(ended['ended'], 'session')} of {found['email']} ended", as_json=as_json)


def _found(caller: Caller, user: str) -> Account:
    return caller.read(lambda client: find_user(client, user))


async def _set_admin(client: "Client", user: Account, *, is_admin: bool) -> Account:
    await client.put(*path_of(user), "admin", body={"is_admin": is_admin})
    return {**user, "is_admin": is_admin}
