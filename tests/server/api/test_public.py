"""What a client sees before anything else: configuration, health, plugins, and other origins."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from stroem.errors import SettingsError
from stroem.registry.registry import load_plugins
from stroem.server.api import config
from stroem.server.api.rights.live_rights import RIGHTS, LiveRights
from stroem.server.app import build_app
from stroem.server.http import cors
from stroem.server.http.errors import error_middleware
from stroem.server.http.route import Route
from stroem.server.keys import LOOPS, SERVICES, SETTINGS
from stroem.settings.loader import server_settings


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
    (git,) = plugins["git"]["contributions"]
    assert (git["hook"], git["name"]) == ("stroem_sources", "git")
    options = {option.pop("name"): option for option in git["options"]}
    assert options["url"] == {"type": "text", "required": True, "default": None}
    assert options["ref"] == {"type": "text", "required": False, "default": "main"}
    assert options["trusted_keys"]["type"] == "list of text"
    hooks = [(one["hook"], one["name"]) for one in plugins["github"]["contributions"]]
    assert hooks == [("stroem_event_sinks", "github"), ("stroem_push_hooks", "github")]


async def test_every_answer_says_that_it_is_stroems(server: Any) -> None:
    version = importlib.metadata.version("stroem")
    for session, path, status in (
        (server.http, "/healthz", 200),
        (server.http, "/api/jobs", 200),
        (server.http, "/api/jobs/no-id", 400),
        (server.http, "/somewhere/else", 404),
        (server.http, "/healthz/detail", 401),
        (server.http, "/worker/workspace/main.tar.gz", 401),
        (server.worker, "/worker/workspace/main.tar.gz", 200),
    ):
        async with session.get(path) as response:
            assert (response.status, response.headers.get("Stroem-Version")) == (status, version), path
    async with server.http.ws_connect("/api/events/stream") as socket:
        assert socket._response.headers["Stroem-Version"] == version


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

        monkeypatch.setattr(type(server.app[SERVICES].database), "read", refuse)
        async with server.http.get("/healthz") as response:
            assert response.status == 503
            assert await response.json() == {"status": "unhealthy", "db": "error"}
        async with server.worker.get("/healthz/detail") as response:
            assert response.status == 503
            assert (await response.json())["status"] == "unhealthy"

    async def test_a_server_whose_loops_ended(self, server: Any) -> None:
        server.app[LOOPS].cancel()
        await asyncio.wait([server.app[LOOPS]])
        async with server.worker.get("/healthz/detail") as response:
            body = await response.json()
        assert (response.status, body["status"], body["checks"]["recovery"]) == (503, "degraded", "stopped")


SETTINGS_DATA = {
    "listen": "127.0.0.1:0",
    "db": {"url": "postgresql:///x"},
    "worker_token": "t" * 32,
    "log_storage": {"local_dir": "/nowhere"},
    "auth": {
        "base_url": "https://stroem.example.org/",
        "jwt_secret": "j" * 32,
        "providers": {"corp": {"provider_type": "oidc"}},
    },
}

OPEN_DATA = {key: value for key, value in SETTINGS_DATA.items() if key != "auth"}


class TestSignIn:
    @pytest.fixture
    async def client(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Speaks to an application that has settings with sign-in, and no more than it takes to say so."""
        settings = server_settings(SETTINGS_DATA, {})
        app = web.Application(middlewares=[error_middleware, cors.preflight(settings)])
        app[SETTINGS] = settings
        app[RIGHTS] = LiveRights(settings)
        cors.install(app, settings)
        Route(method="GET", path="/api/config", handler=config.get, is_open=True).register(app.router)
        async with TestServer(app) as served, aiohttp.ClientSession(served.make_url("/")) as session:
            yield session

    async def test_only_the_servers_own_pages_may_ask(self, client: aiohttp.ClientSession) -> None:
        async with client.options(
            "/api/jobs",
            headers={"Origin": "https://stroem.example.org", "Access-Control-Request-Method": "POST"},
        ) as response:
            headers = response.headers
        assert headers["Access-Control-Allow-Origin"] == "https://stroem.example.org"
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE, OPTIONS"
        assert headers["Access-Control-Allow-Headers"] == "authorization, content-type, accept"
        assert headers["Vary"] == "Origin"

    async def test_how_to_sign_in(self, client: aiohttp.ClientSession) -> None:
        async with client.get("/api/config") as response:
            found = await response.json()
        assert found["auth_required"] is True
        assert found["has_internal_auth"] is False
        assert found["oidc_providers"] == []  # none has been made yet

    def test_a_server_that_was_meant_to_be_protected_does_not_serve_everybody(self) -> None:
        with pytest.raises(SettingsError, match="issuer_url: is required"):
            build_app(server_settings(SETTINGS_DATA, {}), load_plugins())
        exposed = {**OPEN_DATA, "listen": "0.0.0.0:0"}
        with pytest.raises(SettingsError, match=r"others may reach 0\.0\.0\.0:0 and could do everything"):
            build_app(server_settings(exposed, {}), load_plugins())

    @pytest.mark.parametrize("listen", ["127.0.0.1:0", "127.8.0.9:0", "[::1]:0", "localhost:0"])
    def test_loopback_needs_no_sign_in(self, listen: str) -> None:
        build_app(server_settings({**OPEN_DATA, "listen": listen}, {}), load_plugins())

    def test_a_server_behind_a_proxy_needs_sign_in(self) -> None:
        data = {**OPEN_DATA, "trusted_proxies": ["127.0.0.1"]}
        message = "trusted_proxies: need the section auth, since whoever reaches the proxy could do everything"
        with pytest.raises(SettingsError, match=message):
            build_app(server_settings(data, {}), load_plugins())
        build_app(server_settings({**data, "auth": {"open": True}}, {}), load_plugins())

    def test_a_server_may_be_open_if_it_is_said(self) -> None:
        data = {**SETTINGS_DATA, "auth": {"open": True}, "listen": "0.0.0.0:0"}
        build_app(server_settings(data, {}), load_plugins())

    def test_open_and_sign_in_are_a_mistake(self) -> None:
        data = {**SETTINGS_DATA, "auth": {"open": True, "jwt_secret": "j" * 32}}
        with pytest.raises(SettingsError, match="nobody signs in"):
            server_settings(data, {})


async def test_settings_without_effect_are_named(caplog: pytest.LogCaptureFixture) -> None:
    data = {**OPEN_DATA, "retention": {"job_days": 3}, "mcp": {"enabled": True}}
    build_app(server_settings(data, {}), load_plugins())
    assert "without effect in this version: mcp, retention.job_days; the next version refuses them" in caplog.text
