"""`stroem workers`, and its commands; those for identities are in `worker_identities`."""

from typing import TYPE_CHECKING, Any

import click

from stroem.cli.client.run import run_with_client
from stroem.cli.client.worker_id import worker_id
from stroem.cli.commands.worker_identities import (
    create_join_token,
    identities,
    join_tokens,
    revoke,
    revoke_join_token,
)
from stroem.cli.commands.workspace.common import Callback, operation_options, reason_option
from stroem.cli.output.output import coloured, echo, print_json, print_table, shown_time
from stroem.cli.program.options import Address, json_output, remote
from stroem.cli.program.ordered_group import OrderedGroup

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


def worker_argument(callback: Callback) -> Callback:
    """Adds the argument WORKER: the id of a worker, a prefix of it, or a name."""
    return click.argument("worker", metavar="WORKER")(callback)


@click.group("workers", cls=OrderedGroup, invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@remote
@json_output
@click.pass_context
def command(context: click.Context, address: Address, limit: int, as_json: bool) -> None:
    """List workers, or change what one of them does.

    WORKER is a name that no other live worker has, an id, or the beginning of an id.

    \b
    Examples:
      stroem workers
      stroem workers drain build-1 --reason "new kernel"
    """
    if context.invoked_subcommand is not None:
        return
    page = run_with_client(address, lambda client: client.get("workers", limit=limit))
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        echo("No workers. Start one with: stroem worker")
        return
    print_table(
        ("WORKER", "NAME", "GROUP", "STATUS", "SLOTS", "RESOURCES", "RUNS", "CAN DO", "TAGS", "VERSION", "LAST HEARD"),
        [
            (
                worker["worker_id"],
                worker["name"],
                worker.get("worker_group") or "-",
                coloured(_status(worker)),
                f"{worker['used_slots']}/{worker['slots'] or '?'}",
                ", ".join(f"{one['name']} {one['taken']}/{one['size']}" for one in worker.get("resources", ())) or "-",
                _running(worker),
                ", ".join([*worker["capabilities"], *worker.get("languages", ())]) or "-",
                ", ".join(worker["tags"]) + (" (only)" if worker.get("exclusive") else "") or "-",
                worker.get("version") or "-",
                shown_time(worker.get("last_heartbeat")),
            )
            for worker in page["items"]
        ],
    )
    for worker in page["items"]:
        if worker["status"] != "active":
            continue
        for ability, reason in worker.get("missing", {}).items():
            echo(f"{worker['name']} does not offer {ability}: {reason}")
    if page["total"] > len(page["items"]):
        echo(f"{page['total'] - len(page['items'])} more; see --limit")


def _running(worker: dict[str, Any]) -> str:
    """The oldest step that a worker runs, and how many others."""
    if not worker["running"]:
        return "-"
    first = worker["running"][0]
    more = worker["used_slots"] - 1
    return f"{first['workspace']}/{first['task_name']} {first['step_name']}" + (f" +{more}" if more else "")


def _status(worker: dict[str, Any]) -> str:
    """The status of a worker; what a person has set stands in the place of `active`."""
    status, state = str(worker["status"]), str(worker.get("state", "active"))
    return state if status == "active" else status


@command.command("cordon")
@worker_argument
@reason_option
@operation_options
def cordon(address: Address, worker: str, reason: str | None, by: str | None, as_json: bool) -> None:
    """Give a worker no more steps. Those that it has go on.

    \b
    Example:
      stroem workers cordon build-1
    """
    _operate(address, worker, "cordon", {"by": by, "reason": reason}, as_json=as_json)


@command.command("drain")
@worker_argument
@reason_option
@operation_options
def drain(address: Address, worker: str, reason: str | None, by: str | None, as_json: bool) -> None:
    """Give a worker no more steps, and end it once it is idle.

    \b
    Example:
      stroem workers drain 4b1c9c1e --reason "new kernel"
    """
    _operate(address, worker, "drain", {"by": by, "reason": reason}, as_json=as_json)


@command.command("uncordon")
@worker_argument
@operation_options
def uncordon(address: Address, worker: str, by: str | None, as_json: bool) -> None:
    """Give a worker steps again.

    \b
    Example:
      stroem workers uncordon build-1
    """
    _operate(address, worker, "uncordon", {"by": by}, as_json=as_json)


def _operate(address: Address, worker: str, verb: str, body: dict[str, Any], *, as_json: bool) -> None:
    """Changes a worker and tells its state."""
    found = run_with_client(address, lambda client: _post(client, worker, verb, body))
    if as_json:
        print_json(found)
        return
    running = found["used_slots"]
    echo(f"Worker {found['name']} is {_status(found)}; it runs {running} step{'' if running == 1 else 's'}")


async def _post(
    client: "Client", worker: str, verb: str, body: dict[str, Any], *, may_be_gone: bool = False
) -> dict[str, Any]:
    full = await worker_id(client, worker, may_be_gone=may_be_gone)
    found: dict[str, Any] = await client.post("workers", full, verb, body=body)
    return found


@command.command("remove")
@worker_argument
@click.option("--force", is_flag=True, help="Remove a worker that is alive too; its steps fail.")
@reason_option
@operation_options
def remove(address: Address, worker: str, force: bool, reason: str | None, by: str | None, as_json: bool) -> None:
    """Forget a worker that is gone.

    \b
    Example:
      stroem workers remove 4b1c9c1e
    """
    body = {"by": by, "reason": reason, "force": force}
    found = run_with_client(address, lambda client: _post(client, worker, "remove", body, may_be_gone=True))
    if as_json:
        print_json(found)
        return
    lost = found["lost_steps"]
    steps = f"; {lost} step{'' if lost == 1 else 's'} that it ran fail{'s' if lost == 1 else ''}" if lost else ""
    echo(f"Worker {found['name']} was removed{steps}")


for _subcommand in (create_join_token, join_tokens, revoke_join_token, identities, revoke):
    command.add_command(_subcommand)
