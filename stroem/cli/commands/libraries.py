"""`stroem libraries`."""

from typing import Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import coloured, echo, one_line, print_items, print_table
from stroem.cli.output.workspace_report import print_mistakes
from stroem.cli.program.options import Address, json_output, remote

MOST_USERS = 4
"""Number of users named in a line."""


@click.command("libraries")
@remote
@json_output
def command(address: Address, as_json: bool) -> None:
    """List libraries: where they are from, who uses them, what is wrong.

    A library with mistakes goes on with its last good revision. The mistakes are shown below the list.

    \b
    Example:
      stroem libraries
    """
    libraries = run_with_client(address, lambda client: client.get("libraries"))
    if as_json:
        print_items(libraries)
        return
    if not libraries:
        echo("No libraries.")
        return
    print_table(
        ("LIBRARY", "ORIGIN", "REF", "FLOATS", "REVISION", "USED BY", "STATE"),
        [
            (
                ", ".join(sorted({use["name"] for use in library["used_by"]})) or "-",
                library["origin"],
                library["ref"] or "-",
                "yes" if library["floats"] else "no",
                (library["revision"] or "-")[:12],
                _users(library["used_by"]),
                coloured("error") if library.get("error") else coloured("ok", "active"),
            )
            for library in libraries
        ],
    )
    for library in libraries:
        _print_trouble(library)


def _users(uses: list[dict[str, Any]]) -> str:
    """`billing, shop and 3 more`."""
    workspaces = sorted({use["workspace"] for use in uses})
    named, more = ", ".join(workspaces[:MOST_USERS]), len(workspaces) - MOST_USERS
    return (f"{named} and {more} more" if more > 0 else named) or "-"


def _print_trouble(library: dict[str, Any]) -> None:
    if not any(library.get(key) for key in ("error", "problems", "warnings")):
        return
    where = one_line(library["origin"])
    echo(f"\n{click.style(where, bold=True)}: {one_line(library.get('error') or 'usable, with warnings')}")
    print_mistakes(library)
