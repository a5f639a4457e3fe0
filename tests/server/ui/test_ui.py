"""The built UI as a browser gets it."""

import gzip
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yarl

INDEX = b'<!doctype html><script type="module" src="/assets/app-Ab12Cd34.js"></script>'
SCRIPT = b"console.log('up')\n" * 50
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PLAIN = {"Accept-Encoding": "identity"}
RESERVED = ("/api", "/api/nothing", "/worker/nothing", "/hooks", "/healthz/nothing")


@pytest.fixture
def ui_folder(ui_folder: Path) -> Path:
    """A UI as the build leaves it."""
    (ui_folder / "assets").mkdir(parents=True)
    (ui_folder / "index.html").write_bytes(INDEX)
    (ui_folder / "theme.js").write_bytes(b"// theme")
    (ui_folder / "assets" / "app-Ab12Cd34.js").write_bytes(SCRIPT)
    (ui_folder / "assets" / "app-Ab12Cd34.js.gz").write_bytes(gzip.compress(SCRIPT))
    (ui_folder / "assets" / "app-Ab12Cd34.js.br").write_bytes(b"brotli")
    (ui_folder.parent / "secret.txt").write_text("secret")
    return ui_folder


@pytest.mark.parametrize("path", ["/", "/index.html", "/jobs/0b5c", "/workspaces/a/tasks/b?tab=runs", "/approvals"])
async def test_pages_are_the_index_with_strict_headers(server: Any, path: str) -> None:
    async with server.http.get(path, headers=HTML) as response:
        assert response.status == 200
        assert await response.read() == INDEX
    assert response.content_type == "text/html"
    assert response.headers["Cache-Control"] == "no-cache"
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"


async def test_the_index_is_confirmed_by_its_tag_and_anew_after_a_build(server: Any, ui_folder: Path) -> None:
    async with server.http.get("/") as response:
        tag = response.headers["ETag"]
    async with server.http.get("/jobs", headers={**HTML, "If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
        assert response.headers["ETag"] == tag
    (ui_folder / "index.html").write_bytes(INDEX.replace(b"Ab12Cd34", b"Ef56Gh78"))
    async with server.http.get("/", headers={"If-None-Match": tag}) as response:
        assert response.status == 200


async def test_assets_are_immutable(server: Any) -> None:
    async with server.http.get("/assets/app-Ab12Cd34.js", headers=PLAIN) as response:
        assert await response.read() == SCRIPT
    assert response.content_type == "text/javascript"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    async with server.http.get("/theme.js") as response:
        assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("deflate, *;q=0", None),
        ("identity", None),
    ],
)
async def test_the_best_accepted_coding_is_sent(server: Any, accepted: str, coding: str | None) -> None:
    head = {"Accept-Encoding": accepted}
    async with (
        aiohttp.ClientSession(server.url, auto_decompress=False) as http,
        http.head("/assets/app-Ab12Cd34.js", headers=head) as response,
    ):
        assert response.headers.get("Content-Encoding") == coding
        assert "Accept-Encoding" in response.headers.getall("Vary")
        assert await response.read() == b""
        sizes = {"br": 6, "gzip": len(gzip.compress(SCRIPT)), None: len(SCRIPT)}
        assert int(response.headers["Content-Length"]) == sizes[coding]


async def not_found(server: Any, path: str, method: str = "GET", headers: Any = HTML) -> None:
    async with server.http.request(method, yarl.URL(path, encoded=True), headers=headers) as response:
        assert (response.status, response.content_type) == (404, "application/json")
        assert method == "HEAD" or (await response.json())["code"] == "not-found"


@pytest.mark.parametrize("path", RESERVED)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_paths_for_programs_never_answer_the_page(server: Any, path: str, method: str) -> None:
    await not_found(server, path, method)


async def test_only_reads_that_accept_html_get_the_page(server: Any) -> None:
    await not_found(server, "/jobs", headers={"Accept": "application/json"})
    await not_found(server, "/jobs", headers={"Accept": "*/*"})
    await not_found(server, "/jobs", "POST")
    await not_found(server, "/", "DELETE")
    await not_found(server, "/assets/app-Old00000.js")
    await not_found(server, "/assets/")
    async with server.http.get("/worker/register", headers=HTML) as response:
        assert response.status == 405


@pytest.mark.parametrize(
    "path",
    ["/..%2fsecret.txt", "/assets/..%2F..%2Fsecret.txt", "/%2e%2e/secret.txt", "/a%00b", "/assets"],
)
async def test_no_path_leads_out_of_the_folder(server: Any, path: str) -> None:
    await not_found(server, path, headers={})


async def test_a_foreign_host_gets_nothing(server: Any) -> None:
    for path in ("/", "/assets/app-Ab12Cd34.js"):
        async with server.http.get(path, headers={**HTML, "Host": "evil.example"}) as response:
            assert response.status == 403
            assert INDEX not in await response.read()


class TestNotBuilt:
    @pytest.fixture
    def ui_folder(self, tmp_path: Path) -> Path:
        return tmp_path / "nothing"

    async def test_a_plain_page_names_the_command(self, server: Any) -> None:
        for path in ("/", "/jobs"):
            async with server.http.get(path, headers=HTML) as response:
                assert response.status == 503
                assert "make ui" in await response.text()
                assert "script" not in await response.text()
        await not_found(server, "/jobs", headers={})
