"""Runs steps as pods of Kubernetes."""

import asyncio
import logging
import math
import secrets
import uuid
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Literal

import attrs

from stroem.containers.agent_output import AgentOutput
from stroem.definitions.values import Json
from stroem.interfaces.runner import OutputWriter, PoolPlace, RunnerFailed, RunnerLost, StepMark, StepOrder
from stroem_kubernetes.allowed import Allowed
from stroem_kubernetes.cluster import Cluster, ClusterAway, ClusterRefused
from stroem_kubernetes.hand_over import HandOver, NotHandedOver
from stroem_kubernetes.job_volumes import Access, JobVolumes, Storage, Turn
from stroem_kubernetes.marks import INSTALLATION, RUNNER, mark_of, selector_of
from stroem_kubernetes.options import PodOptions, Pull
from stroem_kubernetes.patience import patient
from stroem_kubernetes.pod import PodDefaults, pod_of
from stroem_kubernetes.pod_start import Bounds
from stroem_kubernetes.pod_watch import PodWatch
from stroem_kubernetes.pool import Pool
from stroem_kubernetes.pool_settings import PoolSettings
from stroem_kubernetes.pools import Pools, was_ready
from stroem_kubernetes.ready_pod import order_of
from stroem_kubernetes.step_pod import StepPod

logger = logging.getLogger(__name__)

LEFTOVER_GRACE_SECS = 10
NO_PIDS = "`resources.pids` has no effect here: the number of processes is a setting of the node."


@attrs.define(kw_only=True, slots=False)
class KubernetesRunner:
    """Runs each step in a pod of its own.

    `kubeconfig` and `context` name the cluster; without either it is that of the worker's own pod, else that of
    `KUBECONFIG`. `namespace` is that of the pods; until it is named, nothing runs in any cluster. `namespaces` are
    those of single workspaces. `server_url` is the address of the server as pods reach it. `image` is the image of
    scripts that name none, `init_image` that of the container which fetches the workspace. `streams` says whether the
    cluster gives the two streams of a container `apart` or `merged`. `run_as` is the `user` of pods whose step names
    none. The `workspace_storage_…` are what is claimed for
    the folder of a job whose steps share one. `allow` says what pods may have. The further fields are what a pod has
    whose step asks for nothing else, and bounds in seconds: for a start without a reason, for images that cannot be
    pulled, for a node that takes the pod, for an API server that is away, and for sending what a step has left.
    `pool` is what is kept ready for steps that ask for the same.
    """

    name: ClassVar[str] = "pod"
    ability: ClassVar[str] = "kubernetes"
    stands_in_for: ClassVar[tuple[str, ...]] = ("docker",)
    Options: ClassVar[type | None] = PodOptions

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    namespaces: dict[str, str] = attrs.Factory(dict)
    server_url: str | None = None
    image: str | None = None
    init_image: str = "curlimages/curl:latest"
    startup_configmap: str | None = None
    pull: Pull | None = None
    cpu: str | None = None
    memory: str | None = None
    gpu_resource: str = "nvidia.com/gpu"
    node_selector: dict[str, str] = attrs.Factory(dict)
    tolerations: tuple[dict[str, Json], ...] = ()
    service_account: str | None = None
    image_pull_secrets: tuple[str, ...] = ()
    run_as: str | None = None
    streams: Literal["merged", "apart"] = "merged"
    pending_secs: float = 600
    back_off_secs: float = 300
    unschedulable_secs: float = 600
    away_secs: float = 60
    collect_secs: float = 120
    workspace_storage_size: str = "10Gi"
    workspace_storage_class: str | None = None
    workspace_storage_access: Access = "ReadWriteOnce"
    allow: Allowed = attrs.Factory(Allowed)
    pool: tuple[PoolSettings, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Raises `ValueError` for pools whose pods no step would get."""
        if self.pool and self.pull == "always":
            raise ValueError("pools serve no step: with `pull: always` each gets a new pod")
        self._cluster = Cluster(self.kubeconfig, self.context)
        self._id = secrets.token_hex(8)
        self._watches: dict[tuple[str, str], PodWatch] = {}
        self._running: list[StepMark | None] = []
        self._bounds = Bounds(
            pending_secs=self.pending_secs,
            back_off_secs=self.back_off_secs,
            unschedulable_secs=self.unschedulable_secs,
            away_secs=self.away_secs,
            collect_secs=self.collect_secs,
        )
        storage = Storage(
            size=self.workspace_storage_size,
            storage_class=self.workspace_storage_class,
            access=self.workspace_storage_access,
        )
        self._volumes = JobVolumes(self._cluster, storage, self.away_secs)
        pools = [
            Pool(settings, self._cluster, self._own_watch, self._bounds, self._id, self._pool_document)
            for settings in self.pool
        ]
        self._pools = Pools(pools, self._cluster)
        self._defaults = PodDefaults(**{field.name: getattr(self, field.name) for field in attrs.fields(PodDefaults)})

    async def open(self) -> None:
        """Connects to the API server, and checks that pods may be listed; see `ConnectedRunner.open`."""
        namespaces = self._namespaces()
        await self._cluster.open()
        try:
            for namespace in namespaces:
                await self._cluster.pods(namespace, f"{RUNNER}={self._id}", limit=1)
        except ClusterAway as error:
            raise RunnerFailed(f"The API server of Kubernetes does not answer: {error}") from error
        except ClusterRefused as error:
            raise RunnerFailed(f"The API server of Kubernetes refuses: {error}") from error

    async def close(self) -> None:
        """Closes the connection; see `ConnectedRunner.close`."""
        await asyncio.gather(*(watch.close() for watch in self._watches.values()))
        self._watches.clear()
        await self._cluster.close()

    async def run(self, order: StepOrder, output: OutputWriter) -> int:
        """Runs the pod to its end; see `Runner.run`."""
        async with self._turn(order) as turn:
            namespace, fills = self._namespace_of(order.workspace), turn is None or turn.fills
            document = await pod_of(order, namespace, self._id, self._defaults, fills=fills)
            if order.action.resources is not None and order.action.resources.pids is not None:
                await output.note(NO_PIDS)
            if order.volume is None and (taken := self._pools.take(document, order)) is not None:
                try:
                    return await self._run_in_ready_one(order, output, *taken)
                except NotHandedOver as error:
                    logger.warning("a step gets a pod of its own, since a ready one did not take it: %s", error)
            return await self._run(order, self._step_pod(order, output, document, turn))

    async def keep_pool(self, place: PoolPlace) -> None:
        """Keeps the pods of all pools ready; see `PoolRunner.keep_pool`."""
        await self._pools.keep(place)

    async def _run_in_ready_one(
        self, order: StepOrder, output: OutputWriter, document: Mapping[str, Any], hand_over: HandOver
    ) -> int:
        pod = self._step_pod(order, output, document, None)
        pod.is_made, pod.hand_over = True, hand_over
        return await self._run(order, pod)

    async def adopt(self, order: StepOrder, output: OutputWriter) -> int:
        """Goes on with a pod of a killed worker; see `AdoptingRunner.adopt`."""
        document = await self._found(order)
        async with self._turn(order) as turn:
            pod = self._step_pod(order, output, document, turn)
            pod.is_made = True
            if was_ready(document) and not await pod.has_begun():
                raise RunnerLost("The worker was started again when the step was about to begin.")
            await output.note(f"The worker was started again; the step runs on in pod {pod.name}.")
            return await self._run(order, pod)

    async def _found(self, order: StepOrder) -> Mapping[str, Any]:
        """The pod of an attempt that another run of the worker has begun. Raises `RunnerLost`."""
        if order.mark is None:
            raise RunnerLost("The worker was started again while the step ran.")
        namespace, selector = self._namespace_of(order.workspace), selector_of(order.mark)
        try:
            found = await patient(lambda: self._cluster.pods(namespace, selector), self.away_secs)
        except (ClusterAway, ClusterRefused) as error:
            raise RunnerLost(
                f"The worker was started again, and the pod of the step cannot be found: {error}"
            ) from error
        if not found["items"]:
            raise RunnerLost("The worker was started again while the step ran, and its pod is not there any more.")
        document: Mapping[str, Any] = found["items"][0]
        return document

    @asynccontextmanager
    async def _turn(self, order: StepOrder) -> AsyncIterator[Turn | None]:
        """The turn of a step whose job has storage in the cluster."""
        if order.volume is None:
            yield None
            return
        turn = await self._volumes.turn(order, self._namespace_of(order.workspace))
        try:
            yield turn
        finally:
            turn.close()

    async def _run(self, order: StepOrder, pod: StepPod) -> int:
        self._running.append(order.mark)
        try:
            return await pod.run(order.grace_secs)
        finally:
            self._running.remove(order.mark)

    def _step_pod(
        self, order: StepOrder, output: OutputWriter, document: Mapping[str, Any], turn: Turn | None
    ) -> StepPod:
        metadata = document["metadata"]
        spoken = AgentOutput(output) if was_ready(document) else output
        return StepPod(
            document=document,
            cluster=self._cluster,
            watch=self._watch(metadata["namespace"], metadata["labels"][RUNNER]),
            output=spoken,
            bounds=self._bounds,
            streams=("Stdout", "Stderr") if self.streams == "apart" else (None,),
            registry_auth=order.options.registry_auth if isinstance(order.options, PodOptions) else None,
            take_back=order.take_back,
            turn=turn,
        )

    async def leftovers(self, installation: str) -> Collection[StepMark]:
        """Marks of pods that this runner does not run; see `LeftoverRunner.leftovers`."""
        found: set[StepMark | None] = set()
        every: list[Mapping[str, Any]] = []
        try:
            for namespace in self._namespaces():
                pods = await self._cluster.pods(namespace, f"{INSTALLATION}={installation}")
                found |= {mark_of(pod["metadata"].get("labels") or {}) for pod in pods["items"]}
                every += pods["items"]
            await self._pools.sweep(every)
        except (ClusterAway, ClusterRefused) as error:
            raise RunnerFailed(f"The pods cannot be listed: {error}") from error
        return [mark for mark in found if mark is not None and mark not in self._running]

    async def remove(self, mark: StepMark) -> None:
        """Deletes the pods of an attempt; see `LeftoverRunner.remove`."""
        try:
            for namespace in self._namespaces():
                pods = await self._cluster.pods(namespace, selector_of(mark))
                for pod in pods["items"]:
                    await self._cluster.delete(pod, LEFTOVER_GRACE_SECS)
        except (ClusterAway, ClusterRefused) as error:
            raise RunnerFailed(f"A pod cannot be deleted: {error}") from error

    async def volumes(self, installation: str) -> Collection[uuid.UUID]:
        """The folders of jobs that have storage in the cluster; see `VolumeKeeper.volumes`."""
        return await self._volumes.volumes(self._namespaces(), installation)

    async def remove_volume(self, installation: str, volume: uuid.UUID) -> None:
        """Deletes the storage of a job; see `VolumeKeeper.remove_volume`."""
        await self._volumes.remove(self._namespaces(), volume)

    def _watch(self, namespace: str, runner_id: str) -> PodWatch:
        """The watch of this runner's pods, or of those that another run of the worker has made."""
        if (namespace, runner_id) not in self._watches:
            watch = PodWatch(self._cluster, namespace, f"{RUNNER}={runner_id}", math.ceil(self.away_secs))
            self._watches[namespace, runner_id] = watch
        return self._watches[namespace, runner_id]

    def _own_watch(self, namespace: str) -> PodWatch:
        return self._watch(namespace, self._id)

    async def _pool_document(self, settings: PoolSettings, place: PoolPlace) -> Mapping[str, Any]:
        """The pod of a pool, before its containers wait. Raises `RunnerFailed`."""
        return await pod_of(order_of(settings, place), self._named(), self._id, self._defaults)

    def _namespace_of(self, workspace: str) -> str:
        return self.namespaces.get(workspace) or self._named()

    def _namespaces(self) -> set[str]:
        return {self._named(), *self.namespaces.values()}

    def _named(self) -> str:
        if self.namespace is None:
            raise RunnerFailed("No namespace is named: set `runners.pod.namespace` in the settings of the worker.")
        return self.namespace
