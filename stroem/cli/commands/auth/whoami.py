"""`stroem auth whoami`."""

from typing import Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.key_table import key_facts
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.output.workspace_report import print_facts
from stroem.cli.program.options import Address, json_output, remote


@click.command("whoami")
@remote
@json_output
def whoami(address: Address, as_json: bool) -> None:
    """Show as whom a server knows you, and what your API key is good for.

    \b
    Example:
      stroem auth whoami
    """
    me = run_with_client(address, lambda client: client.get("auth", "me"))
    if as_json:
        print_json(me)
        return
    echo(_account(me))
    if key := me.get("key"):
        echo(f"with the API key {one_line(key['prefix'])} ({one_line(key['name'])})")
        print_facts(key_facts(key))


def _account(me: dict[str, Any]) -> str:
    told = [
        me["email"],
        "administrator" if me["is_admin"] else "",
        "service account" if me["kind"] == "service" else "",
    ]
    groups = f"groups {', '.join(me['groups'])}" if me["groups"] else ""
    return ", ".join(one for one in (*told, groups) if one)
