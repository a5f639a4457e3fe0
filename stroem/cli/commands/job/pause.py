"""`stroem pause`."""

import click

from stroem.cli.client.decide import step_option, steps_of
from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, one_line, print_json, shown_time
from stroem.cli.program.options import Address, job_argument, json_output, remote


@click.command("pause")
@job_argument
@step_option("Only this step, and the steps inside it.")
@remote
@json_output
def command(address: Address, job: str, step: str | None, as_json: bool) -> None:
    """Pause a job, or one step of it: no further steps start until it is resumed.

    Steps that run go on, and times that steps wait for pass; child jobs are paused too. With --step, a step that has
    not begun is held when its turn comes; of a loop, the further items. JOB is a job's id or the beginning of one.

    \b
    Examples:
      stroem pause 0193b2c4-5d1e
      stroem pause 0193b2c4-5d1e --step deploy
    """
    answer = run_with_client(address, lambda client: client.post_to_job(job, *steps_of(step), "pause"))
    if as_json:
        print_json(answer)
    else:
        by = f" by {one_line(answer['paused_by'])}" if answer["paused_by"] else ""
        what = f"Job {answer['job_id']}" if step is None else f"Step {step} of job {answer['job_id']}"
        echo(f"{what} is paused since {shown_time(answer['paused_at'])}{by}.")
