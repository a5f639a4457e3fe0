"""Sign-in of the program itself, and the end of its session."""

import socket
import sys
from typing import TYPE_CHECKING

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.errors import Failure
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


def program_name() -> str:
    """Name of this program on this machine, for lists of keys and sessions."""
    return f"stroem login on {socket.gethostname()}"[:100]


def password_token(server_url: str, email: str, *, password_stdin: bool) -> str:
    """Access token for a password, which is read from stdin or asked for."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, err=True)
    body = {"email": email, "password": password}
    access = run_with_client(Address(server_url), lambda client: client.post("auth", "login", body=body))
    return str(access["access_token"])


async def end_session(client: "Client") -> None:
    """Ends the session of the client, if that is possible still."""
    try:
        for session in (await client.get("auth", "sessions"))["items"]:
            if session["is_current"]:
                await client.delete("auth", "sessions", session["session_id"])
    except Failure:
        pass
