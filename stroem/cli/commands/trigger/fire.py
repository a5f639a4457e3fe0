"""`stroem trigger fire`."""

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.start_job import watch_to_last
from stroem.cli.client.task_input import given_input, input_options, split_pairs, typed_pairs
from stroem.cli.commands.trigger.common import trigger_argument, trigger_workspace
from stroem.cli.commands.workspace.common import operation_options, reason_option
from stroem.cli.output import exit_codes
from stroem.cli.output.job_view import QuietView, view_for
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("fire")
@trigger_argument
@input_options
@trigger_workspace
@click.option("-f", "--follow", is_flag=True, help="Show the log until the job and its retries end.")
@click.option("--wait", is_flag=True, help="Wait until the job and its retries end.")
@reason_option
@operation_options
def fire(
    address: Address,
    name: str,
    pairs: tuple[str, ...],
    input_json: str | None,
    input_file: str | None,
    workspace: str | None,
    follow: bool,
    wait: bool,
    reason: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """Fire a trigger now, also a paused one.

    Its job gets the input of the trigger; KEY=VALUE, --input and --input-file replace values of that.

    \b
    Examples:
      stroem trigger fire nightly --follow
      stroem trigger fire nightly -w billing --reason "the night's run was lost"
    """
    given, texts = given_input(input_file, input_json), split_pairs(pairs)

    async def start(client: "Client") -> int:
        where = await client.workspace(workspace)
        trigger = (await client.get("workspaces", where, "triggers", name))["trigger"]
        task = await client.get("workspaces", where, "tasks", trigger.get("target_task") or trigger["task"])
        values = {**given.typed(task["input"]), **typed_pairs(texts, task["input"])}
        body = {"by": by, "reason": reason, "input": values}
        found: dict[str, Any] = await client.post("workspaces", where, "triggers", name, "fire", body=body)
        for warning in found["warnings"]:
            echo(f"Warning: {one_line(warning)}", err=True)
        if (follow or wait) and found["job_id"]:
            new_view = partial(view_for, as_json=as_json) if follow else QuietView
            return await watch_to_last(client, found["job_id"], new_view, as_json=as_json)
        if as_json:
            print_json(found)
        elif found["job_id"]:
            echo(f"Job {found['job_id']} started. See: stroem logs {found['job_id']} --follow")
        else:
            echo(f"No job: {found['verdict']}" + (f", {one_line(found['reason'])}" if found["reason"] else ""))
        return exit_codes.OK

    sys.exit(run_with_client(address, start))
