"""Callbacks that are not the answer to the sign-in of this browser."""

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from stroem.accounts.sign_in_states import SignInState
from stroem.server.keys import ACCOUNTS
from tests.server.auth.conftest import Person
from tests.server.auth.providers.browser import STATE_COOKIE, Browser, come_back, go_out, reason
from tests.support.oidc.fake_provider import FakeProvider


class TestStates:
    async def told(self, browser: Browser, back: str, ada: Person) -> str:
        values = await come_back(browser, back)
        assert values["error"].startswith("The sign-in took too long, or began in another browser")
        return await reason(browser.server, ada)

    async def test_another_browser_cannot_finish_it(self, server: Any, provider: FakeProvider, ada: Person) -> None:
        """An attacker's own sign-in, finished in the browser of a victim."""
        _, there = await go_out(server)
        assert "not that of a sign-in" in await self.told(Browser(server), provider.authorize(there), ada)

    async def test_a_sign_in_of_another_tab_does_not_finish_this_one(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        browser, _ = await go_out(server)
        _, other = await go_out(server)
        assert "not that of a sign-in" in await self.told(browser, provider.authorize(other), ada)

    @pytest.mark.parametrize("state", ["", "invented", "\ud800", "é"])
    async def test_another_state_is_refused(self, server: Any, provider: FakeProvider, ada: Person, state: str) -> None:
        browser, there = await go_out(server)
        back = provider.authorize(there, state=quote(state, errors="replace"))
        assert "not that of a sign-in" in await self.told(browser, back, ada)

    async def test_a_callback_counts_once(self, server: Any, provider: FakeProvider, ada: Person) -> None:
        browser, there = await go_out(server)
        back, cookies = provider.authorize(there), dict(browser.cookies)
        assert "access_token" in await come_back(browser, back)
        assert "was used before" in await self.told(Browser(server, cookies), back, ada)

    async def test_a_code_counts_once(self, server: Any, provider: FakeProvider, ada: Person) -> None:
        browser, there = await go_out(server)
        back = provider.authorize(there)
        code = parse_qs(urlsplit(back).query)["code"][0]
        await come_back(browser, back)
        browser, there = await go_out(server)
        values = await come_back(browser, provider.authorize(there, code=code))
        assert "error" in values
        assert "invalid_grant" in await reason(server, ada)

    @pytest.mark.parametrize(
        "cookie", ["", "nonsense", "e30.e30.", "eyJhbGciOiJub25lIn0.eyJzdGF0ZSI6ICJ4In0.", "x" * 3000]
    )
    async def test_an_invented_cookie_is_refused(
        self, server: Any, provider: FakeProvider, ada: Person, cookie: str
    ) -> None:
        browser, there = await go_out(server)
        browser.cookies[STATE_COOKIE] = cookie
        assert "not that of a sign-in" in await self.told(browser, provider.authorize(there), ada)

    async def test_an_access_token_is_no_state_and_a_state_no_access_token(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        browser, there = await go_out(server)
        state = browser.cookies[STATE_COOKIE]
        person = Person(server=server, token=state)
        assert (await person.call("GET", "/api/auth/me"))[0] == 401
        browser.cookies[STATE_COOKIE] = ada.token
        assert "not that of a sign-in" in await self.told(browser, provider.authorize(there), ada)

    async def test_the_state_of_another_provider_is_refused(self, server: Any, provider: FakeProvider) -> None:
        states = server.app[ACCOUNTS].states
        text = states.make(SignInState(provider="other", state="s"))
        assert states.read(text, "corp", "s") is None
        assert states.read(text, "other", "s") is not None

    async def test_the_answer_of_another_issuer_is_refused(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        browser, there = await go_out(server)
        values = await come_back(browser, provider.authorize(there, iss="https://evil.example"))
        assert "error" in values
        assert "comes from another issuer" in await reason(server, ada)

    async def test_what_the_provider_refuses_is_told_without_its_words(
        self, server: Any, provider: FakeProvider, ada: Person
    ) -> None:
        browser, there = await go_out(server)
        back = provider.authorize(there, code="", error="access_denied", error_description="%3Cb%3E+said+no%0A")
        values = await come_back(browser, back)
        assert "<b>" not in values["error"]
        assert "access_denied <b> said no" in await reason(server, ada)
