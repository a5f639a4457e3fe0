"""Claims of storage that the steps of jobs share."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any, Literal
from weakref import WeakValueDictionary

import attrs

from stroem.interfaces.runner import RunnerFailed, StepOrder
from stroem_kubernetes.cluster import Cluster, ClusterAway, ClusterRefused, NotThere
from stroem_kubernetes.marks import INSTALLATION, VOLUME, claim_name
from stroem_kubernetes.patience import patient

FILLED = "stroem.filled"
"""The annotation of a claim whose storage has the files of the workspace."""

Access = Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]


def volume_of_label(text: str) -> uuid.UUID | None:
    """The id in a label; None if it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@attrs.frozen(kw_only=True)
class Storage:
    """Settings of the PersistentVolumeClaim of a job. Without `storage_class` the cluster's default class is used."""

    size: str
    storage_class: str | None
    access: Access


@attrs.define(kw_only=True)
class Turn:
    """A pod's use of the claim of its job. `fills` says whether the pod has to put the files of the workspace there."""

    fills: bool
    _note: Callable[[], Awaitable[None]]
    _lock: asyncio.Lock | None

    async def filled(self) -> None:
        """Notes that the files are there; the other steps of the job may begin. Raises `RunnerFailed`."""
        if self.fills:
            await self._note()
        self.close()

    def close(self) -> None:
        """Releases the lock of the job's storage. If it is not filled yet, the next step fills it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


class JobVolumes:
    """Makes, fills and removes the claims, one for each job. They have the label of the installation."""

    def __init__(self, cluster: Cluster, storage: Storage, away_secs: float) -> None:
        self._cluster = cluster
        self._storage = storage
        self._away_secs = away_secs
        self._locks: WeakValueDictionary[uuid.UUID, asyncio.Lock] = WeakValueDictionary()

    async def turn(self, order: StepOrder, namespace: str) -> Turn:
        """Makes the claim of a job unless it is there; waits while another step fills it. Raises `RunnerFailed`."""
        volume = order.volume
        if volume is None or order.mark is None:
            raise RunnerFailed("The server of this worker is too old for pods that share the folder of their job.")
        lock = self._locks.setdefault(volume, asyncio.Lock())
        await lock.acquire()
        name = claim_name(volume)
        turn = Turn(fills=True, note=lambda: self._fill(namespace, name), lock=lock)
        try:
            document = self._document(volume, namespace, order.mark.installation)
            found = await patient(lambda: self._cluster.claim(document), self._away_secs)
        except BaseException as error:
            turn.close()
            if isinstance(error, ClusterAway | ClusterRefused):
                raise RunnerFailed(f"The storage of the job cannot be claimed: {error}") from error
            raise
        if FILLED in (found["metadata"].get("annotations") or {}):
            turn.fills = False
            turn.close()
        return turn

    async def volumes(self, namespaces: Iterable[str], installation: str) -> Collection[uuid.UUID]:
        """The ids of the folders with claims. Raises `RunnerFailed`."""
        try:
            return [volume for namespace in namespaces for volume in await self._of(namespace, installation)]
        except (ClusterAway, ClusterRefused) as error:
            raise RunnerFailed(f"The claims of storage cannot be listed: {error}") from error

    async def remove(self, namespaces: Iterable[str], volume: uuid.UUID) -> None:
        """Deletes the claim of a job, with its storage. Raises `RunnerFailed`."""
        for namespace in namespaces:
            try:
                await self._cluster.delete_claim(namespace, claim_name(volume))
            except NotThere:
                continue
            except (ClusterAway, ClusterRefused) as error:
                raise RunnerFailed(f"The claim of storage cannot be deleted: {error}") from error

    async def _fill(self, namespace: str, name: str) -> None:
        try:
            await patient(lambda: self._cluster.annotate_claim(namespace, name, {FILLED: "true"}), self._away_secs)
        except (ClusterAway, ClusterRefused) as error:
            raise RunnerFailed(f"The claim of storage cannot be marked as filled: {error}") from error

    async def _of(self, namespace: str, installation: str) -> list[uuid.UUID]:
        claims = await self._cluster.claims(namespace, f"{INSTALLATION}={installation},{VOLUME}")
        live = [claim["metadata"] for claim in claims["items"] if not claim["metadata"].get("deletionTimestamp")]
        return [found for metadata in live if (found := volume_of_label(metadata["labels"][VOLUME])) is not None]

    def _document(self, volume: uuid.UUID, namespace: str, installation: str) -> Mapping[str, Any]:
        storage = self._storage
        spec: dict[str, Any] = {
            "accessModes": [storage.access],
            "resources": {"requests": {"storage": storage.size}},
        }
        if storage.storage_class is not None:
            spec["storageClassName"] = storage.storage_class
        labels = {INSTALLATION: installation, VOLUME: str(volume)}
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": claim_name(volume), "namespace": namespace, "labels": labels},
            "spec": spec,
        }
