"""`stroem state list`, `stroem state show` and `stroem state diff`."""

from typing import TYPE_CHECKING, Any

import click
import orjson

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.state.common import Scope, number_argument, number_or_latest, state_options
from stroem.cli.output.output import coloured, echo, print_items, print_json, print_table, shown_time
from stroem.cli.program.options import Address, json_output

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


@click.command("list")
@state_options
@json_output
def list_snapshots(address: Address, scope: Scope, as_json: bool) -> None:
    """List the snapshots that are kept, newest first: the first is the current state.

    \b
    Example:
      stroem state list -t sync
    """

    async def listed(client: "Client") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await client.get(*await scope.path(client)))["items"]
        return found

    items = run_with_client(address, listed)
    if as_json:
        print_items(items)
        return
    if not items:
        echo("No state.")
        return
    print_table(
        ("SNAPSHOT", "MADE", "BY", "JOB", "BYTES", "NOTE"),
        [
            (
                str(item["number"]),
                shown_time(item["created_at"]),
                item["step_name"] or item["made_by"] or "-",
                item["job_id"],
                str(item["size_bytes"]),
                "conflict" if item["conflict"] else "-",
            )
            for item in items
        ],
    )


@click.command("show")
@number_argument
@state_options
@json_output
def show(address: Address, scope: Scope, number: int | None, as_json: bool) -> None:
    """Show the values and files of a snapshot, of the latest without NUMBER.

    \b
    Example:
      stroem state show -t sync 3
    """

    async def found(client: "Client") -> dict[str, Any]:
        which = await number_or_latest(client, scope, number)
        detail: dict[str, Any] = await client.get(*await scope.path(client, which))
        return detail

    detail = run_with_client(address, found)
    if as_json:
        print_json(detail)
        return
    if detail["json"] is None:
        echo("No state.json.")
    else:
        print_json(detail["json"])
    if files := [one for one in detail["files"] if one["path"] != "state.json"]:
        echo()
        print_table(("FILE", "BYTES"), [(_path(one), str(one["size_bytes"])) for one in files])


@click.command("diff")
@click.argument("old", type=click.IntRange(min=1))
@click.argument("new", metavar="[NEW]", type=click.IntRange(min=1), required=False)
@state_options
@json_output
def diff(address: Address, scope: Scope, old: int, new: int | None, as_json: bool) -> None:
    """Compare two snapshots, OLD and NEW; without NEW the latest.

    \b
    Example:
      stroem state diff -t sync 3 4
    """

    async def compared(client: "Client") -> dict[str, Any]:
        other = await number_or_latest(client, scope, new)
        found: dict[str, Any] = await client.get(*await scope.path(client, "compare"), old=old, new=other)
        return found

    found = run_with_client(address, compared)
    if as_json:
        print_json(found)
        return
    rows = [(coloured(one["change"]), ".".join(one["path"]), *_sides(one)) for one in found["values"]]
    rows += [(coloured(one["change"]), one["path"], *_sizes(one)) for one in found["files"]]
    if not rows:
        echo("No differences.")
        return
    print_table(("CHANGE", "WHAT", str(found["old"]), str(found["new"])), rows)


def _path(file: dict[str, Any]) -> str:
    return file["path"] if file["link"] is None else f"{file['path']} -> {file['link']}"


def _sides(change: dict[str, Any]) -> tuple[str, str]:
    old, new = (orjson.dumps(change.get(side)).decode() for side in ("old", "new"))
    return ("-" if change["change"] == "added" else old, "-" if change["change"] == "removed" else new)


def _sizes(change: dict[str, Any]) -> tuple[str, str]:
    old, new = (change.get(key) for key in ("old_size", "new_size"))
    return ("-" if old is None else f"{old} bytes", "-" if new is None else f"{new} bytes")
