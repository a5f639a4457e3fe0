"""Answers before the first look at a workspace is over."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from stroem.server.keys import RECONCILER

NEEDS_A_RELEASE = (
    ("GET", "/api/workspaces/slow/tasks"),
    ("GET", "/api/workspaces/slow/tasks/hello"),
    ("GET", "/api/workspaces/slow/triggers"),
    ("POST", "/api/workspaces/slow/tasks/hello/execute"),
    ("POST", "/api/workspaces/slow/triggers/nightly/pause"),
)


@contextlib.contextmanager
def silent_workspace() -> Iterator[str]:
    """The settings of a workspace whose git server takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"{{type: git, url: 'http://127.0.0.1:{silent.getsockname()[1]}/flows.git', timeout_secs: 30}}"


class TestLoading:
    @pytest.fixture
    def overrides(self) -> Iterator[dict[str, str]]:
        """A workspace whose git server takes connections and says nothing."""
        with silent_workspace() as slow:
            yield {
                "STROEM__WORKSPACES__SLOW": slow,
                "STROEM__WORKSPACES__BROKEN": "{type: folder, path: /there/is/nothing}",
            }

    async def test_what_needs_a_release_waits_for_it(self, server: Any) -> None:
        await server.app[RECONCILER].pipeline.reconcile("broken")
        for method, path in NEEDS_A_RELEASE:
            async with server.http.request(method, path, json={} if method == "POST" else None) as response:
                assert response.status == 503, path
                assert response.headers["Retry-After"] == "1"
                assert "is being loaded" in (await response.json())["error"]
        conditions = {one["type"]: one for one in (await server.get("/api/workspaces/slow"))["conditions"]}
        assert conditions["Ready"]["reason"] == "NotLooked"
        assert conditions["Reconciling"]["message"] == "It is being loaded"
        async with server.http.get("/healthz/ready") as response:
            assert response.status == 503
            assert await response.json() == {"status": "starting", "loading": 1}
        assert {task["workspace"] for task in await server.get("/api/tasks")} == {"main"}
        async with server.http.get("/api/workspaces/broken/tasks/hello") as response:
            assert response.status == 404, "a source that cannot be had is not being loaded"

    class TestBounded:
        @pytest.fixture
        def overrides(self) -> Iterator[dict[str, str]]:
            with silent_workspace() as slow:
                yield {"STROEM__WORKSPACES__SLOW": slow, "STROEM__READY_WITHIN_SECS": "0.000001"}

        async def test_a_source_that_hangs_delays_readiness_only_so_long(self, server: Any) -> None:
            assert await server.get("/healthz/ready") == {"status": "ready", "loading": 1}


async def test_a_server_whose_workspaces_are_loaded_is_ready(server: Any) -> None:
    assert await server.get("/healthz/ready") == {"status": "ready", "loading": 0}
