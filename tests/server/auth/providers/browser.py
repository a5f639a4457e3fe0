"""A browser that signs in by a provider, step by step."""

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import attrs

from stroem.server.http.audit.recording import AUDIT
from stroem.server.keys import ACCOUNTS
from tests.server.auth.conftest import Person
from tests.support.oidc.fake_provider import FakeProvider
from tests.support.wait import eventually

STATE_COOKIE = "stroem_oidc_state"


@attrs.define
class Browser:
    """A browser that follows no redirect by itself."""

    server: Any
    cookies: dict[str, str] = attrs.Factory(dict)
    answer: Any = None

    async def open(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and Location of an answer; its cookies are kept."""
        url = path if path.startswith("http") else f"{self.server.url}{path}"
        own = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        async with self.server.http.get(url, headers=own, allow_redirects=False) as response:
            for name, morsel in response.cookies.items():
                self.cookies[name] = morsel.value
            self.answer = response
            return response.status, response.headers.get("Location", "")


async def go_out(server: Any, next: str = "/") -> tuple[Browser, str]:
    """A browser that has begun to sign in, and the address of the provider's page."""
    browser = Browser(server)
    corp = server.app[ACCOUNTS].providers.get("corp")
    await eventually(lambda: corp.authenticator.problem is None, "the provider has been discovered")
    status, there = await browser.open(f"/api/auth/oidc/corp?next={quote(next)}")
    assert status == 302, there
    return browser, there


async def sign_in(server: Any, provider: FakeProvider, next: str = "/") -> dict[str, str]:
    """The values that the page of sign-in gets at the end."""
    browser, there = await go_out(server, next)
    return await come_back(browser, provider.authorize(there))


async def come_back(browser: Browser, back: str) -> dict[str, str]:
    """The values that the page of sign-in gets at the end."""
    status, page = await browser.open(back)
    parts = urlsplit(page)
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", "/login/callback")
    values = {name: found[0] for name, found in parse_qs(parts.fragment).items()}
    assert status == (303 if "error" in values else 302)
    assert browser.cookies[STATE_COOKIE] == ""
    assert ("stroem_refresh" in browser.cookies) == ("access_token" in values)
    return values


async def signed_in(server: Any, provider: FakeProvider) -> Person:
    """The person of the provider, signed in."""
    values = await sign_in(server, provider)
    assert "access_token" in values, values
    return Person(server=server, email=provider.claims["email"], token=values["access_token"])


async def refused(server: Any, provider: FakeProvider, ada: Person) -> str:
    """The reason in the audit log of a sign-in that is refused."""
    values = await sign_in(server, provider)
    assert "access_token" not in values
    assert "An administrator finds the reason in the audit log." in values["error"]
    return await reason(server, ada)


async def reason(server: Any, ada: Person) -> str:
    """The reason of the last sign-in that was refused or failed."""
    await server.app[AUDIT].flush()
    rows = (await ada.get("/api/audit?verb=auth.login&limit=50"))["items"]
    return str(next(row["reason"] for row in rows if row["outcome"] != "ok"))
