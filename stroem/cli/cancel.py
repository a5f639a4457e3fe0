"""`stroem cancel`."""

from typing import TYPE_CHECKING

import click

from stroem.cli.asking import ask
from stroem.cli.options import Address, job_argument, json_output, remote
from stroem.cli.output import echo, print_json

if TYPE_CHECKING:
    from stroem.cli.client import Client


@click.command("cancel")
@job_argument
@remote
@json_output
def command(address: Address, job: str, as_json: bool) -> None:
    """Cancel a job.

    Steps that run are ended, gently first; steps that wait do not start. JOB is a job's id or the
    beginning of one.

    \b
    Example:
      stroem cancel 0193b2c4-5d1e
    """

    async def cancel(client: "Client") -> dict[str, str]:
        job_id = await client.job_id(job)
        answer = await client.post("jobs", job_id, "cancel")
        return {"job_id": job_id, **answer}

    answer = ask(address, cancel)
    if as_json:
        print_json(answer)
    else:
        echo(f"Job {answer['job_id']} is cancelled.")
