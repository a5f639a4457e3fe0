"""Fires of requests that come at the same time, in common transactions."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

import attrs

from stroem.orchestrator.triggers.fire_request import Fired, FireRequest
from stroem.orchestrator.triggers.firer import Firer
from stroem.store.artifacts.request_files import FilesOfJob, add_request_files
from stroem.store.hooks.deliveries import NewDelivery, add_deliveries
from stroem.store.statement import Connection

_log = logging.getLogger(__name__)
_BATCH = 32
_TRANSACTIONS = 2
"""Most transactions at once; others of the server's connections stay free."""


@attrs.frozen
class Finished:
    """The rows of a request: its delivery, and the files of its job."""

    record: NewDelivery
    files: FilesOfJob | None = None


Finish = Callable[[Fired], Finished]
"""Makes the rows of a request from the result of its fire."""


@attrs.define(eq=False)
class _Waiting:
    request: FireRequest
    finish: Finish
    result: asyncio.Future[Fired]


class FireBatches:
    """Fires requests and records them as deliveries, in one transaction.

    Those that come while transactions are under way share the next one. If that fails, each is fired alone, so that a
    bad one does not stop its neighbours.
    """

    def __init__(self, firer: Firer) -> None:
        self._firer = firer
        self._waiting: deque[_Waiting] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def fire(self, request: FireRequest, finish: Finish) -> Fired:
        """Fires a request, once it is recorded. Goes on if the caller is cancelled. Raises Unavailable."""
        one = _Waiting(request, finish, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if len(self._tasks) < _TRANSACTIONS:
            task = asyncio.create_task(self._work(), name="fires of hooks")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(one.result)

    async def close(self) -> None:
        """Waits for the transactions under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _work(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            try:
                await self._fire(batch)
            except Exception as error:
                if len(batch) == 1:
                    _fail(batch[0], error)
                else:
                    _log.info("fires of %d requests are tried one by one: %r", len(batch), error)
                for one in batch if len(batch) > 1 else ():
                    await self._fire_alone(one)
            except BaseException as error:
                for one in (*batch, *self._waiting):
                    _fail(one, error)
                self._waiting.clear()
                raise

    async def _fire_alone(self, one: _Waiting) -> None:
        try:
            await self._fire([one])
        except Exception as error:
            _fail(one, error)

    async def _fire(self, batch: Sequence[_Waiting]) -> None:
        async def settle(connection: Connection, results: Sequence[Fired]) -> None:
            finished = zip(batch, results, strict=True)
            written = [one.finish(result) for one, result in finished]
            await add_deliveries(connection, [one.record for one in written])
            await add_request_files(connection, [one.files for one in written if one.files is not None])

        results = await self._firer.fire([one.request for one in batch], settle)
        for one, result in zip(batch, results, strict=True):
            if not one.result.done():
                one.result.set_result(result)


def _fail(one: _Waiting, error: BaseException) -> None:
    if not one.result.done():
        one.result.set_exception(error)
        one.result.exception()  # its caller may be gone
