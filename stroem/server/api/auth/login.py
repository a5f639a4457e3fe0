"""Begin, refresh and end of a session."""

import attrs
from aiohttp import web

from stroem.accounts.sessions import TokenReused
from stroem.errors import BadRequest, Unauthorized
from stroem.server.api.auth.common import COOKIE, accounts_of, client_of, signed_in, signed_out
from stroem.server.http.audit.recording import leave_out, note
from stroem.server.http.requests import body_value, check_json_type, parsed
from stroem.server.keys import ACCOUNTS, SETTINGS

_LONGEST = 320


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
        raise BadRequest(message="Authentication not configured")
    sign_in = request.app[SETTINGS].sign_in
    if sign_in is None or not sign_in.has_passwords:
        raise BadRequest(message="Nobody signs in by password here")
    note(request, object=("user", body.email.strip().lower()[:_LONGEST]))
    own, client = accounts_of(request).sign_in, client_of(request)
    account = await own.check_password(body.email, body.password, client)
    note(request, actor=("user", account.name))
    return signed_in(request, await own.begin(account, body.password, client))


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
    """Ends the session of the refresh token in the cookie or the body, if there is one."""
    token = _refresh_token(request, body)
    account = await request.app[ACCOUNTS].sessions.owner(token) if ACCOUNTS in request.app and token else None
    if account is None or token is None:
        leave_out(request)  # nothing ends: who is not signed in must not fill the record
        return signed_out(request)
    note(request, actor=("user", account.name), object=("user", account.name))
    await request.app[ACCOUNTS].sessions.end_by_token(token)
    return signed_out(request)


def _refresh_token(request: web.Request, body: bytes) -> str | None:
    """The token in the body, if there is a body with one, else that in the cookie."""
    if body:
        check_json_type(request)
        if token := body_value(parsed(body), RefreshBody).refresh_token:
            return token
    return request.cookies.get(COOKIE)
