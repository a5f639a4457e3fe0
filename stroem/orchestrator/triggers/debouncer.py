"""Debouncer: starts the jobs of debounces whose time is over."""

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from stroem.errors import Conflict
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.notifier import POLL_SECS
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.secrets.sealed_values import Place, SealedValues
from stroem.orchestrator.triggers.claimed_batch import ClaimedBatch
from stroem.orchestrator.triggers.fire_request import FireRequest, event_of, with_events
from stroem.orchestrator.triggers.firer import MOST_DEBOUNCED, Firer
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.secrets.envelope import CannotOpen
from stroem.store.batch_isolation import reason_of
from stroem.store.database import Database
from stroem.store.triggers import debounces, fires
from stroem.store.triggers.debounces import Debounce
from stroem.store.triggers.fires import NewFire

_BATCH = 50
_log = logging.getLogger(__name__)

Key = tuple[str, str, str]


class Debouncer:
    """Starts one job for the fires of each due debounce. Any server may do it at any time.

    One whose job cannot be created is tried again for a day. Those of paused triggers wait.
    """

    def __init__(
        self, database: Database, live: LiveTriggers, firer: Firer, plans: JobPlans, rows: SealedValues
    ) -> None:
        self._rows = rows
        self._database = database
        self._live = live
        self._firer = firer
        self._batch: ClaimedBatch[Key] = ClaimedBatch(plans, _BATCH)

    async def run_once(self) -> bool:
        """Starts the jobs of a batch of debounces; True if there may be more."""
        return await self._batch.run(self._fire_due, self._put_off)

    async def pause_secs(self) -> float:
        """Seconds until a debounce is due."""
        async with self._database.read() as connection:
            return await debounces.secs_to_due(connection, self._live.workspaces(), POLL_SECS)

    async def _fire_due(self, among: Sequence[Key] | None) -> int:
        async with self._database.begin() as connection:
            due = await debounces.claim_due(connection, self._live.workspaces(), _BATCH, among)
            if among is None:
                self._batch.claimed = [(one.workspace, one.trigger, one.key) for one in due]
            found = [await debounces.fires_of(connection, one, MOST_DEBOUNCED) for one in due]
            requests = [_request(one, self._opened(one, rows)) for one, rows in zip(due, found, strict=True)]
            recording = await self._firer.record(connection, [await self._firer.prepare(one) for one in requests])
            for one, rows, result in zip(due, found, recording.results, strict=True):
                if result.verdict == "failed" and not one.is_old:
                    await debounces.put_off(connection, one)
                elif result.verdict != "refused":
                    await debounces.drop(connection, one, rows[-1][0] if rows else 0)
        await self._firer.committed(recording)
        return len(due)

    def _opened(self, debounce: Debounce, rows: Sequence[tuple[int, Any]]) -> list[Any]:
        """The fires of rows. Raises Conflict."""
        identity = debounce.workspace, debounce.trigger, debounce.key
        try:
            return [self._rows.opened(fire, Place.DEBOUNCED, *identity) for _, fire in rows]
        except CannotOpen as error:
            raise Conflict(message=f"A fire that waits for others cannot be decrypted: {error}") from None

    async def _put_off(self, key: Key, error: Exception) -> None:
        """Puts off a debounce that cannot be fired, with a record of the reason; an old one is dropped."""
        workspace, trigger, name = key
        _log.error("the debounce %r of trigger %s cannot fire", name, trigger, exc_info=error)
        async with self._database.begin() as connection:
            for one in await debounces.claim_due(connection, [workspace], 1, [key]):
                if one.is_old:
                    rows = await debounces.fires_of(connection, one, MOST_DEBOUNCED)
                    await debounces.drop(connection, one, rows[-1][0] if rows else 0)
                else:
                    await debounces.put_off(connection, one)
                fire = NewFire(
                    workspace=workspace,
                    trigger=trigger,
                    key=f"{_fire_key(one)}#{uuid.uuid4()}",
                    verdict="failed",
                    reason=reason_of(error),
                )
                await fires.add(connection, [fire])


def _fire_key(debounce: Debounce) -> str:
    return f"debounce:{debounce.key}:{debounce.first_at.isoformat()}"


def _request(debounce: Debounce, found: Sequence[Any]) -> FireRequest:
    """The fire of a debounce: the last of its fires, with all of them as `events`."""
    last = found[-1] if found else {"input": {}, "context": {}}
    fire = Fire(key=_fire_key(debounce), input=last["input"], context=last["context"])
    fire = with_events(fire, [event_of(one["input"], one["context"]) for one in found])
    return FireRequest(workspace=debounce.workspace, trigger=debounce.trigger, fire=fire, settled=True)
