"""`stroem trigger backfill` and `cancel-backfill`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.trigger.common import trigger_argument, trigger_workspace
from stroem.cli.commands.workspace.common import operation_options, reason_option
from stroem.cli.output.backfills import backfill_text
from stroem.cli.output.errors import Failure
from stroem.cli.output.output import counted, echo, one_line, print_json, shown_time
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("backfill")
@trigger_argument
@trigger_workspace
@click.option("--from", "start", required=True, metavar="TIME", help="The first time, or a date in the trigger's zone.")
@click.option("--to", "end", metavar="TIME", help="The last time, or a date, which is included.  [default: now]")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show the times, and start nothing.")
@click.option(
    "--max-active", type=click.IntRange(1, 1000), default=1, show_default=True, help="Most live jobs at once."
)
@reason_option
@operation_options
def backfill(
    address: Address,
    name: str,
    workspace: str | None,
    start: str,
    end: str | None,
    is_dry: bool,
    max_active: int,
    reason: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Fire a schedule for times that have passed.

    The times between --from and --to fire in order, each once; their jobs see them as trigger.scheduled_at. A paused
    trigger fires too. See how far it is with stroem trigger show.

    \b
    Examples:
      stroem trigger backfill nightly --from 2026-11-01 --to 2026-11-20 --dry-run
      stroem trigger backfill nightly --from 2026-11-01 --max-active 3 --reason "the warehouse was down"
    """
    body = {"by": by, "reason": reason, "start": start, "end": end, "max_active": max_active, "dry_run": is_dry}

    async def request(client: "Client") -> dict[str, Any]:
        where = await client.workspace(workspace)
        found: dict[str, Any] = await client.post("workspaces", where, "triggers", name, "backfill", body=body)
        return found

    found = run_with_client(address, request)
    if as_json:
        print_json(found)
        return
    if found["backfill"] is not None:
        short = found["backfill"]["id"][:8]
        echo(
            f"Backfill {short} of {counted(found['count'], 'time')} started. See: stroem trigger show {one_line(name)}"
        )
        return
    for at in found["instants"]:
        echo(shown_time(at))
    more = found["count"] - len(found["instants"])
    if more:
        echo(f"… and {counted(more, 'more time')}")
    echo(f"{counted(found['count'], 'time')}; nothing was started", err=True)


@click.command("cancel-backfill")
@trigger_argument
@click.argument("backfill_id", metavar="[BACKFILL]", required=False)
@trigger_workspace
@operation_options
def cancel_backfill(
    address: Address, name: str, backfill_id: str | None, workspace: str | None, by: str | None, as_json: bool
) -> None:
    """Cancel a running backfill: no further times fire; jobs that run go on.

    BACKFILL is the beginning of its id; it may be left out if only one runs.

    \b
    Example:
      stroem trigger cancel-backfill nightly
    """

    async def request(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "triggers", name, "backfills")
        running = [one for one in await client.get(*path) if one["status"] == "running"]
        meant = [one for one in running if one["id"].startswith(backfill_id or "")]
        if len(meant) != 1:
            told = ", ".join(one["id"][:8] for one in running) or "none"
            raise Failure(f"Name one running backfill of trigger {name!r}; running: {told}.")
        found: dict[str, Any] = await client.post(*path, meant[0]["id"], "cancel", body={"by": by})
        return found

    found = run_with_client(address, request)
    if as_json:
        print_json(found)
    else:
        echo(backfill_text(found))
