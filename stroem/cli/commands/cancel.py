"""`stroem cancel`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output import exit_codes
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, job_argument, json_output, refuse_idle_timeout, remote, timeout_option

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("cancel")
@job_argument
@click.option("--wait", is_flag=True, help="Wait until nothing of the job runs any more.")
@timeout_option
@remote
@json_output
def command(address: Address, job: str, wait: bool, timeout: float | None, as_json: bool) -> None:
    """Cancel a job.

    Steps that run are ended, gently first; steps that wait do not start. Until then the job reads running. JOB
    is a job's id or the beginning of one.

    \b
    Examples:
      stroem cancel 0193b2c4-5d1e
      stroem cancel 0193b2c4-5d1e --wait
    """

    refuse_idle_timeout(timeout, waits=wait, options="--wait")

    async def cancel(client: "Client") -> dict[str, Any]:
        job_id = await client.job_id(job)
        answer = await client.post("jobs", job_id, "cancel", wait="true" if wait else None)
        while wait and answer["job_status"] not in exit_codes.TERMINAL:  # the server's wait is bounded
            answer = await client.post("jobs", job_id, "cancel", wait="true")
        return {"job_id": job_id, **answer}

    answer = run_with_client(address, cancel, within=timeout)
    if as_json:
        print_json(answer)
    else:
        rest = " Nothing of it runs any more." if wait else ""
        echo(f"Job {answer['job_id']} is cancelled.{rest}")
