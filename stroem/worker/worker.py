"""A worker: claims steps, runs them, reports what became of them."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from stroem import errors
from stroem.registry.registry import Registry
from stroem.settings.worker import WorkerSettings
from stroem.worker.exchange.client import Refused, ServerClient
from stroem.worker.exchange.loop import Journey, UnknownWorker
from stroem.worker.exchange.registration import Membership
from stroem.worker.files.data_dir import DataDir
from stroem.worker.files.work_dirs import StepAreas
from stroem.worker.files.workspace_cache import WorkspaceCache
from stroem.worker.steps.attempt import Stop
from stroem.worker.steps.executor import Executor
from stroem.worker.steps.in_flight import HeldSteps
from stroem.worker.steps.runners import Runners
from stroem.worker.steps.token_mask import TokenMask

logger = logging.getLogger(__name__)

LONGEST_PAUSE_POLLS = 4
LAST_STEPS_SECS = 5
"""How long a worker that is shutting down waits for steps that were handed to it before it said so."""

LAST_DELIVERY_SECS = 30
"""How long a worker that is shutting down tries to deliver what it still has."""


class Worker:
    """Runs steps of one server until it is cancelled or drained."""

    def __init__(self, settings: WorkerSettings, registry: Registry) -> None:
        """Raises `SettingsError` when the settings ask for what the loaded plugins do not have."""
        self._settings = settings
        self._runners = Runners(settings, registry)
        self._data = DataDir(settings, passable=self._runners.change_user)
        self._client = ServerClient(settings)
        self._draining = asyncio.Event()
        self.registered = asyncio.Event()
        """Set when the server has accepted this worker."""
        self._membership = Membership(self._client, settings, self._runners.abilities, self._data.worker_id)

    def drain(self) -> None:
        """Claims no more; `run` returns when the running steps are over and delivered, or their time is up."""
        self._draining.set()

    async def run(self) -> None:
        """Works. Raises `WorkerRefused` when the server does not accept this worker, and `SettingsError` when
        another worker uses the same directory.
        """
        try:
            await self._run()
        except Refused as error:
            raise errors.WorkerRefused(reason=error, settings=_to_look_at(error.status)) from error

    async def _run(self) -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(self._data)
            await stack.enter_async_context(self._client)
            if not await self._until_drained(self._membership.register(as_before=True)):
                return
            self.registered.set()
            steps = await self._open_steps(stack)
            while not await self._work(steps):
                steps.stop_all(Stop.LEASE_LOST)
                await self._until_drained(self._membership.register(as_before=False))

    async def _open_steps(self, stack: AsyncExitStack) -> HeldSteps:
        settings = self._settings
        workspaces = WorkspaceCache(
            self._data.workspaces,
            self._client,
            retained=settings.max_retained_revisions,
            most_bytes=settings.workspace_cache_bytes,
        )
        await asyncio.to_thread(workspaces.open)
        stack.push_async_callback(workspaces.close)
        areas = StepAreas(self._data.steps, keep=settings.max_concurrent)
        stack.push_async_callback(areas.close)
        mask = TokenMask(settings.worker_token)
        executor = Executor(
            workspaces=workspaces,
            areas=areas,
            runners=self._runners,
            grace_secs=settings.cancel_grace_secs,
            output_bytes=lambda: self._membership.output_bytes,
            mask=mask,
        )
        steps = HeldSteps(
            client=self._client,
            executor=executor,
            slots=settings.max_concurrent,
            spool=self._data.spool,
            grace_secs=settings.cancel_grace_secs,
            mask=mask,
        )
        stack.push_async_callback(steps.close)
        return steps

    async def _work(self, steps: HeldSteps) -> bool:
        """Works until drained; False when the server has forgotten this worker."""
        steps.sender.worker_id = self._membership.worker_id
        journey = Journey(
            client=self._client,
            membership=self._membership,
            steps=steps,
            longest_pause_secs=self._settings.poll_interval_secs * LONGEST_PAUSE_POLLS,
        )
        travelling = asyncio.create_task(journey.run())
        beating = asyncio.create_task(self._membership.keep(partial(_on_beat, steps, journey)))
        draining = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait({travelling, draining}, return_when=asyncio.FIRST_COMPLETED)
            if not travelling.done():
                journey.stop_claiming()
                await self._finish(steps, journey, travelling)
            if travelling.done():
                travelling.result()
            return True
        except UnknownWorker:
            logger.warning("the server does not know this worker any more; registering again")
            return False
        finally:
            await _end(travelling, beating, draining)

    async def _finish(self, steps: HeldSteps, journey: Journey, travelling: "asyncio.Task[None]") -> None:
        """Takes steps that are still on their way, lets all end by themselves, then ends them, and delivers all."""
        handed_out = asyncio.create_task(journey.all_handed_out())
        await asyncio.wait({handed_out, travelling}, timeout=LAST_STEPS_SECS, return_when=asyncio.FIRST_COMPLETED)
        over = asyncio.create_task(steps.all_over(self._settings.drain_timeout_secs))
        await asyncio.wait({over, travelling}, return_when=asyncio.FIRST_COMPLETED)
        await steps.end_all()
        delivered = asyncio.create_task(steps.all_delivered())
        await asyncio.wait({delivered, travelling}, timeout=LAST_DELIVERY_SECS, return_when=asyncio.FIRST_COMPLETED)
        if not delivered.done():
            logger.error("%d steps could not be reported: the server is away", len(steps))
        await _end(handed_out, over, delivered)

    async def _until_drained(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether the work was done before the worker was drained."""
        task = asyncio.create_task(work)
        draining = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait({task, draining}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            return task.done()
        finally:
            await _end(task, draining)


def _on_beat(steps: HeldSteps, journey: Journey, answer: Mapping[str, Any], late: bool) -> None:
    if answer.get("status") == "unknown":
        journey.forgotten()
    if late:
        journey.recount()
    steps.cancel(answer.get("cancel") or ())


async def _end(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _to_look_at(status: int) -> str:
    """The settings that a refusal may be about, by its HTTP status."""
    if status in (401, 403):
        return "`worker_token`"
    return "`capabilities` and `tags`" if status == 400 else "`server_url`"
