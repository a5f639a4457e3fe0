"""Downloads of artifacts: they stay in their folder, and are what they should be, whatever the server says."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from stroem.cli.client.artifacts import download_artifact
from stroem.cli.client.client import Client
from stroem.cli.output.errors import Refused
from stroem.cli.program.options import Address
from tests.support.listening import listening

CONTENT = b"content"


async def downloaded(output: Path, name: str, sha256: str = hashlib.sha256(CONTENT).hexdigest()) -> None:
    """Downloads the artifact of a server that sends the same content for each name."""

    async def send(_: web.Request) -> web.Response:
        return web.Response(body=CONTENT)

    app = web.Application()
    app.router.add_get("/api/jobs/{job}/artifacts/{name:.+}", send)
    artifact: dict[str, Any] = {"name": name, "sha256": sha256}
    async with listening(web.AppRunner(app)) as url, Client(Address(url)) as client:
        await download_artifact(client, "job", artifact, output)


async def test_folders_in_names_are_made(tmp_path: Path) -> None:
    await downloaded(tmp_path / "out", "a/b c.txt")
    assert (tmp_path / "out" / "a" / "b c.txt").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "out" / "a").iterdir()] == ["b c.txt"]


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "a\\b", ""])
async def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="is not written"):
        await downloaded(tmp_path / "out", name)
    assert list(tmp_path.rglob("*")) == []


async def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="a link leads out"):
        await downloaded(tmp_path / "out", "a/b/c")
    assert list((tmp_path / "elsewhere").iterdir()) == []


async def test_what_is_not_the_digest_is_removed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="arrived damaged"):
        await downloaded(tmp_path, "a", "0" * 64)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(Refused, match="cannot be written"):
        await downloaded(tmp_path, "a/b")
