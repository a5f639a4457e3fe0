"""Sign-in by a provider, which a browser is sent to."""

import logging
import secrets
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import attrs
from aiohttp import hdrs, web

from stroem.accounts.provider_sign_in import AccountRefused
from stroem.accounts.sessions import IssuedTokens
from stroem.accounts.sign_in_states import STATE_SECS, SignInState, local_path
from stroem.errors import Forbidden, NotFound, TooManyRequests
from stroem.interfaces.authenticator import (
    Callback,
    ExternalIdentity,
    RedirectAuthenticator,
    RequestAuthenticator,
    SignInRefused,
    SignInRequest,
    SignInUnavailable,
)
from stroem.registry.providers import Provider
from stroem.server.api.auth.common import accounts_of, base_url, client_of, is_https, keep_session
from stroem.server.http.audit.recording import leave_out, note, note_refusal

T = TypeVar("T")

_log = logging.getLogger(__name__)

STATE_COOKIE = "stroem_oidc_state"
_CALLBACK_PAGE = "/login/callback"
_FETCH_MODE = "Sec-Fetch-Mode"
_REASONS = {
    AccountRefused: "You may not sign in here with {name}. An administrator finds the reason in the audit log.",
    SignInRefused: "The sign-in with {name} did not succeed. An administrator finds the reason in the audit log.",
    SignInUnavailable: "{name} cannot be reached now. Try it again later.",
}
"""What people are told, by the kind of failure; the reason is for administrators."""
_BAD_STATE = "The sign-in took too long, or began in another browser or at another address. Try it once more."


@attrs.frozen(kw_only=True)
class BeginQuery:
    """Where to go on after signing in: a path of this server."""

    next: str = "/"


@attrs.frozen
class _Visit:
    """A request to sign in by a provider, and where it goes on."""

    request: web.Request
    provider: Provider
    next: str = "/"

    def refuse(self, error: Exception) -> web.Response:
        """Leads to the page that tells that the sign-in failed, and records why."""
        kind = next(kind for kind in _REASONS if isinstance(error, kind))
        status = 503 if kind is SignInUnavailable else 401
        return self.fail(_REASONS[kind].format(name=self.provider.display_name), status, str(error))

    def fail(self, told: str, status: int, reason: str) -> web.Response:
        """Leads to the page that tells a failure."""
        note_refusal(self.request, status, reason)
        return self._answer(303, {"error": told})

    def welcome(self, tokens: IssuedTokens) -> web.Response:
        """Leads to the page of what was wanted, with the tokens of the session."""
        answer = self._answer(302, {"access_token": tokens.access_token})
        keep_session(self.request, answer, tokens)
        return answer

    def _answer(self, status: int, values: dict[str, str]) -> web.Response:
        fragment = urlencode(values | ({"next": self.next} if self.next != "/" else {}), quote_via=quote)
        answer = _redirect(f"{_CALLBACK_PAGE}#{fragment}", status)
        answer.del_cookie(STATE_COOKIE, path="/", httponly=True, samesite="Lax", secure=is_https(self.request))
        return answer


async def begin(request: web.Request, provider: str, query: BeginQuery) -> web.Response:
    """Leads the browser to the provider, which leads it back; or begins a session at once, by the request itself."""
    if request.headers.get(_FETCH_MODE, "navigate") != "navigate":
        raise Forbidden(message="A sign-in begins with a page that a browser opens")
    visit = _Visit(request, _browser_provider(request, provider), local_path(query.next))
    try:
        await accounts_of(request).rates.take_of_provider(client_of(request).address)
        authenticator = visit.provider.authenticator
        if isinstance(authenticator, RequestAuthenticator):
            return await _by_request(visit, authenticator)
        leave_out(request)
        assert isinstance(authenticator, RedirectAuthenticator)
        return await _lead_out(visit, authenticator)
    except TooManyRequests as error:
        return visit.fail(str(error), 429, str(error))
    except (SignInRefused, SignInUnavailable) as error:
        return visit.refuse(error)


async def callback(request: web.Request, provider: str) -> web.Response:
    """Begins a session of the person who comes back from the provider. Errors lead to the page of sign-in too."""
    visit = _Visit(request, _browser_provider(request, provider))
    authenticator = visit.provider.authenticator
    if not isinstance(authenticator, RedirectAuthenticator):
        raise NotFound(kind="Provider", name=provider, hint="It does not lead anybody back.")
    accounts = accounts_of(request)
    query = dict(request.query.items())
    state = accounts.states.read(request.cookies.get(STATE_COOKIE, ""), provider, query.get("state", ""))
    try:
        await accounts.rates.take_of_provider(client_of(request).address)
        if state is None or not await accounts.rates.take_state(state.state):
            how = "is not that of a sign-in by this browser" if state is None else "was used before"
            return visit.fail(_BAD_STATE, 401, f"the state {how}")
        visit = attrs.evolve(visit, next=state.next)
        back = Callback(query=query, redirect_uri=_redirect_uri(visit), memory=state.memory)
        identity = await _asked(authenticator.finish(back))
        return await _welcome(visit, identity)
    except TooManyRequests as error:
        return visit.fail(str(error), 429, str(error))
    except (SignInRefused, SignInUnavailable) as error:
        return visit.refuse(error)


async def _lead_out(visit: _Visit, authenticator: RedirectAuthenticator) -> web.Response:
    state = secrets.token_urlsafe(32)
    there = await _asked(authenticator.begin(_redirect_uri(visit), state))
    kept = SignInState(provider=visit.provider.id, state=state, next=visit.next, memory=there.memory)
    answer = _redirect(there.url, 302)
    answer.set_cookie(
        STATE_COOKIE,
        accounts_of(visit.request).states.make(kept),
        max_age=STATE_SECS,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=is_https(visit.request),
    )
    return answer


async def _by_request(visit: _Visit, authenticator: RequestAuthenticator) -> web.Response:
    request = visit.request
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    identity = await _asked(authenticator.identify(SignInRequest(headers=headers, peer=request.remote or "")))
    if identity is None:
        raise SignInRefused("the request names nobody")
    return await _welcome(visit, identity)


async def _welcome(visit: _Visit, identity: ExternalIdentity) -> web.Response:
    request = visit.request
    if identity.email:
        note(request, object=("user", identity.email.strip().lower()))

    def tell(name: str, facts: dict[str, object]) -> None:
        note(request, actor=("user", name), object=("user", name), after=facts)  # type: ignore[arg-type]

    accounts = accounts_of(request)
    return visit.welcome(await accounts.provider_sign_in.begin(visit.provider, identity, client_of(request), tell))


async def _asked(work: Coroutine[Any, Any, T]) -> T:
    """What an authenticator returns. Raises `SignInUnavailable` when it fails in a way that it should not."""
    try:
        return await work
    except (SignInRefused, SignInUnavailable):
        raise
    except Exception as error:
        _log.exception("an authenticator failed")
        raise SignInUnavailable(f"the authenticator failed: {type(error).__name__}") from error


def _browser_provider(request: web.Request, provider_id: str) -> Provider:
    found = accounts_of(request).providers.get(provider_id)
    if not isinstance(found.authenticator, RedirectAuthenticator | RequestAuthenticator):
        raise NotFound(kind="Provider", name=provider_id, hint="It checks passwords: POST /api/auth/login.")
    return found


def _redirect_uri(visit: _Visit) -> str:
    return f"{base_url(visit.request)}/api/auth/oidc/{quote(visit.provider.id)}/callback"


def _redirect(url: str, status: int) -> web.Response:
    return web.Response(
        status=status,
        headers={hdrs.LOCATION: url, hdrs.CACHE_CONTROL: "no-store", "Referrer-Policy": "no-referrer"},
    )
