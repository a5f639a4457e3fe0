"""One watch per namespace for all pods of a runner."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import attrs

from stroem.definitions.backoff import Backoff
from stroem.interfaces.runner import RunnerFailed
from stroem_kubernetes.cluster import Cluster, ClusterAway, ClusterRefused

logger = logging.getLogger(__name__)

PAUSES = Backoff(first_secs=0.1, longest_secs=5)


@attrs.define(eq=False)
class WatchedPod:
    """The latest state of a pod; None before there is one. `is_gone` once it was removed."""

    document: Mapping[str, Any] | None = None
    is_gone: bool = False
    made_at: float | None = None
    """When its making was answered, by the clock of the loop."""
    changed: asyncio.Event = attrs.field(factory=asyncio.Event)

    def tell(self, document: Mapping[str, Any] | None, *, is_gone: bool = False) -> None:
        """Notes a state."""
        self.document = self.document if document is None else document
        self.is_gone = self.is_gone or is_gone
        self.changed.set()


class PodWatch:
    """Follows the pods with a selector in a namespace; begins with the first pod and runs until it is closed."""

    def __init__(self, cluster: Cluster, namespace: str, selector: str, away_secs: float) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._selector = selector
        self._away_secs = away_secs
        self._pods: dict[str, WatchedPod] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_live = asyncio.Event()
        self._failure: str | None = None
        self._away_since: float | None = None
        self._why_away = ""

    async def add(self, name: str) -> WatchedPod:
        """Follows the pod of that name, which is not made yet. Raises `RunnerFailed` if no watch is possible."""
        if self._task is None or self._task.done():
            self._failure = None
            self._is_live.clear()
            self._task = asyncio.get_running_loop().create_task(self._keep())
        pod = self._pods[name] = WatchedPod()
        try:
            async with asyncio.timeout(self._away_secs):
                await self._is_live.wait()
        except TimeoutError:
            self.drop(name)
            raise RunnerFailed(f"The API server of Kubernetes does not answer: {self._why_away}") from None
        except asyncio.CancelledError:
            self.drop(name)
            raise
        if self._failure is not None:
            self.drop(name)
            raise RunnerFailed(f"The pods of the namespace cannot be watched: {self._failure}")
        return pod

    def drop(self, name: str) -> None:
        """Follows the pod no more."""
        self._pods.pop(name, None)

    def away_for(self) -> tuple[float, str]:
        """Seconds for which the API server has been away now, and the last error."""
        if self._away_since is None:
            return 0.0, ""
        return asyncio.get_running_loop().time() - self._away_since, self._why_away

    async def close(self) -> None:
        """Ends the watch."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep(self) -> None:
        failures, was_live = 0, False
        try:
            while True:
                try:
                    await self._follow()
                    failures = 0
                except _WatchOver as over:
                    logger.debug("watch of pods in %s: %s", self._namespace, over)
                    failures = 0
                except (ClusterAway, ClusterRefused) as error:
                    if isinstance(error, ClusterRefused) and not was_live:
                        self._failure = str(error)
                        return
                    failures = 1 if self._away_since is None else failures + 1
                    self._note_away(error)
                was_live = was_live or self._is_live.is_set()
                await asyncio.sleep(PAUSES.secs(max(failures, 1)))
        finally:
            self._is_live.set()
            self._wake()

    def _note_away(self, error: Exception) -> None:
        """Notes since when there is no answer; an API server that starts refuses what it soon allows."""
        if self._away_since is None:
            self._away_since = asyncio.get_running_loop().time()
        self._why_away = str(error)
        self._wake()

    def _wake(self) -> None:
        for pod in self._pods.values():
            pod.changed.set()

    async def _follow(self) -> None:
        begun = asyncio.get_running_loop().time()
        found = await self._cluster.pods(self._namespace, self._selector)
        documents = {item["metadata"]["name"]: item for item in found["items"]}
        self._away_since = None
        for name, pod in list(self._pods.items()):
            if name in documents:
                pod.tell(documents[name])
            elif pod.made_at is not None and pod.made_at < begun:
                pod.tell(None, is_gone=True)
        self._is_live.set()
        version = found["metadata"]["resourceVersion"]
        async with aclosing(self._cluster.watch(self._namespace, self._selector, version)) as events:
            async for event in events:
                self._tell(event)

    def _tell(self, event: Mapping[str, Any]) -> None:
        kind, document = event["type"], event["object"]
        if kind == "ERROR":  # usually 410: the version is too old
            raise _WatchOver(str(document.get("message")))
        pod = self._pods.get(document.get("metadata", {}).get("name", ""))
        if pod is not None and kind != "BOOKMARK":
            pod.tell(document, is_gone=kind == "DELETED")


class _WatchOver(Exception):
    """The server ended the watch with an error; it begins again from a new list."""
