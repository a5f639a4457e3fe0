"""The authenticators of every server under the published suites, and one of passwords as plugins have it."""

import hmac
from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from stroem.authenticators.oidc.oidc import Oidc
from stroem.authenticators.proxy import Proxy
from stroem.interfaces.authenticator import ExternalIdentity, PasswordAuthenticator, Redirect, SignInRequest
from stroem.testing.authenticator_conformance import PasswordConformance, RedirectConformance, RequestConformance
from stroem.testing.event_sink_conformance import CLOSED_URL
from tests.support.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider


class TestOidc(RedirectConformance):
    credential = CLIENT_SECRET

    @pytest.fixture(autouse=True)
    def _use_provider(self, provider: FakeProvider) -> None:
        self.provider = provider

    def make(self) -> Oidc:
        return Oidc(issuer_url=self.provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)

    def make_unreachable(self) -> Oidc:
        return Oidc(issuer_url=CLOSED_URL, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)

    async def answer(self, there: Redirect) -> Mapping[str, str]:
        back = self.provider.authorize(there.url)
        return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


class TestProxy(RequestConformance):
    def make(self) -> Proxy:
        return Proxy(addresses=("192.0.2.0/28", "2001:db8::1"), groups_header="X-Groups")

    def request(self) -> SignInRequest:
        headers = {"x-forwarded-user": "ada", "x-forwarded-email": "ada@example.org", "x-groups": "ops, dev,"}
        return SignInRequest(headers=headers, peer="192.0.2.7")

    def foreign(self) -> Iterator[SignInRequest]:
        headers = dict(self.request().headers)
        for peer in ("192.0.2.16", "127.0.0.1", "::1", "2001:db8::2", "", "nonsense"):
            claimed = {"x-forwarded-for": "192.0.2.7", "forwarded": "for=192.0.2.7", "x-real-ip": "192.0.2.7"}
            yield SignInRequest(headers={**headers, **claimed}, peer=peer)
        for wrong in ("eve, ada", "a\0b", "x" * 1000, ""):
            yield SignInRequest(headers={**headers, "x-forwarded-user": wrong}, peer="192.0.2.7")

    async def test_what_the_headers_say(self) -> None:
        found = await self.make().identify(self.request())
        assert found == ExternalIdentity(
            issuer="", subject="ada", email="ada@example.org", is_email_verified=True, groups=("ops", "dev")
        )

    @pytest.mark.parametrize("peer", ["2001:db8::1", "::ffff:192.0.2.7"])
    async def test_other_spellings_of_its_addresses(self, peer: str) -> None:
        assert await self.make().identify(attrs.evolve(self.request(), peer=peer)) is not None

    async def test_without_a_header_for_groups_it_knows_none(self) -> None:
        found = await Proxy(addresses=("192.0.2.7",)).identify(self.request())
        assert found is not None
        assert found.groups is None


@attrs.frozen(kw_only=True)
class Directory(PasswordAuthenticator):
    """One person with a password."""

    name: ClassVar[str] = "directory"
    password: str = attrs.field(repr=False)

    async def check(self, name: str, password: str) -> ExternalIdentity | None:
        matches = hmac.compare_digest(password.encode(errors="replace"), self.password.encode())
        if name != "ada" or not matches:
            return None
        return ExternalIdentity(issuer="", subject=name, email="ada@example.org", is_email_verified=True)


class TestDirectory(PasswordConformance):
    credential = "the-password-of-ada"
    known = ("ada", "the-password-of-ada")

    def make(self) -> Directory:
        return Directory(password=self.credential)
