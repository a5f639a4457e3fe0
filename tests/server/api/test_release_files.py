"""Files of releases over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER

SECRETS = ("s3cr3t-value", "pa55word-of-warehouse", "no-pin-given")


@pytest.fixture
def folder(folder: Path) -> Path:
    """The workspace, with scripts, a link and binary and large files."""
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "load.sh").write_text("psql --password pa55word-of-warehouse\n")
    (scripts / "load.sh").chmod(0o755)
    (scripts / "data.bin").write_bytes(b"\0\xff")
    (scripts / "large.txt").write_text("x" * (1024 * 1024 + 1))
    (scripts / "link.sh").symlink_to("load.sh")
    return folder


async def test_a_release_lists_its_files(server: Any) -> None:
    found = await server.get("/api/workspaces/main/releases/1/files")
    assert found == await server.get("/api/workspaces/main/releases/current/files")
    items = {item.pop("path"): item for item in found["items"]}
    assert list(items) == [
        ".workflows/main.yaml", "scripts/data.bin", "scripts/large.txt", "scripts/link.sh", "scripts/load.sh",
    ]  # fmt: skip
    assert (found["release"], found["total"], found["next"]) == (1, 5, None)
    main = items[".workflows/main.yaml"]
    assert {"kind": "task", "name": "hello", "line": None} in main["definitions"]
    assert {"kind": "trigger", "name": "nightly", "line": None} in main["definitions"]
    assert (items["scripts/load.sh"]["mode"], items["scripts/load.sh"]["definitions"]) == ("0755", [])
    assert (items["scripts/link.sh"]["mode"], items["scripts/link.sh"]["link"]) == (None, "load.sh")


async def test_files_come_in_pages(server: Any) -> None:
    path = "/api/workspaces/main/releases/1/files"
    first = await server.get(path, under="scripts/", limit=3)
    assert ([item["path"] for item in first["items"]], first["total"]) == (
        ["scripts/data.bin", "scripts/large.txt", "scripts/link.sh"],
        4,
    )
    rest = await server.get(path, under="scripts/", limit=3, after=first["next"])
    assert ([item["path"] for item in rest["items"]], rest["next"]) == (["scripts/load.sh"], None)
    assert (await server.get(path, under="nowhere/"))["items"] == []


async def test_texts_have_no_secrets(server: Any) -> None:
    for path in (".workflows/main.yaml", "scripts/load.sh"):
        found = await server.get(f"/api/workspaces/main/releases/current/files/{path}")
        assert (found["content"], found["masked"]) == ("text", True)
        assert [secret for secret in SECRETS if secret in found["text"]] == []
    assert "wh.example.org" in (await server.get("/api/workspaces/main/releases/1/files/.workflows/main.yaml"))["text"]


async def test_an_older_release_hides_what_was_secret_then_and_is_now(server: Any) -> None:
    (server.folder / ".workflows" / "main.yaml").write_text("secrets: {db: {password: another-secret}}\ntasks: {}\n")
    (server.folder / ".workflows" / "more.yaml").write_text(
        "tasks:\n  hello: {flow: {a: {type: script, script: echo}}}\n"
    )
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    assert (await server.get("/api/workspaces/main"))["release"] == 2
    old = await server.get("/api/workspaces/main/releases/1/files/scripts/load.sh")
    assert "pa55word" not in old["text"]
    new = await server.get("/api/workspaces/main/releases/2/files/.workflows/main.yaml")
    assert "another-secret" not in new["text"]


async def test_other_contents_are_told(server: Any) -> None:
    path = "/api/workspaces/main/releases/1/files/scripts/"
    for name, content in (("data.bin", "binary"), ("large.txt", "too_large"), ("link.sh", "link")):
        found = await server.get(path + name)
        assert (found["content"], found["text"]) == (content, None)


@pytest.mark.parametrize(
    "path",
    ["releases/1/files/..%2F..%2Fetc%2Fpasswd", "releases/1/files/%2Fetc%2Fpasswd", "releases/1/files/scripts",
     "releases/1/files/scripts/../scripts/load.sh%2F.", "releases/99/files", "releases/99/files/a"],
)  # fmt: skip
async def test_only_listed_files_are_there(server: Any, path: str) -> None:
    async with server.http.get(f"/api/workspaces/main/{path}") as response:
        assert response.status == 404


async def test_numbers_are_numbers(server: Any) -> None:
    async with server.http.get("/api/workspaces/main/releases/latest/files") as response:
        assert response.status == 400
    async with server.http.get("/api/workspaces/nowhere/releases/current/files") as response:
        assert response.status == 404


async def test_a_file_tells_the_lines_of_its_definitions(server: Any) -> None:
    found = await server.get("/api/workspaces/main/releases/1/files/.workflows/main.yaml")
    lines = found["text"].split("\n")
    places = {(one["kind"], one["name"]): one["line"] for one in found["file"]["definitions"]}
    assert lines[places["task", "hello"] - 1].strip() == "hello:"
    assert lines[places["trigger", "nightly"] - 1].strip().startswith("nightly:")


async def test_a_revision_with_mistakes_shows_its_files(server: Any) -> None:
    newest = "/api/workspaces/main/releases/newest/files"
    assert await server.get(newest) == await server.get("/api/workspaces/main/releases/1/files")
    text = "tasks:\n  other: {flow: {one: {action: greeet}}}\nsecrets:\n  odd: {token: anoth3r-secret}\n"
    (server.folder / ".workflows" / "broken.yaml").write_text(text)
    (server.folder / "use.sh").write_text("curl --token anoth3r-secret\n")
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    found = await server.get(newest)
    assert found["release"] is None
    assert found["revision"] != (await server.get("/api/workspaces/main/releases/1/files"))["revision"]
    assert ".workflows/broken.yaml" in [item["path"] for item in found["items"]]
    broken = await server.get(f"{newest}/.workflows/broken.yaml")
    assert (broken["release"], broken["masked"], "greeet" in broken["text"]) == (None, True, True)
    assert "anoth3r" not in str([broken, await server.get(f"{newest}/use.sh")])
    async with server.http.get(f"{newest}/nowhere") as response:
        assert response.status == 404
