"""`stroem trigger pause` and `resume`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.trigger.common import trigger_argument, trigger_workspace
from stroem.cli.commands.trigger.show import print_trigger
from stroem.cli.commands.workspace.common import operation_options, reason_option
from stroem.cli.output.output import print_json
from stroem.cli.program.options import Address

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("pause")
@trigger_argument
@trigger_workspace
@reason_option
@operation_options
def pause(
    address: Address, name: str, workspace: str | None, reason: str | None, by: str | None, as_json: bool
) -> None:
    """Pause a trigger: it starts nothing until it is resumed.

    \b
    Example:
      stroem trigger pause nightly --reason "the warehouse is down"
    """
    _operate(address, workspace, name, "pause", {"by": by, "reason": reason}, as_json=as_json)


@click.command("resume")
@trigger_argument
@trigger_workspace
@operation_options
def resume(address: Address, name: str, workspace: str | None, by: str | None, as_json: bool) -> None:
    """Resume a paused trigger, or a stopped consumer.

    Times and requests that it missed meanwhile do not fire. New files do, and events that a consumer finds later.

    \b
    Example:
      stroem trigger resume nightly
    """
    _operate(address, workspace, name, "resume", {"by": by}, as_json=as_json)


def _operate(
    address: Address, workspace: str | None, name: str, verb: str, body: dict[str, Any], *, as_json: bool
) -> None:
    """Changes a trigger and shows it afterwards."""

    async def change(client: "Client") -> dict[str, Any]:
        where = await client.workspace(workspace)
        await client.post("workspaces", where, "triggers", name, verb, body=body)
        found: dict[str, Any] = await client.get("workspaces", where, "triggers", name)
        return found

    found = run_with_client(address, change)
    if as_json:
        print_json(found)
    else:
        print_trigger(found)
