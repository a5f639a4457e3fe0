"""`stroem artifacts list` and `stroem artifacts find`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import print_list, print_page, shown_time
from stroem.cli.program.options import Address, json_output, remote, workspace_option

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

STATUSES = ("pending", "running", "completed", "failed", "cancelled")
_NONE = "No artifacts."


@click.command("list")
@click.argument("job")
@remote
@json_output
def list_artifacts(address: Address, job: str, as_json: bool) -> None:
    """List the artifacts of a job. `stroem artifacts JOB` is the same.

    \b
    Example:
      stroem artifacts list 5f0c2a91
    """

    async def listed(client: "Client") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await client.get("jobs", await client.job_id(job), "artifacts")
        return found

    print_list(
        run_with_client(address, listed),
        ("NAME", "BYTES", "TYPE", "STEP", "MADE", "SHA-256"),
        lambda one: (*_own(one), one["sha256"][:12]),
        empty=_NONE,
        as_json=as_json,
    )


@click.command("find")
@workspace_option
@click.option("-t", "--task", metavar="NAME", help="Only of jobs of this task.")
@click.option("--name", metavar="PATTERN", help="Only with this name; * stands for any characters.")
@click.option("--step", metavar="NAME", help="Only of this step.")
@click.option("--status", type=click.Choice(STATUSES), help="Only of jobs with this status.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many.")
@remote
@json_output
def find(
    address: Address,
    workspace: str | None,
    task: str | None,
    name: str | None,
    step: str | None,
    status: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Find artifacts across jobs, newest first.

    \b
    Example:
      stroem artifacts find --task build --name 'dist/*' --status completed
    """

    async def found(client: "Client") -> dict[str, Any]:
        query = {"task": task, "name": name, "step": step, "job_status": status, "limit": limit}
        path = ("workspaces", await client.workspace(workspace), "artifacts")
        page: dict[str, Any] = await client.get(*path, **query)
        return page

    print_page(
        run_with_client(address, found),
        ("NAME", "BYTES", "TYPE", "STEP", "MADE", "TASK", "JOB"),
        lambda one: (*_own(one), one["task"], one["job_id"]),
        empty=_NONE,
        as_json=as_json,
    )


def _own(artifact: dict[str, Any]) -> tuple[str, ...]:
    made = shown_time(artifact["created_at"])
    return (artifact["name"], str(artifact["size_bytes"]), artifact["content_type"], artifact["step_name"], made)
