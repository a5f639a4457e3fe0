"""Web pages of other origins, and hosts that are not this server's."""

import json
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from stroem.errors import SettingsError
from stroem.settings.loader import server_settings

EVIL = "https://evil.example"
EXECUTE = "/api/workspaces/main/tasks/hello/execute"
BODY = json.dumps({"input": {"name": "Ada"}})
AS_JSON = {"Content-Type": "application/json"}


async def status_of(server: Any, method: str, path: str, headers: dict[str, str], data: str | None = None) -> int:
    async with server.http.request(method, path, headers=headers, data=data) as response:
        if response.status == 403 and method != "HEAD":
            assert (await response.json())["code"] == "forbidden"
        return int(response.status)


async def jobs_of(server: Any) -> int:
    return int((await server.get("/api/jobs"))["total"])


class TestOrigins:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": EVIL},
            {"Origin": "null"},
            {"Origin": ""},
            {"Origin": "http://localhost:1"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "Cross-Site"},
            {"Origin": EVIL, "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
        ],
    )
    async def test_a_foreign_page_changes_nothing(self, server: Any, headers: dict[str, str]) -> None:
        assert await status_of(server, "POST", EXECUTE, {**AS_JSON, **headers}, BODY) == 403
        for method, path in (
            ("POST", "/api/workspaces/main/refresh"),
            ("POST", "/hooks/_source/none"),
            ("POST", "/worker/register"),
            ("PUT", "/api/jobs"),
            ("GET", "/api/workspaces/main/tasks/hello/options?field=name"),
            ("OPTIONS", "/api/jobs"),
        ):
            assert await status_of(server, method, path, headers) == 403, (method, path)
        assert await jobs_of(server) == 0

    async def test_the_error_names_the_setting(self, server: Any) -> None:
        async with server.http.post(EXECUTE, headers={"Origin": EVIL}, json={}) as response:
            assert (await response.json())["error"].startswith(f"A web page of {EVIL} may not do this.")
            error = (await response.json())["error"]
        assert "`allowed_origins`" in error
        assert "(needs a restart of the server)" in error

    @pytest.mark.parametrize("path", ["/api/events/stream", "/api/jobs/{job}/logs/stream"])
    async def test_a_foreign_page_opens_no_websocket(self, server: Any, path: str) -> None:
        url = path.format(job=await server.start_job())
        for headers in ({"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await server.http.ws_connect(url, headers=headers)
            assert refused.value.status == 403
        for fine in ({}, {"Origin": server.url}):
            async with server.http.ws_connect(url, headers=fine):
                pass

    async def test_the_servers_own_pages_and_other_programs_work(self, server: Any) -> None:
        for headers in (
            {},
            {"Origin": server.url, "Sec-Fetch-Site": "same-origin"},
            {"Origin": server.url.upper()},
            {"Sec-Fetch-Site": "none"},
        ):
            assert await status_of(server, "POST", EXECUTE, {**AS_JSON, **headers}, BODY) == 200, headers

    async def test_a_foreign_page_may_send_a_read_but_not_see_its_answer(self, server: Any) -> None:
        for method in ("GET", "HEAD"):
            async with server.http.request(method, "/api/jobs", headers={"Origin": EVIL}) as response:
                assert response.status == 200
                assert not [name for name in response.headers if name.startswith("Access-Control-")]
                assert response.headers["Vary"] == "Origin"

    async def test_a_foreign_page_is_told_by_the_preflight(self, server: Any) -> None:
        asked = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
        async with server.http.options("/api/jobs", headers=asked) as response:
            assert response.status == 403
            assert not [name for name in response.headers if name.startswith("Access-Control-")]


class TestAllowedOrigins:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {
            "STROEM__ALLOWED_ORIGINS": '["https://ui.example.org/", "http://localhost:5173"]',
            "STROEM__PUBLIC_URL": "https://stroem.example.org/app",
        }

    @pytest.mark.parametrize(
        "origin",
        ["https://ui.example.org", "HTTPS://UI.example.org:443", "http://localhost:5173", "https://stroem.example.org"],
    )
    async def test_listed_pages_may_call(self, server: Any, origin: str) -> None:
        headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        async with server.http.options(
            EXECUTE, headers={**headers, "Access-Control-Request-Method": "POST"}
        ) as response:
            assert response.status == 200
            assert response.headers["Access-Control-Allow-Origin"] == origin
            assert "POST" in response.headers["Access-Control-Allow-Methods"]
            assert "content-type" in response.headers["Access-Control-Allow-Headers"]
        async with server.http.post(EXECUTE, headers={**headers, **AS_JSON}, data=BODY) as response:
            assert response.status == 200
            assert response.headers["Access-Control-Allow-Origin"] == origin
        async with server.http.get("/api/nothing", headers=headers) as response:
            assert response.headers["Access-Control-Allow-Origin"] == origin
            assert "Access-Control-Allow-Credentials" not in response.headers
        async with server.http.ws_connect("/api/events/stream", headers=headers):
            pass

    @pytest.mark.parametrize(
        "origin", ["http://ui.example.org", "https://ui.example.org:8443", "https://x.ui.example.org"]
    )
    async def test_their_neighbours_may_not(self, server: Any, origin: str) -> None:
        assert await status_of(server, "POST", EXECUTE, {**AS_JSON, "Origin": origin}, BODY) == 403

    async def test_the_public_name_is_a_host(self, server: Any) -> None:
        assert await status_of(server, "GET", "/api/jobs", {"Host": "stroem.example.org"}) == 200


class TestHosts:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {"STROEM__ALLOWED_HOSTS": '["Server", "*.lan.example", "10.1.2.3"]'}

    FOREIGN = (
        "evil.example|evil.example:8080|localhost.evil.example|127.0.0.1.evil.example|lan.example|192.0.2.7|"
        "user@localhost|localhost:1@evil.example|local host|[::2]|server.evil.example|"
    )
    OWN = (
        "localhost|LOCALHOST:1234|localhost.|127.0.0.1|127.9.9.9:80|[::1]:8080|"
        "server:8080|SERVER.|a.lan.example|10.1.2.3:9"
    )

    async def test_other_hosts_are_refused(self, server: Any) -> None:
        for host in self.FOREIGN.split("|"):
            for method, path in (("GET", "/api/jobs"), ("HEAD", "/api/jobs"), ("GET", "/"), ("POST", EXECUTE)):
                headers = {"Host": host, "X-Forwarded-Host": "localhost"}
                assert await status_of(server, method, path, headers) == 403, (method, path, host)

    async def test_own_hosts_are_served(self, server: Any) -> None:
        for host in self.OWN.split("|"):
            assert await status_of(server, "GET", "/api/jobs", {"Host": host}) == 200, host
            assert await status_of(server, "POST", EXECUTE, {"Host": host, **AS_JSON}, BODY) == 200, host

    async def test_the_error_names_the_host_and_the_setting(self, server: Any) -> None:
        async with server.http.get("/api/jobs", headers={"Host": "stroem:8080"}) as response:
            error = (await response.json())["error"]
        assert "'stroem'" in error
        assert "`allowed_hosts`" in error
        assert "(needs a restart of the server)" in error

    async def test_two_hosts_are_refused(self, server: Any) -> None:
        headers = [("Host", urlsplit(server.url).netloc), ("Host", "evil.example")]
        async with server.http.get("/api/jobs", headers=headers) as response:
            assert response.status in (400, 403)

    async def test_routes_that_ask_for_more_than_a_host(self, server: Any) -> None:
        headers = {"Host": "evil.example"}
        assert await status_of(server, "GET", "/healthz", headers) == 200
        assert await status_of(server, "POST", "/hooks/_source/none", headers) == 404
        for path, status in (("/api/jobs", 200), ("/worker/workspace/main.tar.gz", 200)):
            async with server.worker.get(path, headers=headers) as response:
                assert response.status == status
        headers["Authorization"] = "Bearer not-the-token"
        assert await status_of(server, "GET", "/api/jobs", headers) == 403

    async def test_a_foreign_host_makes_no_page_the_servers_own(self, server: Any) -> None:
        headers = {"Host": "evil.example", "Origin": "http://evil.example"}
        assert await status_of(server, "POST", "/hooks/_source/none", headers) == 403


class TestAnyHost:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {"STROEM__ALLOWED_HOSTS": '["*"]'}

    async def test_every_host_is_served(self, server: Any) -> None:
        assert await status_of(server, "GET", "/api/jobs", {"Host": "anything.example"}) == 200
        assert await status_of(server, "GET", "/api/jobs", {"Host": "any thing"}) == 403


class TestContentType:
    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    @pytest.mark.parametrize("path", [EXECUTE, "/api/workspaces/main/refresh", "/api/jobs/none/cancel"])
    async def test_a_web_form_is_no_request(self, server: Any, path: str, kind: str) -> None:
        assert await status_of(server, "POST", path, {"Content-Type": kind}, BODY) in (400, 415)
        assert await jobs_of(server) == 0

    async def test_no_body_needs_no_type(self, server: Any) -> None:
        assert await status_of(server, "POST", "/api/workspaces/main/refresh", {}) == 200


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("allowed_hosts", ["http://x"]),
        ("allowed_hosts", ["x:8080"]),
        ("allowed_hosts", [""]),
        ("allowed_hosts", ["a*b"]),
        ("allowed_origins", ["*"]),
        ("allowed_origins", ["null"]),
        ("allowed_origins", ["ui.example.org"]),
        ("allowed_origins", ["https://ui.example.org/app"]),
        ("public_url", "stroem.example.org"),
        ("public_url", "ftp://stroem.example.org"),
    ],
)
def test_settings_that_would_never_match(key: str, value: object) -> None:
    data = {
        "listen": ":0",
        "db": {"url": "postgresql:///x"},
        "worker_token": "t" * 32,
        "log_storage": {"local_dir": "/nowhere"},
        key: value,
    }
    with pytest.raises(SettingsError, match=key):
        server_settings(data, {})
