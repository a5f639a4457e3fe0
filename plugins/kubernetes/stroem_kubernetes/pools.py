"""All pods of a runner that are kept ready."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stroem.interfaces.runner import PoolPlace, StepOrder
from stroem_kubernetes.cluster import Cluster, ClusterAway, ClusterRefused
from stroem_kubernetes.hand_over import HandOver
from stroem_kubernetes.marks import mark_of
from stroem_kubernetes.pool import Pool
from stroem_kubernetes.ready_pod import POOL, shape_of, words_of

logger = logging.getLogger(__name__)

STALE_SECS = 300
"""Seconds without a sign of its worker after which a pod that waits is removed by any worker."""


class Pools:
    """The pools of a runner, and what other workers have left of theirs."""

    def __init__(self, pools: Sequence[Pool], cluster: Cluster) -> None:
        self._pools = pools
        self._cluster = cluster
        self._seen: dict[tuple[str, str], float] = {}

    @property
    def ready(self) -> int:
        """The number of pods that wait for a step."""
        return sum(pool.ready for pool in self._pools)

    def take(self, document: Mapping[str, Any], order: StepOrder) -> tuple[Mapping[str, Any], HandOver] | None:
        """A ready pod that can become the pod of a step, and what makes it that; whoever takes it removes it."""
        if not self.ready or (words := words_of(document, order)) is None:
            return None
        shape = shape_of(document)
        for pool in self._pools:
            if (pod := pool.take(shape)) is None:
                continue
            found: Mapping[str, Any] = pod.watched.document or {}
            metadata = {field: document["metadata"][field] for field in ("labels", "annotations")}
            return found, HandOver(
                cluster=self._cluster, namespace=pod.namespace, name=pod.name, metadata=metadata, words=words
            )
        return None

    async def keep(self, place: PoolPlace) -> None:
        """Keeps all pools full until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for pool in self._pools:
                group.create_task(pool.keep(place))

    async def sweep(self, pods: Iterable[Mapping[str, Any]]) -> None:
        """Removes those of the pods that wait for a step, and whose worker has given no sign."""
        now = asyncio.get_running_loop().time()
        waiting = {(one["metadata"]["uid"], one["metadata"]["resourceVersion"]): one for one in pods if _waits(one)}
        self._seen = {key: self._seen.get(key, now) for key in waiting}
        for key, since in self._seen.items():
            if now - since < STALE_SECS:
                continue
            try:
                await self._cluster.delete_unchanged(waiting[key])
            except (ClusterAway, ClusterRefused) as error:
                logger.debug("a pod of a pool that its worker has left: %s", error)


def was_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod was kept ready before it got a step."""
    return POOL in (pod["metadata"].get("labels") or {})


def _waits(pod: Mapping[str, Any]) -> bool:
    return was_ready(pod) and mark_of(pod["metadata"]["labels"]) is None
