"""`stroem login`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.accounts.random_tokens import prefix_of
from stroem.cli.client.device import token_by_device
from stroem.cli.client.run import run_with_client
from stroem.cli.client.sign_in import end_session, password_token, program_name
from stroem.cli.output.errors import Failure, Refused
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.credentials import Credential, credential_for, keep_credential
from stroem.cli.program.options import Address, json_output, server_option

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_DAYS = 90


@click.command("login")
@click.option("--email", metavar="TEXT", help="Your e-mail address; asked for if left out.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin instead of asking for it.")
@click.option("--device", is_flag=True, help="Sign in by a browser, here or elsewhere, where you enter a code.")
@click.option("--days", type=click.IntRange(1, 3650), default=_DAYS, show_default=True, help="Days until it expires.")
@server_option
@json_output
def command(server_url: str, email: str | None, password_stdin: bool, device: bool, days: int, as_json: bool) -> None:
    """Sign in to a server: later commands for its address bear an API key.

    An API key is made and kept in ~/.config/stroem/credentials.json, for you alone. `stroem logout` deletes it. Where
    nobody signs in by password, and with --device, you enter a code in a browser.

    \b
    Examples:
      stroem login --server https://stroem.example.org
      stroem login --device
    """
    if device and (email or password_stdin):
        raise click.UsageError("--device takes neither --email nor --password-stdin")
    config = run_with_client(Address(server_url), lambda client: client.get("config"))
    if not config["auth_required"]:
        _tell({"status": "open"}, f"{server_url} is open: nobody signs in there.", as_json=as_json)
        return
    if not config["has_internal_auth"] and (email or password_stdin):
        raise Failure("Nobody signs in by password there: leave --email and --password-stdin out")
    former = credential_for(server_url)
    name = program_name()
    if device or not config["has_internal_auth"]:
        token = run_with_client(Address(server_url), lambda client: token_by_device(client, name))
    else:
        token = password_token(server_url, email or click.prompt("E-mail", err=True), password_stdin=password_stdin)
    bearer = Address(server_url, token)
    wanted = {"name": name, "expires_in_days": days}

    async def exchange(client: "Client") -> tuple[dict[str, Any], dict[str, Any]]:
        made, me = await client.post("auth", "api-keys", body=wanted), await client.get("auth", "me")
        if former is not None:
            await _delete_quietly(client, former.token)
        await end_session(client)
        return made, me

    made, me = run_with_client(bearer, exchange)
    path = keep_credential(server_url, Credential(made["key"], me["email"]))
    said = f"Signed in at {server_url} as {me['email']}, for {days} days. The API key {made['prefix']} is in {path}"
    document = {"status": "signed_in", "email": me["email"], "prefix": made["prefix"], "file": str(path)}
    _tell(document, said, as_json=as_json)


def _tell(document: object, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        echo(text)


async def _delete_quietly(client: "Client", token: str) -> None:
    """Deletes a former key, which may be gone, or that of somebody else."""
    try:
        await client.delete("auth", "api-keys", prefix_of(token))
    except Refused:
        pass
