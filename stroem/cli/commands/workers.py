"""`stroem workers`."""

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.output.output import coloured, echo, print_json, print_table, shown_time
from stroem.cli.program.options import Address, json_output, remote


@click.command("workers")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@remote
@json_output
def command(address: Address, limit: int, as_json: bool) -> None:
    """List workers.

    \b
    Example:
      stroem workers
    """
    page = run_with_client(address, lambda client: client.get("workers", limit=limit))
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        echo("No workers. Start one with: stroem worker")
        return
    print_table(
        ("WORKER", "NAME", "STATUS", "CAN DO", "TAGS", "VERSION", "LAST HEARD"),
        [
            (
                worker["worker_id"],
                worker["name"],
                coloured(worker["status"]),
                ", ".join(worker["capabilities"]),
                ", ".join(worker["tags"]) or "-",
                worker.get("version") or "-",
                shown_time(worker.get("last_heartbeat")),
            )
            for worker in page["items"]
        ],
    )
    if page["total"] > len(page["items"]):
        echo(f"{page['total'] - len(page['items'])} more; see --limit")
