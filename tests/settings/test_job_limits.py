"""Limits of jobs in the settings of a server."""

from typing import Any

import pytest

from stroem.definitions.limit import Limit, Rate
from stroem.errors import SettingsError
from stroem.settings.loader import server_settings

VALID: dict[str, Any] = {
    "listen": "127.0.0.1:0",
    "db": {"url": "postgresql:///x"},
    "worker_token": "x" * 32,
    "log_storage": {"local_dir": "/tmp/x"},
}


def test_a_limit_is_a_number_or_a_mapping() -> None:
    given = {"gpu": 2, "mail": {"rate": "100 per 1h"}, "api": {"max": 4, "rate": "10 per minute"}}
    settings = server_settings({**VALID, "job_limits": given}, {})
    assert {name: one.limit for name, one in settings.job_limits.items()} == {
        "gpu": Limit(max=2),
        "mail": Limit(rate=Rate(starts=100, secs=3600)),
        "api": Limit(max=4, rate=Rate(starts=10, secs=60)),
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"a.b": 1}, "job_limits.a.b"),
        ({"a": {}}, "job_limits.a"),
        ({"a": 0}, "job_limits.a.max"),
        ({"a": {"rate": "often"}}, "job_limits.a.rate"),
        ({"a": {"most": 1}}, "job_limits.a"),
    ],
)
def test_a_mistake_names_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingsError) as caught:
        server_settings({**VALID, "job_limits": given}, {})
    assert all(one.field.startswith(field) for one in caught.value.fields)
