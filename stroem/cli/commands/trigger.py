"""`stroem trigger`."""

import sys
from typing import TYPE_CHECKING

import attrs
import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.start_job import job_request, start_job, watch_to_end
from stroem.cli.client.task_input import input_options
from stroem.cli.output import exit_codes
from stroem.cli.output.job_view import QuietView, view_for
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import (
    Address,
    json_output,
    refuse_idle_timeout,
    remote,
    timeout_option,
    workspace_option,
)

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("trigger")
@click.argument("task")
@input_options
@workspace_option
@click.option("-f", "--follow", is_flag=True, help="Show the log until the job ends.")
@click.option("--wait", is_flag=True, help="Wait until the job ends.")
@click.option("--pause-before", metavar="STEP", multiple=True, help="Hold this step when its turn comes; repeatable.")
@timeout_option
@remote
@json_output
def command(
    address: Address,
    task: str,
    workspace: str | None,
    pairs: tuple[str, ...],
    input_json: str | None,
    input_file: str | None,
    follow: bool,
    wait: bool,
    pause_before: tuple[str, ...],
    timeout: float | None,
    as_json: bool,
) -> None:
    """Start a job of a task.

    Values of KEY=VALUE become what the task's input says: numbers, booleans, or text; a key of a list is
    given several times. --input overlays --input-file, and KEY=VALUE both.

    With --follow or --wait the exit code is the job's: 0 completed, 1 failed, 3 cancelled, 4 skipped. In all
    commands 2 is wrong usage, 5 a refusal by the server, 6 a server that cannot be reached.

    \b
    Examples:
      stroem trigger hello name=Ada --follow
      stroem trigger deploy --pause-before migrate
      stroem trigger deploy -w billing --input '{"version": "1.4"}' --wait
      echo '{"version": "1.4"}' | stroem trigger deploy --input-file -
    """
    refuse_idle_timeout(timeout, waits=follow or wait, options="--follow or --wait")
    request = attrs.evolve(job_request(workspace, task, pairs, input_json, input_file), pause_before=pause_before)

    async def trigger(client: "Client") -> int:
        started = await start_job(client, request)
        job_id = started["job_id"]
        if not (follow or wait):
            if as_json:
                print_json(started)
            else:
                echo(f"Job {job_id} of {task} started. See: stroem logs {job_id} --follow")
            return exit_codes.OK
        echo(f"Job {job_id} of {task} started", err=True)
        view = view_for(as_json=as_json) if follow else QuietView()
        return await watch_to_end(client, job_id, view, as_json=as_json)

    sys.exit(run_with_client(address, trigger, within=timeout))
