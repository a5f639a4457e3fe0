"""Streams of log lines and events that survive lost connections."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from stroem.cli.client.reconnect import Reconnect
from stroem.cli.output.errors import ConnectionLost

if TYPE_CHECKING:
    from stroem.cli.client.client import Client


def follow(client: "Client", job_id: str, *, after: int = 0, step: str | None = None) -> AsyncIterator[dict[str, Any]]:
    """Frames of a job's log: `log` frames with `data`, then one `end` frame with `status`."""
    return resumed(client, "jobs", job_id, "logs", "stream", after=after, events="true", step=step)


async def resumed(client: "Client", *path: str, after: int, **query: str | int | None) -> AsyncIterator[dict[str, Any]]:
    """Frames of a stream, through reconnects, up to its `end` frame, if it has one.

    A new connection resumes at the position reached: no frame is lost or repeated.
    """
    position, reconnect = after, Reconnect(client.address.url)
    while True:
        try:
            async for frame in client.frames(*path, after=position, **query):
                reconnect.answered()
                position = frame["next"]
                yield frame
                if frame["event"] == "end":
                    return
        except ConnectionLost as error:
            await reconnect.lost(error)
