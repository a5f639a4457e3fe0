from typing import Any

import pytest

from stroem.errors import TooManyRequests
from stroem.registry.registry import load_plugins
from stroem.server.app import build_app
from stroem.server.http.cooldown import RefreshCooldown
from stroem.server.keys import RECONCILER, SETTINGS
from stroem.server.serving import make_runner


async def test_a_workspace_in_the_list_and_alone(server: Any) -> None:
    (workspace,) = await server.get("/api/workspaces")
    assert await server.get("/api/workspaces/main") == workspace
    assert workspace.pop("checked_at").endswith("Z")
    assert workspace.pop("looks") >= 1
    assert workspace.pop("next_at").endswith("Z")
    conditions = {one.pop("type"): one for one in workspace.pop("conditions")}
    assert {name: (one["status"], one["reason"]) for name, one in conditions.items()} == {
        "Ready": (True, "Current"),
        "Reconciling": (False, "Idle"),
        "Stalled": (False, "No"),
    }
    assert workspace.pop("revision") == workspace.pop("observed_revision")
    assert workspace.pop("released_at").endswith("Z")
    problems = workspace.pop("problems")
    assert [(problem["code"], problem["path"], problem["severity"]) for problem in problems] == [
        ("no-effect", "mcp_servers", "warning"),
    ]
    assert [line.split(": ", 1)[1] for line in workspace.pop("warnings")] == [problems[0]["message"]]
    assert workspace == {
        "name": "main",
        "tasks_count": 2,
        "actions_count": 2,
        "triggers_count": 2,
        "connections_count": 2,
        "release": 1,
        "origin": str(server.folder),
        "source_type": "folder",
        "ref": None,
        "settings_ref": None,
        "failures": 0,
    }


async def test_a_broken_revision_does_not_replace_the_last_good_one(server: Any) -> None:
    (before,) = await server.get("/api/workspaces")
    (server.folder / ".workflows" / "broken.yaml").write_text("tasks:\n  broken:\n    flow: {a: {action: nil}}\n")
    async with server.http.post("/api/workspaces/main/refresh") as response:
        assert response.status == 200
        answer = await response.json()
    assert (answer["workspace"], answer["refreshed"]) == ("main", True)
    assert answer["revision"] == before["revision"]
    (after,) = await server.get("/api/workspaces")
    assert after["observed_revision"] != after["revision"] == before["revision"]
    assert answer["error"] == after["error"]
    assert after["tasks_count"] == 2
    (problem,) = (one for one in after["problems"] if one["severity"] == "error")
    assert (problem["file"], problem["line"], problem["severity"]) == (".workflows/broken.yaml", 3, "error")
    assert "nil" in problem["message"]
    await server.start_job()


async def test_a_refresh_sees_what_is_new_but_not_every_second(server: Any) -> None:
    (server.folder / "new.txt").write_text("new")
    (before,) = await server.get("/api/workspaces")
    async with server.http.post("/api/workspaces/main/refresh") as response:
        assert (await response.json())["revision"] != before["revision"]
    async with server.http.post("/api/workspaces/main/refresh") as response:
        assert response.status == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 5
        assert "again in" in (await response.json())["error"]


def test_refreshes_are_five_seconds_apart() -> None:
    now = 100.0
    cooldown = RefreshCooldown(lambda: now)
    with cooldown.acquire("a"), pytest.raises(TooManyRequests), cooldown.acquire("a"):
        pass
    with cooldown.acquire("b"):
        pass
    now = 104.9
    with pytest.raises(TooManyRequests) as refused, cooldown.acquire("a"):
        pass
    assert refused.value.facts["retry_after"] == 1
    now = 105.0
    with cooldown.acquire("a"):
        pass


class TestRestart:
    async def test_the_last_good_release_is_there_although_the_folder_is_broken(self, server: Any) -> None:
        (server.folder / ".workflows" / "main.yaml").write_text("tasks: [")
        await server.runner.cleanup()
        app = build_app(server.app[SETTINGS], load_plugins())
        runner = make_runner(app)
        await runner.setup()
        try:
            await app[RECONCILER].pipeline.reconcile("main")
            live = app[RECONCILER].catalog.get("main")
            assert live is not None
            assert live.definitions is not None
            assert set(live.definitions.tasks) == {"hello", "sync"}
            assert live.status.error is not None
        finally:
            await runner.cleanup()
