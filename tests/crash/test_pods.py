"""A worker with running pods is killed; pods fetch their files from the server with tokens of their own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from tests.crash.checks import printed
from tests.crash.site import WORKER, Site
from tests.crash.workload import WORKSPACE, Order
from tests.support.kubernetes.cluster import CURL, IMAGE, NAMESPACE, TestCluster
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")


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
        "shares": {
            "volume": "job",
            "flow": {
                "build": {**reads, "script": "mkdir built; cat given.txt >built/b; echo changed >given.txt"},
                "test": {**reads, "script": "cat given.txt built/b", "artifacts": ["built/*"], "depends_on": ["build"]},
                "here": {"type": "script", "script": "true", "tags": [WORKER], "depends_on": ["test"]},
            },
        },
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
        "capabilities": ["script", "kubernetes"],
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

            shared = await site.run(Order(number=0, task="shares"))
            ended = await site.until_ended(shared)
            assert [step["status"] for step in ended["steps"]] == ["completed", "completed", "failed"], ended
            assert "all steps of a job with a `volume` run in pods, or none" in ended["steps"][2]["error_message"]
            assert await printed(site, shared, "test") == ["changed", "given", "[artifacts] 1 kept, 6 bytes"]
            await eventually(lambda: all("deletionTimestamp" in one["metadata"] for one in cluster.claims()), "kept")

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
            (site.worker_data / "worker-id").unlink()
            await site.worker.up()

            assert (await site.until_ended(jobs[0]))["status"] == "failed"
            assert await status_of(url, token) == 401, "the step has ended"
            await eventually(lambda: names_of(cluster) == [theirs["metadata"]["name"]], "its pod is gone")
            assert (await site.get(f"/api/jobs/{jobs[1]}"))["status"] == "running"

            await neighbour.kill()
            assert (await site.until_ended(jobs[1]))["status"] == "failed", "its lease is over"
            swept = "the worker that is left removes the pod, after a pause of a minute at most"
            await eventually(lambda: names_of(cluster) == [], swept, within=120)
        finally:
            await neighbour.close()


LONG = """
echo 'OUTPUT: {"early": 1}'
i=0; while [ ! -e /workspace/go ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); sleep 0.01; done
echo "STATE: {\\"n\\": $i}"; echo "{\\"n\\": $i}" >"$STROEM_OUTPUT"; echo made >"$ARTIFACTS_DIR/made"; printf 'no end'
"""


async def test_a_worker_that_comes_back_goes_on_with_its_pods(
    tmp_path: Path, database_url: str, cluster: TestCluster
) -> None:
    """No line is missing or twice, no step runs twice, and what began in one run of the worker ends in another."""
    settings = {"kubeconfig": str(cluster.kubeconfig()), "namespace": NAMESPACE, "init_image": CURL, "streams": "apart"}
    pods: dict[str, Any] = {"capabilities": ["kubernetes", "script"], "runners": {"pod": settings}}
    script = {"type": "script", "runner": "pod", "image": IMAGE, "script": LONG}
    second = {**script, "script": "echo second", "depends_on": ["first"]}
    tasks = {
        "long": {"flow": {"first": script, "second": second}},
        "host": {"flow": {"first": {"type": "script", "script": "sleep 600"}}},
    }
    async with Site(tmp_path, database_url, lease_secs=120, **pods) as site:
        (tmp_path / "workspace" / ".workflows" / "long.yaml").write_bytes(orjson.dumps({"tasks": tasks}))
        await site.up()
        jobs = [await site.run(Order(number=n, task="long")) for n in range(2)]
        host = await site.run(Order(number=2, task="host"))
        await eventually(lambda: len(up_of(cluster)) == 2, "both pods run")
        names, made = names_of(cluster), {pod["metadata"]["labels"]["stroem.job"]: pod for pod in cluster.pods()}
        for runs in range(3):
            await adopted(site, jobs, times=runs)
            await site.worker.kill()
            await site.worker.up()
        assert (await site.until_ended(host))["status"] == "failed", "a process of the host is gone"
        await adopted(site, jobs, times=3)
        assert names_of(cluster) == names
        await site.worker.kill()
        (cluster.volume(made[jobs[0]], "workspace") / "go").touch()  # it ends while nobody is there
        await site.worker.up()
        (cluster.volume(made[jobs[1]], "workspace") / "go").touch()
        for job_id in jobs:
            ended = await site.until_ended(job_id)
            assert ended["status"] == "completed", ended
            output = {step["step_name"]: step["output"] for step in ended["steps"]}["first"]
            count = output["n"]
            assert output == {"early": 1, "n": count}
            lines = await printed(site, job_id, "first")
            for word in ("out", "err"):
                assert [line for line in lines if line.startswith(f"{word} ")] == [f"{word} {n}" for n in range(count)]
            assert lines.count("no end") == 1
            assert adoptions(lines) == 4
            assert [one["name"] for one in await site.get(f"/api/jobs/{job_id}/artifacts")] == ["made"]
        await eventually(lambda: names_of(cluster) == [], "nothing is left")


async def test_a_fresh_worker_of_the_group_goes_on_with_pods(
    tmp_path: Path, database_url: str, cluster: TestCluster
) -> None:
    """A worker that is lost for good, with its data: one of its group goes on when its lease has ended."""
    settings = {"kubeconfig": str(cluster.kubeconfig()), "namespace": NAMESPACE, "init_image": CURL, "streams": "apart"}
    pods: dict[str, Any] = {
        "capabilities": ["kubernetes"],
        "runners": {"pod": settings},
        "worker_group": "cluster",
    }
    script = {"type": "script", "runner": "pod", "image": IMAGE, "script": LONG}
    async with Site(tmp_path, database_url, **pods) as site:
        tasks = {"long": {"flow": {"first": script}}}
        (tmp_path / "workspace" / ".workflows" / "long.yaml").write_bytes(orjson.dumps({"tasks": tasks}))
        fresh = site.neighbour("fresh", **pods)
        await site.up()
        job_id = await site.run(Order(number=0, task="long"))
        await adopted(site, [job_id], times=0)
        await fresh.up()
        try:
            await site.worker.kill()
            await adopted(site, [job_id], times=1)
            (pod,) = cluster.pods()
            (cluster.volume(pod, "workspace") / "go").touch()
            ended = await site.until_ended(job_id)
            assert ended["status"] == "completed", ended
            count = ended["steps"][0]["output"]["n"]
            lines = await printed(site, job_id, "first")
            assert [line for line in lines if line.startswith("out ")] == [f"out {n}" for n in range(count)]
            await eventually(lambda: names_of(cluster) == [], "nothing is left")
        finally:
            await fresh.close()


def adoptions(lines: Sequence[str]) -> int:
    """How often a worker has gone on with a step, as its log says."""
    return sum("the step runs on in pod" in line for line in lines)


async def adopted(site: Site, jobs: Sequence[str], *, times: int) -> None:
    """Waits until workers have gone on with the steps so often, and the step has printed since."""

    async def has_grown() -> bool:
        logs = [await printed(site, job_id, "first") for job_id in jobs]
        return all(lines and adoptions(lines) == times and lines[-1].startswith(("out", "err")) for lines in logs)

    await eventually(has_grown, "lines come")


def names_of(cluster: TestCluster) -> list[str]:
    """The names of all pods."""
    return [pod["metadata"]["name"] for pod in cluster.pods()]


def up_of(cluster: TestCluster, job_id: str | None = None) -> list[Mapping[str, Any]]:
    """The running pods, all or those of a job."""
    found = [pod for pod in cluster.pods() if pod["status"]["phase"] == "Running"]
    return [pod for pod in found if job_id in (None, pod["metadata"]["labels"].get("stroem.job"))]
