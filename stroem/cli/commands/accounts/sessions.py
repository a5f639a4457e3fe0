"""`stroem sessions`: sessions of one's own account."""

from typing import TYPE_CHECKING, Any

import click

from stroem.accounts.random_tokens import API_KEY
from stroem.cli.client.caller import Caller
from stroem.cli.client.sign_in import end_session
from stroem.cli.commands.accounts.common import signing_in, tell
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import counted
from stroem.cli.output.sessions import print_sessions
from stroem.cli.program.confirmation import confirm, yes_option
from stroem.cli.program.ordered_group import OrderedGroup

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_OWN = ("auth", "sessions")
Session = dict[str, Any]


@click.group("sessions", cls=OrderedGroup)
def command() -> None:
    """List and end the sessions of your own account, in browsers and elsewhere.

    Those of another user: stroem users sessions, stroem users end-sessions.

    \b
    Examples:
      stroem sessions list
      stroem sessions end --all
    """


@command.command("list")
@signing_in
def list_sessions(caller: Caller, as_json: bool) -> None:
    """List your sessions, the last used one first.

    \b
    Example:
      stroem sessions list
    """
    print_sessions(caller.own(lambda client: _sessions(client, caller)), as_json=as_json)


@command.command("end")
@click.argument("session", metavar="[SESSION]", required=False)
@click.option("--all", "ends_all", is_flag=True, help="End all of your sessions.")
@yes_option
@signing_in
def end(caller: Caller, session: str | None, ends_all: bool, yes: bool, as_json: bool) -> None:
    """End a session, or all of your sessions. API keys stay.

    SESSION is an id, or the beginning of one that no other session has.

    \b
    Examples:
      stroem sessions end 4b1c9c1e
      stroem sessions end --all
    """
    if ends_all == bool(session):
        raise click.UsageError("Name a session, or give --all")
    if not yes:
        confirm("End all of your sessions?" if ends_all else f"End the session {session}?", "No session was ended")
    ended = caller.own(lambda client: _end_all(client, caller) if session is None else _end(client, caller, session))
    tell({"ended": ended}, f"{counted(ended, 'session')} ended", as_json=as_json)


async def _sessions(client: "Client", caller: Caller) -> list[Session]:
    """The sessions of the account, without the one that this command has begun for itself."""
    begun_here = (caller.address.token or "").startswith(API_KEY)
    return [one for one in (await client.get(*_OWN))["items"] if not (begun_here and one["is_current"])]


async def _end_all(client: "Client", caller: Caller) -> int:
    ended = len(await _sessions(client, caller))
    await client.post(*_OWN, "end-others", body={})
    await end_session(client)
    return ended


async def _end(client: "Client", caller: Caller, session: str) -> int:
    known = [one["session_id"] for one in await _sessions(client, caller)]
    found = [one for one in known if one.startswith(session.lower())]
    if len(found) != 1:
        count = "No session has" if not found else f"{len(found)} sessions have"
        raise Refused(
            f"{count} an id that begins with {session!r}. List: stroem sessions list\nServer: {caller.address.url}"
        )
    await client.delete(*_OWN, found[0])
    return 1
