"""`stroem events`."""

from typing import TYPE_CHECKING, Any, get_args

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.streams import resumed
from stroem.cli.output.event_lines import EventPainter
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, json_output, remote, workspace_filter
from stroem.conversion.text import visible_json
from stroem.records.event import EventKind, Severity

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

Filters = dict[str, str | int | None]


@click.command("events")
@workspace_filter
@click.option("--library", metavar="NAME", help="Only this library.")
@click.option("--kind", type=click.Choice(get_args(EventKind)), metavar="KIND", help="Only this kind: released, …")
@click.option("--severity", type=click.Choice(get_args(Severity)), help="Only as serious as this.")
@click.option("--search", metavar="TEXT", help="Only those with this text. Not with --follow.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new ones as they happen.")
@remote
@json_output
def command(address: Address, as_json: bool, follow: bool, limit: int, **filters: str | int | None) -> None:
    """Show what happened to workspaces and libraries, the newest last.

    --json prints what the server answered, newest first; with --follow one JSON object a line.

    \b
    Examples:
      stroem events -w billing --follow
      stroem events --severity error --limit 5
      stroem events --search 4f2c1d9
    """
    if follow and filters.pop("search"):
        raise click.UsageError("--search looks through past events: leave out --follow")
    if follow:
        run_with_client(address, lambda client: _follow(client, filters, limit, as_json=as_json))
        return
    page = run_with_client(address, lambda client: _page(client, filters, limit))
    if as_json:
        print_json(page)
        return
    painter = EventPainter()
    for event in reversed(page["items"]):
        echo(painter.paint(event))
    if not page["items"]:
        echo("No events.")
    if page["next"] is not None:
        echo("There are older ones; see --limit", err=True)


async def _page(client: "Client", filters: Filters, limit: int, after: int | None = None) -> Any:
    rest = dict(filters)
    workspace = rest.pop("workspace")
    path = ("workspaces", str(workspace), "events") if workspace else ("events",)
    return await client.get(*path, **rest, limit=limit, after=after)


async def _follow(client: "Client", filters: Filters, limit: int, *, as_json: bool) -> None:
    """Shows the last events, then new ones. A page with `after` ends before any uncommitted event."""
    painter = EventPainter()

    def show(event: dict[str, Any]) -> None:
        echo(visible_json(event) if as_json else painter.paint(event))

    page = await _page(client, filters, limit, after=0)
    for event in reversed(page["items"]):
        show(event)
    position = page["items"][0]["id"] if page["items"] else 0
    async for frame in resumed(client, "events", "stream", after=position, **filters):
        if frame["event"] == "event":
            show(frame["item"])
