"""The document of a provider, right and wrong."""

from typing import Any

import pytest

from stroem.authenticators.oidc.discovery import read_document
from stroem.authenticators.oidc.oidc import Oidc
from stroem.authenticators.oidc.web_client import is_safe_url
from stroem.errors import SettingsError
from stroem.interfaces.authenticator import SignInUnavailable
from tests.authenticators.conftest import finish
from tests.support.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider

ISSUER = "https://idp.example"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


def test_a_plain_document() -> None:
    found = read_document(DOCUMENT, f"{ISSUER}/")
    assert found.issuer == ISSUER
    assert found.end_session_endpoint is None
    assert found.takes_basic


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"issuer": "https://evil.example"}, "says that its issuer is"),
        ({"issuer": None}, "says that its issuer is"),
        ({"token_endpoint": None}, "token_endpoint is no address of https"),
        ({"token_endpoint": "http://idp.example/token"}, "token_endpoint"),
        ({"token_endpoint": "http://127.0.0.1/token"}, "token_endpoint"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri"),
        ({"jwks_uri": "http://169.254.169.254/latest/meta-data"}, "jwks_uri"),
        ({"userinfo_endpoint": "gopher://idp.example"}, "userinfo_endpoint"),
        ({"end_session_endpoint": "javascript:alert(1)"}, "end_session_endpoint"),
        ({"authorization_endpoint": "https://idp.example\\@evil.example/"}, "authorization_endpoint"),
        ({"authorization_endpoint": 7}, "authorization_endpoint"),
        ({"response_types_supported": ["id_token"]}, "code flow"),
        ({"response_types_supported": 7}, "code flow"),
    ],
)
def test_a_document_that_is_not_used(change: dict[str, Any], told: str) -> None:
    with pytest.raises(SignInUnavailable, match=told):
        read_document({**DOCUMENT, **change}, ISSUER)


@pytest.mark.parametrize("document", [{"token_endpoint": "http://idp.example/token"}, {"issuer": "http://127.0.0.1:1"}])
async def test_a_provider_on_loopback_stays_there(provider: FakeProvider, document: dict[str, Any]) -> None:
    provider.document = document
    oidc = Oidc(issuer_url=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    assert not await oidc._discover()
    assert oidc.problem
    await oidc.close()


@pytest.mark.parametrize(
    ("url", "https", "loopback"),
    [
        ("https://idp.example", True, True),
        ("https://idp.example:8443/realms/a?x=1", True, True),
        ("http://127.0.0.1:9000", False, True),
        ("http://localhost/x", False, True),
        ("http://[::1]/", False, True),
        ("http://localhost.evil.example", False, False),
        ("http://127.0.0.1.evil.example", False, False),
        ("http://10.0.0.1", False, False),
        ("https://user:password@idp.example", False, False),
        ("https://idp.example/#x", False, False),
        ("https:///x", False, False),
        ("https://idp .example", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_safe_addresses(url: Any, https: bool, loopback: bool) -> None:
    assert is_safe_url(url, loopback=False) is https
    assert is_safe_url(url, loopback=True) is loopback


async def test_a_large_document_is_not_read_to_its_end(provider: FakeProvider) -> None:
    provider.document = {"filler": "x" * 2_000_000}
    oidc = Oidc(issuer_url=provider.issuer, client_id=CLIENT_ID)
    assert not await oidc._discover()
    assert "larger than" in str(oidc.problem)
    await oidc.close()


async def test_the_issuer_in_the_answer_is_required_where_the_provider_gives_it(provider: FakeProvider) -> None:
    provider.document = {"authorization_response_iss_parameter_supported": True}
    oidc = Oidc(issuer_url=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    assert await oidc._discover()
    assert (await finish(oidc, provider, iss=provider.issuer)).subject == "ada-1"
    with pytest.raises(Exception, match="another issuer"):
        await finish(oidc, provider)
    await oidc.close()


@pytest.mark.parametrize(
    "options", [{"scopes": ("a b",)}, {"issuer_url": "https://idp.example?x=1"}, {"issuer_url": "x"}]
)
def test_mistakes_of_options(options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        Oidc(**{"issuer_url": ISSUER, "client_id": "x", **options})
