"""`stroem trigger dead-letters`."""

import sys
from typing import TYPE_CHECKING, Any, Literal

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.trigger.common import trigger_argument, trigger_workspace
from stroem.cli.commands.workspace.common import operation_options
from stroem.cli.output import exit_codes
from stroem.cli.output.output import counted, echo, one_line, print_json, print_page, shown_time
from stroem.cli.program.options import Address
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

Verb = Literal["list", "retry", "drop"]


@click.command("dead-letters")
@trigger_argument
@click.argument("verb", metavar="[retry|drop]", type=click.Choice(["list", "retry", "drop"]), default="list")
@click.argument("ids", metavar="[ID]...", nargs=-1, type=click.IntRange(min=1))
@click.option("--all", "everything", is_flag=True, help="Retry or drop all.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many to list.")
@trigger_workspace
@operation_options
def dead_letters(
    address: Address,
    name: str,
    verb: Verb,
    ids: tuple[int, ...],
    everything: bool,
    limit: int,
    workspace: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """List, retry or drop the events of an event source that could not start a job.

    A retried event is fired again; one that fails again stays, and the exit code is 1. Those of a removed trigger are
    listed and dropped by its name.

    \b
    Examples:
      stroem trigger dead-letters orders
      stroem trigger dead-letters orders retry 3 4
      stroem trigger dead-letters orders drop --all
    """
    if verb == "list":
        _list(address, workspace, name, limit, as_json=as_json)
        return
    if everything == bool(ids):
        raise click.UsageError(f"Say which to {verb}: the ids, or --all.")
    body = {"by": by, "ids": None if everything else list(ids)}

    async def change(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "triggers", name, "dead-letters", verb)
        found: dict[str, Any] = await client.post(*path, body=body)
        return found

    found = run_with_client(address, change)
    if as_json:
        print_json(found)
    elif verb == "drop":
        echo(f"{counted(found['dropped'], 'event')} dropped.")
    else:
        echo(f"{counted(found['settled'], 'event')} fired again.")
        for reason, count in found["reasons"].items():
            echo(f"{counted(count, 'event')} failed again: {one_line(reason)}")
    sys.exit(exit_codes.FAILED if found.get("failed") else exit_codes.OK)


def _list(address: Address, workspace: str | None, name: str, limit: int, *, as_json: bool) -> None:
    async def listed(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "triggers", name, "dead-letters")
        page: dict[str, Any] = await client.get(*path, limit=limit)
        return page

    print_page(
        run_with_client(address, listed),
        ("ID", "AT", "KEY", "BYTES", "RETRIES", "REASON", "EVENT"),
        lambda one: (
            str(one["id"]),
            shown_time(one["at"]),
            one["key"],
            str(one["size"]),
            str(one["retries"]),
            one["reason"],
            one.get("text") or visible_json(one["data"]),
        ),
        empty="No dead letters.",
        as_json=as_json,
    )
