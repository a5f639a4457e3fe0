"""`stroem output`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.unknown_names import refuse_unknown_step
from stroem.cli.output.output import echo, print_json
from stroem.cli.program.options import Address, job_argument, json_output, remote
from stroem.conversion.text import visible

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("output")
@job_argument
@click.option("-s", "--step", metavar="NAME", help="The output of this step.")
@remote
@json_output
def command(address: Address, job: str, step: str | None, as_json: bool) -> None:
    """Print the output of a job or of one of its steps as JSON, also a large one.

    JOB is a job's id or the beginning of one. A text is printed as it is; with --json, as JSON too.

    \b
    Examples:
      stroem output 0193b2c4-5d1e
      stroem output 0193b2c4-5d1e --step build
    """

    async def output(client: "Client") -> Any:
        job_id = await client.job_id(job)
        await refuse_unknown_step(client, job_id, step)
        path = ("output",) if step is None else ("steps", step, "output")
        return await client.get("jobs", job_id, *path)

    found = run_with_client(address, output)
    if isinstance(found, str) and not as_json:
        echo(visible(found))
    else:
        print_json(found)
