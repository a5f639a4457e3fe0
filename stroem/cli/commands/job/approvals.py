"""`stroem approvals`."""

import contextlib
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.form import field_lines
from stroem.cli.client.run import run_with_client
from stroem.cli.client.unknown_names import refuse_unknown
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import echo, one_line, print_json, print_rest, print_table, shown_time
from stroem.cli.program.options import Address, json_output, remote, workspace_filter

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

Filters = dict[str, str | int | None]


@click.command("approvals")
@workspace_filter
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at most.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="How many to pass over first.")
@click.option("--links", is_flag=True, help="Make a link to each, which opens a page that answers it, once.")
@remote
@json_output
def command(address: Address, links: bool, as_json: bool, **filters: str | int | None) -> None:
    """List steps that wait for an approval, newest first.

    \b
    Examples:
      stroem approvals
      stroem approvals -w billing --json
      stroem approvals --links
    """
    page = run_with_client(address, lambda client: _page(client, filters, links=links))
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
    for each in page["items"]:
        if told := _terms(each["terms"]):
            echo(f"\nStep {one_line(each['step_name'])} of job {each['job_id']} {one_line(told)}.")
    for each in page["items"]:
        if url := each.get("approval_url"):
            ends = shown_time(each["approval_url_expires_at"])
            echo(f"\nLink to {one_line(each['step_name'])} of job {each['job_id']}, until {ends}:\n  {url}")
    print_rest(page, filters["offset"])


def _terms(terms: dict[str, Any]) -> str:
    """Who may answer, and how many have approved; empty if whoever may approve jobs may."""
    told = []
    if terms["approvers"] is not None:
        groups = [f"group {name}" for name in terms["approvers"]["groups"]]
        told.append(f"is answered by {', '.join([*terms['approvers']['users'], *groups])}")
    if terms["four_eyes"]:
        told.append(f"is not approved by the {' or the '.join(terms['four_eyes'])}")
    if terms["quorum"] > 1:
        given = ", ".join(one["by"] for one in terms["given"]) or "nobody yet"
        told.append(f"needs {terms['quorum']} approvals and has those of {given}")
    if terms["refusal"]:
        told.append(f"is not for you: {terms['refusal']}")
    return "; it ".join(told)


async def _page(client: "Client", filters: Filters, *, links: bool) -> Any:
    page = await client.get("approvals", **filters)
    for each in page["items"] if links else ():
        with contextlib.suppress(Refused):  # it was answered meanwhile
            link = await client.post("jobs", each["job_id"], "steps", each["step_name"], "approval-links", body={})
            each |= {"approval_url": link["url"], "approval_url_expires_at": link["expires_at"]}
    if not page["items"] and filters["workspace"]:
        await refuse_unknown(client, str(filters["workspace"]))
    return page
