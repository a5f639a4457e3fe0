"""Comparisons of releases over HTTP, and the schemas for editors."""

from typing import Any

import jsonschema
import pytest
import yaml

from stroem.server.keys import RECONCILER
from tests.server.conftest import WORKFLOWS


@pytest.fixture
async def changed(server: Any) -> Any:
    """The server with a second release: another schedule, secret, script and file."""
    text = WORKFLOWS.replace("30 2 * * *", "30 3 * * *").replace("s3cr3t-value", "s3cr3t-newer")
    (server.folder / ".workflows" / "main.yaml").write_text(text.replace("echo {{", "printf {{"))
    (server.folder / "load.sh").write_text("load --with s3cr3t-newer\nload more\n")
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    return server


async def test_two_releases_are_compared_by_definition_and_file(changed: Any) -> None:
    found = await changed.get("/api/workspaces/main/releases/1/compare/2")
    assert (found["old"]["release"], found["new"]["release"]) == (1, 2)
    assert {(one["kind"], one["name"], one["change"]) for one in found["changes"]} == {
        ("trigger", "nightly", "changed"),
        ("action", "greet", "changed"),
        ("secret", "db", "changed"),
    }
    assert [(one["trigger"], one["change"]) for one in found["fires"]] == [("nightly", "moved")]
    diffs = {one["path"]: one["diff"] for one in found["files"]}
    assert diffs["load.sh"] == ["@@ -0,0 +1,2 @@", "+load --with ••••••", "+load more"]
    assert "-    script: echo {{ input.name }}" in diffs[".workflows/main.yaml"]
    assert "s3cr3t" not in str(found)


async def test_the_way_back_is_the_preview_of_a_rollback(changed: Any) -> None:
    found = await changed.get("/api/workspaces/main/releases/current/compare/1")
    assert (found["old"]["release"], found["new"]["release"]) == (2, 1)
    assert {one["path"]: one["change"] for one in found["files"]}["load.sh"] == "removed"
    assert "s3cr3t" not in str(found)
    assert (await changed.get("/api/workspaces/main/releases/2/compare/current"))["changed"] is False
    async with changed.http.get("/api/workspaces/main/releases/2/compare/9") as response:
        assert response.status == 404


async def test_plans_show_the_lines_of_new_scripts(server: Any) -> None:
    (server.folder / "new.sh").write_text("echo s3cr3t-value\n")
    async with server.http.post("/api/workspaces/main/plan", json={}) as response:
        (file,) = (await response.json())["files"]
    assert file["diff"] == ["@@ -0,0 +1 @@", "+echo ••••••"]


async def test_schemas_take_what_the_server_takes(server: Any) -> None:
    schema = await server.get("/api/schemas/workflow.json")
    jsonschema.validate(yaml.safe_load(WORKFLOWS), schema)
    assert "webhook" in str(schema)
    assert "libraries" in (await server.get("/api/schemas/workspace.json"))["properties"]
