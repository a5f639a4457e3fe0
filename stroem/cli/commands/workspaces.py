"""`stroem workspaces`."""

from typing import Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import coloured, echo, one_line, print_items, print_table
from stroem.cli.output.workspace_report import is_ready, print_mistakes, ready
from stroem.cli.program.options import Address, json_output, remote


@click.command("workspaces")
@remote
@json_output
def command(address: Address, as_json: bool) -> None:
    """List workspaces, with the mistakes of those that do not load.

    A workspace with mistakes goes on running its last good revision. Each mistake is shown with its file
    and line below the list. stroem workspace show tells more about one.

    \b
    Example:
      stroem workspaces
    """
    workspaces = run_with_client(address, lambda client: client.get("workspaces"))
    if as_json:
        print_items(workspaces)
        return
    print_table(
        ("WORKSPACE", "TASKS", "ACTIONS", "TRIGGERS", "RELEASE", "REVISION", "REF", "READY", "REASON"),
        [_row(workspace) for workspace in workspaces],
    )
    for workspace in workspaces:
        _print_trouble(workspace)


def _row(workspace: dict[str, Any]) -> tuple[str, ...]:
    condition = ready(workspace)
    return (
        workspace["name"],
        str(workspace["tasks_count"]),
        str(workspace["actions_count"]),
        str(workspace["triggers_count"]),
        str(workspace["release"] or "-"),
        (workspace["revision"] or "-")[:12],
        workspace["ref"] or "-",
        coloured("yes", "active") if condition["status"] else coloured("no", "failed"),
        condition["reason"],
    )


def _print_trouble(workspace: dict[str, Any]) -> None:
    error = workspace.get("error") or (None if is_ready(workspace) else ready(workspace)["message"])
    if not (error or workspace.get("problems") or workspace.get("warnings")):
        return
    echo(f"\n{click.style(one_line(workspace['name']), bold=True)}: {one_line(error or 'loaded, with warnings')}")
    print_mistakes(workspace)
