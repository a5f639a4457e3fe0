"""`stroem reject`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.decide import decide, step_argument
from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, job_argument, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("reject")
@job_argument
@step_argument
@click.option("--reason", metavar="TEXT", help="Why; it is the error of the step.")
@remote
@json_output
def command(address: Address, job: str, step: str, reason: str | None, as_json: bool) -> None:
    """Reject a step that waits for an approval. It fails, unless it has `on_reject: continue`.

    JOB is a job's id or the beginning of one; `stroem approvals` lists what waits.

    \b
    Example:
      stroem reject 0193b2c4-5d1e release --reason "not on a Friday"
    """

    async def reject(client: "Client") -> dict[str, Any]:
        job_id = await client.job_id(job)
        return await decide(client, job_id, step, {"approved": False, "rejection_reason": reason})

    answer = run_with_client(address, reject)
    if as_json:
        print_json(answer)
    else:
        echo(f"Step {step} of job {answer['job_id']} is rejected.")
