"""`stroem workspace show`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.workspace.common import workspace_or_only
from stroem.cli.output import exit_codes
from stroem.cli.output.output import print_json
from stroem.cli.output.workspace_report import is_ready, print_workspace
from stroem.cli.program.options import Address, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("show")
@workspace_or_only
@click.option("--exit-code", is_flag=True, help="Exit with 1 when the workspace is not ready.")
@remote
@json_output
def show(address: Address, workspace: str | None, exit_code: bool, as_json: bool) -> None:
    """Show what runs, and what keeps something newer from it.

    Without NAME the workspace `default` is meant, or the only one of the server.
    With --json the release that runs is there too, as `current`.

    \b
    Examples:
      stroem workspace show billing
      stroem workspace show billing --exit-code --json
    """
    found = run_with_client(address, lambda client: _found(client, workspace))
    if as_json:
        print_json(found)
    else:
        print_workspace(found)
    if exit_code and not is_ready(found):
        sys.exit(exit_codes.FAILED)


async def _found(client: "Client", named: str | None) -> dict[str, Any]:
    workspace = await client.workspace(named, where="")
    found = await client.get("workspaces", workspace)
    number = found["release"]
    current = None if number is None else await client.get("workspaces", workspace, "releases", str(number))
    return {**found, "current": current}
