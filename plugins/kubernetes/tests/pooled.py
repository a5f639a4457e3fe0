"""A runner whose pods are ready when it opens."""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Any

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.steps import Steps, settings_of
from stroem.interfaces.runner import PoolPlace, StepOrder
from stroem_kubernetes.hand_over import NotHandedOver
from stroem_kubernetes.pool import Pool
from stroem_kubernetes.pool_settings import PoolSettings
from stroem_kubernetes.runner import KubernetesRunner
from stroem_kubernetes.step_pod import StepPod
from tests.support.kubernetes.cluster import IMAGE, TestCluster
from tests.support.wait import eventually


class PooledRunner(KubernetesRunner):
    """Keeps pods ready while it is open, and counts the steps that got one of them, and the others."""

    served = unserved = 0
    waits = True
    """Whether it opens when all are ready."""

    def __init__(
        self,
        cluster: TestCluster,
        folder: Path,
        *pool: PoolSettings,
        variables: Collection[str] = (),
        **settings: Any,
    ) -> None:
        super().__init__(pool=pool or (PoolSettings(image=IMAGE),), **settings_of(cluster, **settings))
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

    async def _run(self, order: StepOrder, pod: StepPod) -> int:
        if pod.hand_over is None:
            self.unserved += 1
            return await super()._run(order, pod)
        self.served += 1
        try:
            return await super()._run(order, pod)
        except NotHandedOver:
            self.served -= 1
            raise

    async def all_ready(self) -> None:
        """Waits until all pods are ready."""
        await eventually(lambda: self._pools.ready == sum(one.size for one in self.pool), "pods are ready")

    async def end_pool(self) -> None:
        """Keeps nothing ready any more."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})


class PooledSteps(Steps):
    """Steps of a runner with a pool."""

    def __init__(
        self, cluster: TestCluster, files: FileServer, folder: Path, *pool: PoolSettings, **settings: Any
    ) -> None:
        super().__init__(cluster, files, folder)
        self.pooled = self.runner = PooledRunner(cluster, folder / "pool", *pool, **settings)

    async def serves(self, script: str | None, **step: Any) -> str:
        """Runs a step in a pod of the pool; returns its output."""
        await self.pooled.all_ready()
        before = self.pooled.served
        ended = await self.run(script, **step)
        assert self.pooled.served == before + 1, "it got no pod that was ready"
        assert (ended.exit_code, ended.stderr) == (0, "")
        return ended.stdout
