"""The files of a workspace over HTTP: whole, in ranges, not again, and for as long as a job needs them."""

import gzip
import io
import tarfile
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from stroem.store.statement import execute

PATH = "/worker/workspace/main.tar.gz"


@pytest.fixture
async def whole(server: Any) -> bytes:
    async with server.worker.get(PATH) as response:
        assert response.headers["Accept-Ranges"] == "bytes"
        return await response.read()


async def etag(server: Any) -> str:
    async with server.worker.head(PATH) as response:
        return response.headers["ETag"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-", 10, None),
        ("bytes=5-20", 5, 21),
        ("bytes=-7", -7, None),
        ("bytes=3-999999999", 3, None),
        ("bytes=-999999999", 0, None),
    ],
)
async def test_a_range_of_the_bytes(server: Any, whole: bytes, asked: str, start: int, end: int | None) -> None:
    async with server.worker.get(PATH, headers={"Range": asked}) as response:
        part = await response.read()
        assert (response.status, part) == (206, whole[start:end])
        first = start if start >= 0 else len(whole) + start
        assert response.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
        assert response.headers["Content-Length"] == str(len(part))
        assert response.headers["ETag"] == await etag(server)


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=5-2", "bytes=-", "lines=0-1", "bytes=x-", "0-1"])
async def test_what_is_no_single_range_gives_the_whole(server: Any, whole: bytes, asked: str) -> None:
    async with server.worker.get(PATH, headers={"Range": asked}) as response:
        assert (response.status, await response.read()) == (200, whole)


@pytest.mark.parametrize("start", [0, 1, 10**15])
async def test_behind_the_end_there_is_nothing(server: Any, whole: bytes, start: int) -> None:
    async with server.worker.get(PATH, headers={"Range": f"bytes={len(whole) + start}-"}) as response:
        assert response.status == 416
        assert response.headers["Content-Range"] == f"bytes */{len(whole)}"


async def test_the_rest_of_something_else_is_not_given(server: Any, whole: bytes) -> None:
    asked = {"Range": "bytes=4-"}
    for condition in ('"other"', f"W/{await etag(server)}", "Wed, 21 Oct 2026 07:28:00 GMT"):
        async with server.worker.get(PATH, headers={**asked, "If-Range": condition}) as response:
            assert (response.status, await response.read()) == (200, whole)
    async with server.worker.get(PATH, headers={**asked, "If-Range": await etag(server)}) as response:
        assert (response.status, await response.read()) == (206, whole[4:])


async def test_the_head_alone(server: Any, whole: bytes) -> None:
    async with server.worker.head(PATH) as response:
        assert (response.status, await response.read()) == (200, b"")
        assert response.headers["Content-Length"] == str(len(whole))
        assert response.headers["ETag"] == f'"{response.headers["X-Revision"]}"'
    async with server.worker.head(PATH, headers={"If-None-Match": await etag(server)}) as response:
        assert response.status == 304


async def test_a_commit_that_changes_nothing_gives_nothing_to_fetch(server: Any, whole: bytes) -> None:
    """Two releases with the same files, as after a rollback or when another folder of the repository changed."""
    before = await etag(server)
    async with server.app[SERVICES].database.begin() as connection:
        await execute(
            connection,
            """
            INSERT INTO releases (workspace, number, revision, manifest, changes,
                                  tasks_count, actions_count, triggers_count, connections_count)
            SELECT workspace, 99, 'another', manifest, '[]', 1, 1, 0, 0 FROM releases WHERE number = 1
            """,
        )
    for revision in ("another", before.strip('"')):
        headers = {"If-None-Match": before}
        async with server.worker.get(PATH, params={"revision": revision}, headers=headers) as response:
            assert response.status == 304
        async with server.worker.get(PATH, params={"revision": revision}) as response:
            assert await response.read() == whole


async def test_a_job_gets_its_files_whatever_becomes_of_its_workspace(server: Any, plain_worker: Any) -> None:
    """Its release and its workspace go while it runs."""
    await server.start_job()
    (server.folder / "new.txt").write_text("new")
    await server.app[RECONCILER].pipeline.reconcile("main")
    revision = (await plain_worker.claim())["revision"]
    async with server.app[SERVICES].database.begin() as connection:
        await execute(connection, "DELETE FROM releases")
        await execute(connection, "DELETE FROM workspaces WHERE current_release IS NULL")
    async with server.worker.get(PATH, params={"revision": revision}) as response:
        data, digest = await response.read(), response.headers["Digest"]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        assert tar.getnames() == ["./.workflows/main.yaml"]
    async with server.worker.get(PATH, params={"revision": revision}) as response:
        assert response.headers["Digest"] == digest


async def test_two_jobs_of_one_revision_get_what_each_has_pinned(server: Any, plain_worker: Any) -> None:
    """The same commit with another library: the revision stays, the files differ."""
    first = await server.start_job()
    services = server.app[SERVICES]
    live = server.app[RECONCILER].catalog.get("main").release
    (server.folder / "new.txt").write_text("new")
    await server.app[RECONCILER].pipeline.reconcile("main")
    async with services.database.begin() as connection:
        await execute(connection, "UPDATE releases SET revision = %s", (live.revision,))
    second = await server.start_job()
    claims = {claim["job_id"]: claim["revision"] for claim in [await plain_worker.claim(), await plain_worker.claim()]}
    names = []
    for job in (first, second):
        async with server.worker.get(PATH, params={"revision": claims[job]}) as response:
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(await response.read()))) as tar:
                names.append(tar.getnames())
    assert names == [["./.workflows/main.yaml"], ["./.workflows/main.yaml", "./new.txt"]]
