"""The hand-over of a step to a pod that was kept ready."""

from collections.abc import Mapping
from typing import Any

import attrs

from stroem.containers.agent import BEGINS
from stroem.interfaces.runner import RunnerFailed, RunnerLost
from stroem_kubernetes.cluster import Cluster, ClusterAway, ClusterRefused
from stroem_kubernetes.collector import COLLECTOR
from stroem_kubernetes.container import MAIN
from stroem_kubernetes.pod_state import end_of, failure_of
from stroem_kubernetes.ready_pod import Words

FETCH_SECS = 600
BEGIN_SECS = 60


class NotHandedOver(Exception):
    """The pod did not take the step, which has not begun: it needs another pod."""


@attrs.frozen(kw_only=True)
class HandOver:
    """Gives a ready pod the names of a step, and tells it the step."""

    cluster: Cluster
    namespace: str
    name: str
    metadata: Mapping[str, Any]
    words: Words

    async def begin(self) -> None:
        """Begins the step. Raises `NotHandedOver` and `RunnerFailed`."""
        try:
            pod = await self.cluster.patch_pod(self.namespace, self.name, {"metadata": dict(self.metadata)})
            if pod["metadata"].get("deletionTimestamp") or end_of(pod) or failure_of(pod):
                raise NotHandedOver("the pod has ended")
            if self.words.sidecar is not None:
                await self._fetch(self.words.sidecar)
        except (ClusterAway, ClusterRefused, TimeoutError) as error:
            raise NotHandedOver(str(error)) from error
        await self._tell()

    async def _fetch(self, words: bytes) -> None:
        async with self.cluster.attach(self.namespace, self.name, COLLECTOR) as attached:
            await attached.send(words)
            if not await attached.until(BEGINS, FETCH_SECS):
                why = attached.error.decode(errors="replace").strip()
                raise RunnerFailed(f"The files of the workspace could not be fetched: {why}")

    async def _tell(self) -> None:
        """Tells the step to its container. Whether it has begun is not known once a part was sent."""
        is_told = False
        try:
            async with self.cluster.attach(self.namespace, self.name, MAIN) as attached:
                is_told = True
                await attached.send(self.words.main)
                await attached.until(BEGINS, BEGIN_SECS)
        except (ClusterAway, ClusterRefused, TimeoutError) as error:
            if is_told:
                raise RunnerLost(f"The connection to the pod was lost when the step began: {error}") from error
            raise NotHandedOver(str(error)) from error
