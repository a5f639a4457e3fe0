"""The pod of a step, from its making to its removal."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import attrs

from stroem.containers.agent_output import AgentOutput
from stroem.containers.out_of_memory import KILLED, out_of_memory, perhaps_out_of_memory
from stroem.containers.registry_auth import RegistryAuth
from stroem.containers.to_the_end import stoppable, to_the_end
from stroem.interfaces.runner import OutputWriter, RunnerFailed, RunnerLost
from stroem_kubernetes.cluster import Cluster, ClusterAway, ClusterRefused
from stroem_kubernetes.container import MAIN
from stroem_kubernetes.container_log import ContainerLog
from stroem_kubernetes.hand_over import HandOver
from stroem_kubernetes.job_volumes import Turn
from stroem_kubernetes.left_files import LeftFiles
from stroem_kubernetes.log_position import LogPosition
from stroem_kubernetes.patience import patient
from stroem_kubernetes.pod_start import Bounds, PodStart
from stroem_kubernetes.pod_state import end_of, failure_of
from stroem_kubernetes.pod_watch import PodWatch, WatchedPod
from stroem_kubernetes.pull_secret import pull_secret

logger = logging.getLogger(__name__)

KILL_SECS = 30
"""Seconds beyond the grace for a node to report the end of a deleted pod."""

REMOVAL_SECS = 20
"""Seconds for the deletion of a pod at the end of its step; afterwards it is left for the sweeper."""


@attrs.define(eq=False)
class StepPod:
    """The pod with this document."""

    document: Mapping[str, Any]
    cluster: Cluster
    watch: PodWatch
    output: OutputWriter
    bounds: Bounds
    streams: tuple[str | None, ...]
    registry_auth: RegistryAuth | None = None
    take_back: Callable[[str], Awaitable[None]] | None = None
    turn: Turn | None = None
    is_made: bool = False
    """Whether it was made before, by another run of the worker or for a pool."""
    hand_over: HandOver | None = None
    """The hand-over of the step to a pod that was kept ready."""
    _watched: WatchedPod = attrs.field(factory=WatchedPod, init=False)
    _is_deleted: bool = attrs.field(default=False, init=False)

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(self.document["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return str(self.document["metadata"]["namespace"])

    async def run(self, grace_secs: float) -> int:
        """Makes the pod and runs it to its end; the exit code of the step's container.

        Raises `RunnerFailed` and what the output raises. A cancellation deletes the pod, whose processes have
        `grace_secs` to end.
        """
        self._watched = await self.watch.add(self.name)
        try:
            return await stoppable(self._run(), partial(self._stop, grace_secs))
        finally:
            await to_the_end(self._remove(grace_secs))
            self.watch.drop(self.name)

    async def _run(self) -> int:
        await (self._find() if self.is_made else self._make())
        if self.hand_over is None:
            await PodStart(self._watched, self.watch, self.bounds, self.output).wait()
        else:
            await self.hand_over.begin()
        if self.turn is not None:
            await self.turn.filled()
        ended = asyncio.Event()
        logs = [
            asyncio.get_running_loop().create_task(
                ContainerLog(self.cluster, self.namespace, self.name, self.output, stream).follow(
                    ended, self.bounds.away_secs
                )
            )
            for stream in self.streams
        ]
        tasks = [asyncio.get_running_loop().create_task(self._until_ended(ended)), *logs]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        code = await self._exit_code()
        if isinstance(self.output, AgentOutput) and not self.output.has_begun:
            raise RunnerLost("The pod that was kept ready has ended before the step began.")
        if self.take_back is not None:
            left = LeftFiles(self._watched, self.watch, self.bounds, self.output)
            await left.take_back(self.take_back, code)
        return code

    async def has_begun(self) -> bool:
        """Whether the step of a pod that was kept ready has begun, by its log so far. Raises `RunnerLost`."""
        heard, position = AgentOutput(), LogPosition()
        log = self.cluster.log(self.namespace, self.name, MAIN, since=None, follow=False, stream=self.streams[0])
        try:
            async with aclosing(log) as pieces:
                async for data in pieces:
                    await heard.write("stdout", b"".join(position.take(data)))
        except (ClusterAway, ClusterRefused) as error:
            raise RunnerLost(
                f"The worker was started again, and the log of the step cannot be read: {error}"
            ) from error
        return heard.has_begun

    async def _find(self) -> None:
        """Takes the state of a pod that was there before its watch."""
        self._watched.made_at = asyncio.get_running_loop().time()
        if self._watched.document is None:
            self._watched.tell(self.document)

    async def _make(self) -> None:
        try:
            await patient(lambda: self.cluster.create(self.document), self.bounds.away_secs)
        except ClusterAway as error:
            raise RunnerFailed(f"The API server of Kubernetes does not answer: {error}") from error
        except ClusterRefused as error:
            raise RunnerFailed(f"The pod cannot be made: {error}") from error
        self._watched.made_at = asyncio.get_running_loop().time()
        if self.registry_auth is not None:
            await self._make_pull_secret(self.registry_auth)
        if self._is_deleted:  # the deletion may have come before
            await self._remove(0)

    async def _make_pull_secret(self, auth: RegistryAuth) -> None:
        """Makes the Secret that the pod names; the node tries again if it pulls before."""
        try:
            async with asyncio.timeout(self.bounds.away_secs):
                while not (document := self._watched.document):
                    self._watched.changed.clear()
                    await self._watched.changed.wait()
            secret = pull_secret(self.document, document["metadata"]["uid"], auth)
            await patient(lambda: self.cluster.create_secret(secret), self.bounds.away_secs)
        except (TimeoutError, ClusterAway) as error:
            raise RunnerFailed(f"The API server of Kubernetes does not answer: {error}") from error
        except ClusterRefused as error:
            raise RunnerFailed(f"The Secret with the account of the registry cannot be made: {error}") from error

    async def _until_ended(self, ended: asyncio.Event) -> None:
        while True:
            self._watched.changed.clear()
            pod = self._watched.document or {}
            if self._watched.is_gone or end_of(pod) is not None or failure_of(pod) is not None:
                return ended.set()
            self.bounds.check_away(self.watch)
            await self._watched.changed.wait()

    async def _exit_code(self) -> int:
        pod = self._watched.document or {}
        end = end_of(pod)
        if end is not None and end.exit_code == 0:
            return 0
        if failure := failure_of(pod):
            raise failure
        if pod.get("metadata", {}).get("deletionTimestamp") and not self._is_deleted:
            raise RunnerLost("The pod of the step was deleted while it ran.")
        if end is None:
            raise RunnerLost("The pod of the step was removed while it ran.")
        if end.reason == "OOMKilled":
            await self.output.write("stderr", out_of_memory(self._memory_limit, "the memory that its node has"))
        elif end.exit_code == KILLED and not self._is_deleted and self._memory_limit:
            await self.output.write("stderr", perhaps_out_of_memory(self._memory_limit))
        return end.exit_code

    @property
    def _memory_limit(self) -> str | None:
        for container in self.document["spec"]["containers"]:
            if container["name"] == MAIN:
                limits: Mapping[str, str] = (container.get("resources") or {}).get("limits") or {}
                return limits.get("memory")
        return None

    async def _stop(self, grace_secs: float, running: "asyncio.Task[int]") -> None:
        """Deletes the pod; what it still prints is passed on. A making that is under way is waited for."""
        await self._remove(grace_secs)
        await asyncio.wait({running}, timeout=math.ceil(grace_secs) + KILL_SECS)

    async def _remove(self, grace_secs: float) -> None:
        self._is_deleted = True
        secs = max(1, math.ceil(grace_secs))
        try:
            await patient(lambda: self.cluster.delete(self.document, secs), REMOVAL_SECS)
        except (ClusterAway, ClusterRefused) as error:
            logger.warning("pod %s could not be deleted, which is tried again: %s", self.name, error)
