"""Following a job's log, or events, through lost connections."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from stroem.cli.client.reconnect import Patience
from stroem.cli.program.errors import ConnectionLost

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


def follow(client: "Client", job_id: str, *, after: int = 0, step: str | None = None) -> AsyncIterator[dict[str, Any]]:
    """The frames of a job's log: `log` frames with `data`, then one `end` frame with `status`."""
    return resumed(client, "jobs", job_id, "logs", "stream", after=after, events="true", step=step)


async def resumed(client: "Client", *path: str, after: int, **query: str | int | None) -> AsyncIterator[dict[str, Any]]:
    """The frames of a stream up to its `end` frame, if it has one.

    A lost connection is made again and goes on at the position reached, so that nothing is missing or comes twice.
    """
    position, patience = after, Patience(client.address.url)
    while True:
        try:
            async for frame in client.frames(*path, after=position, **query):
                patience.found()
                position = frame["next"]
                yield frame
                if frame["event"] == "end":
                    return
        except ConnectionLost as error:
            await patience.lost(error)
