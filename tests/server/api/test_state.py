"""Snapshots of state through the API: upload, list, show, compare, download, roll back."""

import io
import tarfile
from typing import Any

import pytest

from tests.server.archives import archive
from tests.server.conftest import Running

TASK = "/api/workspaces/main/tasks/hello/state"
GLOBAL = "/api/workspaces/main/state"


async def upload(server: Running, path: str, body: bytes | io.BytesIO = b"", status: int = 201, **query: str) -> Any:
    """The answer to an upload."""
    async with server.http.post(path, params=query, data=body) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def download(server: Running, path: str) -> dict[str, str]:
    """The files of an archive."""
    async with server.http.get(path) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "application/gzip"
        with tarfile.open(fileobj=io.BytesIO(await response.read()), mode="r:gz") as found:
            return {one.name: (found.extractfile(one) or io.BytesIO()).read().decode() for one in found}


@pytest.mark.parametrize("path", [TASK, GLOBAL])
async def test_an_upload_is_a_snapshot_with_a_completed_job(server: Running, path: str) -> None:
    made = await upload(server, path, archive(notes__txt="hi"), cursor="17", mode="replace")
    assert made.keys() == {"snapshot_id", "job_id", "number"}
    (item,) = (await server.get(path))["items"]
    assert (item["snapshot_id"], item["number"], item["has_json"]) == (made["snapshot_id"], 1, True)
    assert await download(server, f"{path}/1/archive") == {"./state.json": '{"cursor":"17"}\n', "./notes.txt": "hi"}
    job = await server.get(f"/api/jobs/{made['job_id']}")
    assert (job["status"], job["source_type"], job["source_id"], job["steps"]) == ("completed", "upload", None, [])
    assert job["task_name"] == ("hello" if path == TASK else "_global_state")
    assert job["output"] == {"snapshot_id": made["snapshot_id"]}
    assert job["input"] == {
        "upload": {
            "size_bytes": item["size_bytes"],
            "sha256": item["sha256"],
            "has_json": True,
            "uploaded_by": None,
            "mode": "replace",
        }
    }
    assert (await server.get("/api/stats"))["completed"] == 1


async def test_a_merge_keeps_what_is_not_uploaded(server: Running) -> None:
    await upload(server, TASK, archive(a="1", b="1"), x="1", y="1")
    await upload(server, TASK, archive(b="2", c="2"), mode="merge", y="2")
    assert await download(server, f"{TASK}/2/archive") == {
        "./state.json": '{"x":"1","y":"2"}\n',
        "./a": "1",
        "./b": "2",
        "./c": "2",
    }
    await upload(server, TASK, archive(d="3"))
    assert await download(server, f"{TASK}/3/archive") == {"./d": "3"}
    await upload(server, TASK, mode="merge", z="4")
    assert await download(server, f"{TASK}/4/archive") == {"./state.json": '{"z":"4"}\n', "./d": "3"}


async def test_two_snapshots_are_compared(server: Running) -> None:
    await upload(server, TASK, archive(a="1", b="1"), x="1", y="1")
    await upload(server, TASK, archive(b="22", c="2"), y="2", z="s3cr3t-value")
    found = await server.get(f"{TASK}/compare", old=1, new=2)
    assert found == {
        "old": 1,
        "new": 2,
        "values": [
            {"path": ["x"], "change": "removed", "old": "1"},
            {"path": ["y"], "change": "changed", "old": "1", "new": "2"},
            {"path": ["z"], "change": "added", "new": "••••••"},
        ],
        "files": [
            {"path": "a", "change": "removed", "old_size": 1},
            {"path": "b", "change": "changed", "old_size": 1, "new_size": 2},
            {"path": "c", "change": "added", "new_size": 1},
        ],
    }


async def test_a_snapshot_is_shown_without_secrets(server: Running) -> None:
    await upload(server, TASK, archive(a="1"), key="has s3cr3t-value in it")
    found = await server.get(f"{TASK}/1")
    assert found["json"] == {"key": "has •••••• in it"}
    assert [(one["path"], one["size_bytes"]) for one in found["files"]] == [("a", 1), ("state.json", 33)]


async def test_a_rollback_is_a_new_snapshot_that_equals_the_old_one(server: Running) -> None:
    await upload(server, TASK, archive(a="1"), x="1")
    await upload(server, TASK, x="2")
    async with server.http.post(f"{TASK}/rollback", json={"snapshot": 1, "by": "ada", "reason": "wrong"}) as response:
        assert response.status == 201, await response.text()
        made = await response.json()
    first, _, third = reversed((await server.get(TASK))["items"])
    assert (third["number"], third["sha256"], third["made_by"]) == (3, first["sha256"], "ada")
    job = await server.get(f"/api/jobs/{made['job_id']}")
    record = job["input"]["upload"]
    assert (record["mode"], record["rollback_of"], record["reason"]) == ("rollback", 1, "wrong")
    assert job["source_id"] == "ada"
    async with server.http.post(f"{TASK}/rollback", json={"snapshot": 9}) as response:
        assert response.status == 404


async def test_old_snapshots_are_pruned(server: Running) -> None:
    for number in range(7):
        await upload(server, TASK, x=str(number))
    assert [item["number"] for item in (await server.get(TASK))["items"]] == [7, 6, 5, 4, 3]
    async with server.http.get(f"{TASK}/2") as response:
        assert response.status == 404


def unsafe(**fields: Any) -> bytes:
    """An archive with one member of these fields."""
    file = io.BytesIO()
    member = tarfile.TarInfo("x")
    for name, value in fields.items():
        setattr(member, name, value)
    with tarfile.open(fileobj=file, mode="w:gz") as writer:
        writer.addfile(member)
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"no archive", "damaged"),
        (archive(state__json="{}"), "state.json"),
        (unsafe(name="/etc/passwd"), "leads out"),
        (unsafe(name="a/../../b"), "leads out"),
        (unsafe(type=tarfile.SYMTYPE, linkname="/etc/passwd"), "link"),
        (unsafe(type=tarfile.SYMTYPE, linkname="a/../../b"), "link"),
        (unsafe(type=tarfile.CHRTYPE), "neither"),
        (unsafe(name="\udcff"), "not UTF-8"),
        (unsafe(type=tarfile.LNKTYPE, linkname="y"), "neither"),
        (archive(a="x" * 51 * 1024 * 1024), "more than 52,428,800 bytes"),
    ],
    ids=["bytes", "state.json", "absolute", "above", "link", "link above", "device", "name", "hard link", "large"],
)
async def test_an_archive_that_is_not_allowed_is_refused(server: Running, body: bytes, text: str) -> None:
    answer = await upload(server, TASK, body, 400)
    assert text in answer["error"]
    assert (await server.get(TASK))["items"] == []


async def test_a_large_body_is_refused(server: Running) -> None:
    await upload(server, TASK, io.BytesIO(bytes(50 * 1024 * 1024 + 1)), 413)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (TASK, {"mode": "add", "x": "1"}, 400),
        (TASK, {}, 400),
        ("/api/workspaces/main/tasks/nothing/state", {"x": "1"}, 404),
        ("/api/workspaces/nothing/state", {"x": "1"}, 404),
    ],
)
async def test_a_wrong_upload_is_refused(server: Running, path: str, query: dict[str, str], status: int) -> None:
    answer = await upload(server, path, b"", status, **query)
    assert answer["error"]
