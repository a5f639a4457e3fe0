"""`stroem hooks show`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import echo, one_line, print_json, shown_time
from stroem.cli.program.options import Address, json_output, remote
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("show")
@click.argument("number", metavar="ID", type=click.IntRange(min=1))
@remote
@json_output
def show(address: Address, number: int, as_json: bool) -> None:
    """Show a recorded request, without secrets, and the answer.

    \b
    Example:
      stroem hooks show 17
    """

    async def shown(client: "Client") -> dict[str, Any]:
        found: dict[str, Any] = await client.get("deliveries", str(number))
        return found

    found = run_with_client(address, shown)
    if as_json:
        print_json(found)
        return
    _print(found)


def _print(found: dict[str, Any]) -> None:
    _line("at", shown_time(found["at"]))
    _line("trigger", f"{found['workspace']}/{found['trigger']}")
    _line("from", found["remote"])
    for key in ("method", "verdict", "reason", "key", "job_id"):
        if found[key]:
            _line(key.removesuffix("_id"), found[key])
    if found["answer"]:
        _line("answer", str(found["answer"]["status"]))
    if found["request"] is None:
        _line("content", found["not_shown"])
        return
    for part in ("headers", "query"):
        for name, text in found["request"][part].items():
            _line(f"{'header' if part == 'headers' else part} {name}", text)
    kind = found["request"]["body_kind"]
    if kind == "binary":
        _line("body", f"{found['size_bytes']} bytes that are no text")
    elif kind != "none":
        _line("body", visible_json(found["request"]["body"]))


def _line(label: str, text: str) -> None:
    echo(f"{one_line(label):<16}  {one_line(text)}")
