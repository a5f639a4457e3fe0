"""`stroem trigger show`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.trigger.common import trigger_argument, trigger_workspace
from stroem.cli.commands.trigger.list import shortened, state_text
from stroem.cli.output.backfills import backfill_text
from stroem.cli.output.consumer_lines import consumer_lines
from stroem.cli.output.output import echo, one_line, print_json, print_table, shown_time
from stroem.cli.program.options import Address, json_output, remote
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("show")
@trigger_argument
@trigger_workspace
@remote
@json_output
def show(address: Address, name: str, workspace: str | None, as_json: bool) -> None:
    """Show a trigger: its keys, state, next times and last fires.

    \b
    Example:
      stroem trigger show nightly -w billing
    """

    async def get(client: "Client") -> dict[str, Any]:
        found: dict[str, Any] = await client.get("workspaces", await client.workspace(workspace), "triggers", name)
        return found

    found = run_with_client(address, get)
    if as_json:
        print_json(found)
        return
    print_trigger(found)


def print_trigger(found: dict[str, Any]) -> None:
    """Prints a trigger with its last fires."""
    trigger = found["trigger"]
    echo(f"Trigger {one_line(trigger['name'])} of workspace {one_line(found['workspace'])}")
    lines = [
        ("type", trigger["type"]),
        ("task", trigger["task"]),
        *((("target_task", trigger["target_task"]),) if trigger.get("target_task") else ()),
        ("state", state_text(trigger)),
        ("concurrency", trigger["concurrency"]),
        *((("if", trigger["condition"]),) if trigger["condition"] else ()),
        *((("debounce", _value(trigger["debounce"])),) if trigger["debounce"] else ()),
        *((key, _value(value)) for key, value in _options(trigger)),
        *((f"input {key}", _value(value)) for key, value in trigger["input"].items()),
        ("since", shown_time(found["since"])),
        *(("next", shown_time(time)) for time in trigger["next_runs"]),
        *(consumer_lines(found["consumer"]) if found.get("consumer") else ()),
    ]
    for label, text in lines:
        echo(f"  {one_line(label):<14} {one_line(text)}")
    for backfill in found["backfills"]:
        echo(f"  {backfill_text(backfill)}")
    if not found["fires"]:
        echo("  It has not fired yet.")
        return
    print_table(
        ("FIRED", "SCHEDULED", "VERDICT", "JOB", "STATUS", "REASON"),
        [
            (
                shown_time(fire["at"]),
                shown_time(fire["scheduled_at"]),
                fire["verdict"],
                fire["job_id"] or "-",
                fire["job_status"] or "-",
                fire["reason"] or _event(trigger, fire),
            )
            for fire in found["fires"]
        ],
    )


def _options(trigger: dict[str, Any]) -> list[tuple[str, Any]]:
    """The keys of the trigger's type with a value, without the task that its events start, which is told above."""
    found: dict[str, Any] = trigger["options"]
    return [(key, value) for key, value in found.items() if key != "target_task" and value not in (None, "", [], {})]


def _event(trigger: dict[str, Any], fire: dict[str, Any]) -> str:
    """The id of the event, or the file, of a fire; `-` for other types, and for fires by hand."""
    if trigger["type"] not in ("event_source", "files") or fire["key"].startswith("hand:"):
        return "-"
    return shortened(fire["key"])


def _value(value: object) -> str:
    return value if isinstance(value, str) else visible_json(value)
