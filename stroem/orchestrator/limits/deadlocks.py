"""Deadlocks: owners that wait for slots which only one another's ends would free."""

import asyncio
from collections.abc import Sequence

from stroem.engine.slots.limits import limit_noun
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.store.database import Database
from stroem.store.jobs import messages
from stroem.store.jobs.messages import NewMessage
from stroem.store.limits import deadlocks
from stroem.store.limits.deadlocks import HoldingWait

_INTERVAL_SECS = 10.0


class DeadlockFinder:
    """Ends the wait of the last owner of a deadlock, which fails. Any server may do it at any time."""

    def __init__(self, database: Database, notifier: Notifier) -> None:
        self._database = database
        self._notifier = notifier
        self.woken = asyncio.Event()

    async def run_once(self) -> bool:
        """Sends a message to the owner that came last into a deadlock; another may be left."""
        async with self._database.read() as connection:
            waits = await deadlocks.holding_waits(connection)
        last = victim_of(waits)
        if last is None:
            return False
        error = (
            f"Deadlock: no slot of {limit_noun(last.key)} can become free, since all that have one wait for slots that"
            " this job has. Name both limits in the task: then they are taken before a job begins"
        )
        job_id, step = last.owner
        message = NewMessage(job_id=job_id, step=step, kind="deadlock", payload={"key": last.key, "error": error})
        async with self._database.begin() as connection:
            await messages.send(connection, [message])
        self._notifier.publish(Notification(deadlines=True))
        return False

    async def pause_secs(self) -> float:
        """The interval."""
        return _INTERVAL_SECS


def victim_of(waits: Sequence[HoldingWait]) -> HoldingWait | None:
    """The last owner of a deadlock; None if there is no deadlock.

    A key is dead if all its slots are taken, and each by an owner that cannot end before it gets a slot of a dead key.
    """
    dead = {wait.key: wait.taken for wait in waits if wait.taken >= wait.size}
    while dead:
        stuck = {slot for wait in waits if wait.key in dead for slot in wait.holds}
        alive = [key for key, taken in dead.items() if sum(slot[0] == key for slot in stuck) < taken]
        if not alive:
            break
        for key in alive:
            del dead[key]
    locked = [wait for wait in waits if wait.key in dead and any(key in dead for key, _ in wait.holds)]
    return max(locked, key=lambda wait: wait.id, default=None)
