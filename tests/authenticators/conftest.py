"""An authenticator of OpenID Connect that has discovered its provider."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stroem.authenticators.oidc.oidc import Oidc
from stroem.interfaces.authenticator import Callback, ExternalIdentity, SignInRefused
from tests.support.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, fake_provider

BACK = "https://stroem.example/api/auth/oidc/corp/callback"


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with fake_provider() as found:
        yield found


@pytest.fixture
async def oidc(provider: FakeProvider) -> AsyncIterator[Oidc]:
    made = Oidc(issuer_url=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    assert await made._discover()
    yield made
    await made.close()


async def finish(oidc: Oidc, provider: FakeProvider, **more: Any) -> ExternalIdentity:
    """The person who has gone to the provider and come back."""
    there = await oidc.begin(BACK, "a-state")
    back = urlsplit(provider.authorize(there.url, **more))
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    return await oidc.finish(Callback(query=query, redirect_uri=BACK, memory=there.memory))


async def refused(oidc: Oidc, provider: FakeProvider) -> str:
    """The reason for which a sign-in is refused."""
    with pytest.raises(SignInRefused) as caught:
        await finish(oidc, provider)
    return str(caught.value)
