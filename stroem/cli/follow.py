"""Following a job's log to the job's end, through lost connections."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from stroem.cli.failure import ConnectionLost
from stroem.cli.patience import Patience

if TYPE_CHECKING:
    from stroem.cli.client import Client


async def follow(
    client: "Client", job_id: str, *, after: int = 0, step: str | None = None
) -> AsyncIterator[dict[str, Any]]:
    """The frames of a job's log: `log` frames with `data`, then one `end` frame with `status`.

    A lost connection is made again and goes on at the position reached, so that no line is missing or comes
    twice.
    """
    position, patience = after, Patience()
    while True:
        try:
            async for frame in client.frames(
                "jobs", job_id, "logs", "stream", events="true", after=position, step=step
            ):
                patience.found()
                position = frame["next"]
                yield frame
                if frame["event"] == "end":
                    return
        except ConnectionLost as error:
            await patience.lost(error)
