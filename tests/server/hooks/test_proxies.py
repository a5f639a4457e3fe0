"""Webhooks behind a proxy, and those that poll the source of their workspace first."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Running
from tests.server.hooks.conftest import deliveries, post
from tests.support.workspace_files import write_workspace

WORKFLOWS = """
tasks:
  plain:
    input:
      who: {type: string, default: the first}
    flow:
      say: {type: script, script: "echo"}
triggers:
  near: {type: webhook, name: near, task: plain, allow_from: [198.51.100.0/24]}
  known:
    type: webhook
    name: known
    task: plain
    mtls_header: {header: X-Client, subject: CN=deploy}
  fresh: {type: webhook, name: fresh, task: plain, force_refresh: true}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.fixture(params=["", '["127.0.0.0/8"]'], ids=["untrusted", "trusted"])
def overrides(request: Any) -> dict[str, str]:
    return {"STROEM__TRUSTED_PROXIES": request.param, "STROEM__AUTH__OPEN": "true"} if request.param else {}


async def test_what_a_proxy_says_counts_if_it_is_trusted(hooks: Running, overrides: dict[str, str]) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.1, 198.51.100.7"}
    status, found = await post(hooks, "near", headers=forwarded)
    (one,) = await deliveries(hooks, "near")
    if overrides:
        assert (status, one["remote"]) == (200, "198.51.100.7")
        assert (await post(hooks, "near", headers={"X-Forwarded-For": "203.0.113.1"}))[0] == 403
        assert (await post(hooks, "known", headers={"X-Client": "CN=deploy"}))[0] == 200
        assert (await post(hooks, "known", headers={"X-Client": "CN=other"}))[0] == 401
    else:
        assert (status, found["code"], one["remote"]) == (403, "forbidden", "127.0.0.1")
        assert (await post(hooks, "known", headers={"X-Client": "CN=deploy"}))[0] == 401


async def test_the_source_is_polled_before_the_job(hooks: Running, overrides: dict[str, str]) -> None:
    """If that fails, the job is of the release that is there."""
    workflows = hooks.folder / ".workflows" / "main.yaml"

    async def who() -> str:
        status, found = await post(hooks, "fresh")
        assert status == 200
        return str((await hooks.get(f"/api/jobs/{found['job_id']}"))["input"]["who"])

    workflows.write_text(WORKFLOWS.replace("the first", "the second"))
    assert await who() == "the second"
    workflows.write_text("tasks: {plain: }")
    assert await who() == "the second"
