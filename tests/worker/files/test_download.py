"""A tarball arrives whole over a line that breaks, from servers that can go on in the middle and from others."""

import base64
import hashlib
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from stroem.definitions.backoff import Backoff
from stroem.worker.files import download as tarball_download
from stroem.worker.files.download import TarballDownload
from stroem.worker.files.tarball import DiskFull, TarballTooLarge
from stroem.worker.http.client import Refused, ServerAway, ServerClient
from tests.support.listening import listening, plain_runner

MOST = 5_000_000
DATA = random.Random(1).randbytes(3_000_000)


class BreakingServer:
    """Sends `DATA`, and cuts the connection after so many bytes as `cuts` say."""

    def __init__(self) -> None:
        self.data = DATA
        self.cuts: list[int] = []
        self.asked: list[str | None] = []
        self.knows_ranges = True
        self.digest: Callable[[], bytes] | None = lambda: hashlib.sha256(self.data).digest()
        self.etag = '"one"'
        self.announced: int | None = len(DATA)
        self.total = len(DATA)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        start = 0
        if wanted and self.knows_ranges and request.headers.get("If-Range") == self.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(self.data):
            return web.Response(status=416)
        response = web.StreamResponse(status=206 if start else 200, headers={"ETag": self.etag})
        if self.digest is not None:
            response.headers["Digest"] = f"sha-256={base64.b64encode(self.digest()).decode()}"
        if start:
            response.headers["Content-Range"] = f"bytes {start}-{len(self.data) - 1}/{self.total}"
        if self.announced is None:
            response.enable_chunked_encoding()
        else:
            response.content_length = self.announced - start
        await response.prepare(request)
        if not self.cuts:
            await response.write(self.data[start:])
            return response
        await response.write(self.data[start : start + self.cuts.pop(0)])
        assert request.transport is not None
        request.transport.close()
        return response


@pytest.fixture
async def breaking(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BreakingServer]:
    monkeypatch.setattr(tarball_download, "BACKOFF", Backoff(first_secs=0, longest_secs=0))
    server = BreakingServer()
    app = web.Application()
    app.router.add_get("/tarball", server.answer)
    async with listening(plain_runner(app)) as server.url:
        yield server


@pytest.fixture
def download(breaking: BreakingServer, site: Any, tmp_path: Path) -> Callable[[], Any]:
    async def run() -> bytes:
        settings = site.settings(server_url=breaking.url)
        async with ServerClient(settings) as client:
            await TarballDownload(client, "/tarball", {}, tmp_path / "some.part", MOST).run()
        return (tmp_path / "some.part").read_bytes()

    return run


async def test_it_goes_on_where_it_was(breaking: BreakingServer, download: Any) -> None:
    breaking.cuts = [2_500_000, 300_000]
    assert await download() == DATA
    assert breaking.asked[0] is None
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in breaking.asked[1:]]
    assert len(starts) == 2
    assert 0 < starts[0] <= 2_500_000
    assert starts[0] <= starts[1] < len(DATA)


async def test_a_server_that_does_not_know_ranges_sends_all_again(breaking: BreakingServer, download: Any) -> None:
    breaking.knows_ranges, breaking.digest = False, None
    breaking.cuts = [2_500_000]
    assert await download() == DATA


async def test_when_it_became_something_else_it_is_fetched_anew(breaking: BreakingServer, download: Any) -> None:
    breaking.cuts = [2_500_000]
    original = breaking.answer

    async def change(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Range"):
            breaking.data, breaking.etag = DATA[::-1], '"two"'
        return await original(request)

    breaking.digest = None
    breaking.answer = change  # type: ignore[method-assign]
    assert await download() in (DATA, DATA[::-1])


async def test_parts_of_two_tarballs_are_noticed(breaking: BreakingServer, download: Any) -> None:
    """The server says that it is the same, and it is not."""
    breaking.cuts = [2_500_000]
    breaking.digest = lambda: hashlib.sha256(breaking.data).digest()
    pop = breaking.cuts

    class Changing(list[int]):
        def pop(self, at: int = -1) -> int:
            size = super().pop(at)
            breaking.data = DATA[::-1]
            return size

    breaking.cuts = Changing(pop)
    assert await download() == DATA[::-1]
    assert breaking.asked[-1] is None


async def test_damage_that_does_not_end_is_given_up(breaking: BreakingServer, download: Any) -> None:
    breaking.digest = lambda: b"x" * 32
    with pytest.raises(ServerAway, match="damaged"):
        await download()
    assert len(breaking.asked) == tarball_download.MOST_DAMAGED


async def test_a_line_that_brings_nothing_is_given_up(breaking: BreakingServer, download: Any) -> None:
    breaking.cuts = [2_500_000] + [0] * 20
    with pytest.raises(ServerAway):
        await download()
    assert len(breaking.asked) == 1 + tarball_download.ATTEMPTS


async def test_a_refusal_is_final(breaking: BreakingServer, site: Any, tmp_path: Path) -> None:
    async with ServerClient(site.settings(server_url=breaking.url)) as client:
        with pytest.raises(Refused):
            await TarballDownload(client, "/nothing", {}, tmp_path / "some.part", MOST).run()


async def test_a_tarball_that_is_announced_as_too_large_is_not_begun(
    breaking: BreakingServer, download: Any, tmp_path: Path
) -> None:
    breaking.announced = MOST + 1
    with pytest.raises(TarballTooLarge, match=r"has 5,000,001 bytes, and 5,000,000 are allowed.*workspace_cache_bytes"):
        await download()
    assert (tmp_path / "some.part").stat().st_size == 0
    assert len(breaking.asked) == 1


async def test_a_tarball_without_a_size_is_read_up_to_the_bound(
    breaking: BreakingServer, download: Any, tmp_path: Path
) -> None:
    breaking.announced = None
    assert await download() == DATA
    breaking.data = bytes(4 * MOST)
    with pytest.raises(TarballTooLarge, match="5,000,000 are allowed"):
        await download()
    assert (tmp_path / "some.part").stat().st_size <= MOST


async def test_the_rest_of_a_tarball_is_not_larger_than_was_said(breaking: BreakingServer, download: Any) -> None:
    breaking.cuts = [2_500_000]
    breaking.total = MOST + 1
    with pytest.raises(TarballTooLarge, match="has 5,000,001 bytes"):
        await download()


async def test_a_tarball_for_which_the_disk_has_no_room_is_not_begun(
    breaking: BreakingServer, download: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tarball_download, "SPARE_BYTES", 2**62)  # as little as a full disk has
    with pytest.raises(DiskFull, match="no room"):
        await download()
    assert (tmp_path / "some.part").stat().st_size == 0
