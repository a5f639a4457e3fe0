"""`stroem workspace drift`, `pause-trigger` and `resume-trigger`: overrides of git."""

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.workspace.common import operate, operation_options, reason_option, workspace_argument
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.output.workspace_report import print_drift
from stroem.cli.program.options import Address


@click.command("drift")
@workspace_argument
@click.option("--drop", is_flag=True, help="Drop all of it: the workspace is as git says again.")
@operation_options
def drift(address: Address, workspace: str, drop: bool, by: str | None, as_json: bool) -> None:
    """Show what people have set against git, with who and when.

    With --drop the exit code is 1 when the workspace is not ready then.

    \b
    Examples:
      stroem workspace drift billing
      stroem workspace drift billing --drop
    """
    if drop:
        operate(address, workspace, "drift", "drop", body={"by": by}, as_json=as_json, must_be_ready=True)
        return
    found = run_with_client(address, lambda client: client.get("workspaces", workspace, "drift"))
    if as_json:
        print_json(found)
    elif found["overrides"]:
        print_drift(found["overrides"])
    else:
        echo(f"{one_line(workspace)} is as git says.")


@click.command("pause-trigger")
@workspace_argument
@click.argument("trigger")
@reason_option
@operation_options
def pause_trigger(
    address: Address, workspace: str, trigger: str, reason: str | None, by: str | None, as_json: bool
) -> None:
    """Have a trigger start nothing until it is resumed.

    \b
    Example:
      stroem workspace pause-trigger billing nightly --reason "the warehouse is down"
    """
    operate(address, workspace, "triggers", trigger, "pause", body={"by": by, "reason": reason}, as_json=as_json)


@click.command("resume-trigger")
@workspace_argument
@click.argument("trigger")
@operation_options
def resume_trigger(address: Address, workspace: str, trigger: str, by: str | None, as_json: bool) -> None:
    """Have a paused trigger start its task again.

    \b
    Example:
      stroem workspace resume-trigger billing nightly
    """
    operate(address, workspace, "triggers", trigger, "resume", body={"by": by}, as_json=as_json)
