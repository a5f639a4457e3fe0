"""`stroem trigger`."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from stroem.cli import exits
from stroem.cli.asking import ask
from stroem.cli.options import Address, json_output, remote
from stroem.cli.output import print_json
from stroem.cli.screen import QuietScreen, screen_for
from stroem.cli.task_input import given_input, input_options, split_pairs, typed_pairs
from stroem.cli.watching import end_of, watch_log

if TYPE_CHECKING:
    from stroem.cli.client import Client


@click.command("trigger")
@click.argument("task")
@input_options
@click.option("-w", "--workspace", default="default", show_default=True, metavar="NAME")
@click.option("-f", "--follow", is_flag=True, help="Show the log until the job ends.")
@click.option("--wait", is_flag=True, help="Wait until the job ends.")
@remote
@json_output
def command(
    address: Address,
    task: str,
    workspace: str,
    pairs: tuple[str, ...],
    input_json: str | None,
    input_file: str | None,
    follow: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Start a job of a task.

    Values of KEY=VALUE become what the task's input says: numbers, booleans, or text; a key of a list is
    given several times. --input overlays --input-file, and KEY=VALUE both.

    With --follow or --wait the exit code is the job's: 0 completed, 1 failed, 3 cancelled, 4 skipped. In all
    commands 2 is wrong usage, 5 a refusal by the server, 6 a server that cannot be reached.

    \b
    Examples:
      stroem trigger hello name=Ada --follow
      stroem trigger deploy -w billing --input '{"version": "1.4"}' --wait
      echo '{"version": "1.4"}' | stroem trigger deploy --input-file -
    """
    texts, given = split_pairs(pairs), given_input(input_file, input_json)

    async def trigger(client: "Client") -> int:
        fields = (await client.get("workspaces", workspace, "tasks", task))["input"] if texts else {}
        body = {"input": {**given, **typed_pairs(texts, fields)}}
        started = await client.post("workspaces", workspace, "tasks", task, "execute", body=body)
        _announce(started, task, watched=follow or wait, as_json=as_json)
        if not (follow or wait):
            return exits.OK
        with screen_for(as_json=as_json) if follow else QuietScreen() as screen:
            job = await watch_log(client, started["job_id"], screen)
        return _report(job, as_json=as_json)

    sys.exit(ask(address, trigger))


def _announce(started: dict[str, Any], task: str, *, watched: bool, as_json: bool) -> None:
    for warning in started.get("warnings") or ():
        click.echo(f"Warning: {warning}", err=True)
    if as_json and not watched:
        print_json(started)
    elif watched:
        click.echo(f"Job {started['job_id']} of {task} started", err=True)
    else:
        click.echo(f"Job {started['job_id']} of {task} started. See: stroem logs {started['job_id']} --follow")


def _report(job: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"event": "end", "job": job}, ensure_ascii=False))
    elif job.get("output") is not None:
        click.echo(f"Output: {json.dumps(job['output'], ensure_ascii=False)}", err=True)
    return end_of(job)
