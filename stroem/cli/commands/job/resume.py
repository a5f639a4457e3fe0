"""`stroem resume`."""

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, job_argument, json_output, remote


@click.command("resume")
@job_argument
@remote
@json_output
def command(address: Address, job: str, as_json: bool) -> None:
    """Resume a paused job: the steps that the pause held start.

    JOB is a job's id or the beginning of one.

    \b
    Example:
      stroem resume 0193b2c4-5d1e
    """
    answer = run_with_client(address, lambda client: client.post_to_job(job, "resume"))
    if as_json:
        print_json(answer)
    else:
        echo(f"Job {answer['job_id']} is no longer paused.")
