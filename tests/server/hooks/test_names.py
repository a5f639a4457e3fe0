"""Two workspaces with one name of a webhook."""

from pathlib import Path

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from tests.server.conftest import Running
from tests.server.hooks.conftest import post

WORKFLOWS = """
tasks:
  plain:
    flow:
      say: {type: script, script: "echo"}
triggers:
  mine: {type: webhook, name: orders, task: plain}
"""


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, str]:
    """A second workspace."""
    workflows = tmp_path / "second" / ".workflows"
    workflows.mkdir(parents=True)
    (workflows / "main.yaml").write_text("tasks: {}")
    return {
        "STROEM__WORKSPACES__BEFORE__TYPE": "folder",
        "STROEM__WORKSPACES__BEFORE__PATH": str(workflows.parent),
    }


async def test_the_workspace_that_had_a_name_first_keeps_the_short_path(hooks: Running, tmp_path: Path) -> None:
    (tmp_path / "second" / ".workflows" / "main.yaml").write_text(WORKFLOWS)
    status = await hooks.app[RECONCILER].pipeline.reconcile("before")
    assert status.error is None
    await hooks.app[SERVICES].triggers.sync.run_once()
    workspaces = []
    for path in ("orders", "main/orders", "before/orders"):
        code, found = await post(hooks, path, {"order": path})
        assert code == 200
        workspaces.append((await hooks.get(f"/api/jobs/{found['job_id']}"))["workspace"])
    assert workspaces == ["main", "main", "before"]
    for workspace, trigger, told in (("main", "orders", "is the one here"), ("before", "mine", "/hooks/before/orders")):
        shown = await hooks.get(f"/api/workspaces/{workspace}")
        assert [told in warning for warning in shown["warnings"]] == [True]
        listed = {one["name"]: one["problem"] for one in await hooks.get(f"/api/workspaces/{workspace}/triggers")}
        assert told in listed[trigger]
        assert [name for name, problem in listed.items() if problem] == [trigger]
