"""Options of the commands of `stroem state`, and paths of the API."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import attrs
import click

from stroem.cli.output.errors import Refused
from stroem.cli.program.options import remote, workspace_of

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

Callback = Callable[..., Any]


@attrs.frozen(kw_only=True)
class Scope:
    """The state of a task, or without a task the global state of a workspace."""

    workspace: str | None
    task: str | None

    async def path(self, client: "Client", *more: str) -> tuple[str, ...]:
        """The path of the state below `/api`."""
        workspace = await client.workspace(self.workspace)
        task = () if self.task is None else ("tasks", self.task)
        return ("workspaces", workspace, *task, "state", *more)


def state_options(callback: Callback) -> Callback:
    """Adds `--workspace`, `--task`, `--global` and the options of commands that use a server.

    The command receives a `scope`.
    """

    @workspace_of("the state")
    @click.option("-t", "--task", metavar="NAME", help="The state of this task.")
    @click.option("-g", "--global", "is_global", is_flag=True, help="The global state of the workspace.")
    @remote
    @wraps(callback)
    def command(*, workspace: str | None, task: str | None, is_global: bool, **rest: Any) -> Any:
        if (task is None) != is_global:
            raise click.UsageError("whose state? Give either --task NAME or --global")
        return callback(scope=Scope(workspace=workspace, task=task), **rest)

    return command


def number_argument(callback: Callback) -> Callback:
    """Adds the optional argument NUMBER; None means the latest snapshot."""
    return click.argument("number", metavar="[NUMBER]", type=click.IntRange(min=1), required=False)(callback)


async def number_or_latest(client: "Client", scope: Scope, number: int | None) -> str:
    """The number of a snapshot for a path. Raises `Refused` when there is no snapshot."""
    if number is not None:
        return str(number)
    items = (await client.get(*await scope.path(client)))["items"]
    if not items:
        raise Refused("There is no state yet.")
    return str(items[0]["number"])
