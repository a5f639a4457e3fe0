"""A server where people sign in by a provider too."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.server.auth.conftest import EMAIL, PASSWORD, SECRET
from tests.support.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, fake_provider


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with fake_provider() as found:
        yield found


@pytest.fixture
def options() -> dict[str, Any]:
    """More settings of the provider."""
    return {}


@pytest.fixture
def overrides(provider: FakeProvider, options: dict[str, Any]) -> dict[str, str]:
    corp = {
        "provider_type": "oidc",
        "display_name": "Corp",
        "issuer_url": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **options,
    }
    return {
        "STROEM__AUTH__JWT_SECRET": SECRET,
        "STROEM__AUTH__INITIAL_USER__EMAIL": EMAIL,
        "STROEM__AUTH__INITIAL_USER__PASSWORD": PASSWORD,
        "STROEM__AUTH__PROVIDERS": json.dumps({"corp": corp, "internal": {"provider_type": "internal"}}),
    }
