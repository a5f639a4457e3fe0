"""The loop that polls all followed sources when they are due."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from stroem.definitions.backoff import Backoff
from stroem.errors import StroemError
from stroem.reconciler.following import followed
from stroem.reconciler.following.followed import Followed, FollowedKind, Kinds, StateRow
from stroem.reconciler.following.polling import poll_claimed, poll_now
from stroem.reconciler.following.requests import PollRequests, Request
from stroem.reconciler.following.watchers import Watchers
from stroem.store.batch_isolation import is_outage, isolate, level_of
from stroem.store.database import Database
from stroem.store.deferred_keys import Deferred
from stroem.store.workspaces import followed as store
from stroem.store.workspaces.followed import FollowedRow, Key

log = logging.getLogger(__name__)

_CLAIM_MOST = 64
_RETRY_SECS = 1.0
_SHORTEST_SECS = 0.25
_DEFERRAL = Backoff(first_secs=30, longest_secs=30, spread=(1, 1))


class FollowLoop:
    """Polls sources that are requested or due, each in a task of its own.

    Several servers may run it on one database: each poll is claimed by one of them.
    """

    def __init__(self, database: Database, kinds: Kinds, requests: PollRequests) -> None:
        self._database = database
        self._kinds = kinds
        self._requests = requests
        self._watchers = Watchers(requests)
        self._under_way: dict[Key, asyncio.Task[object]] = {}
        self._deferred: Deferred[Key] = Deferred(_DEFERRAL)
        self._unstored: Deferred[Key] = Deferred()

    def is_polling(self, key: Key) -> bool:
        """Whether this process polls a source now."""
        return key in self._under_way

    async def run(self) -> None:
        """Polls until cancelled."""
        woken = self._requests.woken
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    woken.clear()
                    for kind in self._kinds.values():
                        kind.prune()
                    self._watchers.update(self._kinds)
                    pause = await self._start_due(group)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(max(pause, _SHORTEST_SECS)):
                            await woken.wait()
        finally:
            await self._watchers.close()

    async def claim_due(self) -> list[tuple[FollowedKind[Any, Any], StateRow]]:
        """Claims sources that are due and not polled by this process, with their state."""
        await self._enter()
        claimed = await isolate(self._idle(), self._claim, self._defer)
        return [one for some in claimed for one in some]

    async def secs_until_due(self) -> float | None:
        """Seconds until the first source is due that is not polled by this process; None when there is none."""
        idle = self._idle()
        if not idle:
            return None
        async with self._database.read() as connection:
            return await store.secs_until_due(connection, idle)

    async def _start_due(self, group: asyncio.TaskGroup) -> float:
        """Starts polls that are requested or due; the seconds until there may be more."""
        try:
            for request in self._requests.take(self._under_way):
                self._start(group, request.key, self._poll_requested(request))
            claimed = await self.claim_due()
            for kind, row in claimed:
                self._start(group, _key(row.schedule), self._poll_claimed(kind, row))
            if len(claimed) >= _CLAIM_MOST:
                return 0.0
            secs = await self.secs_until_due()
            return followed.POLL_SECS if secs is None else min(followed.POLL_SECS, secs)
        except StroemError as error:
            log.log(level_of(error), "sources could not be polled: %s; it is tried again", error)
        except Exception:
            log.exception("sources could not be polled; it is tried again")
        return _RETRY_SECS

    async def _enter(self) -> None:
        """Writes the intervals that are new or changed."""
        for kind in self._kinds.values():
            await isolate([one for one in kind if one.entered != one.interval], self._writer(kind), _pass_over)

    def _writer(self, kind: FollowedKind[Any, Any]) -> Callable[[Sequence[Followed]], Awaitable[None]]:
        async def write(some: Sequence[Followed]) -> None:
            intervals = [one.interval for one in some]
            async with self._database.begin() as connection:
                await kind.enter(connection, some)
            for one, interval in zip(some, intervals, strict=True):
                one.entered = interval

        return write

    def _idle(self) -> list[Key]:
        return self._deferred.without(key for key in followed.keys_of(self._kinds) if key not in self._under_way)

    async def _claim(self, keys: Sequence[Key]) -> list[tuple[FollowedKind[Any, Any], StateRow]]:
        async with self._database.begin() as connection:
            rows = await store.claim_due(connection, keys, _CLAIM_MOST)
            found: list[tuple[FollowedKind[Any, Any], StateRow]] = []
            for name, kind in self._kinds.items():
                if claimed := [row for row in rows if row.kind == name]:
                    found += [(kind, row) for row in await kind.read(connection, claimed)]
            return found

    async def _defer(self, key: Key, error: Exception) -> None:
        self._deferred.add(key)
        await self._kinds[key[0]].refuse(key[1], error)

    async def _poll_requested(self, request: Request) -> None:
        kind = self._kinds[request.key[0]]
        found = kind.get_followed(request.key[1])
        if found is not None:
            await self._repeat(request, poll_now(self._database, kind, found, request.cause, request.by))

    async def _poll_claimed(self, kind: FollowedKind[Any, Any], row: StateRow) -> None:
        key = _key(row.schedule)
        found = kind.get_followed(key[1])
        if found is not None:
            await self._repeat(Request(key=key), poll_claimed(self._database, kind, found, row))

    async def _repeat(self, request: Request, poll: Awaitable[bool]) -> None:
        """Repeats an unstored poll, soon after an outage and else with a backoff; defers a source that fails."""
        outages = self._database.outages
        try:
            is_stored = await poll
        except Exception as error:
            key = request.key
            log.log(level_of(error, logging.ERROR), "the poll of %s %s failed", *key, exc_info=error)
            if not is_outage(error):
                self._deferred.add(key)
                return
            is_stored = False
        if not is_stored:
            is_away = self._database.outages > outages
            secs = followed.POLL_SECS if is_away else self._unstored.add(request.key)
            self._requests.add_later(secs, request)

    def _start(self, group: asyncio.TaskGroup, key: Key, work: Coroutine[Any, Any, object]) -> None:
        task = group.create_task(work)
        self._under_way[key] = task

        def end(_: object) -> None:
            if self._under_way.get(key) is task:
                del self._under_way[key]
                found = self._kinds[key[0]].get_followed(key[1])
                if key in self._requests or found is None or found.is_due_soon:
                    self._requests.woken.set()

        task.add_done_callback(end)


def _key(row: FollowedRow) -> Key:
    return row.kind, row.key


async def _pass_over(source: Followed, error: Exception) -> None:
    log.error("the poll interval of %s cannot be stored", source.key, exc_info=error)
