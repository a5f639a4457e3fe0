"""Pods of one kind that are kept ready."""

import asyncio
import contextlib
import itertools
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import attrs

from stroem.containers.to_the_end import to_the_end
from stroem.definitions.backoff import Backoff
from stroem.interfaces.runner import PoolPlace, RunnerFailed
from stroem_kubernetes.cluster import Cluster, ClusterAway, ClusterRefused
from stroem_kubernetes.marks import INSTALLATION, RUNNER, label_value
from stroem_kubernetes.pod_start import Bounds, PodStart
from stroem_kubernetes.pod_state import end_of, failure_of
from stroem_kubernetes.pod_watch import PodWatch, WatchedPod
from stroem_kubernetes.pool_settings import PoolSettings
from stroem_kubernetes.ready_pod import POOL, ready_pod, shape_of

logger = logging.getLogger(__name__)

BACKOFF = Backoff(first_secs=1, longest_secs=60)
ALIVE = "stroem.alive"
"""The annotation that its worker changes while a pod starts, or waits for a step."""

ALIVE_SECS = 60
RENEW_SECS = 3600
"""Seconds after which a pod that waits is replaced: the image may be a newer one."""

GRACE_SECS = 1


@attrs.define(eq=False)
class ReadyPod:
    """A pod that waits for its step."""

    name: str
    namespace: str
    shape: Mapping[str, Any]
    watched: WatchedPod
    is_taken: bool = False

    @property
    def can_run(self) -> bool:
        """Whether it still waits, as far as is known."""
        pod = self.watched.document or {}
        is_ended = self.watched.is_gone or end_of(pod) is not None or failure_of(pod) is not None
        return not is_ended and not pod.get("metadata", {}).get("deletionTimestamp")


class Quiet:
    """Receives what a pod without a step is told to write."""

    async def write(self, stream: str, data: bytes) -> None:
        """Drops output; see `OutputWriter.write`."""

    async def note(self, text: str) -> None:
        """Logs a line; see `OutputWriter.note`."""
        logger.debug("pod that is kept ready: %s", text)


class Pool:
    """Keeps pods ready while `keep` runs. `document` is the pod of the pool, without a name; raises `RunnerFailed`."""

    def __init__(
        self,
        settings: PoolSettings,
        cluster: Cluster,
        watch: Callable[[str], PodWatch],
        bounds: Bounds,
        runner_id: str,
        document: Callable[[PoolSettings, PoolPlace], Awaitable[Mapping[str, Any]]],
    ) -> None:
        self._settings = settings
        self._cluster = cluster
        self._watch = watch
        self._bounds = bounds
        self._runner_id = runner_id
        self._document = document
        self._ready: list[ReadyPod] = []
        self._is_failing = False

    @property
    def ready(self) -> int:
        """The number of pods that wait for a step."""
        return len(self._ready)

    def take(self, shape: Mapping[str, Any]) -> ReadyPod | None:
        """A pod with this shape, for one step: it removes the pod."""
        for pod in self._ready:
            if pod.shape == shape and pod.can_run:
                self._ready.remove(pod)
                pod.is_taken = True
                pod.watched.changed.set()
                return pod
        return None

    async def keep(self, place: PoolPlace) -> None:
        """Makes a pod whenever there is one too few, until it is cancelled; then it removes all."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._settings.size):
                group.create_task(self._keep_one(place))

    async def _keep_one(self, place: PoolPlace) -> None:
        """Keeps one pod ready. One that ends by itself is replaced ever later."""
        failures = 0
        while True:
            try:
                async with self._made(place) as pod:
                    self._is_failing = False
                    failures = 0 if await self._until_over(pod) else failures + 1
            except (RunnerFailed, ClusterAway, ClusterRefused) as error:
                failures += 1
                level = logging.DEBUG if self._is_failing else logging.WARNING
                self._is_failing = True
                image = self._settings.image
                logger.log(level, "no pod of %s is kept ready, and it is tried again: %s", image, error)
            except Exception:
                failures += 1
                logger.exception("no pod of %s is kept ready, and it is tried again", self._settings.image)
            if failures:
                await asyncio.sleep(BACKOFF.secs(failures))

    @contextlib.asynccontextmanager
    async def _made(self, place: PoolPlace) -> AsyncIterator[ReadyPod]:
        made = await self._document(self._settings, place)
        name = f"stroem-pool-{secrets.token_hex(6)}"
        labels = {
            INSTALLATION: place.installation,
            RUNNER: self._runner_id,
            POOL: label_value(self._settings.image),
        }
        document = ready_pod(made, name, labels)
        namespace = document["metadata"]["namespace"]
        watch = self._watch(namespace)
        watched = await watch.add(name)
        pod = ReadyPod(name=name, namespace=namespace, shape=shape_of(made), watched=watched)
        beating = asyncio.get_running_loop().create_task(self._beat(pod))
        try:
            await self._cluster.create(document)
            watched.made_at = asyncio.get_running_loop().time()
            await PodStart(watched, watch, self._bounds, Quiet()).wait()
            self._ready.append(pod)
            yield pod
        finally:
            beating.cancel()
            if not pod.is_taken:
                watch.drop(name)
                with contextlib.suppress(ValueError):
                    self._ready.remove(pod)
                await to_the_end(self._remove(document))

    async def _until_over(self, pod: ReadyPod) -> bool:
        """Waits until it is taken, or old; False if it has ended before."""
        renewed_at = asyncio.get_running_loop().time() + RENEW_SECS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(renewed_at):
                while not pod.is_taken:
                    pod.watched.changed.clear()
                    if not pod.can_run:
                        return False
                    await pod.watched.changed.wait()
        return True

    async def _beat(self, pod: ReadyPod) -> None:
        """Shows that the pod has a worker, until it is cancelled."""
        for beat in itertools.count():
            await asyncio.sleep(ALIVE_SECS)
            alive = {"metadata": {"annotations": {ALIVE: str(beat)}}}
            with contextlib.suppress(ClusterAway, ClusterRefused):
                await self._cluster.patch_pod(pod.namespace, pod.name, alive)

    async def _remove(self, document: Mapping[str, Any]) -> None:
        try:
            await self._cluster.delete(document, GRACE_SECS)
        except (ClusterAway, ClusterRefused) as error:
            logger.debug("a pod that was kept ready is left for the sweeper: %s", error)
