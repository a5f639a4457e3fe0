"""A worker with pods that are kept ready, with a real server, is killed while a step runs in one."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.crash.checks import printed
from tests.crash.site import Site
from tests.crash.test_pods import LONG, READS, adopted, names_of, up_of
from tests.crash.workload import Order
from tests.support.kubernetes.cluster import CURL, IMAGE, NAMESPACE, TestCluster
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")


async def test_steps_in_ready_pods_are_as_in_others(tmp_path: Path, database_url: str, cluster: TestCluster) -> None:
    settings = {"kubeconfig": str(cluster.kubeconfig()), "namespace": NAMESPACE, "init_image": CURL, "streams": "apart"}
    pool = [{"image": IMAGE, "size": 1}]
    pods: dict[str, Any] = {"capabilities": ["kubernetes"], "runners": {"pod": {**settings, "pool": pool}}}
    script = {"type": "script", "runner": "pod", "image": IMAGE}
    tasks = {
        "reads": {"flow": {"first": {**script, "script": READS, "artifacts": ["built/*"]}}},
        "long": {"flow": {"first": {**script, "script": LONG}}},
    }
    async with Site(tmp_path, database_url, lease_secs=120, **pods) as site:
        (tmp_path / "workspace" / "given.txt").write_text("given\n")
        (tmp_path / "workspace" / ".workflows" / "ready.yaml").write_bytes(orjson.dumps({"tasks": tasks}))
        await site.up()
        for before in (0, 1):
            await eventually(lambda: len(up_of(cluster)) == 1, "a pod is ready")
            job_id = await site.run(Order(number=0, task="reads"))
            read = await site.until_ended(job_id)
            assert read["status"] == "completed", read
            assert read["steps"][0]["output"] == {"n": 1, "before": before}
            found = await site.get(f"/api/jobs/{job_id}/artifacts")
            assert {(one["name"], one["size_bytes"]) for one in found} == {("a", 3), ("built/b", 6)}

        await eventually(lambda: len(up_of(cluster)) == 1, "a pod is ready")
        job_id = await site.run(Order(number=1, task="long"))
        await adopted(site, [job_id], times=0)
        (pod,) = up_of(cluster, job_id)
        assert pod["metadata"]["name"].startswith("stroem-pool-")
        await site.worker.kill()
        await site.worker.up()
        await adopted(site, [job_id], times=1)
        (cluster.volume(pod, "workspace") / "go").touch()
        ended = await site.until_ended(job_id)
        assert ended["status"] == "completed", ended
        count = ended["steps"][0]["output"]["n"]
        lines = await printed(site, job_id, "first")
        assert [line for line in lines if line.startswith("out ")] == [f"out {n}" for n in range(count)]
        await eventually(lambda: pod["metadata"]["name"] not in names_of(cluster), "it is gone")
