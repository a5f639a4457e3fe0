"""Local jobs while the server is gone, or out of reach of their worker."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.crash.proxy import Proxy
from tests.crash.site import LEASE_SECS, Site, server_settings, write_settings
from tests.crash.workload import WORKSPACE
from tests.support.programs import free_port
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")

CHAIN = ("first", "second", "third", "fourth")


def write_chain(site: Site, **task: Any) -> None:
    """A local task of four steps, each of which notes that it has run; each waits for its gate, if there is one."""
    script = (
        f"echo {{{{ input.name }}}} >> {site.folder}/ran\n"
        f"while [ -e {site.folder}/gate-{{{{ input.name }}}} ]; do sleep 0.05; done\n"
        "echo {{ input.name }} after {{ input.before }} >> trace; cat trace\n"
        'echo "OUTPUT: {\\"name\\": \\"{{ input.name }}\\"}"\n'
    )
    flow: dict[str, Any] = {}
    for at, name in enumerate(CHAIN):
        before = CHAIN[at - 1] if at else None
        told = f"{{{{ {before}.output.name }}}}" if before else "nothing"
        flow[name] = {"action": "leave-mark", "input": {"name": name, "before": told}}
        flow[name] |= {"depends_on": [before]} if before else {}
    document = {
        "actions": {"leave-mark": {"type": "script", "script": script, "input": {"name": {}, "before": {}}}},
        "tasks": {"local-chain": {"mode": "local", "flow": flow, **task}},
    }
    write(site, document)


@asynccontextmanager
async def chained(
    folder: Path, database_url: str, write_task: Callable[[Site], None] = write_chain, **recovery: Any
) -> AsyncIterator[tuple[Site, Proxy, str]]:
    """A site behind a proxy, and a job whose first step waits for its gate."""
    port = free_port()
    site = Site(
        folder,
        database_url,
        worker_sees=f"http://127.0.0.1:{port}",
        request_timeout_secs=1,
        connect_timeout_secs=1,
    )
    settings = server_settings(folder, site.port, database_url, LEASE_SECS)
    settings["recovery"] |= recovery
    write_settings(folder, "server", settings)
    write_task(site)
    gate(site, "first").touch()
    proxy = Proxy(site.port)
    async with proxy.on(port), site:
        await site.up()
        async with aiohttp.ClientSession(site.url) as client:
            path = f"/api/workspaces/{WORKSPACE}/tasks/local-chain/execute"
            async with client.post(path, json={}) as response:
                job_id = str((await response.json())["job_id"])
        await until_run(site, "first")
        await site.worker.until_said("can go on here")
        yield site, proxy, job_id


def write_mixed(site: Site) -> None:
    """A local task with a loop, a retry, a condition, an artifact and a child, after a step that waits for its gate."""
    note = f"tee -a {site.folder}/ran"
    scripts = {
        "hold": f"echo first | {note}; while [ -e {site.folder}/gate-first ]; do sleep 0.05; done",
        "item": f"echo item-{{{{ input.n }}}} | {note}",
        "flaky": f"echo flaky | {note}; test -e tried || {{ touch tried; exit 3; }}",
        "never": f"echo never | {note}",
        "file": f"echo kept > kept.txt; echo file | {note}",
    }
    actions: dict[str, Any] = {name: {"type": "script", "script": script} for name, script in scripts.items()}
    actions["item"]["input"] = {"n": {"type": "integer"}}
    actions["start"] = {"type": "task", "task": "inner"}
    after: dict[str, Any] = {"depends_on": ["first"]}
    items = list(range(1, 9))
    flow = {
        "first": {"action": "hold"},
        "each": {"action": "item", **after, "for_each": items, "input": {"n": "{{ each.item }}"}},
        "flaky": {"action": "flaky", **after, "retry": {"max_attempts": 2, "delay": 1}},
        "never": {"action": "never", **after, "when": "{{ 1 == 2 }}"},
        "file": {"action": "file", "depends_on": ["flaky"], "artifacts": ["kept.txt"]},
        "start": {"action": "start", **after},
        "last": {"action": "never", "depends_on": ["start"], "when": "{{ start.status == 'failed' }}"},
    }
    inner = {"flow": {"say": {"action": "item", "input": {"n": 99}}}}
    write(site, {"actions": actions, "tasks": {"inner": inner, "local-chain": {"mode": "local", "flow": flow}}})


def write(site: Site, document: dict[str, Any]) -> None:
    (site.folder / "workspace" / ".workflows" / "local-chain.yaml").write_text(yaml.safe_dump(document))


def gate(site: Site, step: str) -> Path:
    return site.folder / f"gate-{step}"


def ran(site: Site) -> list[str]:
    file = site.folder / "ran"
    return file.read_text().split() if file.exists() else []


async def until_run(site: Site, step: str) -> None:
    await eventually(lambda: step in ran(site), f"step {step} runs")


async def test_a_job_ends_though_the_server_is_gone(tmp_path: Path, database_url: str) -> None:
    async with chained(tmp_path, database_url) as (site, _, job_id):
        await site.server.kill()
        gate(site, "first").unlink()
        await until_run(site, "fourth")
        await site.server.up()
        job = await site.until_ended(job_id)
        assert job["status"] == "completed", job
        assert ran(site) == list(CHAIN)
        assert [(step["step_name"], step["status"], step["retry_attempt"]) for step in job["steps"]] == [
            (name, "completed", 0) for name in CHAIN
        ]
        assert [step["output"] for step in job["steps"]] == [{"name": name} for name in CHAIN]
        starts = [step["started_at"] for step in job["steps"]]
        assert starts == sorted(starts)


async def test_loops_retries_conditions_and_artifacts_go_on_too(tmp_path: Path, database_url: str) -> None:
    async with chained(tmp_path, database_url, write_mixed) as (site, _, job_id):
        await site.server.kill()
        gate(site, "first").unlink()
        await until_run(site, "file")
        await eventually(lambda: sum(one.startswith("item") for one in ran(site)) == 8, "all items have run")
        assert "item-99" not in ran(site)
        await site.server.up()
        job = await site.until_ended(job_id)
        assert job["status"] == "completed", job
        items = [f"item-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 99)]
        assert sorted(ran(site)) == sorted(["first", "flaky", "flaky", "file", *items])
        states = {step["step_name"]: (step["status"], step["retry_attempt"]) for step in job["steps"]}
        assert (states["flaky"], states["never"][0], states["each"][0]) == (("completed", 1), "skipped", "completed")
        kept = await site.get(f"/api/jobs/{job_id}/artifacts")
        assert [one["name"] for one in kept] == ["kept.txt"]
        log = (await site.get(f"/api/jobs/{job_id}/logs"))["logs"]
        assert all(log.count(f'"item-{n}"') == 1 for n in range(1, 9)), log


async def test_a_worker_out_of_reach_keeps_its_job_longer_than_its_lease(tmp_path: Path, database_url: str) -> None:
    async with chained(tmp_path, database_url) as (site, proxy, job_id):
        gate(site, "third").touch()
        proxy.freeze()
        gate(site, "first").unlink()
        await until_run(site, "third")

        async def is_expired() -> bool:
            return all(worker["status"] == "inactive" for worker in (await site.get("/api/workers"))["items"])

        await eventually(is_expired, "the worker's lease has ended", within=60)
        assert (await site.get(f"/api/jobs/{job_id}"))["status"] == "running"
        gate(site, "third").unlink()
        await until_run(site, "fourth")
        proxy.thaw(forget=True)
        job = await site.until_ended(job_id)
        assert job["status"] == "completed", job
        assert ran(site) == list(CHAIN)


async def test_a_job_that_was_cancelled_meanwhile_is_ended_on_its_worker(tmp_path: Path, database_url: str) -> None:
    async with chained(tmp_path, database_url) as (site, proxy, job_id):
        gate(site, "second").touch()
        proxy.freeze()
        gate(site, "first").unlink()
        await until_run(site, "second")
        async with aiohttp.ClientSession(site.url) as client, client.post(f"/api/jobs/{job_id}/cancel") as response:
            assert response.status < 300, await response.text()
        proxy.thaw(forget=True)
        assert (await site.until_ended(job_id))["status"] == "cancelled"
        await site.worker.until_said("does not count")
        assert ran(site) == ["first", "second"]


async def test_a_worker_that_is_lost_fails_the_attempt_as_a_whole(tmp_path: Path, database_url: str) -> None:
    retried = partial(write_chain, retry={"max_attempts": 1, "delay": 1})
    async with chained(tmp_path, database_url, retried, local_lease=15) as (site, _, job_id):
        await site.worker.kill()
        job = await site.until_ended(job_id)
        assert job["status"] == "failed", job
        gate(site, "first").unlink()
        await site.worker.up()
        again = await site.until_ended(job["retry_job_id"])
        assert again["status"] == "completed"
        assert ran(site) == ["first", *CHAIN]
