"""A worker: claims steps, runs them, delivers their outcomes and logs."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from stroem import errors
from stroem.definitions.amounts import offered
from stroem.interfaces.runner import PoolPlace
from stroem.registry.registry import Registry
from stroem.settings.without_effect import warn_without_effect
from stroem.settings.worker import WorkerSettings
from stroem.worker.events.outboxes import Outboxes
from stroem.worker.exchange.identity import Identity
from stroem.worker.exchange.log_uploader import LogUploader
from stroem.worker.exchange.loop import ExchangeLoop
from stroem.worker.exchange.registration import UnknownWorker, WorkerRegistration
from stroem.worker.exchange.resumption import resume
from stroem.worker.files.data_dir import DataDir
from stroem.worker.files.identity_file import IdentityFile
from stroem.worker.files.job_volumes import JobVolumes
from stroem.worker.files.remote_files import RemoteFileAccess
from stroem.worker.files.work_dirs import VARIABLES, WorkDirs
from stroem.worker.files.workspace_cache import WorkspaceCache
from stroem.worker.http.client import Refused, ServerClient
from stroem.worker.local.local_jobs import LocalJobs
from stroem.worker.steps.artifact_transfer import ArtifactTransfer
from stroem.worker.steps.executor import Executor
from stroem.worker.steps.in_flight_step import Stop
from stroem.worker.steps.in_flight_steps import InFlightSteps
from stroem.worker.steps.leftovers import Leftovers
from stroem.worker.steps.log_buffer import LogBuffers
from stroem.worker.steps.resource_pool import ResourcePool
from stroem.worker.steps.runners import Runners
from stroem.worker.steps.state_transfer import StateTransfer
from stroem.worker.steps.token_mask import TokenMask

logger = logging.getLogger(__name__)

LONGEST_PAUSE_POLLS = 4
LAST_CLAIMS_SECS = 5
"""The longest wait at shutdown for answers to claims that are under way."""

LAST_DELIVERY_SECS = 30
"""The longest wait at shutdown for the delivery of outcomes and lines."""


class Worker:
    """Runs steps of one server until it is cancelled or drained."""

    def __init__(self, settings: WorkerSettings, registry: Registry, *, away_level: int = logging.WARNING) -> None:
        """Raises `SettingsError` for settings without a plugin that supports them.

        An ability that cannot be offered is logged at `away_level`.
        """
        warn_without_effect(settings)
        self._settings = settings
        self._runners = Runners(settings, registry, away_level=away_level)
        self._step_kinds = registry.step_kinds
        self._data = DataDir(settings, passable=self._runners.change_user)
        self._client = ServerClient(settings)
        self._identity = Identity(self._client, settings, IdentityFile(self._data.identity), self._data.worker_id)
        self._volumes = JobVolumes(self._data.volumes)
        self._outboxes = Outboxes(self._data.outboxes, self._client)
        self._draining = asyncio.Event()
        self._resumes = False
        self.registered = asyncio.Event()
        """Set when the server has accepted this worker."""
        self._registration = WorkerRegistration(self._client, settings, self._data.worker_id)

    def drain(self) -> None:
        """Claims no more; `run` returns when the running steps have ended and are delivered, or time is up."""
        self._draining.set()

    async def run(self) -> None:
        """Works. Raises `WorkerRefused` when the server does not accept this worker, and `SettingsError` when
        another worker uses the same directory.
        """
        try:
            await self._run()
        except Refused as error:
            raise errors.WorkerRefused(reason=error, settings=self._settings_at_fault(error.status)) from error

    async def _run(self) -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(self._data)
            await stack.enter_async_context(self._client)
            stack.push_async_callback(self._runners.close)
            if not await self._unless_drained(self._runners.look()):
                return
            self._offer()
            if not await self._unless_drained(self._identity.join()):
                return
            if not await self._unless_drained(self._register()):
                return
            self.registered.set()
            steps = await self._open_steps(stack)
            if self._resumes:
                await self._unless_drained(resume(self._client, self._registration, steps))
            while not await self._work(steps):
                steps.stop_all(Stop.LEASE_LOST)
                self._local_jobs.forget_all()
                await self._unless_drained(self._registration.register(as_before=False))

    async def _register(self) -> None:
        self._resumes = await self._registration.register(
            as_before=True, resumes=self._runners.may_adopt or self._volumes.are_there
        )

    async def _open_steps(self, stack: AsyncExitStack) -> InFlightSteps:
        settings = self._settings
        workspaces = WorkspaceCache(
            self._data.workspaces,
            self._client,
            retained=settings.max_retained_revisions,
            most_bytes=settings.workspace_cache_bytes,
        )
        await asyncio.to_thread(workspaces.open)
        stack.push_async_callback(workspaces.close)
        await asyncio.to_thread(self._volumes.open)
        stack.push_async_callback(self._volumes.close)
        work_dirs = WorkDirs(self._data.steps, keep=settings.max_concurrent)
        stack.push_async_callback(work_dirs.close)
        self._leftovers = Leftovers(
            self._client,
            lambda: self._runners.with_leftovers,
            lambda: [self._volumes, *self._runners.with_volumes],
            self._identity.installation,
        )
        self._outboxes.open()
        stack.push_async_callback(self._outboxes.close)
        executor = Executor(
            workspaces,
            work_dirs,
            self._volumes,
            RemoteFileAccess(self._client, settings),
            self._runners,
            StateTransfer(self._client, lambda: self._registration.worker_id),
            ArtifactTransfer(self._client, lambda: self._registration.worker_id),
            self._outboxes,
            grace_secs=settings.cancel_grace_secs,
            output_bytes=lambda: self._registration.output_bytes,
            installation=self._identity.installation,
            server_url=settings.server_url,
        )
        mask = TokenMask(*self._identity.tokens)
        self._identity.on_token = mask.add
        steps = InFlightSteps(
            executor,
            LogBuffers(
                directory=self._data.spool,
                mask=mask,
                is_server_away=lambda: self._client.away,
            ),
            LogUploader(self._client, self._registration).upload,
            slots=settings.max_concurrent,
            pool=ResourcePool(offered(settings.resources)),
            grace_secs=settings.cancel_grace_secs,
        )
        self._client.on_change(steps.recheck_room)
        self._local_jobs = LocalJobs(
            self._client, self._registration, steps, self._step_kinds, executor.runs_without_server
        )
        stack.push_async_callback(steps.close)
        return steps

    async def _work(self, steps: InFlightSteps) -> bool:
        """Works until drained; False when the server does not know this worker any more."""
        loop = ExchangeLoop(
            self._client,
            self._registration,
            steps,
            settle=self._local_jobs.settle,
            longest_pause_secs=self._settings.poll_interval_secs * LONGEST_PAUSE_POLLS,
        )
        exchanging = asyncio.create_task(loop.run())
        heartbeats = asyncio.create_task(self._registration.keep(partial(self._on_heartbeat, steps, loop)))
        looking = asyncio.create_task(self._runners.keep_looking(self._offer))
        removing = asyncio.create_task(self._leftovers.keep_removing())
        carrying = asyncio.create_task(self._local_jobs.run())
        rotating = asyncio.create_task(self._identity.keep_fresh())
        pooling = asyncio.create_task(self._runners.keep_pools(self._pool_place()))
        draining = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait({exchanging, draining}, return_when=asyncio.FIRST_COMPLETED)
            pooling.cancel()
            carrying.cancel()
            if not exchanging.done():
                loop.stop_claiming()
                await self._finish(steps, loop, exchanging)
            if exchanging.done():
                exchanging.result()
            return True
        except UnknownWorker:
            logger.warning("the server does not know this worker any more; registering again")
            return False
        finally:
            await _cancel(exchanging, heartbeats, looking, removing, carrying, pooling, rotating, draining)

    def _pool_place(self) -> PoolPlace:
        return PoolPlace(
            folder=self._data.steps / "pool", variables=VARIABLES, installation=self._identity.installation
        )

    def _offer(self) -> None:
        self._registration.change(self._runners.abilities, self._runners.languages, self._runners.missing)

    def _on_heartbeat(self, steps: InFlightSteps, loop: ExchangeLoop, answer: Mapping[str, Any], late: bool) -> None:
        if answer.get("status") == "unknown":
            loop.forgotten()
        if late:
            loop.request_inventory()
        steps.cancel(answer.get("cancel") or ())
        if answer.get("drain") and not len(steps):
            logger.info("drained: a person has asked this worker to end once it is idle")
            self._draining.set()

    async def _finish(self, steps: InFlightSteps, loop: ExchangeLoop, exchanging: "asyncio.Task[None]") -> None:
        """Waits for claims under way and the end of all steps, ends the rest, and delivers all."""
        claimed = asyncio.create_task(loop.all_claimed())
        await asyncio.wait({claimed, exchanging}, timeout=LAST_CLAIMS_SECS, return_when=asyncio.FIRST_COMPLETED)
        steps.stop_consumers()
        ended = asyncio.create_task(steps.all_ended(self._settings.drain_timeout_secs))
        await asyncio.wait({ended, exchanging}, return_when=asyncio.FIRST_COMPLETED)
        await steps.end_all()
        delivered = asyncio.create_task(self._all_delivered(steps))
        await asyncio.wait({delivered, exchanging}, timeout=LAST_DELIVERY_SECS, return_when=asyncio.FIRST_COMPLETED)
        if not delivered.done():
            logger.error("%d steps, or events, could not be delivered: the server is away", len(steps))
        await _cancel(claimed, ended, delivered)

    async def _all_delivered(self, steps: InFlightSteps) -> None:
        await steps.all_delivered()
        await self._outboxes.all_delivered()

    def _settings_at_fault(self, status: int) -> str:
        """The settings that may cause a refusal with an HTTP status."""
        if status == 401 or (status == 403 and not self._identity.is_own):
            return self._identity.fault
        return "`capabilities` and `tags`" if status in (400, 403) else "`server_url`"

    async def _unless_drained(self, work: Coroutine[Any, Any, object]) -> bool:
        """Runs `work`; False, with `work` cancelled, when the worker is drained first."""
        task = asyncio.create_task(work)
        draining = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait({task, draining}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            return task.done()
        finally:
            await _cancel(task, draining)


async def _cancel(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
