"""`stroem pause`."""

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, one_line, print_json, shown_time
from stroem.cli.program.options import Address, job_argument, json_output, remote


@click.command("pause")
@job_argument
@remote
@json_output
def command(address: Address, job: str, as_json: bool) -> None:
    """Pause a job: no further steps start until it is resumed.

    Steps that run go on, and times that steps wait for pass. JOB is a job's id or the beginning of one.

    \b
    Example:
      stroem pause 0193b2c4-5d1e
    """
    answer = run_with_client(address, lambda client: client.post_to_job(job, "pause"))
    if as_json:
        print_json(answer)
    else:
        by = f" by {one_line(answer['paused_by'])}" if answer["paused_by"] else ""
        echo(f"Job {answer['job_id']} is paused since {shown_time(answer['paused_at'])}{by}.")
