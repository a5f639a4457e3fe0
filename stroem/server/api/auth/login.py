"""Begin, refresh and end of a session."""

import logging
from typing import Any

import attrs
from aiohttp import web

from stroem.accounts.sessions import IssuedTokens, TokenReused
from stroem.errors import NO_SIGN_IN, BadRequest, Unauthorized, Unavailable
from stroem.interfaces.authenticator import (
    PasswordAuthenticator,
    RedirectAuthenticator,
    SignInRefused,
    SignInUnavailable,
)
from stroem.registry.providers import Provider
from stroem.server.api.auth.common import COOKIE, accounts_of, base_url, client_of, signed_in, signed_out
from stroem.server.http.audit.recording import leave_out, note, note_refusal
from stroem.server.http.requests import body_value, check_json_type, parsed
from stroem.server.keys import ACCOUNTS, SETTINGS

_LONGEST = 320
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Credentials:
    """An e-mail address and a password."""

    email: str
    password: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class RefreshBody:
    """A refresh token, for clients without cookies."""

    refresh_token: str | None = attrs.field(default=None, repr=False)


async def login(request: web.Request, body: Credentials) -> web.Response:
    """Signs a person in by password. The refresh token is in the cookie `stroem_refresh`."""
    if ACCOUNTS not in request.app:
        raise BadRequest(message=NO_SIGN_IN)
    accounts, client, sign_in = accounts_of(request), client_of(request), request.app[SETTINGS].sign_in
    has_own = sign_in is not None and sign_in.has_passwords
    if not has_own and not accounts.providers.of_passwords:
        raise BadRequest(message="Nobody signs in by password here")
    note(request, object=("user", body.email.strip().lower()[:_LONGEST]))
    try:
        if not has_own:
            await accounts.sign_in.take_try(body.email, client)
            raise Unauthorized(message="Invalid email or password")
        account = await accounts.sign_in.check_password(body.email, body.password, client)
    except Unauthorized:
        for provider in accounts.providers.of_passwords:
            if (tokens := await _by_provider(request, provider, body)) is not None:
                return signed_in(request, tokens)
        raise
    note(request, actor=("user", account.name))
    return signed_in(request, await accounts.sign_in.begin(account, body.password, client))


async def refresh(request: web.Request, body: bytes) -> web.Response:
    """Gives new tokens for the refresh token in the cookie or the body, which is used up.

    A refresh token that comes a second time, later than half a minute after the first, ends its session.
    """
    token = _refresh_token(request, body)
    if not token:
        raise Unauthorized(message="No refresh token provided")
    leave_out(request)
    try:
        return signed_in(request, await accounts_of(request).sessions.refresh(token, client_of(request)))
    except TokenReused as error:
        note(request, object=("user", str(error.facts["name"])))
        raise


async def logout(request: web.Request, body: bytes) -> web.Response:
    """Ends the session of the refresh token in the cookie or the body, if there is one.

    One that has begun by a provider is answered with the address at which the browser ends it there too, if it can.
    """
    token = _refresh_token(request, body)
    account = await request.app[ACCOUNTS].sessions.owner(token) if ACCOUNTS in request.app and token else None
    if account is None or token is None:
        leave_out(request)  # nothing ends: who is not signed in must not fill the record
        return signed_out(request)
    note(request, actor=("user", account.name), object=("user", account.name))
    origin = await request.app[ACCOUNTS].sessions.end_by_token(token)
    provider = request.app[ACCOUNTS].providers.find(origin.provider) if origin is not None else None
    if provider is None or origin is None or not isinstance(provider.authenticator, RedirectAuthenticator):
        return signed_out(request)
    back = f"{base_url(request)}/login"
    return signed_out(request, provider.authenticator.logout_url(back, origin.logout_hint))


async def _by_provider(request: web.Request, provider: Provider, body: Credentials) -> IssuedTokens | None:
    """The tokens of a person whose password a provider knows; None if it is wrong."""
    assert isinstance(provider.authenticator, PasswordAuthenticator)
    try:
        identity = await provider.authenticator.check(body.email, body.password)
    except SignInUnavailable as error:
        _log.warning("the provider %s cannot check passwords: %s", provider.id, error)
        raise Unavailable(message=f"{provider.display_name} cannot be reached now. Try it again later.") from None
    if identity is None:
        return None

    def tell(name: str, facts: dict[str, Any]) -> None:
        note(request, actor=("user", name), object=("user", name), after=facts)

    try:
        return await accounts_of(request).provider_sign_in.begin(provider, identity, client_of(request), tell)
    except SignInRefused as error:
        note_refusal(request, 401, str(error))
        raise Unauthorized(message="Invalid email or password") from None


def _refresh_token(request: web.Request, body: bytes) -> str | None:
    """The token in the body, if there is a body with one, else that in the cookie."""
    if body:
        check_json_type(request)
        if token := body_value(parsed(body), RefreshBody).refresh_token:
            return token
    return request.cookies.get(COOKIE)
