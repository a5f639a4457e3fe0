"""A worker with running pods is killed; pods fetch their files from the server with tokens of their own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from tests.crash.site import WORKER, Site
from tests.crash.workload import WORKSPACE, Order
from tests.support.kubernetes.cluster import CURL, IMAGE, NAMESPACE, TestCluster, running_cluster
from tests.support.kubernetes.rights import rights_of_the_guide
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")


@pytest.fixture
def cluster() -> Iterator[TestCluster]:
    """A cluster of the test's own, where a worker has the rights of the guide."""
    with running_cluster() as running:
        running.apply(rights_of_the_guide())
        yield running


READS = """
n=$(cat "$STATE_DIR/n" 2>/dev/null || echo 0); echo $((n + 1)) >"$STATE_OUT_DIR/n"
cat given.txt; echo 'OUTPUT: {"n": 1}'; echo '{"before": '$n'}' >"$STROEM_OUTPUT"
echo aa >"$ARTIFACTS_DIR/a"; mkdir built; cat given.txt >built/b
"""


def write_tasks(folder: Path) -> None:
    """Writes a task for each worker: a script in a pod that runs until it is ended. One reads its workspace first."""
    pod = {"type": "script", "runner": "pod", "image": IMAGE}
    options = {"node_selector": {"disk": "ssd"}, "tolerations": [{"key": "x", "operator": "Exists"}], "pull": "missing"}
    reads = {**pod, "script": READS, "tags": [WORKER], "options": options}
    tasks = {
        WORKER: {"flow": {"first": {**pod, "script": "sleep 600", "tags": [WORKER]}}},
        "neighbour": {"flow": {"first": {"type": "docker", "image": IMAGE, "cmd": "sleep 600", "tags": ["neighbour"]}}},
        "reads": {"flow": {"first": {**reads, "artifacts": ["built/*"]}}},
    }
    (folder / "workspace" / "given.txt").write_text("given\n")
    (folder / "workspace" / ".workflows" / "pods.yaml").write_bytes(orjson.dumps({"tasks": tasks}))


def token_of(pod: Mapping[str, Any]) -> tuple[str, str]:
    """The address of the files that a pod fetches, and its token."""
    env = {one["name"]: one["value"] for one in pod["spec"]["initContainers"][0]["env"]}
    return env["STROEM_FILES_URL"], env["STROEM_FILES_TOKEN"]


async def status_of(url: str, token: str) -> int:
    """The status of a request with a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as response:
        return response.status


async def test_pods_of_killed_workers_are_removed_and_those_of_a_neighbour_are_not(
    tmp_path: Path, database_url: str, cluster: TestCluster
) -> None:
    pods: dict[str, Any] = {
        "capabilities": ["kubernetes"],
        "runners": {"pod": {"kubeconfig": str(cluster.kubeconfig()), "namespace": NAMESPACE, "init_image": CURL}},
    }
    async with Site(tmp_path, database_url, tags=[WORKER], **pods) as site:
        write_tasks(tmp_path)
        neighbour = site.neighbour("neighbour", tags=["neighbour"], **pods)
        await site.up()
        await neighbour.up()
        try:
            for before in (0, 1):
                job_id = await site.run(Order(number=0, task="reads"))
                read = await site.until_ended(job_id)
                assert read["status"] == "completed", read
                assert read["steps"][0]["output"] == {"n": 1, "before": before}
                found = await site.get(f"/api/jobs/{job_id}/artifacts")
                assert {(one["name"], one["size_bytes"]) for one in found} == {("a", 3), ("built/b", 6)}

            jobs = [await site.run(Order(number=1, task=name)) for name in (WORKER, "neighbour")]
            await eventually(lambda: len(up_of(cluster)) == 2, "both pods run")
            (own,) = up_of(cluster, jobs[0])
            (theirs,) = up_of(cluster, jobs[1])
            url, token = token_of(own)
            assert await status_of(url, token) == 200
            state = url.partition("/worker/")[0] + f"/worker/state/{WORKSPACE}"
            assert await status_of(f"{state}/{WORKER}", token) == 204
            assert await status_of(f"{state}/reads", token) == 401, "another task"
            assert await status_of(url.replace("revision=", "revision=0"), token) == 401, "other files"
            assert await status_of(url.partition("/worker/")[0] + "/worker/jobs/x/cancelled", token) == 401
            assert await status_of(url, token[:-1] + ("A" if token[-1] != "A" else "B")) == 401

            await site.worker.kill()
            assert len(up_of(cluster)) == 2
            await site.worker.up()

            assert (await site.until_ended(jobs[0]))["status"] == "failed"
            assert await status_of(url, token) == 401, "the step has ended"
            await eventually(lambda: names_of(cluster) == [theirs["metadata"]["name"]], "its pod is gone")
            assert (await site.get(f"/api/jobs/{jobs[1]}"))["status"] == "running"

            await neighbour.kill()
            assert (await site.until_ended(jobs[1]))["status"] == "failed", "its lease is over"
            await eventually(lambda: names_of(cluster) == [], "the worker that is left removes the pod")
        finally:
            await neighbour.close()


def names_of(cluster: TestCluster) -> list[str]:
    """The names of all pods."""
    return [pod["metadata"]["name"] for pod in cluster.pods()]


def up_of(cluster: TestCluster, job_id: str | None = None) -> list[Mapping[str, Any]]:
    """The running pods, all or those of a job."""
    found = [pod for pod in cluster.pods() if pod["status"]["phase"] == "Running"]
    return [pod for pod in found if job_id in (None, pod["metadata"]["labels"]["stroem.job"])]
