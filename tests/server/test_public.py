"""What a client sees before anything else: configuration, health, plugins, and other origins."""

import importlib.metadata
from typing import Any

import pytest

from stroem.server.keys import CORE, LOOPS


async def test_configuration_without_sign_in(server: Any) -> None:
    assert await server.get("/api/config") == {
        "auth_required": False,
        "acl_enabled": False,
        "oidc_providers": [],
        "has_internal_auth": False,
        "version": importlib.metadata.version("stroem"),
    }


async def test_plugins(server: Any) -> None:
    plugins = {plugin["name"]: plugin for plugin in await server.get("/api/plugins")}
    assert "stroem_sources" in plugins["folder"]["hooks"]
    assert plugins["folder"]["distribution"] == "stroem-folder"
    assert plugins["shell"]["error"] is None


class TestHealth:
    async def test_a_server_that_is_well(self, server: Any) -> None:
        assert await server.get("/healthz") == {"status": "ok", "db": "ok"}
        async with server.worker.get("/healthz/detail") as response:
            assert response.status == 200
            assert await response.json() == {
                "status": "ok",
                "checks": {
                    "db": "ok",
                    "leader": True,
                    "scheduler": "follower",
                    "recovery": "ok",
                    "event_source": "follower",
                },
            }
        async with server.http.head("/healthz") as response:
            assert response.status == 200

    async def test_a_server_without_a_database(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(self: object) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(type(server.app[CORE].database), "read", refuse)
        async with server.http.get("/healthz") as response:
            assert response.status == 503
            assert await response.json() == {"status": "unhealthy", "db": "error"}
        async with server.worker.get("/healthz/detail") as response:
            assert response.status == 503
            assert (await response.json())["status"] == "unhealthy"

    async def test_a_server_whose_loops_ended(self, server: Any) -> None:
        server.app[LOOPS].cancel()
        async with server.worker.get("/healthz/detail") as response:
            body = await response.json()
        assert (response.status, body["status"], body["checks"]["recovery"]) == (503, "degraded", "stopped")


class TestOtherOrigins:
    PREFLIGHT = {  # noqa: RUF012
        "Origin": "https://other.example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    async def test_everybody_may_ask_an_open_server(self, server: Any) -> None:
        async with server.http.options("/api/jobs", headers=self.PREFLIGHT) as response:
            assert response.status == 200
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["Access-Control-Allow-Methods"] == "*"
            assert response.headers["Access-Control-Allow-Headers"] == "*"
        for path in ("/api/jobs", "/api/nothing"):
            async with server.http.get(path, headers={"Origin": "https://x.org"}) as response:
                assert response.headers["Access-Control-Allow-Origin"] == "*"
        async with server.http.get("/api/jobs") as response:
            assert "Access-Control-Allow-Origin" not in response.headers


class TestOneOrigin:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {
            "STROEM__AUTH__BASE_URL": "https://stroem.example.org/",
            "STROEM__AUTH__JWT_SECRET": "j" * 32,
            "STROEM__AUTH__PROVIDERS": '{"corp": {"provider_type": "oidc"}}',
        }

    async def test_only_the_servers_own_pages_may_ask(self, server: Any) -> None:
        async with server.http.options("/api/jobs", headers=TestOtherOrigins.PREFLIGHT) as response:
            headers = response.headers
        assert headers["Access-Control-Allow-Origin"] == "https://stroem.example.org"
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE, OPTIONS"
        assert headers["Access-Control-Allow-Headers"] == "authorization, content-type, accept"
        assert headers["Vary"] == "Origin"

    async def test_how_to_sign_in(self, server: Any) -> None:
        config = await server.get("/api/config")
        assert config["auth_required"] is True
        assert config["has_internal_auth"] is False
        assert config["oidc_providers"] == [{"id": "corp", "display_name": "corp"}]
