"""Sign-in of a program by a person who has signed in elsewhere, in the shape of RFC 8628."""

import datetime
import uuid
from urllib.parse import quote

import attrs
from aiohttp import hdrs, web

from stroem.accounts.devices import INTERVAL_SECS, AuthorizationPending, SlowDown
from stroem.errors import Forbidden
from stroem.server.api.auth.common import Access, Done, accounts_of, base_url, check_no_key, client_of
from stroem.server.http.audit.recording import forget, leave_out, note
from stroem.server.http.responses import json_response
from stroem.store.accounts.device_codes import DEVICE_SECS


@attrs.frozen(kw_only=True)
class NewDevice:
    """A program that wants to be let in; `name` is for the person who does."""

    name: str = ""


@attrs.frozen(kw_only=True)
class DeviceStart:
    """Codes of a program: it asks with `device_code`, a person types `user_code` at `verification_uri`.

    `verification_uri_complete` is that page with the code. The codes are good for `expires_in` seconds; the program
    asks every `interval` seconds.
    """

    device_code: str = attrs.field(repr=False)
    user_code: str = attrs.field(repr=False)
    verification_uri: str
    verification_uri_complete: str = attrs.field(repr=False)
    expires_in: int
    interval: int


@attrs.frozen(kw_only=True)
class DevicePoll:
    """The code with which a program asks."""

    device_code: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Device:
    """A program that waits: what it says that it is, where it is, and since when it waits."""

    name: str
    address: str
    created_at: datetime.datetime
    expires_at: datetime.datetime


async def begin(request: web.Request, body: NewDevice) -> DeviceStart:
    """Gives a program the codes with which it is let in by a person who has signed in elsewhere."""
    leave_out(request)
    codes = await accounts_of(request).devices.begin(body.name, client_of(request))
    page = f"{base_url(request)}/device"
    return DeviceStart(
        device_code=codes.device_code,
        user_code=codes.user_code,
        verification_uri=page,
        verification_uri_complete=f"{page}#code={quote(codes.user_code)}",
        expires_in=DEVICE_SECS,
        interval=INTERVAL_SECS,
    )


async def token(request: web.Request, body: DevicePoll) -> web.Response:
    """Begins a session of a program that was let in, once. Until then it is told why not, as `error`."""

    def tell(name: str) -> None:
        note(request, actor=("user", name), object=("user", name), after={"by": "device"})

    try:
        tokens = await accounts_of(request).devices.poll(body.device_code, client_of(request), tell)
    except (AuthorizationPending, SlowDown):
        forget(request)
        raise
    answer = json_response(Access(access_token=tokens.access_token), Access)
    answer.headers[hdrs.CACHE_CONTROL] = "no-store"
    return answer


async def get(request: web.Request, code: str) -> Device:
    """The program that waits with a code."""
    row = await accounts_of(request).devices.find(code, _person(request))
    return Device(name=row.name, address=row.address, created_at=row.created_at, expires_at=row.expires_at)


async def approve(request: web.Request, code: str) -> Done:
    """Lets a program in: it may do all that one may do oneself."""
    return await _decide(request, code, lets_in=True)


async def deny(request: web.Request, code: str) -> Done:
    """Refuses a program."""
    return await _decide(request, code, lets_in=False)


async def _decide(request: web.Request, code: str, *, lets_in: bool) -> Done:
    person = _person(request)
    note(request, object=("device", "unknown"))  # the code itself is nothing to keep
    row = await accounts_of(request).devices.find(code, person)
    note(request, object=("device", row.name), after={"address": row.address})
    await accounts_of(request).devices.decide(code, person, lets_in=lets_in)
    return Done()


def _person(request: web.Request) -> uuid.UUID:
    """Who lets a program in. Raises `Forbidden` for an API key, which would outlive itself so."""
    account_id = check_no_key(request).principal.id
    if account_id is None:
        raise Forbidden(message="Only an account lets programs in")
    return account_id
