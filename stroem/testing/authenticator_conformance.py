"""Conformance suites of authenticators. A plugin's own tests subclass that of their form and pass.

    class TestBadge(RequestConformance):
        def make(self): return Badge(secret=self.credential)
        def request(self): return SignInRequest(headers={"x-badge": badge_of("ada", self.credential)}, peer="192.0.2.1")
        def foreign(self): yield SignInRequest(headers={"x-badge": "forged"}, peer="192.0.2.1")

pytest-asyncio runs them.
"""

import abc
import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

import attrs
import pytest

from stroem.interfaces.authenticator import (
    Authenticator,
    Callback,
    ExternalIdentity,
    PasswordAuthenticator,
    Redirect,
    RedirectAuthenticator,
    RequestAuthenticator,
    SignInRefused,
    SignInRequest,
    SignInUnavailable,
)
from stroem.testing.bounded import BoundedTests

PATIENCE_SECS = 60
REDIRECT_URI = "https://stroem.example.org/api/auth/oidc/tested/callback"
_POLL_SECS = 0.01
_ODD = ("", " ", "\0", "\ud800", "é", "*", ")(uid=*", "' OR 1=1 --", "x" * 10_000, "../..", "\r\nX: y")

A = TypeVar("A", bound=Authenticator)


async def _ready(made: Authenticator) -> None:
    while made.problem is not None:  # noqa: ASYNC110 - an authenticator tells nobody when it is ready
        await asyncio.sleep(_POLL_SECS)


@pytest.mark.asyncio
class AuthenticatorConformance(BoundedTests, abc.ABC, Generic[A]):
    """Tests of any authenticator."""

    credential: ClassVar[str] = "not-to-be-seen-0123456789"
    """Secrets of the authenticator, which must appear nowhere."""

    @abc.abstractmethod
    def make(self) -> A:
        """The authenticator under test, with a provider that answers."""

    @contextlib.asynccontextmanager
    async def running(self, made: A) -> AsyncIterator[A]:
        """The authenticator once people can sign in; it is closed at the end."""
        work = asyncio.create_task(made.run())
        try:
            async with asyncio.timeout(PATIENCE_SECS):
                await _ready(made)
                yield made
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await made.close()

    async def test_it_names_itself_and_declares_its_options(self) -> None:
        made = self.make()
        assert isinstance(type(made).name, str)
        assert attrs.has(type(made))
        await made.close()

    async def test_it_shows_no_credentials(self) -> None:
        async with self.running(self.make()) as made:
            assert self.credential not in f"{made!r} {made}"

    async def test_it_may_be_closed_unused_and_twice(self) -> None:
        unused = self.make()
        await unused.close()
        async with self.running(self.make()) as made:
            await made.close()


class RedirectConformance(AuthenticatorConformance[RedirectAuthenticator], abc.ABC):
    """Tests of an authenticator that leads a browser to a provider."""

    @abc.abstractmethod
    def make_unreachable(self) -> RedirectAuthenticator:
        """An authenticator whose provider does not answer."""

    @abc.abstractmethod
    async def answer(self, there: Redirect) -> Mapping[str, str]:
        """The query with which the provider leads a person back that has signed in there."""

    async def sign_in(self, made: RedirectAuthenticator, state: str = "a-state") -> ExternalIdentity:
        """The person of a whole sign-in."""
        there = await made.begin(REDIRECT_URI, state)
        query = await self.answer(there)
        assert query.get("state") == state
        return await made.finish(Callback(query=query, redirect_uri=REDIRECT_URI, memory=there.memory))

    async def test_the_address_is_one_of_the_web_and_the_memory_is_small(self) -> None:
        async with self.running(self.make()) as made:
            there = await made.begin(REDIRECT_URI, "a-state")
            assert urlsplit(there.url).scheme in ("http", "https")
            assert self.credential not in there.url
            assert self.credential not in str(dict(there.memory))
            assert all(isinstance(text, str) for pair in there.memory.items() for text in pair)
            assert sum(len(text) for pair in there.memory.items() for text in pair) <= 1000

    async def test_a_person_who_comes_back_is_the_same_each_time(self) -> None:
        async with self.running(self.make()) as made:
            first, second = await self.sign_in(made), await self.sign_in(made, "another-state")
            assert (first.issuer, first.subject) == (second.issuer, second.subject)
            assert first.subject
            assert self.credential not in repr(first)

    async def test_an_answer_to_another_sign_in_is_refused(self) -> None:
        async with self.running(self.make()) as made:
            there, other = await made.begin(REDIRECT_URI, "a-state"), await made.begin(REDIRECT_URI, "a-state")
            query = await self.answer(there)
            with pytest.raises(SignInRefused, match=r"\w+ \w+"):
                await made.finish(Callback(query=query, redirect_uri=REDIRECT_URI, memory=other.memory))

    async def test_an_answer_counts_once(self) -> None:
        async with self.running(self.make()) as made:
            there = await made.begin(REDIRECT_URI, "a-state")
            back = Callback(query=await self.answer(there), redirect_uri=REDIRECT_URI, memory=there.memory)
            await made.finish(back)
            with pytest.raises(SignInRefused, match=r"\w+ \w+"):
                await made.finish(back)

    @pytest.mark.parametrize("query", [{}, {"error": "access_denied"}, *({"code": text} for text in _ODD)])
    async def test_what_is_no_answer_is_refused(self, query: Mapping[str, str]) -> None:
        async with self.running(self.make()) as made:
            there = await made.begin(REDIRECT_URI, "a-state")
            with pytest.raises(SignInRefused) as caught:
                await made.finish(Callback(query=query, redirect_uri=REDIRECT_URI, memory=there.memory))
            assert self.credential not in str(caught.value)

    async def test_without_a_provider_it_says_so(self) -> None:
        made = self.make_unreachable()
        assert made.problem
        with pytest.raises(SignInUnavailable) as caught:
            await made.begin(REDIRECT_URI, "a-state")
        assert self.credential not in str(caught.value)
        await made.close()

    async def test_the_way_out_is_an_address_or_none(self) -> None:
        async with self.running(self.make()) as made:
            for hint in (None, "a-hint"):
                url = made.logout_url("https://stroem.example.org/login", hint)
                assert url is None or urlsplit(url).scheme in ("http", "https")


class RequestConformance(AuthenticatorConformance[RequestAuthenticator], abc.ABC):
    """Tests of an authenticator that finds out by a request who makes it."""

    @abc.abstractmethod
    def request(self) -> SignInRequest:
        """A request of a person whom it knows."""

    @abc.abstractmethod
    def foreign(self) -> Iterator[SignInRequest]:
        """Requests that are forged, one of each kind."""

    async def test_a_person_is_the_same_each_time(self) -> None:
        async with self.running(self.make()) as made:
            first, second = await made.identify(self.request()), await made.identify(self.request())
            assert first is not None
            assert second is not None
            assert (first.issuer, first.subject) == (second.issuer, second.subject)
            assert first.subject

    async def test_a_request_that_names_nobody_is_that_of_nobody(self) -> None:
        async with self.running(self.make()) as made:
            assert await made.identify(attrs.evolve(self.request(), headers={})) is None

    async def test_forged_requests_are_refused(self) -> None:
        async with self.running(self.make()) as made:
            forged = list(self.foreign())
            assert forged
            for request in forged:
                with contextlib.suppress(SignInRefused):
                    assert await made.identify(request) is None, request


class PasswordConformance(AuthenticatorConformance[PasswordAuthenticator], abc.ABC):
    """Tests of an authenticator that checks names and passwords."""

    known: ClassVar[tuple[str, str]]
    """A name and its password."""

    async def test_a_person_is_the_same_each_time(self) -> None:
        async with self.running(self.make()) as made:
            first, second = await made.check(*self.known), await made.check(*self.known)
            assert first is not None
            assert second is not None
            assert (first.issuer, first.subject) == (second.issuer, second.subject)
            assert first.subject

    @pytest.mark.parametrize("password", _ODD)
    async def test_other_passwords_are_wrong(self, password: str) -> None:
        """An empty one too, with which directories let anybody in as nobody."""
        async with self.running(self.make()) as made:
            assert await made.check(self.known[0], password) is None

    @pytest.mark.parametrize("name", _ODD)
    async def test_other_names_are_unknown(self, name: str) -> None:
        async with self.running(self.make()) as made:
            assert await made.check(name, self.known[1]) is None
