"""`stroem jobs`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.unknown_names import refuse_unknown
from stroem.cli.output.output import coloured, echo, print_json, print_rest, print_table, shown_time, took
from stroem.cli.program.options import Address, json_output, remote, workspace_filter

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

Filters = dict[str, str | int | None]

STATUSES = ("pending", "running", "completed", "failed", "cancelled", "skipped")


@click.command("jobs")
@workspace_filter
@click.option("-t", "--task", metavar="NAME", help="Only this task; needs --workspace.")
@click.option("-s", "--status", type=click.Choice(STATUSES), help="Only jobs in this state.")
@click.option("--source", metavar="TYPE", help="Only jobs started by this: api, trigger, webhook, …")
@click.option("--release", type=click.IntRange(min=1), metavar="NUMBER", help="Only this release; needs --workspace.")
@click.option("--revision", metavar="COMMIT", help="Only jobs of commits that begin with this.")
@click.option("--search", metavar="TEXT", help="Only jobs whose task, workspace, source or id has this in it.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="How many to pass over first.")
@remote
@json_output
def command(address: Address, as_json: bool, **filters: str | int | None) -> None:
    """List jobs, newest first.

    \b
    Examples:
      stroem jobs --status failed --limit 5
      stroem jobs -w billing -t deploy --json
      stroem jobs --revision 3f9c2ab
    """
    if filters["task"] and not filters["workspace"]:
        raise click.UsageError("--task needs --workspace: several workspaces can have a task of one name")
    if filters["release"] and not filters["workspace"]:
        raise click.UsageError("--release needs --workspace: each workspace counts its own releases")
    filters["task_name"] = filters.pop("task")
    filters["source_type"] = filters.pop("source")
    page = run_with_client(address, lambda client: _page(client, filters))
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        echo("No jobs.")
        return
    has_reruns = any(job.get("source_job_id") for job in page["items"])
    print_table(
        ("JOB", "WORKSPACE", "TASK", "STATUS", "CREATED", "TOOK", *(["RUNS AGAIN"] if has_reruns else [])),
        [
            (
                job["job_id"],
                job["workspace"],
                job["task_name"],
                coloured("paused" if job.get("paused_at") else job["status"], like=job["status"]),
                shown_time(job["created_at"]),
                took(job),
                *([(job.get("source_job_id") or "-")[:8]] if has_reruns else []),
            )
            for job in page["items"]
        ],
    )
    print_rest(page, filters["offset"])


async def _page(client: "Client", filters: Filters) -> Any:
    page = await client.get("jobs", **filters)
    if not page["items"] and not filters["offset"]:
        workspace, task = (filters[key] and str(filters[key]) for key in ("workspace", "task_name"))
        await refuse_unknown(client, workspace or None, task or None)
    return page
