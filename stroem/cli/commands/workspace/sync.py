"""`stroem workspace sync`."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.workspace.common import SOURCE_TIMEOUT_SECS, operation_options, show_result, workspace_or_only
from stroem.cli.output.errors import TooSoon
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("sync")
@workspace_or_only
@click.option(
    "--timeout",
    "secs",
    type=click.FloatRange(min=0, min_open=True),
    default=SOURCE_TIMEOUT_SECS,
    show_default=True,
    metavar="SECS",
    help="How long it may take.",
)
@operation_options
def sync(address: Address, workspace: str | None, secs: float, by: str | None, as_json: bool) -> None:
    """Look at the source now.

    The server does that, and the command shows how the workspace stands then. A workspace that was looked at
    within the last five seconds is looked at when they are over. The exit code is 1 when the workspace is not
    ready: what runs is not what the source says. Without NAME the workspace `default` is meant, or the only one of
    the server.

    \b
    Example:
      stroem workspace sync billing
    """
    found = run_with_client(address, lambda client: _synced(client, workspace, by, secs))
    show_result(found, as_json=as_json, must_be_ready=True)


async def _synced(client: "Client", named: str | None, by: str | None, secs: float) -> dict[str, Any]:
    """Status of the workspace after a reconcile. Raises `TooSoon` when the rate limit ends after the timeout."""
    now = asyncio.get_running_loop().time
    until = now() + secs
    workspace = await client.workspace(named, where="")
    while True:
        left = until - now()
        try:
            found: dict[str, Any] = await client.post(
                "workspaces", workspace, "reconcile", body={"by": by}, within=left
            )
            return found
        except TooSoon as error:
            if error.retry_after >= until - now():
                raise
            await asyncio.sleep(error.retry_after)
