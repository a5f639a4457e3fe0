"""`stroem trigger TASK`."""

import sys
from functools import partial
from typing import TYPE_CHECKING

import attrs
import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.start_job import dry_run, job_request, start_job, watch_to_last
from stroem.cli.client.task_input import input_options
from stroem.cli.output import exit_codes
from stroem.cli.output.dry_run import print_dry_run
from stroem.cli.output.job_view import QuietView, view_for
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import (
    Address,
    json_output,
    no_cache_option,
    refuse_idle_timeout,
    remote,
    timeout_option,
    workspace_option,
)

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("start")
@click.argument("task")
@input_options
@workspace_option
@no_cache_option
@click.option("-f", "--follow", is_flag=True, help="Show the log until the job and its retries end.")
@click.option("--wait", is_flag=True, help="Wait until the job and its retries end.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what the job would do, and start nothing.")
@click.option(
    "--priority", type=click.IntRange(-100, 100), help="Start before jobs of a smaller priority. [default: the task's]"
)
@click.option("--pause-before", metavar="STEP", multiple=True, help="Hold this step when its turn comes; repeatable.")
@timeout_option
@remote
@json_output
def start(
    address: Address,
    task: str,
    workspace: str | None,
    pairs: tuple[str, ...],
    input_json: str | None,
    input_file: str | None,
    no_cache: bool,
    follow: bool,
    wait: bool,
    is_dry: bool,
    priority: int | None,
    pause_before: tuple[str, ...],
    timeout: float | None,
    as_json: bool,
) -> None:
    """Start a job of a task; the word `start` may be left out.

    Values of KEY=VALUE become what the task's input says: numbers, booleans, or text; a key of a list is
    given several times. --input overlays --input-file, and KEY=VALUE both.

    With --follow or --wait the exit code is the job's: 0 completed, 1 failed, 3 cancelled, 4 skipped. In all
    commands 2 is wrong usage, 5 a refusal by the server, 6 a server that cannot be reached.

    \b
    Examples:
      stroem trigger hello name=Ada --follow
      stroem trigger start show --wait
      stroem trigger deploy --pause-before migrate
      stroem trigger deploy -w billing --input '{"version": "1.4"}' --wait
      stroem trigger deploy version=1.4 --dry-run
      echo '{"version": "1.4"}' | stroem trigger deploy --input-file -
    """
    refuse_idle_timeout(timeout, waits=follow or wait, options="--follow or --wait")
    if is_dry and (follow or wait):
        raise click.UsageError("--dry-run starts nothing: leave out --follow and --wait")
    request = job_request(workspace, task, pairs, input_json, input_file, no_cache=no_cache, priority=priority)
    request = attrs.evolve(request, pause_before=pause_before)

    async def trigger(client: "Client") -> int:
        if is_dry:
            print_dry_run(await dry_run(client, request), as_json=as_json)
            return exit_codes.OK
        started = await start_job(client, request)
        job_id = started["job_id"]
        if not (follow or wait):
            if as_json:
                print_json(started)
            else:
                echo(f"Job {job_id} of {task} started. See: stroem logs {job_id} --follow")
            return exit_codes.OK
        echo(f"Job {job_id} of {task} started", err=True)
        new_view = partial(view_for, as_json=as_json) if follow else QuietView
        return await watch_to_last(client, job_id, new_view, as_json=as_json)

    sys.exit(run_with_client(address, trigger, within=timeout))
