"""`stroem triggers`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, print_items, print_table, shown_time
from stroem.cli.program.options import Address, json_output, local_path, remote, workspace_filter

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_WIDEST = 60


@click.command("triggers")
@workspace_filter
@local_path(default=None, note="; no server is asked then")
@remote
@json_output
@click.pass_context
def command(context: click.Context, address: Address, workspace: str | None, path: Path | None, as_json: bool) -> None:
    """List triggers: their state, next times and last fires.

    A paused one says by whom; see stroem trigger show and stroem trigger resume.

    \b
    Examples:
      stroem triggers -w billing
      stroem triggers --path workspaces/example
    """

    async def triggers(client: "Client") -> list[dict[str, Any]]:
        names = [workspace] if workspace else [each["name"] for each in await client.get("workspaces")]
        return [
            {"workspace": name, **trigger}
            for name in names
            for trigger in await client.get("workspaces", name, "triggers")
        ]

    is_named = context.get_parameter_source("workspace") is ParameterSource.COMMANDLINE
    if path is not None and is_named:
        raise click.UsageError("--path reads a folder, --workspace asks a server: give one of them")
    found = run_with_client(address, triggers) if path is None else _of_folder(path)
    if as_json:
        print_items(found)
        return
    if not found:
        echo("No triggers.")
        return
    print_table(
        ("WORKSPACE", "TRIGGER", "TYPE", "TASK", "STATE", "NEXT", "LAST", "JOB"),
        [
            (
                trigger.get("workspace", "-"),
                trigger["name"],
                trigger["type"],
                trigger.get("target_task") or trigger["task"],
                shortened(state_text(trigger)),
                shown_time(next(iter(trigger["next_runs"]), None)),
                shown_time((trigger.get("last_fire") or {}).get("at")),
                last_text(trigger.get("last_fire")),
            )
            for trigger in found
        ],
    )


def _of_folder(path: Path) -> list[dict[str, Any]]:
    from stroem.cli.local.definitions import local_definitions, local_triggers  # loads plugins: not for --help

    return local_triggers(local_definitions(path))


def state_text(trigger: dict[str, Any]) -> str:
    """Text of the column STATE for a trigger of the API."""
    problem = f"problem: {trigger['problem']}" if trigger.get("problem") else None
    if paused := trigger.get("paused"):
        told = f"paused by {paused['by']}" + (f": {paused['reason']}" if paused.get("reason") else "")
        return f"{told}; {problem}" if problem else told
    return problem or ("live" if trigger["enabled"] else "disabled")


def last_text(fire: dict[str, Any] | None) -> str:
    """The job of a fire, or what became of it instead."""
    if fire is None:
        return "-"
    return str(fire["job_id"] if fire["verdict"] == "started" else fire["verdict"])


def shortened(text: str) -> str:
    """A text of a table, at most 60 characters."""
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
