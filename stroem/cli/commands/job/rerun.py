"""`stroem rerun`."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.start_job import print_warnings, watch_to_last
from stroem.cli.client.task_input import split_pairs, typed_pairs
from stroem.cli.output import exit_codes
from stroem.cli.output.errors import Refused
from stroem.cli.output.job_view import QuietView, view_for
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.output.rerun_plan import print_rerun_plan
from stroem.cli.program.options import Address, job_argument, json_output, refuse_idle_timeout, remote, timeout_option

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("rerun")
@job_argument
@click.option("--failed", is_flag=True, help="Only the steps that failed or were cancelled, and those behind them.")
@click.option("--from", "first", metavar="STEP", multiple=True, help="This step and those behind it; may be repeated.")
@click.option("--item", "items", metavar="'STEP[N]'", multiple=True, help="This item of a loop; may be repeated.")
@click.option(
    "--release",
    type=click.Choice(("pinned", "current")),
    help="The release of the job, or the current one.  [default: current for all of a job, pinned for some steps]",
)
@click.option("--input", "pairs", metavar="KEY=VALUE", multiple=True, help="Replace an input; may be repeated.")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be kept and run again, and start nothing.")
@click.option("-f", "--follow", is_flag=True, help="Show the log until the job and its retries end.")
@click.option("--wait", is_flag=True, help="Wait until the job and its retries end.")
@timeout_option
@remote
@json_output
def command(
    address: Address,
    job: str,
    *,
    failed: bool,
    first: tuple[str, ...],
    items: tuple[str, ...],
    release: str | None,
    pairs: tuple[str, ...],
    only_plan: bool,
    follow: bool,
    wait: bool,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Run a job again, all of it or some steps, or show what that would do.

    JOB is a job's id or the beginning of one. Without --failed, --from and --item all of it runs again. The
    steps that do not run again are kept, with their outputs. The exit codes are those of `stroem trigger`.

    \b
    Examples:
      stroem rerun 0193b2c4-5d1e --plan --failed
      stroem rerun 0193b2c4-5d1e --failed --wait
      stroem rerun 0193b2c4-5d1e --from deploy --input target=staging
      stroem rerun 0193b2c4-5d1e --item 'build[3]' --item 'build[7]'
      stroem rerun 0193b2c4-5d1e --release pinned
    """
    refuse_idle_timeout(timeout, waits=follow or wait, options="--follow or --wait")
    if only_plan and (follow or wait):
        raise click.UsageError("--plan starts nothing: leave out --follow and --wait")
    body: dict[str, Any] = {"failed": failed, "steps": [*first, *_items(items)], "release": release}
    texts = split_pairs(pairs)

    async def rerun(client: "Client") -> int:
        job_id = await client.job_id(job)
        if texts:
            body["input"] = typed_pairs(texts, await _fields(client, job_id))
        if only_plan:
            found = await client.post("jobs", job_id, "rerun", "plan", body=body)
            print_json(found) if as_json else print_rerun_plan(found)
            return exit_codes.OK
        started = await client.post("jobs", job_id, "rerun", body=body)
        print_warnings(started)
        new_id = started["job_id"]
        if not (follow or wait):
            print_json(started) if as_json else echo(f"Job {new_id} runs {job_id} again. See: stroem status {new_id}")
            return exit_codes.OK
        echo(f"Job {new_id} runs {job_id} again", err=True)
        new_view = partial(view_for, as_json=as_json) if follow else QuietView
        return await watch_to_last(client, new_id, new_view, as_json=as_json)

    sys.exit(run_with_client(address, rerun, within=timeout))


def _items(items: Sequence[str]) -> list[str]:
    """The items of loops. Raises `click.UsageError` for a name that is none."""
    for item in items:
        if not item.endswith("]"):
            raise click.UsageError(f"{one_line(item)!r} is no item of a loop: write 'STEP[N]', the first is 0")
    return list(items)


async def _fields(client: "Client", job_id: str) -> dict[str, Any]:
    """The input fields of a job's task, as its current release has them; none if it has no such task."""
    job = await client.get("jobs", job_id)
    try:
        fields: dict[str, Any] = (await client.get("workspaces", job["workspace"], "tasks", job["task_name"]))["input"]
    except Refused:
        return {}
    return fields
