"""`stroem workspaces`."""

from typing import Any

import click

from stroem.cli.asking import ask
from stroem.cli.options import Address, json_output, remote
from stroem.cli.output import coloured, print_json, print_table
from stroem.cli.problems import print_problems
from stroem.definitions.problem import Problem


@click.command("workspaces")
@remote
@json_output
def command(address: Address, as_json: bool) -> None:
    """List workspaces, with the mistakes of those that do not load.

    A workspace with mistakes goes on running its last good revision. Each mistake is shown with its file
    and line below the list.

    \b
    Example:
      stroem workspaces
    """
    workspaces = ask(address, lambda client: client.get("workspaces"))
    if as_json:
        print_json(workspaces)
        return
    print_table(
        ("WORKSPACE", "TASKS", "ACTIONS", "TRIGGERS", "REVISION", "STATE"),
        [
            (
                workspace["name"],
                str(workspace["tasks_count"]),
                str(workspace["actions_count"]),
                str(workspace["triggers_count"]),
                (workspace.get("revision") or "-")[:12],
                coloured("error") if workspace.get("error") else "ok",
            )
            for workspace in workspaces
        ],
    )
    for workspace in workspaces:
        _print_trouble(workspace)


def _print_trouble(workspace: dict[str, Any]) -> None:
    problems = workspace.get("problems") or []
    error, warnings = workspace.get("error"), workspace.get("warnings") or []
    if not (error or problems or warnings):
        return
    click.echo(f"\n{click.style(workspace['name'], bold=True)}: {error or 'loaded, with warnings'}")
    print_problems(Problem(**problem) for problem in problems)
    if not problems:
        for warning in warnings:
            click.echo(f"  {coloured('warning')} {warning}")
