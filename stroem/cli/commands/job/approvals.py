"""`stroem approvals`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.form import field_lines
from stroem.cli.client.run import run_with_client
from stroem.cli.client.unknown_names import refuse_unknown
from stroem.cli.output.output import echo, one_line, print_json, print_rest, print_table, shown_time
from stroem.cli.program.options import Address, json_output, remote, workspace_filter

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

Filters = dict[str, str | int | None]


@click.command("approvals")
@workspace_filter
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="How many to pass over first.")
@remote
@json_output
def command(address: Address, as_json: bool, **filters: str | int | None) -> None:
    """List steps that wait for an approval, newest first.

    \b
    Examples:
      stroem approvals
      stroem approvals -w billing --json
    """
    page = run_with_client(address, lambda client: _page(client, filters))
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        echo("Nothing waits for an approval.")
        return
    print_table(
        ("JOB", "WORKSPACE", "TASK", "STEP", "SINCE", "MESSAGE"),
        [
            (
                each["job_id"],
                each["workspace"],
                each["task_name"],
                each["step_name"],
                shown_time(each["suspended_at"]),
                each["approval_message"] or "",
            )
            for each in page["items"]
        ],
    )
    for each in page["items"]:
        if each["approval_fields"]:
            echo(f"\nFields of {one_line(each['step_name'])} of job {each['job_id']}:")
            for line in field_lines(each["approval_fields"]):
                echo(f"  {line}")
    print_rest(page, filters["offset"])


async def _page(client: "Client", filters: Filters) -> Any:
    page = await client.get("approvals", **filters)
    if not page["items"] and filters["workspace"]:
        await refuse_unknown(client, str(filters["workspace"]))
    return page
