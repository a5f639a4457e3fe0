"""`stroem workspace sync`."""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import ask
from stroem.cli.commands.workspace.common import PATIENCE_SECS, acting, tell, workspace_or_only
from stroem.cli.program.errors import TooSoon
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("sync")
@workspace_or_only
@click.option(
    "--timeout",
    "secs",
    type=click.FloatRange(min=0, min_open=True),
    default=PATIENCE_SECS,
    show_default=True,
    metavar="SECS",
    help="How long it may take.",
)
@acting
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
    found = ask(address, lambda client: _synced(client, workspace, by, secs))
    tell(found, as_json=as_json, must_be_ready=True)


async def _synced(client: "Client", named: str | None, by: str | None, secs: float) -> dict[str, Any]:
    """How the workspace stands after a look. Raises `TooSoon` when no turn for it comes in time."""
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
