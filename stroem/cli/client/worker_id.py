"""Ids of workers from their names or prefixes of their ids."""

from typing import TYPE_CHECKING, Any

from stroem.cli.client.pages import all_items
from stroem.cli.output.errors import Refused
from stroem.cli.output.output import one_line
from stroem.cli.output.suggestion import suggestion

if TYPE_CHECKING:
    from stroem.cli.client.client import Client

FULL_ID = 36
SHORTEST_PREFIX = 4
MOST_NAMED = 12


async def worker_id(client: "Client", text: str, *, may_be_gone: bool = False) -> str:
    """Full id of a worker, from the id, a unique prefix of it, or a unique name.

    Workers that are gone share the name of the run that followed: they count with `may_be_gone`, or if none is live.
    """
    workers = await all_items(client, "workers")
    wanted = text.lower()
    found = [one for one in workers if one["worker_id"] == wanted or one["name"] == text]
    if not found and len(text) >= SHORTEST_PREFIX:
        found = [one for one in workers if one["worker_id"].startswith(wanted)]
    live = [one for one in found if one["status"] == "active"]
    if live and not may_be_gone:
        found = live
    if not found:
        raise Refused(_unknown(text, workers) + f"\nServer: {client.address.url}")
    if len(found) > 1:
        raise Refused(_ambiguous(text, found) + f"\nServer: {client.address.url}")
    return str(found[0]["worker_id"])


def _unknown(text: str, workers: list[dict[str, Any]]) -> str:
    """Message for a text that is neither a name nor an id."""
    said = f"No worker has the name {text!r} or an id that begins with it"
    if len(text) < SHORTEST_PREFIX:
        said = f"No worker has the name {text!r}; of an id give at least {SHORTEST_PREFIX} characters"
    if not workers:
        return f"{said}. There are no workers."
    names = sorted({one["name"] for one in workers})
    near = suggestion(text, names)
    if not near and len(names) <= MOST_NAMED:
        near = f" There are: {', '.join(map(one_line, names))}."
    return f"{said}.{near} List: stroem workers"


def _ambiguous(text: str, found: list[dict[str, Any]]) -> str:
    """Message for a text that stands for several workers, with up to twelve of them."""
    lines = [f"{text!r} stands for {len(found)} workers; give the id, or more of it:"]
    for one in found[:MOST_NAMED]:
        status = one["state"] if one["status"] == "active" else one["status"]
        lines.append(one_line(f"  {one['worker_id']}  {one['name']}  {status}"))
    if len(found) > MOST_NAMED:
        lines.append(f"  and {len(found) - MOST_NAMED} more: stroem workers")
    return "\n".join(lines)
