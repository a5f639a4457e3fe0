"""What requests about accounts share: the services, the client, and the cookie of a session."""

from typing import Literal
from urllib.parse import urlsplit

import attrs
from aiohttp import hdrs, web

from stroem.accounts.authenticator import Identity
from stroem.accounts.services import Accounts
from stroem.accounts.sessions import IssuedTokens
from stroem.conversion.unstructure import ABSENT
from stroem.errors import NO_SIGN_IN, Forbidden, Unauthorized
from stroem.records.principal import Principal
from stroem.server.http.actor import IDENTITY
from stroem.server.http.client_address import client_address
from stroem.server.http.responses import json_response
from stroem.server.keys import ACCOUNTS, SETTINGS
from stroem.store.accounts.sessions import SESSION_DAYS, Client

COOKIE = "stroem_refresh"
_COOKIE_PATH = "/api/auth"
_SECS = SESSION_DAYS * 24 * 3600


@attrs.frozen(kw_only=True)
class Done:
    """It was done."""

    status: Literal["ok"] = "ok"


@attrs.frozen(kw_only=True)
class SignedOut:
    """The session has ended. At `logout_url`, a browser ends that of the provider as well, and comes back."""

    status: Literal["ok"] = "ok"
    logout_url: str | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class Access:
    """A token for requests, good for fifteen minutes; the cookie of the answer gets the next one."""

    access_token: str


def accounts_of(request: web.Request) -> Accounts:
    """The services of accounts. Raises `Unauthorized` when nobody signs in."""
    if ACCOUNTS not in request.app:
        raise Unauthorized(message=NO_SIGN_IN)
    return request.app[ACCOUNTS]


def identity_of(request: web.Request) -> Identity:
    """Who has signed in. Raises `Unauthorized`."""
    if IDENTITY not in request:
        raise Unauthorized(message=NO_SIGN_IN)
    return request[IDENTITY]


def check_no_key(request: web.Request) -> Identity:
    """Who has signed in. Raises `Forbidden` for an API key, `Unauthorized`."""
    found = identity_of(request)
    if found.principal.key is not None:
        raise Forbidden(message="An API key may not do this; sign in by password")
    return found


def manager_of(request: web.Request) -> Principal:
    """Who changes accounts. Raises `Forbidden` for an API key with bounds, which could give more than it has."""
    principal = identity_of(request).principal
    if principal.key is not None and principal.key.is_bounded:
        raise Forbidden(message="An API key that expires or is narrowed may not change accounts")
    return principal


def client_of(request: web.Request) -> Client:
    """Where the request comes from."""
    return Client(address=client_address(request).text, user_agent=request.headers.get(hdrs.USER_AGENT, ""))


def signed_in(request: web.Request, tokens: IssuedTokens) -> web.Response:
    """The answer that gives the tokens of a session."""
    answer = json_response(Access(access_token=tokens.access_token), Access)
    answer.headers[hdrs.CACHE_CONTROL] = "no-store"
    keep_session(request, answer, tokens)
    return answer


def keep_session(request: web.Request, answer: web.Response, tokens: IssuedTokens) -> None:
    """Adds the cookie of a session to an answer."""
    answer.set_cookie(
        COOKIE,
        tokens.refresh_token,
        max_age=_SECS,
        path=_COOKIE_PATH,
        httponly=True,
        samesite="Strict",
        secure=is_https(request),
    )


def signed_out(request: web.Request, logout_url: str | None = None) -> web.Response:
    """The answer that takes the cookie away."""
    answer = json_response(SignedOut(logout_url=logout_url), SignedOut)
    answer.del_cookie(COOKIE, path=_COOKIE_PATH, httponly=True, samesite="Strict", secure=is_https(request))
    return answer


def base_url(request: web.Request) -> str:
    """The address of this server in browsers: as it is set, else as the request has it."""
    settings = request.app[SETTINGS]
    own = settings.auth.base_url if settings.auth is not None else None
    return (own or settings.public_url or str(request.url.origin())).rstrip("/")


def is_https(request: web.Request) -> bool:
    """Whether browsers use this server by TLS, as far as that is set."""
    return any(urlsplit(url).scheme == "https" for url in request.app[SETTINGS].browser_urls)
