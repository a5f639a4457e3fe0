"""`stroem logout`."""

import click

from stroem.accounts.random_tokens import prefix_of
from stroem.cli.client.run import run_with_client
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.credentials import Credential, credential_for, keep_credential
from stroem.cli.program.options import Address, json_output, server_option


@click.command("logout")
@server_option
@json_output
def command(server_url: str, as_json: bool) -> None:
    """Sign out of a server: the API key of `stroem login` is deleted, here and there.

    \b
    Example:
      stroem logout --server https://stroem.example.org
    """
    kept = credential_for(server_url)
    if kept is not None:
        _sign_out(server_url, kept)
    if as_json:
        print_json({"status": "signed_out", "was_signed_in": kept is not None})
    else:
        echo(f"Signed out of {server_url}." if kept is not None else f"You are not signed in at {server_url}.")


def _sign_out(server_url: str, kept: Credential) -> None:
    bearer = Address(server_url, kept.token)
    try:
        run_with_client(bearer, lambda client: client.delete("auth", "api-keys", prefix_of(kept.token)))
    except Refused:
        pass  # it has expired or was deleted
    keep_credential(server_url, None)
