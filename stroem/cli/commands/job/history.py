"""`stroem history`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.streams import resumed
from stroem.cli.client.unknown_names import refuse_unknown_step
from stroem.cli.output import exit_codes
from stroem.cli.output.history_lines import HistoryPainter
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, job_argument, json_output, refuse_idle_timeout, remote, timeout_option
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

PAGE_ITEMS = 500


@click.command("history")
@job_argument
@click.option("-s", "--step", metavar="NAME", help="Only this step.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends; the exit code is the job's.")
@click.option("--after", type=click.IntRange(min=0), metavar="ID", default=0, help="Only what follows this change.")
@timeout_option
@remote
@json_output
def command(
    address: Address, job: str, step: str | None, follow: bool, after: int, timeout: float | None, as_json: bool
) -> None:
    """Show what happened to a job and its steps, and why, oldest first.

    JOB is a job's id or the beginning of one. --json prints the changes; with --follow one JSON object a line.

    \b
    Examples:
      stroem history 0193b2c4-5d1e
      stroem history 0193b2c4-5d1e --step build --follow
    """
    refuse_idle_timeout(timeout, waits=follow, options="--follow")

    async def history(client: "Client") -> int:
        job_id = await client.job_id(job)
        await refuse_unknown_step(client, job_id, step)
        if follow:
            return await _follow(client, job_id, step, after, as_json=as_json)
        await _print_kept(client, job_id, step, after, as_json=as_json)
        return exit_codes.OK

    sys.exit(run_with_client(address, history, within=timeout))


async def _print_kept(client: "Client", job_id: str, step: str | None, after: int, *, as_json: bool) -> None:
    """Prints the changes that are there: as text page by page, as JSON at once."""
    painter, items = HistoryPainter(), []
    while True:
        page = await client.get("jobs", job_id, "history", step=step, after=after, limit=PAGE_ITEMS)
        after = page["next"]
        if as_json:
            items += page["items"]
        else:
            for item in page["items"]:
                echo(painter.paint(item))
        if not page["more"]:
            break
    if as_json:
        print_json({"items": items, "next": after})


async def _follow(client: "Client", job_id: str, step: str | None, after: int, *, as_json: bool) -> int:
    """Prints changes as they come, up to the end of the job. Returns the exit code of its status."""
    painter = HistoryPainter()
    status: Any = None
    async for frame in resumed(client, "jobs", job_id, "history", "stream", after=after, step=step):
        if frame["event"] == "history":
            echo(visible_json(frame["item"]) if as_json else painter.paint(frame["item"]))
        else:
            status = frame.get("status")
    return exit_codes.TERMINAL.get(status, exit_codes.FAILED)
