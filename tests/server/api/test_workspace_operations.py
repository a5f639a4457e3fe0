"""What people do to workspaces at run time, over HTTP."""

from pathlib import Path
from typing import Any

from stroem.server.keys import RECONCILER

BROKEN = "tasks:\n  broken:\n    flow: {a: {action: nil}}\n"


async def post(server: Any, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
    async with server.http.post(f"/api/workspaces/main/{path}", json=body) as response:
        answer: dict[str, Any] = await response.json()
        assert response.status == status, answer
        return answer


async def reconcile(server: Any) -> dict[str, Any]:
    """A look without the five seconds' pause that the route has."""
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    found: dict[str, Any] = await server.get("/api/workspaces/main")
    return found


def write_task(folder: Path, name: str, script: str = "echo hello") -> None:
    (folder / ".workflows" / f"{name}.yaml").write_text(
        f"tasks:\n  {name}:\n    flow:\n      one: {{type: script, script: {script}}}\n"
    )


def ready(workspace: dict[str, Any]) -> tuple[bool, str]:
    (found,) = [one for one in workspace["conditions"] if one["type"] == "Ready"]
    return found["status"], found["reason"]


async def task_names(server: Any) -> set[str]:
    return {task["id"] for task in await server.get("/api/workspaces/main/tasks")}


async def test_a_suspended_workspace_stays_as_it_is_until_resumed(server: Any) -> None:
    suspended = await post(server, "suspend", by="ada", reason="a migration")
    assert ready(suspended) == (True, "Suspended")
    (override,) = suspended["drift"]
    assert (override["kind"], override["by"], override["reason"]) == ("suspended", "ada", "a migration")
    write_task(server.folder, "later")
    await reconcile(server)
    assert "later" not in await task_names(server)
    resumed = await post(server, "resume", by="ada")
    assert ready(resumed) == (True, "Current")
    assert "drift" not in resumed
    assert "later" in await task_names(server)
    assert "neither suspended" in (await post(server, "resume", status=409))["error"]


async def test_reasons_are_stored_without_secrets(server: Any) -> None:
    reason = "the key is s3cr3t-value, ask Ada"
    await post(server, "suspend", reason=reason)
    await post(server, "triggers/nightly/pause", reason=reason)
    await post(server, "triggers/nightly/fire", reason=reason)
    write_task(server.folder, "later")
    await post(server, "resume")
    await post(server, "rollback", release=1, reason=reason)
    masked = "the key is ••••••, ask Ada"
    overrides = (await server.get("/api/workspaces/main/drift"))["overrides"]
    assert [one["reason"] for one in overrides] == [masked, masked]
    told = [one["message"] for one in (await server.get("/api/workspaces/main/events"))["items"]]
    assert sum(masked in message for message in told) == 4
    assert "s3cr3t-value" not in str(told)


async def test_a_rollback_is_a_new_release_and_ends_following(server: Any) -> None:
    first = await server.get("/api/workspaces/main")
    write_task(server.folder, "later")
    assert (await reconcile(server))["release"] == 2
    back = await post(server, "rollback", release=1, by="ada", reason="it hurts")
    assert (back["release"], back["revision"]) == (3, first["revision"])
    assert ready(back) == (True, "RolledBack")
    assert "later" not in await task_names(server)
    await server.start_job()
    write_task(server.folder, "more")
    assert (await reconcile(server))["release"] == 3
    release = await server.get("/api/workspaces/main/releases/3")
    assert (release["cause"], release["made_by"], release["rollback_of"]) == ("rollback", "ada", 1)
    assert {(one["kind"], one["name"], one["change"]) for one in release["changes"]} == {("task", "later", "removed")}
    resumed = await post(server, "resume")
    assert resumed["release"] == 4
    assert {"later", "more"} <= await task_names(server)
    releases = await server.get("/api/workspaces/main/releases?limit=3")
    assert [one["number"] for one in releases["items"]] == [4, 3, 2]
    rest = await server.get(f"/api/workspaces/main/releases?before={releases['next']}")
    assert ([one["number"] for one in rest["items"]], rest["next"]) == ([1], None)


async def test_a_rollback_to_what_is_not_there_is_refused(server: Any) -> None:
    assert "no longer kept" in (await post(server, "rollback", status=404, release=77))["error"]
    assert "current already" in (await post(server, "rollback", status=409, release=1))["error"]
    assert "release" in (await post(server, "rollback", status=400))["error"]


async def test_a_folder_cannot_be_pinned(server: Any) -> None:
    assert "no branches" in (await post(server, "pin", status=400, ref="v1"))["error"]


async def test_a_paused_trigger_is_drift_that_can_be_dropped(server: Any) -> None:
    name = (await server.get("/api/workspaces/main/triggers"))[0]["name"]
    paused = await post(server, f"triggers/{name}/pause", by="ada")
    assert [(one["kind"], one["name"], one["by"]) for one in paused["drift"]] == [("trigger_paused", name, "ada")]
    shown = {one["name"]: one for one in await server.get("/api/workspaces/main/triggers")}
    assert (shown[name]["enabled"], shown[name]["next_runs"], shown[name]["paused"]["by"]) == (False, [], "ada")
    drift = await server.get("/api/workspaces/main/drift")
    assert [one["name"] for one in drift["overrides"]] == [name]
    dropped = await post(server, "drift/drop", by="ada")
    assert "drift" not in dropped
    assert "nothing is set" in (await post(server, "drift/drop", status=409))["error"]
    shown = {one["name"]: one for one in await server.get("/api/workspaces/main/triggers")}
    assert "paused" not in shown[name]
    assert "not found" in (await post(server, "triggers/none/pause", status=404))["error"]


async def test_what_waits_goes_on_when_somebody_approves_it(server: Any) -> None:
    for path in (server.folder / ".workflows").iterdir():
        path.unlink()
    (server.folder / ".workflows" / "empty.yaml").write_text("tasks: {}\n")
    waiting = await reconcile(server)
    assert waiting["release"] == 1
    assert ready(waiting) == (False, "Waiting")
    assert waiting["waiting"]["reasons"] == ["prune"]
    assert "either" in (await post(server, "approve", status=400))["error"]
    assert "does not wait" in (await post(server, "approve", status=409, revision="0000"))["error"]
    approved = await post(server, "approve", by="ada", revision=waiting["waiting"]["revision"])
    assert (approved["release"], approved["tasks_count"]) == (2, 0)
    assert "waiting" not in approved
    made = await server.get("/api/workspaces/main/releases/2")
    assert (made["cause"], made["made_by"]) == ("approval", "ada")


async def test_nobody_steers_a_workspace_that_is_not_there(server: Any) -> None:
    for path in ("suspend", "resume", "reconcile", "drift/drop"):
        async with server.http.post(f"/api/workspaces/nowhere/{path}", json={}) as response:
            assert response.status == 404
