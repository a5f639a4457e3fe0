"""Many pods at once, an API server that goes away, and what killed workers leave."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import attrs
import pytest

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.steps import Steps, make_action
from stroem.interfaces.runner import RunnerFailed, RunnerLost, StepMark
from stroem.testing.collected_output import CollectedOutput
from stroem_kubernetes import step_pod
from stroem_kubernetes.cluster import Cluster
from tests.support.kubernetes.cluster import IMAGE, NAMESPACE, TestCluster
from tests.support.wait import eventually

MARK = StepMark(installation="here", job_id=uuid.UUID(int=7), step_id=3, attempt=2)
OTHERS = [attrs.evolve(MARK, attempt=1), attrs.evolve(MARK, step_id=4)]
ELSEWHERE = attrs.evolve(MARK, installation="elsewhere")


@pytest.mark.slow("many")
async def test_sixty_steps_at_once_with_one_watch(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    live, most, watch = 0, 0, Cluster.watch

    async def counted(self: Cluster, *arguments: str) -> AsyncIterator[Any]:
        nonlocal live, most
        live += 1
        most = max(most, live)
        try:
            async with aclosing(watch(self, *arguments)) as events:
                async for event in events:
                    yield event
        finally:
            live -= 1

    monkeypatch.setattr(Cluster, "watch", counted)
    runs = [steps.run(f"echo out{n}; echo err{n} >&2; exit {n}") for n in range(60)]
    for n, ended in enumerate(await asyncio.gather(*runs)):
        assert (ended.exit_code, ended.stdout, ended.stderr) == (n, f"out{n}\n", f"err{n}\n")
    assert most == 1, "a watch that the server ends is followed by another"


@pytest.mark.slow("restart")
async def test_an_api_server_that_restarts_under_load(
    own_cluster: TestCluster, files: FileServer, tmp_path: Path
) -> None:
    """Steps that run, that begin and that end meanwhile: all lines come once, and all exit codes are right."""
    script = "i=0; while [ $i -lt 400 ]; do echo line$i; i=$((i+1)); sleep 0.02; done; exit {}"
    async with Steps(own_cluster, files, tmp_path) as steps:
        runs = [asyncio.create_task(steps.run(script.format(n))) for n in range(8)]
        await eventually(lambda: len(own_cluster.pods()) == 8)
        await eventually(lambda: all(pod["status"]["phase"] == "Running" for pod in own_cluster.pods()))
        await asyncio.to_thread(own_cluster.stop_api_server)
        late = [asyncio.create_task(steps.run(f"echo late; exit {n}")) for n in range(8)]
        await asyncio.to_thread(own_cluster.start_api_server)
        for n, ended in enumerate(await asyncio.gather(*runs)):
            assert (ended.exit_code, ended.stdout.split()) == (n, [f"line{m}" for m in range(400)])
        for n, ended in enumerate(await asyncio.gather(*late)):
            assert (ended.exit_code, ended.stdout) == (n, "late\n")
    await eventually(lambda: own_cluster.pods() == [])


@pytest.mark.slow("restart")
async def test_an_api_server_that_stays_away(
    own_cluster: TestCluster, files: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_pod, "REMOVAL_SECS", 0.5)
    async with Steps(own_cluster, files, tmp_path, away_secs=1) as steps:
        running, _ = await steps.begin("sleep 600")
        order = attrs.evolve(steps.order(make_action("echo ready; sleep 600")), mark=MARK)
        output = CollectedOutput()
        marked = asyncio.create_task(steps.runner.run(order, output))
        await output.until("stdout", b"ready\n")
        await asyncio.to_thread(own_cluster.stop_api_server)
        with pytest.raises(RunnerLost, match="API server of Kubernetes went away while the step ran, and was away"):
            await running
        with pytest.raises(RunnerLost, match="API server of Kubernetes went away"):
            await marked
        with pytest.raises(RunnerFailed, match="does not answer"):
            await steps.run("true")
        with pytest.raises(RunnerFailed, match="does not answer"):
            await steps.runner.open()
        await asyncio.to_thread(own_cluster.start_api_server)
        await steps.runner.open()
        assert await steps.runner.leftovers("here") == [MARK]
        await steps.runner.remove(MARK)
        await eventually(lambda: len(own_cluster.pods()) == 1)


async def test_pods_are_found_and_removed_by_their_marks(
    steps: Steps, cluster: TestCluster, files: FileServer, tmp_path: Path
) -> None:
    output = CollectedOutput()
    orders = [steps.order(make_action("echo up; sleep 600")) for _ in range(4)]
    runs = [
        asyncio.create_task(steps.runner.run(attrs.evolve(order, mark=mark), output))
        for order, mark in zip(orders, [MARK, *OTHERS, ELSEWHERE], strict=True)
    ]
    await output.until("stdout", b"up\n" * 4)
    assert await steps.runner.leftovers("here") == [], "all run here"
    async with Steps(cluster, files, tmp_path / "neighbour") as neighbour:
        assert set(await neighbour.runner.leftovers("here")) == {MARK, *OTHERS}
        await neighbour.runner.remove(MARK)
        with pytest.raises(RunnerLost, match="deleted while it ran"):
            await runs[0]
        await eventually(lambda: len(cluster.pods()) == 3)
        assert set(await neighbour.runner.leftovers("here")) == set(OTHERS)
        assert await neighbour.runner.leftovers("elsewhere") == [ELSEWHERE]
    assert not any(run.done() for run in runs[1:])
    for run in runs[1:]:
        run.cancel()
    await asyncio.wait(runs[1:])


async def test_a_pod_of_a_stranger_is_left_alone(steps: Steps, cluster: TestCluster) -> None:
    labels = {"stroem.installation": "here", "stroem.mark": "none"}
    container = {"name": "x", "image": IMAGE, "command": ["sleep", "600"]}
    path = f"/api/v1/namespaces/{NAMESPACE}/pods"
    pod = {"kind": "Pod", "metadata": {"name": "stranger", "labels": labels}, "spec": {"containers": [container]}}
    cluster.create(path, pod)
    try:
        assert await steps.runner.leftovers("here") == []
    finally:
        cluster.delete("stranger")


async def test_a_step_that_is_cancelled_while_its_pod_is_made(steps: Steps, cluster: TestCluster) -> None:
    order = steps.order(make_action("sleep 600"))
    for delay in (0, 0.01, 0.03, 0.06, 0.1):
        running = asyncio.create_task(steps.runner.run(order, CollectedOutput()))
        await asyncio.wait({running}, timeout=delay)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    await eventually(lambda: cluster.pods() == [])


async def test_without_a_namespace_no_cluster_is_touched(
    cluster: TestCluster, files: FileServer, tmp_path: Path
) -> None:
    steps = Steps(cluster, files, tmp_path, namespace=None)
    with pytest.raises(RunnerFailed, match=r"No namespace is named: set `runners\.pod\.namespace`"):
        await steps.runner.open()


async def test_namespaces_of_workspaces(cluster: TestCluster, files: FileServer, tmp_path: Path) -> None:
    steps = Steps(cluster, files, tmp_path, namespaces={"workspace": "elsewhere"})
    with pytest.raises(RunnerFailed, match=r'pods is forbidden.*"elsewhere"'):
        await steps.runner.open()
    with pytest.raises(RunnerFailed, match="cannot be watched: pods is forbidden"):
        await steps.run("true")
    other = attrs.evolve(steps.order(make_action("echo here")), workspace="other")
    assert (await steps.run_order(other)).stdout == "here\n"
    await steps.runner.close()
