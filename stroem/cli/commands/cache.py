"""`stroem cache`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import counted, echo, print_json, print_page, shown_time
from stroem.cli.program.options import Address, json_output, remote, workspace_option
from stroem.cli.program.ordered_group import OrderedGroup

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.group("cache", cls=OrderedGroup)
def command() -> None:
    """Show and clear the results of steps that are kept for later steps of the same key.

    \b
    Examples:
      stroem cache list
      stroem cache clear --task build
    """


@command.command("list")
@workspace_option
@click.option("-t", "--task", metavar="NAME", help="Only of jobs of this task.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many.")
@remote
@json_output
def list_results(address: Address, workspace: str | None, task: str | None, limit: int, as_json: bool) -> None:
    """List kept results, newest first, with the number of steps that used them.

    \b
    Example:
      stroem cache list --task build
    """

    async def listed(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "cache")
        page: dict[str, Any] = await client.get(*path, task=task, limit=limit)
        return page

    print_page(
        run_with_client(address, listed),
        ("TASK", "STEP", "JOB", "MADE", "UNTIL", "ARTIFACTS", "HITS"),
        lambda one: (
            one["task"],
            one["step_name"],
            one["job_id"],
            shown_time(one["completed_at"]),
            shown_time(one["expires_at"]),
            str(one["artifacts"]),
            str(one["hits"]),
        ),
        empty="No results are kept.",
        as_json=as_json,
    )


@command.command("clear")
@workspace_option
@click.option("-t", "--task", metavar="NAME", help="Only of jobs of this task.")
@remote
@json_output
def clear(address: Address, workspace: str | None, task: str | None, as_json: bool) -> None:
    """Forget kept results, so that the next steps of their keys run. Jobs and artifacts stay.

    \b
    Example:
      stroem cache clear --task build
    """

    async def cleared(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "cache", "clear")
        found: dict[str, Any] = await client.post(*path, body={"task": task})
        return found

    found = run_with_client(address, cleared)
    if as_json:
        print_json(found)
    else:
        echo(f"{counted(found['cleared'], 'result')} forgotten.")
