"""Requests that deliver events to the server."""

from collections.abc import Sequence

from stroem.protocol.events import (
    HOLD_SECS,
    Emission,
    EventBatch,
    EventProblem,
    SettledEvents,
    SourceEvent,
)
from stroem.protocol.reading import MessageUnreadable, read
from stroem.worker.events.outbox_file import OutboxHead
from stroem.worker.http.client import Refused, ServerAway, ServerClient

BATCHES = "/worker/event-source/events"
PLAIN = "/worker/event-source/emit"
TOKEN = frozenset({401, 403})


class EventClient:
    """Delivers events: in batches to a server that takes them, else one by one in the plain contract."""

    def __init__(self, client: ServerClient) -> None:
        self._client = client

    @property
    def successes(self) -> int:
        """The number of requests of this worker that succeeded so far."""
        return self._client.successes

    async def send(self, head: OutboxHead, events: Sequence[SourceEvent], waiting: int) -> SettledEvents:
        """Delivers the first of these events; says how many are settled. The server may hold the request.

        Raises `ServerAway`, and `Refused` for events that it refuses permanently.
        """
        try:
            if head.batch_events is None:
                return await self._send_plain(head, events[0]) if events else SettledEvents(settled=0)
            return await self._send_batch(head, events, waiting)
        except Refused as error:
            if error.status in TOKEN:
                raise ServerAway(str(error)) from error
            raise

    async def _send_batch(self, head: OutboxHead, events: Sequence[SourceEvent], waiting: int) -> SettledEvents:
        batch = EventBatch(source_id=head.source_id, writer=head.writer, events=tuple(events), waiting=waiting)
        answer = await self._client.post(BATCHES, batch, wait_secs=HOLD_SECS)
        try:
            return read(answer, SettledEvents)
        except MessageUnreadable as error:
            raise ServerAway(f"the answer to events cannot be read: {error}") from error

    async def _send_plain(self, head: OutboxHead, event: SourceEvent) -> SettledEvents:
        """Delivers one event. One that the server refuses is settled too: it cannot start a job."""
        problem = event.problem
        if problem is None:
            emission = Emission(
                workspace=head.workspace,
                task=head.target_task,
                input={**head.input_defaults, **event.data},
                source_id=head.source_id,
                event_id=head.writer.key(event),
            )
            try:
                await self._client.post(PLAIN, emission, wait_secs=HOLD_SECS)
            except Refused as error:
                if error.status in TOKEN:
                    raise
                problem = str(error)
        if problem is None:
            return SettledEvents(settled=1)
        return SettledEvents(settled=1, problems=(EventProblem(number=event.number, reason=problem),))
