"""All containers of a worker that are kept ready."""

import asyncio
import logging
from collections.abc import Sequence

import docker

from stroem.interfaces.runner import PoolPlace, StepOrder
from stroem_docker.container import Shape
from stroem_docker.engine import AWAY, Engine, reason, remove_all
from stroem_docker.marks import OWNER, first_name, is_member
from stroem_docker.member import Member
from stroem_docker.pool import Pool

logger = logging.getLogger(__name__)

CLEAN_SECS = 60
"""Seconds between looks for containers that an engine has kept although this worker lost them."""


class Pools:
    """The pools of one engine. `names` are those of all their containers, until they are removed."""

    def __init__(self, pools: Sequence[Pool], engine: Engine, names: set[str]) -> None:
        self._pools = pools
        self._engine = engine
        self._names = names

    @property
    def ready(self) -> int:
        """The number of containers that wait for a step."""
        return sum(pool.ready for pool in self._pools)

    def take(self, shape: Shape, order: StepOrder) -> tuple[Member, bytes] | None:
        """A container for the step; see `Pool.take`."""
        for pool in self._pools:
            if (taken := pool.take(shape, order)) is not None:
                return taken
        return None

    async def keep(self, place: PoolPlace) -> None:
        """Keeps all pools full until it is cancelled."""
        if self._pools:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_clean(place))
                for pool in self._pools:
                    group.create_task(pool.keep(place))

    async def _keep_clean(self, place: PoolPlace) -> None:
        while True:
            try:
                await self._clean(place)
            except AWAY as error:
                logger.debug("containers that were kept ready: %s", reason(error))
            await asyncio.sleep(CLEAN_SECS)

    async def _clean(self, place: PoolPlace) -> None:
        """Removes containers that this worker made, in this run or before, and does not know any more.

        The agent of such a container runs on when the engine was restarted without it.
        """
        wanted = {"label": f"{OWNER}={place.folder}"}
        listed = await self._engine.ask(lambda client: client.containers(all=True, filters=wanted))
        lost = [one for one in listed if is_member(one) and first_name(one) not in self._names]

        def work(client: docker.APIClient) -> None:
            remove_all(client, lost)

        await self._engine.ask(work)
