"""A runner whose containers are ready when it opens."""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Any

from plugins.docker.tests.steps import Steps
from stroem.interfaces.runner import PoolPlace
from stroem_docker.member import Member
from stroem_docker.pool import Pool
from stroem_docker.pool_settings import PoolSettings
from stroem_docker.runner import DockerRunner
from tests.support.docker_engine import IMAGE
from tests.support.wait import eventually


class PooledRunner(DockerRunner):
    """Keeps containers ready while it is open, and counts the steps that got none of them."""

    unserved = 0
    waits = True
    """Whether it opens when all are ready."""

    def __init__(self, folder: Path, *pool: PoolSettings, variables: Collection[str] = (), **settings: Any) -> None:
        super().__init__(pool=pool or (PoolSettings(image=IMAGE),), **{"network": "none", **settings})
        self.folder = folder
        self._place = PoolPlace(folder=folder, variables=variables, installation="here")
        self._keeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await super().open()
        if self._keeping is None:
            self._keeping = asyncio.create_task(self.keep_pool(self._place))
            if self.waits:
                await self.all_ready()

    async def close(self) -> None:
        await self.end_pool()
        await super().close()

    @property
    def pools(self) -> list[Pool]:
        """Its pools."""
        return list(self._pools._pools)

    @property
    def ready(self) -> int:
        """The number of containers that are ready."""
        return self._pools.ready

    @property
    def members(self) -> list[Member]:
        """The containers that are ready."""
        return [member for pool in self.pools for member in pool._ready]

    def forget_all(self) -> None:
        """Knows nothing of its containers any more, as if it had been killed."""
        for pool in self.pools:
            pool._ready.clear()

    async def _run_in_own(self, *args: Any) -> int:
        self.unserved += 1
        return await super()._run_in_own(*args)

    async def all_ready(self) -> None:
        """Waits until all containers are ready."""
        await eventually(lambda: self._pools.ready == sum(pool.size for pool in self.pool), "containers are ready")

    async def end_pool(self) -> None:
        """Keeps nothing ready any more."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})


class PooledSteps(Steps):
    """Steps of a runner with a pool."""

    def __init__(self, address: str, folder: Path, *pool: PoolSettings, **settings: Any) -> None:
        super().__init__(address, folder)
        self.pooled = self.runner = PooledRunner(folder / "pool", *pool, host=address, **settings)

    async def serves(self, script: str | None, **step: Any) -> str:
        """Runs a step in a container of the pool; returns its output."""
        await self.pooled.all_ready()
        before = self.pooled.unserved
        ended = await self.run(script, **step)
        assert self.pooled.unserved == before, "it got no container that was ready"
        assert (ended.exit_code, ended.stderr) == (0, "")
        return ended.stdout
