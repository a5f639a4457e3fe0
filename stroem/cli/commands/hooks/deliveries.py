"""`stroem hooks deliveries` and `stroem hooks redeliver`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.trigger.common import trigger_argument, trigger_workspace
from stroem.cli.output.output import echo, print_json, print_page, shown_time
from stroem.cli.program.options import Address, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

VERDICTS = ("started", "filtered", "duplicate", "debounced", "refused", "rate_limited", "answered", "failed")


@click.command("deliveries")
@trigger_argument
@trigger_workspace
@click.option("--verdict", type=click.Choice(VERDICTS), help="Only those with this verdict.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many.")
@remote
@json_output
def deliveries(
    address: Address, name: str, workspace: str | None, verdict: str | None, limit: int, as_json: bool
) -> None:
    """List the requests to a webhook, newest first, and what became of them. NAME is that of the trigger.

    \b
    Examples:
      stroem hooks deliveries deploy
      stroem hooks deliveries deploy --verdict refused
    """

    async def listed(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "triggers", name, "deliveries")
        page: dict[str, Any] = await client.get(*path, verdict=verdict, limit=limit)
        return page

    print_page(
        run_with_client(address, listed),
        ("ID", "AT", "FROM", "METHOD", "VERDICT", "KEY", "JOB", "REASON"),
        lambda one: (
            str(one["id"]),
            shown_time(one["at"]),
            one["remote"],
            one["method"],
            one["verdict"],
            one["key"] or "-",
            one["job_id"] or "-",
            one["reason"] or (f"delivery {one['redelivery_of']} again" if one["redelivery_of"] else "-"),
        ),
        empty="No requests.",
        as_json=as_json,
    )


@click.command("redeliver")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@remote
@json_output
def redeliver(address: Address, number: int, as_json: bool) -> None:
    """Deliver a recorded request again, with the trigger as it is now. It starts a job whatever its id.

    \b
    Example:
      stroem hooks redeliver 17
    """

    async def again(client: "Client") -> dict[str, Any]:
        found: dict[str, Any] = await client.post("deliveries", str(number), "redeliver")
        return found

    found = run_with_client(address, again)
    if as_json:
        print_json(found)
    elif found["job_id"]:
        echo(f"Job {found['job_id']} started")
    else:
        echo(f"No job: {found['verdict']}" + (f", {found['reason']}" if found["reason"] else ""))
