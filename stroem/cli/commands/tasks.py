"""`stroem tasks`."""

from pathlib import Path
from typing import Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, print_items, print_table
from stroem.cli.program.options import Address, json_output, local_path, remote, workspace_filter


@click.command("tasks")
@workspace_filter
@local_path(default=None, note="; no server is asked then")
@remote
@json_output
def command(address: Address, workspace: str | None, path: Path | None, as_json: bool) -> None:
    """List tasks.

    \b
    Examples:
      stroem tasks
      stroem tasks -w billing --json
      stroem tasks --path workspaces/example
    """
    if path is not None and workspace is not None:
        raise click.UsageError("--path reads a folder, --workspace asks a server: give one of them")
    tasks = _of_folder(path) if path is not None else _of_server(address, workspace)
    tasks.sort(key=lambda task: (task.get("workspace", ""), task.get("folder") or "", task["id"]))
    if as_json:
        print_items(tasks)
        return
    if not tasks:
        echo("No tasks. If there should be some, see: stroem workspaces")
        return
    print_table(
        ("WORKSPACE", "TASK", "FOLDER", "DESCRIPTION"),
        [
            (task.get("workspace", "-"), task["id"], task.get("folder") or "-", first_line(task.get("description")))
            for task in tasks
        ],
    )


def _of_server(address: Address, workspace: str | None) -> list[dict[str, Any]]:
    where = ("workspaces", workspace, "tasks") if workspace else ("tasks",)
    found: list[dict[str, Any]] = run_with_client(address, lambda client: client.get(*where))
    return found


def _of_folder(path: Path) -> list[dict[str, Any]]:
    from stroem.cli.local.definitions import local_definitions, local_tasks  # loads plugins: not for --help

    return local_tasks(local_definitions(path))


def first_line(text: str | None, width: int = 60) -> str:
    """First line of a text, cut to `width` characters."""
    line = (text or "").strip().partition("\n")[0]
    return line if len(line) <= width else f"{line[: width - 1]}…"
