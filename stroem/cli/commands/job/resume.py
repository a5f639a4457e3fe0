"""`stroem resume`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.decide import step_option, steps_of
from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.program.options import Address, job_argument, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("resume")
@job_argument
@step_option("Only this step, and the steps inside it.")
@remote
@json_output
def command(address: Address, job: str, step: str | None, as_json: bool) -> None:
    """Resume a paused job, or a paused step: what the pause held starts.

    JOB is a job's id or the beginning of one.

    \b
    Examples:
      stroem resume 0193b2c4-5d1e
      stroem resume 0193b2c4-5d1e --step deploy
    """

    async def resume(client: "Client") -> tuple[dict[str, Any], list[str]]:
        answer = await client.post_to_job(job, *steps_of(step), "resume")
        detail = await client.get("jobs", answer["job_id"])
        return answer, [held["step_name"] for held in detail["paused_steps"]]

    answer, held = run_with_client(address, resume)
    if as_json:
        print_json(answer)
        return
    what = f"Job {answer['job_id']}" if step is None else f"Step {step} of job {answer['job_id']}"
    echo(f"{what} is no longer paused.")
    for name in held:
        echo(f"Step {one_line(name)} still is: stroem resume {answer['job_id']} --step '{one_line(name)}'")
