"""Events of workspaces about consumers: one is stopped, fails again and again, or has its first dead letter."""

from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.triggers.consumers.restarts import Restart
from stroem.records.event import EventKind, NewEvent
from stroem.store.events.events import add_events
from stroem.store.statement import Connection
from stroem.store.triggers.consumers import MANY_FAILURES, DueConsumer

_REASON_CHARS = 500

Pair = tuple[str, str]


class ConsumerEvents:
    """Records events about consumers, in the caller's transactions."""

    def __init__(self, sinks: EventSinks) -> None:
        self._sinks = sinks

    async def ended(self, connection: Connection, due: DueConsumer, then: Restart) -> None:
        """Records that a consumer stays ended, or has failed for the third time in a row."""
        pair, again = (due.row.workspace, due.row.trigger), "until the trigger is resumed"
        if then.state == "stopped":
            await self._add(connection, pair, "consumer_stopped", f"was cancelled, and stays stopped {again}")
        elif then.state == "ended" and due.status != "completed":
            await self._add(connection, pair, "consumer_stopped", f"has failed, and stays ended {again}")
        elif then.failures > due.row.failures:
            await self.failed(connection, pair, then.failures)

    async def failed(self, connection: Connection, pair: Pair, failures: int) -> None:
        """Records the third failure in a row; other failures are not recorded."""
        if failures == MANY_FAILURES:
            told = f"has failed {failures} times in a row; it is tried again, each time later"
            await self._add(connection, pair, "consumer_stopped", told)

    async def first_letter(self, connection: Connection, pair: Pair, reason: str) -> None:
        """Records the first dead letter of a trigger that had none."""
        message = f"Trigger {pair[1]!r} has a dead letter: {reason[:_REASON_CHARS]}"
        event = NewEvent(kind="trigger_failed", severity="warning", workspace=pair[0], message=message)
        await add_events(connection, [event], self._sinks.wanted_by)

    async def _add(self, connection: Connection, pair: Pair, kind: EventKind, told: str) -> None:
        message = f"The consumer of trigger {pair[1]!r} {told}"
        event = NewEvent(kind=kind, severity="warning", workspace=pair[0], message=message)
        await add_events(connection, [event], self._sinks.wanted_by)
