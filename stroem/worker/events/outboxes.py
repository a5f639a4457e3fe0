"""The outboxes of a worker: those of its steps, and those that an earlier run has left."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from stroem.protocol.claim import Claim
from stroem.protocol.events import EventSourceConfig, EventWriter
from stroem.worker.events.event_client import EventClient
from stroem.worker.events.outbox import Outbox
from stroem.worker.events.outbox_file import OutboxFile, OutboxHead, OutboxUnreadable
from stroem.worker.http.client import ServerClient

logger = logging.getLogger(__name__)


class Outboxes:
    """Makes the outboxes of steps, and delivers the events of all, each in a task of its own."""

    def __init__(self, directory: Path, client: ServerClient) -> None:
        self._directory = directory
        self._client = EventClient(client)
        self._tasks: dict[Outbox, asyncio.Task[None]] = {}
        client.on_change(self._on_change)

    def open(self) -> None:
        """Goes on with the events that an earlier run has left."""
        for path in sorted(self._directory.glob("*.events")):
            try:
                outbox = Outbox(OutboxFile(path), self._client)
            except (OSError, OutboxUnreadable) as error:
                logger.error("events are not delivered: %s", error)
                continue
            outbox.end()
            self._start(outbox)

    def new(self, claim: Claim, config: EventSourceConfig, mask: Callable[[str], str]) -> Outbox:
        """The empty outbox of a claimed step. `mask` removes secrets of the worker from a text. Raises `OSError`."""
        writer = EventWriter(
            job_id=claim.job_id, step_id=claim.step_id, step_name=claim.step_name, attempt=claim.attempt
        )
        head = OutboxHead(
            writer=writer,
            workspace=claim.workspace,
            source_id=config.source_id,
            target_task=config.target_task,
            input_defaults=config.input_defaults,
            batch_events=config.batch_events,
        )
        name = f"{claim.job_id}-{claim.step_id or 0}-{claim.attempt}.events"
        outbox = Outbox(OutboxFile(self._directory / name, head), self._client, mask)
        self._start(outbox)
        return outbox

    async def all_delivered(self) -> None:
        """Waits until nothing can be delivered now."""
        for outbox in tuple(self._tasks):
            await outbox.all_delivered()

    async def close(self) -> None:
        """Ends the deliveries. Events that wait are delivered after the next start."""
        tasks = dict(self._tasks)
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        for outbox in self._tasks:
            outbox.close()
        self._tasks.clear()

    def _start(self, outbox: Outbox) -> None:
        task = asyncio.create_task(outbox.deliver())
        self._tasks[outbox] = task
        task.add_done_callback(partial(self._on_end, outbox))

    def _on_end(self, outbox: Outbox, task: "asyncio.Task[None]") -> None:
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            logger.error("events are not delivered any more", exc_info=error)
        outbox.close()
        self._tasks.pop(outbox, None)

    def _on_change(self) -> None:
        for outbox in self._tasks:
            outbox.try_again()
