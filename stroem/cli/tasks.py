"""`stroem tasks`."""

import click

from stroem.cli.asking import ask
from stroem.cli.options import Address, json_output, remote, workspace_filter
from stroem.cli.output import echo, print_items, print_table


@click.command("tasks")
@workspace_filter
@remote
@json_output
def command(address: Address, workspace: str | None, as_json: bool) -> None:
    """List tasks.

    \b
    Examples:
      stroem tasks
      stroem tasks -w billing --json
    """
    path = ("workspaces", workspace, "tasks") if workspace else ("tasks",)
    tasks = ask(address, lambda client: client.get(*path))
    tasks.sort(key=lambda task: (task["workspace"], task.get("folder") or "", task["id"]))
    if as_json:
        print_items(tasks)
        return
    if not tasks:
        echo("No tasks. If there should be some, see: stroem workspaces")
        return
    print_table(
        ("WORKSPACE", "TASK", "FOLDER", "DESCRIPTION"),
        [
            (task["workspace"], task["id"], task.get("folder") or "-", first_line(task.get("description")))
            for task in tasks
        ],
    )


def first_line(text: str | None, width: int = 60) -> str:
    """The first line of a text, cut at `width` characters."""
    line = (text or "").strip().partition("\n")[0]
    return line if len(line) <= width else f"{line[: width - 1]}…"
