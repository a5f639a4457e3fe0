"""`stroem audit`."""

import sys
from collections.abc import Callable
from contextlib import aclosing, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output import exit_codes
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import counted, echo, one_line, print_json, print_page, shown_time
from stroem.cli.program.options import Address, json_output, remote
from stroem.cli.program.ordered_group import OrderedGroup

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

LONG_SECS = 24 * 3600.0
_PAGE_ROWS = 200
OUTCOMES = ("ok", "refused", "failed")
Filters = dict[str, str | int | None]
Command = Callable[..., Any]


def _filters(callback: Command) -> Command:
    """The options that choose rows."""
    for option in (
        click.option("--until", metavar="TIME", help="Only before this time, as 2026-03-02T00:00:00Z."),
        click.option("--since", metavar="TIME", help="Only from this time on, as 2026-03-01T00:00:00Z."),
        click.option("--outcome", type=click.Choice(OUTCOMES), help="Only what went like this."),
        click.option("-w", "--workspace", metavar="NAME", help="Only this workspace."),  # no variable hides rows
        click.option("--request-id", metavar="ID", help="Only what this request did."),
        click.option("--verb", metavar="VERB", help="Only this verb: job.run, workspace.pin, …"),
        click.option("--actor", metavar="NAME", help="Only what this person, account, worker or trigger did."),
    ):
        callback = option(callback)
    return callback


@click.group("audit", cls=OrderedGroup)
def command() -> None:
    """Show who did what, export that record, and verify that nobody has changed it.

    \b
    Examples:
      stroem audit list --actor ada@example.org
      stroem audit verify
    """


@command.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
@click.option("--before", type=click.IntRange(min=1), metavar="ID", help="Only rows before this one, which are older.")
@remote
@json_output
def list_rows(address: Address, limit: int, before: int | None, as_json: bool, **filters: str | None) -> None:
    """List rows of the audit log, newest first.

    With --json, `next` is there if there may be older rows: give it as --before.

    \b
    Examples:
      stroem audit list --verb job.run -w billing
      stroem audit list --outcome refused --since 2026-03-01T00:00:00Z
      stroem audit list --request-id deploy-42
    """
    print_page(
        run_with_client(address, lambda client: _page(client, dict(filters), before, limit)),
        ("ID", "TIME", "ACTOR", "VERB", "OBJECT", "OUTCOME", "FROM"),
        lambda one: (
            str(one["id"]),
            shown_time(one["at"]),
            one_line(one["actor"]),
            one["verb"],
            one_line(_object(one)),
            _outcome(one),
            one["address"] or "-",
        ),
        empty="No rows.",
        as_json=as_json,
    )


@command.command("export")
@_filters
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="ID", help="Only rows after this one.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else standard output.")
@remote
@json_output
def export(address: Address, after: int, output: Path | None, as_json: bool, **filters: str | None) -> None:
    """Export sealed rows as JSON lines, oldest first, each with its hash.

    With --output, --json prints the file and the number of its rows.

    \b
    Example:
      stroem audit export --after 12000 -o audit.jsonl
    """

    async def exported(client: "Client") -> int:
        try:
            with nullcontext(sys.stdout.buffer) if output is None else output.open("wb") as file:
                return await _write(client, {**filters, "after": after}, file)
        except OSError as error:
            raise Refused(f"{output or 'the export'} cannot be written: {error.strerror}") from error

    rows = run_with_client(address, exported)
    if output is not None:
        told = {"file": str(output), "rows": rows}
        print_json(told) if as_json else echo(f"{counted(rows, 'row')} written to {output}.", err=True)


@command.command("verify")
@remote
@json_output
def verify(address: Address, as_json: bool) -> None:
    """Verify the whole log. The exit code is 1 when a sealed row was changed or removed, and the first one is told.

    \b
    Example:
      stroem audit verify
    """
    found = run_with_client(address, lambda client: client.get_within(LONG_SECS, "audit", "verify"))
    if as_json:
        print_json(found)
    else:
        echo(_verified(found))
    sys.exit(exit_codes.OK if found["ok"] else exit_codes.FAILED)


async def _page(client: "Client", filters: Filters, before: int | None, limit: int) -> dict[str, Any]:
    """The newest rows before an id. One page of the server may have none of them, and others behind it."""
    rows: list[dict[str, Any]] = []
    behind: dict[str, int] = {}
    while len(rows) < limit:
        page = await client.get("audit", **filters, before=before, limit=min(limit - len(rows), _PAGE_ROWS))
        rows += page["items"]
        before = page.get("next")
        behind = {} if before is None else {"next": before}
        if before is None:
            break
    return {"items": rows, **behind}


async def _write(client: "Client", query: Filters, file: IO[bytes]) -> int:
    rows = 0
    async with aclosing(client.pieces(("audit", "export"), query, LONG_SECS)) as pieces:
        async for piece in pieces:
            file.write(piece)
            rows += piece.count(b"\n")
    file.flush()
    return rows


def _object(row: dict[str, Any]) -> str:
    name = row["object"] or "-"
    workspace = row["workspace"]
    return name if workspace in (None, name) or row["object_kind"] == "release" else f"{workspace}/{name}"


def _outcome(row: dict[str, Any]) -> str:
    status = "" if row["status"] in (None, 200) else f" {row['status']}"
    return f"{row['outcome']}{status}" + ("" if row["count"] == 1 else f" ({row['count']} times)")


def _verified(found: dict[str, Any]) -> str:
    first = found.get("first")
    if first is not None:
        return f"The log is NOT as it was recorded. The first mistake is at row {first['id']}: {first['what']}."
    head, anchor = found.get("head"), found.get("anchor")
    told = f"{counted(found['rows'], 'row')}, each as it was recorded."
    if head is not None:
        told += f" The last one is row {head['id']}, {head['hash']}."
    if anchor is not None:
        told += f" {counted(anchor['count'], 'row')} before them {'is' if anchor['count'] == 1 else 'are'} pruned."
    return told
