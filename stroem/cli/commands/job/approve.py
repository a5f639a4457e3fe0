"""`stroem approve`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.decide import decide, step_argument, waiting_step
from stroem.cli.client.form import ask_values, at_terminal
from stroem.cli.client.run import run_with_client
from stroem.cli.client.task_input import given_input, input_options, split_pairs, typed_pairs
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.program.options import Address, job_argument, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("approve")
@job_argument
@step_argument
@input_options
@click.option("--comment", metavar="TEXT", help="For those who look at it later.")
@remote
@json_output
def command(
    address: Address,
    job: str,
    step: str,
    pairs: tuple[str, ...],
    input_json: str | None,
    input_file: str | None,
    comment: str | None,
    as_json: bool,
) -> None:
    """Approve a step that waits for it, with the values of its form. At a terminal, missing ones are asked for.

    JOB is a job's id or the beginning of one; `stroem approvals` lists what waits. Values are converted to the
    types of the form. A secret is better read from a file or from stdin than given as an argument.

    \b
    Examples:
      stroem approve 0193b2c4-5d1e release
      stroem approve 0193b2c4-5d1e 'deploy[3].gate' percent=10 --comment "as agreed"
    """
    given, texts = given_input(input_file, input_json), split_pairs(pairs)

    async def approve(client: "Client") -> dict[str, Any]:
        job_id = await client.job_id(job)
        asks = at_terminal() and not as_json
        waiting: dict[str, Any] = {}
        if texts or given.scalars or asks:
            waiting = await waiting_step(client, job_id, step)
        fields = waiting.get("approval_fields") or {}
        values = {**given.typed(fields), **typed_pairs(texts, fields)}
        if asks and waiting.get("status") == "suspended" and set(fields) - set(values):
            echo(one_line(waiting.get("approval_message") or ""), err=True)
            values |= ask_values(fields, values)
        body = {"approved": True, "input": values or None, "comment": comment}
        return await decide(client, job_id, step, body)

    answer = run_with_client(address, approve)
    if as_json:
        print_json(answer)
    else:
        waits = answer["status"] == "waiting"
        told = "has your approval, and waits for that of others" if waits else "is approved"
        echo(f"Step {step} of job {answer['job_id']} {told}.")
