"""`stroem triggers`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.asking import ask
from stroem.cli.options import Address, json_output, remote, workspace_filter
from stroem.cli.output import echo, print_items, print_table, shown_time

if TYPE_CHECKING:
    from stroem.cli.client import Client


@click.command("triggers")
@workspace_filter
@remote
@json_output
def command(address: Address, workspace: str | None, as_json: bool) -> None:
    """List triggers. In this version none fires yet.

    One that somebody has paused says who; see stroem workspace resume-trigger.

    \b
    Example:
      stroem triggers -w billing
    """

    async def triggers(client: "Client") -> list[dict[str, Any]]:
        names = [workspace] if workspace else [each["name"] for each in await client.get("workspaces")]
        return [
            {"workspace": name, **trigger}
            for name in names
            for trigger in await client.get("workspaces", name, "triggers")
        ]

    found = ask(address, triggers)
    if as_json:
        print_items(found)
        return
    if not found:
        echo("No triggers.")
        return
    print_table(
        ("WORKSPACE", "TRIGGER", "TYPE", "CRON", "TASK", "ENABLED", "NEXT"),
        [
            (
                trigger["workspace"],
                trigger["name"],
                trigger["type"],
                trigger.get("cron") or "-",
                trigger["task"],
                enabled(trigger),
                shown_time(next(iter(trigger["next_runs"]), None)),
            )
            for trigger in found
        ],
    )


def enabled(trigger: dict[str, Any]) -> str:
    """Whether a trigger of the API starts anything."""
    if paused := trigger.get("paused"):
        return f"paused by {paused['by']}"
    if not trigger["enabled"]:
        return "no"
    return "not yet in effect" if trigger.get("no_effect") else "yes"
