"""History of jobs: pages, and live streams."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence

import attrs

from stroem.definitions.backoff import Backoff
from stroem.engine.values.state import JOB
from stroem.errors import NotFound, PlanUnreadable, Unavailable
from stroem.orchestrator.notifier import POLL_SECS, Notifier, wait_for
from stroem.orchestrator.plans.step_names import StepNames
from stroem.store.database import Database
from stroem.store.jobs import history
from stroem.store.jobs.history import HistoryRow, HistoryState
from stroem.store.jobs.jobs import TERMINAL
from stroem.store.logs.logs import UNVISITED_STEP
from stroem.store.statement import Connection

PAGE = 200
_LONGEST_SECS = 10.0
"""Longest wait of a page for transactions that write history."""
_BACKOFF = Backoff(first_secs=0.002, longest_secs=0.25, spread=(1, 1))


@attrs.frozen(kw_only=True)
class Entry:
    """A change of a step, or of the job: then it has no step name."""

    row: HistoryRow
    step_name: str | None


@attrs.frozen(kw_only=True)
class HistoryPage:
    """Changes, oldest first. Reading on from `next` skips none and repeats none; `more` follow already."""

    entries: tuple[Entry, ...]
    next: int
    more: bool


@attrs.frozen(kw_only=True)
class HistoryEnd:
    """End of a history: the job has ended with this status, and all changes were read."""

    status: str
    next: int


class HistoryReader:
    """Reads the history of jobs. The position of a reader is the id of the last change read."""

    def __init__(self, database: Database, names: StepNames, notifier: Notifier) -> None:
        self._database = database
        self._names = names
        self._notifier = notifier

    async def check(self, job_id: uuid.UUID, step: str | None) -> None:
        """Raises NotFound for a job or step that does not exist."""
        async with self._database.read() as connection:
            await self._number(connection, job_id, step)

    async def end(self, job_id: uuid.UUID) -> int:
        """The position after the last change. Raises NotFound."""
        return (await self._settled(job_id, 0)).last

    async def read(
        self, job_id: uuid.UUID, *, step: str | None = None, after: int = 0, limit: int = PAGE
    ) -> HistoryPage:
        """At most `limit` changes after `after`.

        Raises NotFound for an unknown job or step, Unavailable while a transaction that writes history does not end.
        """
        state = await self._settled(job_id, after, give_up_at=time.monotonic() + _LONGEST_SECS)
        return await self._page(job_id, step, after, state.last, limit)

    async def follow(
        self, job_id: uuid.UUID, *, step: str | None = None, after: int = 0
    ) -> AsyncIterator[HistoryPage | HistoryEnd]:
        """All changes after `after`, then new ones until the end of the job."""
        with self._notifier.watching(job_id) as changed:
            while True:
                state = await self._settled(job_id, after)
                page = await self._page(job_id, step, after, state.last, PAGE)
                after = page.next
                if page.entries:
                    yield page
                elif state.status in TERMINAL:
                    yield HistoryEnd(status=state.status, next=after)
                    return
                else:
                    await wait_for(changed, POLL_SECS)

    async def _settled(self, job_id: uuid.UUID, after: int, give_up_at: float | None = None) -> HistoryState:
        """The state of a history up to whose last id no change can still appear. Raises NotFound, Unavailable."""
        async with self._database.read() as connection:
            state = await history.history_state(connection, job_id)
        if state is None:
            raise NotFound(kind="Job", name=job_id)
        writers, polls = state.writers if state.last > after else frozenset(), 0
        while writers:
            if give_up_at is not None and time.monotonic() > give_up_at:
                raise Unavailable(
                    message="A transaction that writes the history does not end; try again", retry_after=1
                )
            polls += 1
            await asyncio.sleep(_BACKOFF.secs(polls))
            async with self._database.read() as connection:
                writers &= await history.writers(connection)
        return state

    async def _page(self, job_id: uuid.UUID, step: str | None, after: int, up_to: int, limit: int) -> HistoryPage:
        async with self._database.read() as connection:
            number = await self._number(connection, job_id, step)
            rows = await history.list_history(
                connection, job_id, after=after, up_to=up_to, step=number, limit=limit + 1
            )
            more, rows = len(rows) > limit, rows[:limit]
            names = await self._named(connection, job_id, rows)
        entries = tuple(Entry(row=row, step_name=names.get(row.step)) for row in rows)
        return HistoryPage(entries=entries, next=rows[-1].id if more else max(after, up_to), more=more)

    async def _number(self, connection: Connection, job_id: uuid.UUID, step: str | None) -> int | None:
        if step is None:
            return None
        found = await self._names.find(connection, [(job_id, step)])
        if found:
            return found[job_id, step][1]
        if await self._names.is_planned(connection, job_id, step):
            return UNVISITED_STEP
        raise await self._names.missing(connection, job_id, step)

    async def _named(self, connection: Connection, job_id: uuid.UUID, rows: Sequence[HistoryRow]) -> dict[int, str]:
        """The names of the steps; their ids if the plan of the job, which has the names, is damaged."""
        steps = {row.step for row in rows if row.step != JOB}
        try:
            names = await self._names.names_of(connection, [(job_id, step) for step in steps])
        except PlanUnreadable:
            return {step: str(step) for step in steps}
        return {step: names.get((job_id, step), str(step)) for step in steps}
