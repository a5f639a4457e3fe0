"""Steps in pods, beside bare pods that are made by the same API server and run by the same kubelet of the tests."""

import asyncio
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

from tests.benchmarks.bench import Bench
from tests.benchmarks.processes import ProgramFailed
from tests.benchmarks.step_flows import step_flows
from tests.benchmarks.system import System, open_system
from tests.benchmarks.table import Row
from tests.support.kubernetes.cluster import CURL, IMAGE, NAMESPACE, TestCluster, api_server_path, running_cluster
from tests.support.kubernetes.rights import rights_of_the_guide
from tests.support.wait import eventually

NAME = "pods"
CHAIN, FAN, SLOTS, RUNS, FOLLOWED = 6, 24, 8, 2, 5
BARE = {"bench": "bare"}

STEP = f"type: pod, image: '{IMAGE}', entrypoint: [echo, hello]"


async def measure(bench: Bench) -> list[Row]:
    """Time of a step in a chain, rate of steps that run at the same time, and the time to the first line."""
    if not api_server_path().exists():
        return [Row(line=NAME, figure="-", verdict="not done", notes=("kube-apiserver is not built",))]
    with running_cluster() as cluster:
        cluster.apply(rights_of_the_guide())
        kubeconfig = str(cluster.kubeconfig())
        settings: dict[str, Any] = {"kubeconfig": kubeconfig, "namespace": NAMESPACE, "init_image": CURL}
        worker = {"capabilities": ["kubernetes"], "max_concurrent": SLOTS, "runners": {"pod": settings}}
        async with (
            open_system(bench, NAME, {"pods.yaml": step_flows(STEP, chain=CHAIN, fan=FAN)}, worker=worker) as system,
            open_bare(kubeconfig) as bare,
        ):
            await system.client.run("chain")
            await bare.run(CHAIN, at_once=1)
            rows = await _rows(bare, system)
        settings["pool"] = [{"image": IMAGE, "workspace": False}]
        async with open_system(
            bench, "ready", {"pods.yaml": step_flows(STEP, chain=1, fan=1)}, worker=worker
        ) as system:
            return [*rows, await _ready_row(system, cluster)]


async def _rows(bare: "BarePods", system: System) -> list[Row]:
    chain, bare_chain, fan, bare_fan, lines = [], [], [], [], []
    for _ in range(RUNS):
        bare_chain.append(await bare.run(CHAIN, at_once=1) / CHAIN)
        chain.append((await system.client.run("chain")).ended / CHAIN)
        bare_fan.append(FAN / await bare.run(FAN, at_once=SLOTS))
        fan.append(FAN / (await system.client.run("fan")).ended)
    bare.first_lines.clear()
    for _ in range(FOLLOWED):
        await bare.run(1, at_once=1)
        lines.append((await system.client.follow("one")).first_line or 0.0)
    first, bare_first = statistics.median(lines) * 1000, statistics.median(bare.first_lines) * 1000
    step, bare_step = statistics.median(chain) * 1000, statistics.median(bare_chain) * 1000
    rate, bare_rate = statistics.median(fan), statistics.median(bare_fan)
    return [
        Row(
            line="pod steps one after another",
            figure=f"{step:.0f} ms a step",
            limit=f"{bare_step:.0f} ms a bare pod",
            ratio=f"{step / bare_step:.2f}x",
            notes=("a step has a second container, which sends what it leaves",),
            values={"ms_per_step": step, "bare_ms": bare_step},
        ),
        Row(
            line=f"pod steps, {SLOTS} at a time",
            figure=f"{rate:.1f} steps/s",
            limit=f"{bare_rate:.1f} bare pods/s",
            ratio=f"{rate / bare_rate:.0%}",
            values={"steps_per_sec": rate, "bare_per_sec": bare_rate},
        ),
        Row(
            line="trigger to first line of a pod, p50",
            figure=f"{first:.0f} ms",
            limit=f"{bare_first:.0f} ms a bare pod",
            ratio=f"{first / bare_first:.2f}x",
            values={"ms": first, "bare_ms": bare_first},
        ),
    ]


async def _ready_row(system: System, cluster: TestCluster) -> Row:
    lines = []
    for _ in range(FOLLOWED):
        await eventually(lambda: [pod["status"]["phase"] for pod in cluster.pods()] == ["Running"], "a pod is ready")
        lines.append((await system.client.follow("one")).first_line or 0.0)
    first = statistics.median(lines) * 1000
    return Row(line="trigger to first line of a ready pod, p50", figure=f"{first:.0f} ms", values={"ms": first})


class BarePods:
    """Makes pods, waits for their ends by one watch, reads their logs and deletes them."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._started: dict[str, asyncio.Event] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self.first_lines: list[float] = []

    async def watch(self, version: str) -> None:
        """Follows the pods until it is cancelled."""
        async with aclosing(self._cluster.watch(NAMESPACE, "bench=bare", version)) as events:
            async for event in events:
                pod = event["object"]
                name, states = pod["metadata"].get("name"), pod.get("status", {}).get("containerStatuses") or ()
                if name in self._started and any(set(one["state"]) & {"running", "terminated"} for one in states):
                    self._started[name].set()
                if name in self._ended and any("terminated" in one["state"] for one in states):
                    self._ended[name].set()

    async def run(self, count: int, *, at_once: int) -> float:
        """Seconds that so many pods take."""
        free, begun = asyncio.Semaphore(at_once), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(self._one(free))
        return time.perf_counter() - begun

    async def _one(self, free: asyncio.Semaphore) -> None:
        async with free:
            begun, name = time.perf_counter(), f"bare-{secrets.token_hex(6)}"
            self._started[name], self._ended[name] = asyncio.Event(), asyncio.Event()
            pod = bare_pod(name)
            await self._cluster.create(pod)
            await self._started[name].wait()
            printed = b""
            log = self._cluster.log(NAMESPACE, name, "step", since=None, follow=True, stream=None)
            async with aclosing(log) as pieces:
                async for piece in pieces:
                    if not printed:
                        self.first_lines.append(time.perf_counter() - begun)
                    printed += piece
            if not printed.endswith(b" hello\n"):
                raise ProgramFailed(f"a bare pod printed {printed!r}")
            await self._ended[name].wait()
            await self._cluster.delete(pod, 1)


def bare_pod(name: str) -> Mapping[str, Any]:
    """A pod with the container of a step alone."""
    container = {"name": "step", "image": IMAGE, "command": ["echo", "hello"]}
    spec = {"containers": [container], "restartPolicy": "Never", "automountServiceAccountToken": False}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": BARE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@asynccontextmanager
async def open_bare(kubeconfig: str) -> AsyncIterator[BarePods]:
    """Bare pods, made by the client of the plugin."""
    from stroem_kubernetes.cluster import Cluster

    cluster = Cluster(kubeconfig, None)
    await cluster.open()
    bare = BarePods(cluster)
    version = (await cluster.pods(NAMESPACE, "bench=bare"))["metadata"]["resourceVersion"]
    watching = asyncio.create_task(bare.watch(version))
    try:
        yield bare
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await cluster.close()
