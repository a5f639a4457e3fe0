"""`stroem hooks test`."""

from typing import TYPE_CHECKING, Any, BinaryIO

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.trigger.common import trigger_argument, trigger_workspace
from stroem.cli.output.output import echo, one_line, print_json
from stroem.cli.program.options import Address, json_output, remote
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_LINES = (
    ("verdict", "verdict"),
    ("refused", "not verified"),
    ("reason", "reason"),
    ("key", "key"),
    ("duplicate_of", "duplicate of job"),
    ("debounce_key", "debounce key"),
    ("task", "task"),
    ("answer", "answer"),
)


@click.command("test")
@trigger_argument
@trigger_workspace
@click.option("--payload", type=click.File("rb"), help="File with the body; - is standard input.")
@click.option("--header", "headers", metavar="NAME: VALUE", multiple=True, help="A header. Repeatable.")
@click.option("--query", metavar="KEY=VALUE", multiple=True, help="A key of the query. Repeatable.")
@click.option("--method", type=click.Choice(["POST", "PUT", "GET"]), default="POST", show_default=True)
@remote
@json_output
def test(
    address: Address,
    name: str,
    workspace: str | None,
    payload: BinaryIO | None,
    headers: tuple[str, ...],
    query: tuple[str, ...],
    method: str,
    as_json: bool,
) -> None:
    """Tell what a request to a webhook would do: nothing starts, nothing is recorded. NAME is that of the trigger.

    The body is JSON unless a header Content-Type says otherwise. A request that is not signed is told so; the rest is
    then as if it were.

    \b
    Example:
      stroem hooks test deploy --payload push.json --header 'X-GitHub-Event: push'
    """
    given = {"content-type": "application/json", **dict(_pair(text, ":", "--header") for text in headers)}
    body = {
        "method": method,
        "headers": given,
        "query": dict(_pair(text, "=", "--query") for text in query),
        "body": payload.read().decode(errors="replace") if payload is not None else "",
    }

    async def tried(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "triggers", name, "deliveries", "test")
        found: dict[str, Any] = await client.post(*path, body=body)
        return found

    found = run_with_client(address, tried)
    if as_json:
        print_json(found)
        return
    for key, label in _LINES:
        if found[key] is not None:
            echo(f"{label:<16}  {one_line(str(found[key]))}")
    for key, value in (found["input"] or {}).items():
        echo(f"{'input ' + one_line(key):<16}  {one_line(visible_json(value))}")
    for warning in found["warnings"]:
        echo(f"{'warning':<16}  {one_line(warning)}")


def _pair(text: str, separator: str, option: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not found or not name.strip():
        raise click.UsageError(f"{option} {text!r} is not NAME{separator}VALUE")
    return (name.strip().lower() if separator == ":" else name), value.strip() if separator == ":" else value
