"""Checks of edits over HTTP: problems, plan and patch, and nothing stored."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER
from tests.server.conftest import WORKFLOWS

MAIN = ".workflows/main.yaml"


async def check(server: Any, files: dict[str, str | None], status: int = 200, **more: str) -> Any:
    async with server.http.post("/api/workspaces/main/check", json={"files": files, **more}) as response:
        answer = await response.json()
        assert response.status == status, answer
        return answer


async def shown(server: Any, path: str = MAIN) -> str:
    """The text as an editor has it."""
    text: str = (await server.get(f"/api/workspaces/main/releases/current/files/{path}"))["text"]
    return text


def apply(folder: Path, patch: str) -> None:
    done = subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, f"{done.stderr.decode()}\n{patch}"


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "with space.sh").write_text("echo\n")
    (folder / "with space.sh").chmod(0o755)
    (folder / "empty").write_text("")
    return folder


async def test_an_edit_has_a_plan_and_a_patch(server: Any) -> None:
    text = (await shown(server)).replace("30 2 * * *", "30 3 * * *").replace("Greets somebody twice.", "Greets.")
    found = await check(
        server, {MAIN: text, "with space.sh": "echo hello\nexit", "new/ünd.txt": "ü\n", "empty": None, "also": ""}
    )
    plan = found["plan"]
    assert (found["release"], plan["valid"], found["not_in_patch"]) == (1, True, [])
    assert {(one["kind"], one["name"]) for one in plan["changes"]} == {("trigger", "nightly"), ("task", "hello")}
    assert [one["trigger"] for one in plan["fires"]] == ["nightly"]
    assert {one["path"]: one["change"] for one in plan["files"]} == {
        MAIN: "changed", "with space.sh": "changed", "new/ünd.txt": "added", "empty": "removed", "also": "added",
    }  # fmt: skip
    assert "pa55word" not in str(found)
    assert "s3cr3t" not in str(found)
    apply(server.folder, found["patch"])
    wanted = WORKFLOWS.replace("30 2 * * *", "30 3 * * *").replace("Greets somebody twice.", "Greets.")
    assert (server.folder / MAIN).read_text() == wanted
    assert (server.folder / "with space.sh").read_text() == "echo hello\nexit"
    assert (server.folder / "new" / "ünd.txt").read_text() == "ü\n"
    assert (server.folder / "also").read_text() == ""
    assert not (server.folder / "empty").exists()


async def test_a_patch_has_no_stored_secret_in_any_line(server: Any) -> None:
    (server.folder / "keys.sh").write_text("one\nKEY=s3cr3t-value\ntwo\nthree\n")
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    near = (await shown(server, "keys.sh")).replace("three", "four")
    files = {"keys.sh": near, "typed.sh": "echo s3cr3t-value\n", "plain.sh": "echo\n"}
    found = await check(server, files)
    assert found["not_in_patch"] == [{"path": "typed.sh", "reason": "an added line holds a secret"}]
    assert "s3cr3t-value" not in str(found)
    apply(server.folder, found["patch"])
    assert (server.folder / "keys.sh").read_text() == "one\nKEY=s3cr3t-value\ntwo\nfour\n"
    assert (server.folder / "plain.sh").read_text() == "echo\n"
    gone = await check(server, {"keys.sh": None})
    assert (gone["patch"], len(gone["not_in_patch"])) == ("", 1)


async def test_nothing_is_stored(server: Any) -> None:
    before = await server.get("/api/workspaces/main")
    await check(server, {"new.sh": "echo\n", ".workflows/new.yaml": "tasks: ["})
    after = await server.get("/api/workspaces/main")
    assert {**after, "looks": 0, "next_at": ""} == {**before, "looks": 0, "next_at": ""}
    assert (await server.get("/api/workspaces/main/releases"))["items"][0]["number"] == 1
    assert await shown(server) == await shown(server)


async def test_mistakes_are_told_with_their_lines(server: Any) -> None:
    text = "tasks:\n  other:\n    flow:\n      one: {action: greeet}\n"
    plan = (await check(server, {".workflows/other.yaml": text}))["plan"]
    assert plan["valid"] is False
    (problem,) = (one for one in plan["problems"] if one["severity"] == "error")
    assert (problem["file"], problem["line"], problem["code"]) == (".workflows/other.yaml", 4, "unknown-action")
    assert "greet" in problem["hint"]
    (excerpt,) = (one for one in plan["excerpts"] if plan["problems"][one["problem"]] == problem)
    assert excerpt["lines"][excerpt["line"] - excerpt["first_line"]][excerpt["column"] - 1 :] == "greeet}"


async def test_a_removed_task_file_is_a_plan_of_removals(server: Any) -> None:
    found = await check(server, {MAIN: None})
    assert {one["change"] for one in found["plan"]["changes"]} == {"removed"}
    assert found["not_in_patch"] == [{"path": MAIN, "reason": "a line that holds a secret is changed or removed"}]
    assert found["patch"] == ""
    assert "pa55word" not in str(found)


@pytest.mark.parametrize(
    "path", ["../up", "/etc/passwd", "a//b", ".git/config", "a/.GIT/x", "a\nb", '"', "", "_libraries/x/y", "x" * 1001]
)
async def test_paths_that_lead_elsewhere_are_refused(server: Any, path: str) -> None:
    await check(server, {path: "x"}, status=400)


async def test_what_cannot_be_is_refused(server: Any) -> None:
    await check(server, {MAIN + "/below": "x"}, status=400)
    await check(server, {"nowhere": None}, status=404)
    await check(server, {f"{number}": "x" for number in range(201)}, status=400)
    large = io.BytesIO(json.dumps({"files": {"large": "x" * (1024 * 1024 + 1)}}).encode())
    headers = {"Content-Type": "application/json"}
    async with server.http.post("/api/workspaces/main/check", data=large, headers=headers) as response:
        assert response.status == 400
        assert "1 MiB" in (await response.json())["error"]
    assert (await check(server, {}))["plan"]["changed"] is False


async def test_a_revision_with_mistakes_can_be_mended(server: Any) -> None:
    text = "tasks:\n  other:\n    flow:\n      one: {action: greeet}\n"
    broken = server.folder / ".workflows" / "broken.yaml"
    broken.write_text(text)
    (server.folder / "new.sh").write_text("echo\n")
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    untouched = await check(server, {}, base="newest")
    assert (untouched["release"], untouched["plan"]["valid"], untouched["patch"]) == (None, False, "")
    mended = text.replace("greeet", "greet")
    found = await check(server, {".workflows/broken.yaml": mended}, base="newest")
    assert (found["release"], found["plan"]["valid"]) == (None, True)
    assert {one["path"]: one["change"] for one in found["plan"]["files"]} == {
        ".workflows/broken.yaml": "added", "new.sh": "added",
    }  # fmt: skip
    apply(server.folder, found["patch"])
    assert broken.read_text() == mended
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    assert (await server.get("/api/workspaces/main"))["release"] == 2


async def test_an_older_release_can_be_edited(server: Any) -> None:
    (server.folder / "new.sh").write_text("echo\n")
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    assert (await check(server, {"new.sh": None}))["release"] == 2
    found = await check(server, {"empty": "full\n"}, base="1")
    assert found["release"] == 1
    assert {one["path"]: one["change"] for one in found["plan"]["files"]} == {"empty": "changed", "new.sh": "removed"}
    await check(server, {}, status=404, base="3")
    await check(server, {}, status=400, base="main")
