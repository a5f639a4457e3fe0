"""Dead letters: listed, tried again, dropped."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import attrs

from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.triggers.fire_request import Fired, FireRequest
from stroem.orchestrator.triggers.firer import Firer
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.store.database import Database
from stroem.store.statement import Connection
from stroem.store.triggers import dead_letters
from stroem.store.triggers.dead_letters import LetterRow

_BATCH = 50
_MASKED = "it had secrets in it, which are not stored; have the consumer send the event again, or drop it"
_GONE = "its trigger was removed; add it again, or drop the event"
_NO_SOURCE = "its trigger is no event source any more; make it one again, or drop the event"
_UNREADABLE = "it is no event that can be read; have the consumer send it again, or drop it"


@attrs.frozen(kw_only=True)
class Retried:
    """Numbers of dead letters whose events have jobs now, or need none, and of those that failed again."""

    settled: int
    failures: Mapping[str, int]
    """The number of failures for each reason, the first one first."""

    @property
    def failed(self) -> int:
        """The number of all failures."""
        return sum(self.failures.values())


class DeadLetterOffice:
    """Tries dead letters again, and drops them."""

    def __init__(self, database: Database, firer: Firer, live: LiveTriggers) -> None:
        self._database = database
        self._firer = firer
        self._live = live

    async def retry(self, workspace: str, trigger: str, ids: Collection[int] | None, by: str | None) -> Retried:
        """Fires the events of these dead letters, or of all, the oldest first. Those that fail again stay.

        It counts neither pauses nor `max_in_flight`.
        """
        settled, failures, after = 0, Counter[str](), 0
        while True:
            async with self._database.read() as connection:
                letters = await dead_letters.to_retry(connection, workspace, trigger, ids, after, _BATCH)
            if not letters:
                return Retried(settled=settled, failures=failures)
            after = letters[-1].id
            for letter in letters:
                reason = await self._retry(letter, by or "somebody")
                settled += reason is None
                failures.update([] if reason is None else [reason])

    async def drop(self, workspace: str, trigger: str, ids: Collection[int] | None) -> int:
        """Drops these dead letters, or all; returns their number."""
        async with self._database.begin() as connection:
            return await dead_letters.drop(connection, workspace, trigger, ids)

    def _refusal(self, letter: LetterRow) -> str | None:
        """Why an event cannot be fired at all."""
        if letter.is_masked:
            return _MASKED
        if letter.data is None:
            return _UNREADABLE
        if self._live.release(letter.workspace) is None:
            return None
        trigger = self._live.of_workspace(letter.workspace).get(letter.trigger)
        if trigger is None:
            return _GONE
        return None if isinstance(trigger.options, ConsumerTrigger) else _NO_SOURCE

    async def _retry(self, letter: LetterRow, by: str) -> str | None:
        """Fires one event; the reason if it fails again."""
        refusal = self._refusal(letter)

        async def settle(connection: Connection, results: Sequence[Fired]) -> None:
            reason = refusal or _reason_of(results)
            if reason is None:
                await dead_letters.settle(connection, letter.workspace, letter.trigger, [letter.key])
            else:
                await dead_letters.fail(connection, letter, letter.reason if refusal else reason)

        results = await self._firer.fire([] if refusal else [_request(letter, by)], settle)
        return refusal or _reason_of(results)


def _request(letter: LetterRow, by: str) -> FireRequest:
    context = {"event": letter.data, "trigger": {"event_id": letter.key}}
    fire = Fire(key=letter.key, input=letter.data, context=context)
    return FireRequest(workspace=letter.workspace, trigger=letter.trigger, fire=fire, given=letter.data, actor=by)


def _reason_of(results: Sequence[Fired]) -> str | None:
    """The reason of a fire that failed."""
    return next((one.reason or one.verdict for one in results if one.verdict in ("failed", "refused")), None)
