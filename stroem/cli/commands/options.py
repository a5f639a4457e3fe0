"""`stroem options`."""

import json
from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.task_input import given_input, input_options, split_pairs, typed_pairs
from stroem.cli.output.output import echo, one_line, print_json, print_table
from stroem.cli.program.options import Address, json_output, remote, workspace_option
from stroem.conversion.text import visible_json

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

_MOST_SECS = 320.0
"""The longest timeout of a job that finds options, and some time for its end."""


@click.command("options")
@click.argument("task")
@click.argument("field")
@input_options
@workspace_option
@remote
@json_output
def command(
    address: Address,
    task: str,
    field: str,
    workspace: str | None,
    pairs: tuple[str, ...],
    input_json: str | None,
    input_file: str | None,
    as_json: bool,
) -> None:
    """Show the options of an input field that come from the output of another task.

    KEY=VALUE, --input and --input-file give the other fields, as in `stroem trigger`. A job finds the
    options, unless a recent one has.

    \b
    Example:
      stroem options deploy region country=no
    """
    given, texts = given_input(input_file, input_json), split_pairs(pairs)

    async def found(client: "Client") -> dict[str, Any]:
        path = ("workspaces", await client.workspace(workspace), "tasks", task)
        fields = (await client.get(*path))["input"]
        values = json.dumps({**given.typed(fields), **typed_pairs(texts, fields)})
        answer: dict[str, Any] = await client.get_within(_MOST_SECS, *path, "options", field=field, input=values)
        return answer

    answer = run_with_client(address, found)
    if as_json:
        print_json(answer)
        return
    for warning in answer["warnings"]:
        echo(f"Warning: {one_line(warning)}", err=True)
    print_table(
        ("VALUE", "LABEL"), [(_shown(one["value"]), one_line(one.get("label") or "-")) for one in answer["options"]]
    )


def _shown(value: Any) -> str:
    return one_line(value) if isinstance(value, str) else visible_json(value)
