"""`stroem logs`."""

import sys
from typing import TYPE_CHECKING

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.unknown_names import refuse_unknown_step
from stroem.cli.client.watch_job import end_of, watch_log
from stroem.cli.output import exit_codes
from stroem.cli.output.job_view import JobView, JsonView, PlainView, on_terminal
from stroem.cli.program.options import Address, job_argument, json_output, refuse_idle_timeout, remote, timeout_option

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


PAGE_LINES = 10_000


@click.command("logs")
@job_argument
@click.option("-s", "--step", metavar="NAME", help="Only this step; _server is what the server has to say.")
@click.option("--attempt", type=click.IntRange(min=1), metavar="N", help="Only this attempt of the step.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job ends; the exit code is the job's.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="Only the last N lines.")
@click.option("--after", type=click.IntRange(min=0), metavar="N", help="Only what follows the first N lines.")
@timeout_option
@remote
@json_output
def command(
    address: Address,
    job: str,
    step: str | None,
    attempt: int | None,
    follow: bool,
    tail: int | None,
    after: int | None,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Show what a job prints, as `step | text`.

    JOB is a job's id or the beginning of one. --json prints the lines as the server keeps them: one JSON
    object each, with the keys ts, stream, step and line.

    \b
    Examples:
      stroem logs 0193b2c4-5d1e --follow
      stroem logs 0193b2c4-5d1e --step build --tail 20
    """
    refuse_idle_timeout(timeout, waits=follow, options="--follow")
    if tail is not None and after is not None:
        raise click.UsageError("--tail and --after exclude each other")
    if attempt is not None and (step is None or follow):
        raise click.UsageError("--attempt needs --step, and excludes --follow")
    view: JobView = JsonView() if as_json else PlainView(colour=on_terminal())

    async def logs(client: "Client") -> int:
        job_id = await client.job_id(job)
        position = await _print_kept(client, job_id, view, step=step, attempt=attempt, tail=tail, after=after)
        if not follow:
            return exit_codes.OK
        return end_of(await watch_log(client, job_id, view, after=position, step=step))

    sys.exit(run_with_client(address, logs, within=timeout))


async def _print_kept(
    client: "Client",
    job_id: str,
    view: JobView,
    *,
    step: str | None,
    attempt: int | None,
    tail: int | None,
    after: int | None,
) -> int:
    """Prints the existing lines, page by page; returns the position reached."""
    await refuse_unknown_step(client, job_id, step)
    path = ("jobs", job_id, "steps", step, "logs") if step else ("jobs", job_id, "logs")
    if tail == 0:
        return int((await client.get(*path, limit=1))["total"])
    while True:
        start = after if tail is None else None
        page = await client.get(*path, attempt=attempt, tail=tail, after=start, limit=PAGE_LINES)
        view.log(page["logs"])
        if not page["more"] or tail is not None:
            return int(page["next"])
        after = page["next"]
