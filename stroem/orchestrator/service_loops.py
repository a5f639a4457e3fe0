"""Loops of the orchestrator's services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stroem.orchestrator.periodic import run_periodically
from stroem.orchestrator.services import Services


@asynccontextmanager
async def run_services(services: Services) -> AsyncIterator[Services]:
    """Runs the loops of the services for the duration of the context."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(run_periodically(services.rescuer, services.rescuer.woken), name="rescuer"),
            group.create_task(run_periodically(services.job_loop, services.job_loop.woken), name="job loop"),
            group.create_task(run_periodically(services.sealer, asyncio.Event()), name="sealer"),
            group.create_task(run_periodically(services.feed, services.feed.woken), name="event feed"),
            group.create_task(services.live.run(), name="live feed"),
            group.create_task(services.deliverer.run(), name="event deliverer"),
            group.create_task(run_periodically(services.event_pruner, asyncio.Event()), name="event pruner"),
            group.create_task(run_periodically(services.release_pruner, asyncio.Event()), name="release pruner"),
            group.create_task(run_periodically(services.blob_collector, asyncio.Event()), name="blob collector"),
            group.create_task(run_periodically(services.worker_pruner, asyncio.Event()), name="worker pruner"),
            group.create_task(run_periodically(services.state_pruner, asyncio.Event()), name="state pruner"),
            group.create_task(run_periodically(services.artifact_pruner, asyncio.Event()), name="artifact pruner"),
            group.create_task(run_periodically(services.cache_pruner, asyncio.Event()), name="cache pruner"),
            group.create_task(run_periodically(services.limit_sizes, services.limit_sizes.woken), name="limit sizes"),
            group.create_task(
                run_periodically(services.deadlock_finder, services.deadlock_finder.woken), name="deadlock finder"
            ),
            group.create_task(run_periodically(services.slot_pruner, asyncio.Event()), name="slot pruner"),
            *services.triggers.start(group),
            group.create_task(run_periodically(services.delivery_pruner, asyncio.Event()), name="delivery pruner"),
            group.create_task(run_periodically(services.audit.recorder, asyncio.Event()), name="audit recorder"),
            group.create_task(run_periodically(services.audit.sealer, asyncio.Event()), name="audit sealer"),
            group.create_task(services.audit.deliverer.run(), name="audit deliverer"),
            group.create_task(run_periodically(services.audit_pruner, asyncio.Event()), name="audit pruner"),
            group.create_task(services.postgres_notifier.run(), name="PostgreSQL notifier"),
        ]
        try:
            yield services
        finally:
            services.notifier.close()
            for task in tasks:
                task.cancel()
