"""`stroem task`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.trigger.list import state_text
from stroem.cli.output.field_limits import field_limits
from stroem.cli.output.output import echo, one_line, print_json, print_table
from stroem.cli.program.options import Address, json_output, remote, workspace_option
from stroem.conversion.text import visible_json
from stroem.definitions.task import is_inline

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("task")
@click.argument("task")
@workspace_option
@remote
@json_output
def command(address: Address, task: str, workspace: str | None, as_json: bool) -> None:
    """Show a task: its input, steps and triggers.

    \b
    Example:
      stroem task deploy -w billing
    """
    name, detail = run_with_client(address, lambda client: _found(client, workspace, task))
    if as_json:
        print_json(detail)
        return
    print_task(detail, _example(detail, one_line(name)), f"  (workspace {one_line(name)})")


def print_task(detail: dict[str, Any], example: str, remark: str = "") -> None:
    """Prints a task: input, steps, triggers, and an `example` command that runs it."""
    echo(f"{click.style(one_line(detail['id']), bold=True)}{remark}")
    if detail.get("description"):
        echo(detail["description"].rstrip())
    _print_input(detail.get("input") or {})
    _print_steps("STEP", detail["flow"])
    _print_steps("FINALLY", detail.get("finally_steps") or {})
    _print_triggers(detail["triggers"])
    echo(f"\nRun it: {one_line(example)}")


async def _found(client: "Client", named: str | None, task: str) -> tuple[str, dict[str, Any]]:
    """Name of the workspace, and the task."""
    workspace = await client.workspace(named)
    return workspace, await client.get("workspaces", workspace, "tasks", task)


def _print_input(fields: dict[str, Any]) -> None:
    if not fields:
        return
    echo()
    print_table(
        ("INPUT", "TYPE", "REQUIRED", "DEFAULT", "VALUES", "DESCRIPTION"),
        [
            (
                name,
                field.get("type", "string") + ("[]" if field.get("multiple") else ""),
                "yes" if field.get("required") else "no",
                visible_json(field["default"]) if "default" in field else "-",
                field_limits(field),
                field.get("description") or "",
            )
            for name, field in fields.items()
        ],
    )


def _print_steps(title: str, steps: dict[str, Any]) -> None:
    if not steps:
        return
    echo()
    print_table(
        (title, "ACTION", "AFTER", "DESCRIPTION"),
        [
            (
                f"{'  ' * depth}{name}",
                "inline" if is_inline(step["action"]) else step["action"] or "-",
                ", ".join(step.get("depends_on") or ()) or "-",
                step.get("description") or "",
            )
            for depth, name, step in _steps(steps)
        ],
    )


def _steps(flow: dict[str, Any], depth: int = 0) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The steps of a flow, those of groups behind them, with the number of groups around each."""
    for name, step in flow.items():
        yield depth, name, step
        yield from _steps(step.get("steps") or {}, depth + 1)


def _print_triggers(triggers: list[dict[str, Any]]) -> None:
    if not triggers:
        return
    echo()
    print_table(
        ("TRIGGER", "TYPE", "CRON", "ENABLED"),
        [(trigger["name"], trigger["type"], trigger.get("cron") or "-", state_text(trigger)) for trigger in triggers],
    )


def _example(detail: dict[str, Any], workspace: str) -> str:
    parts = ["stroem trigger", one_line(detail["id"])]
    parts += ["-w", workspace] if workspace != "default" else []
    parts += [f"{one_line(name)}=…" for name, field in detail["input"].items() if field.get("required")]
    return " ".join([*parts, "--follow"])
