"""`stroem workspace releases` and `stroem workspace release`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.commands.workspace.common import workspace_argument, workspace_or_only
from stroem.cli.output.output import coloured, echo, print_json, print_table, shown_time
from stroem.cli.output.workspace_report import maker, print_facts, print_held, print_libraries, release_facts, title
from stroem.cli.program.options import Address, json_output, remote

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

LONGEST_TITLE = 60


@click.command("releases")
@workspace_or_only
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many at most.")
@click.option("--before", type=click.IntRange(min=1), metavar="N", help="Only those with smaller numbers.")
@remote
@json_output
def releases(address: Address, workspace: str | None, limit: int, before: int | None, as_json: bool) -> None:
    """List the releases that are kept.

    The newest is first: it is the one that runs. Without NAME the workspace `default` is meant, or the only one of
    the server.

    \b
    Example:
      stroem workspace releases billing --limit 5
    """
    page = run_with_client(address, lambda client: _page(client, workspace, limit, before))
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        echo("No releases.")
        return
    print_table(
        ("RELEASE", "REVISION", "MADE", "BY", "CHANGES", "COMMIT"),
        [
            (
                str(release["number"]),
                release["revision"][:12],
                shown_time(release["created_at"]),
                maker(release),
                str(len(release["changes"])),
                title(release.get("commit"))[:LONGEST_TITLE] or "-",
            )
            for release in page["items"]
        ],
    )
    if page["next"] is not None:
        echo(f"There are older ones; see --before {page['next']}", err=True)


async def _page(client: "Client", named: str | None, limit: int, before: int | None) -> dict[str, Any]:
    workspace = await client.workspace(named, where="")
    found: dict[str, Any] = await client.get("workspaces", workspace, "releases", limit=limit, before=before)
    return found


@click.command("release")
@workspace_argument
@click.argument("number", type=click.IntRange(min=1))
@remote
@json_output
def release(address: Address, workspace: str, number: int, as_json: bool) -> None:
    """Show one release and what it changed.

    \b
    Example:
      stroem workspace release billing 42
    """
    found = run_with_client(address, lambda client: client.get("workspaces", workspace, "releases", str(number)))
    if as_json:
        print_json(found)
        return
    print_facts(release_facts(found))
    _print_changes(found["changes"])
    print_libraries(found["libraries"])
    print_held(found["held"])


def _print_changes(changes: list[dict[str, Any]]) -> None:
    if not changes:
        echo("\nNo definitions changed.")
        return
    echo()
    print_table(
        ("CHANGE", "KIND", "NAME", "FIELDS"),
        [
            (
                coloured(change["change"]),
                change["kind"].replace("_", " "),
                change["name"] or "-",
                ", ".join(change["fields"]) or "-",
            )
            for change in changes
        ],
    )
