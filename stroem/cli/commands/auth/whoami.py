"""`stroem auth whoami`."""

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, json_output, remote


@click.command("whoami")
@remote
@json_output
def whoami(address: Address, as_json: bool) -> None:
    """Show as whom a server knows you.

    \b
    Example:
      stroem auth whoami
    """
    me = run_with_client(address, lambda client: client.get("auth", "me"))
    if as_json:
        print_json(me)
        return
    told = [
        me["email"],
        "administrator" if me["is_admin"] else "",
        "service account" if me["kind"] == "service" else "",
    ]
    groups = f"groups {', '.join(me['groups'])}" if me["groups"] else ""
    echo(", ".join(one for one in (*told, groups) if one))
