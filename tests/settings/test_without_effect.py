"""Warnings for sections without effect."""

from typing import Any

import pytest

from stroem.settings.loader import server_settings, worker_settings
from stroem.settings.without_effect import warn_without_effect

SERVER: dict[str, Any] = {
    "listen": "127.0.0.1:0",
    "db": {"url": "postgresql://localhost/db"},
    "worker_token": "t" * 32,
    "log_storage": {"local_dir": "logs"},
}
WORKER: dict[str, Any] = {
    "server_url": "http://localhost:8080",
    "worker_token": "t" * 32,
    "worker_name": "w",
    "max_concurrent": 1,
    "poll_interval_secs": 1,
    "workspace_cache_dir": "cache",
    "capabilities": ["script"],
}


def test_settings_in_use_give_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    warn_without_effect(server_settings(SERVER, {}))
    warn_without_effect(worker_settings(WORKER, {}))
    assert not caplog.records


def test_one_warning_names_the_sections_of_a_server(caplog: pytest.LogCaptureFixture) -> None:
    unused = {"metrics": {"public": True}, "state_storage": {"prefix": "s"}}
    warn_without_effect(server_settings({**SERVER, **unused}, {}))
    assert caplog.messages == [
        "settings without effect in this version: metrics, state_storage.prefix; the next version refuses them"
    ]


def test_one_warning_names_the_sections_of_a_worker(caplog: pytest.LogCaptureFixture) -> None:
    warn_without_effect(
        worker_settings(
            {**WORKER, "docker": {}, "kubernetes": {"namespace": "n"}, "agents": {"providers": {"p": {"type": "x"}}}},
            {},
        )
    )
    assert caplog.messages == ["settings without effect in this version: agents; the next version refuses them"]
