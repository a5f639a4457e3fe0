"""`stroem signal`."""

import json
from typing import Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.program.options import Address, job_argument, json_output, remote

_TOLD = {"received": "is received", "kept": "is kept for the first step that waits for it"}


@click.command("signal")
@job_argument
@click.argument("name", metavar="NAME")
@click.option("--data", metavar="JSON", help="The payload, any JSON: the output of the steps that wait.")
@remote
@json_output
def command(address: Address, job: str, name: str, data: str | None, as_json: bool) -> None:
    """Send a signal to a job.

    It ends the steps that wait for it; if none does, it is kept for the first that will. JOB is a job's id or the
    beginning of one.

    \b
    Example:
      stroem signal 0193b2c4-5d1e paid --data '{"amount": 5}'
    """
    payload = None if data is None else _parsed(data)
    body = {"payload": payload}
    answer = run_with_client(address, lambda client: client.post_to_job(job, "signals", name, body=body))
    for warning in answer.get("warnings") or ():
        echo(f"Warning: {one_line(warning)}", err=True)
    if as_json:
        print_json(answer)
    else:
        echo(f"The signal {name} to job {answer['job_id']} {_TOLD.get(answer['status'], answer['status'])}.")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"--data is not valid JSON: {error}") from error
