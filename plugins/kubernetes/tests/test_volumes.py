"""Steps of a job that share storage of the cluster."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.steps import Steps, make_action
from stroem.interfaces.runner import RunnerFailed, StepMark, StepOrder
from stroem.testing.collected_output import CollectedOutput
from stroem_kubernetes.job_volumes import FILLED
from stroem_kubernetes.marks import VOLUME, claim_name
from stroem_kubernetes.options import PodOptions
from tests.support.ended_step import EndedStep
from tests.support.kubernetes.cluster import TestCluster

HERE = "here"


class Job:
    """Steps of one job."""

    def __init__(self, steps: Steps, files: FileServer) -> None:
        self.volume = uuid.uuid4()
        self._steps = steps
        self._files = files

    def order(self, script: str | None, options: PodOptions | None = None, **action: Any) -> StepOrder:
        made = self._steps.order(make_action(script, **action), options)
        (made.directory / "file").write_text("original\n")
        mark = StepMark(installation=HERE, job_id=self.volume, step_id=1, attempt=1)
        return self._files.publish(attrs.evolve(made, volume=self.volume, mark=mark))

    async def run(self, script: str | None = None, options: PodOptions | None = None, **action: Any) -> EndedStep:
        return await self._steps.run_order(self.order(script, options, **action))

    async def begin(self, script: str) -> tuple["asyncio.Task[int]", CollectedOutput]:
        output = CollectedOutput()
        return asyncio.create_task(self._steps.runner.run(self.order(script), output)), output


@pytest.fixture
def job(steps: Steps, files: FileServer, cluster: TestCluster) -> Iterator[Job]:
    """A job, whose storage is gone afterwards."""
    yield Job(steps, files)
    cluster.end_claims()


async def test_each_step_finds_what_the_others_have_left(job: Job, cluster: TestCluster) -> None:
    first = await job.run("cat file; echo changed >file; mkdir build; echo made >build/app")
    assert (first.exit_code, first.stdout) == (0, "original\n")
    (claim,) = cluster.claims()
    assert claim["metadata"]["name"] == claim_name(job.volume)
    assert claim["metadata"]["annotations"] == {FILLED: "true"}
    assert claim["spec"]["resources"]["requests"] == {"storage": "10Gi"}
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    second = await job.run("cat file build/app", PodOptions(user="1234"))
    assert second.stdout == "changed\nmade\n"
    third = await job.run(None, cmd="cat /workspace/build/app")
    assert third.stdout == "made\n"
    code = await job.run("print(open('build/app').read().strip())", language="python", interpreter="/bin/cat")
    assert "print(" in code.stdout


async def test_steps_at_the_same_time_fill_it_once(job: Job, files: FileServer) -> None:
    files.requests.clear()
    ended = await asyncio.gather(*(job.run(f"cat file; echo {n} >>file") for n in range(4)))
    assert [one.exit_code for one in ended] == [0] * 4
    after = await job.run("cat file")
    what_happened = (after.stdout, [one.stdout for one in ended], files.requests)
    assert len(files.requests) == 1, what_happened
    assert sorted(after.stdout.split()) == ["0", "1", "2", "3", "original"], what_happened


async def test_a_step_that_fails_before_its_start_leaves_the_filling_to_the_next(job: Job) -> None:
    with pytest.raises(RunnerFailed):
        await job.run("true", image="no image")
    assert (await job.run("cat file")).stdout == "original\n"


async def test_a_step_that_is_cancelled_while_another_fills_lets_the_others_go_on(
    job: Job, files: FileServer, cluster: TestCluster
) -> None:
    running, output = await job.begin("echo ready; sleep 60")
    await output.until("stdout", b"ready\n")
    waiting, _ = await job.begin("true")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await job.run("cat file")).stdout == "original\n"


async def test_the_storage_is_found_by_its_installation_and_removed(
    job: Job, steps: Steps, cluster: TestCluster
) -> None:
    await job.run("true")
    assert list(await steps.runner.volumes(HERE)) == [job.volume]
    assert list(await steps.runner.volumes("elsewhere")) == []
    await steps.runner.remove_volume(HERE, job.volume)
    await steps.runner.remove_volume(HERE, uuid.uuid4())
    assert list(await steps.runner.volumes(HERE)) == []
    (claim,) = cluster.claims()
    assert claim["metadata"]["deletionTimestamp"]


async def test_the_settings_say_what_is_claimed(cluster: TestCluster, files: FileServer, tmp_path: Any) -> None:
    settings = {
        "workspace_storage_size": "1Gi",
        "workspace_storage_class": "fast",
        "workspace_storage_access": "ReadWriteMany",
    }
    async with Steps(cluster, files, tmp_path, **settings) as steps:
        await Job(steps, files).run("true")
    (claim,) = cluster.claims()
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["spec"]["resources"]["requests"] == {"storage": "1Gi"}
    cluster.end_claims()


async def test_the_storage_of_another_job_cannot_be_mounted(job: Job) -> None:
    other = {"name": "other", "persistentVolumeClaim": {"claimName": claim_name(uuid.uuid4())}}
    with pytest.raises(RunnerFailed, match="does not allow the claim 'stroem-job-"):
        await job.run("true", manifest={"spec": {"volumes": [other]}})


async def test_pods_of_a_job_are_told_by_a_label_and_prefer_one_node(job: Job, cluster: TestCluster) -> None:
    running, output = await job.begin("echo ready; sleep 60")
    await output.until("stdout", b"ready\n")
    (pod,) = cluster.pods()
    assert pod["metadata"]["labels"][VOLUME] == str(job.volume)
    assert pod["spec"]["securityContext"]["fsGroup"]
    (term,) = pod["spec"]["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["labelSelector"]["matchLabels"] == {VOLUME: str(job.volume)}
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
