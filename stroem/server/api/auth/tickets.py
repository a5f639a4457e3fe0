"""Tickets: tokens in addresses, which are good once and for a short time."""

import datetime

import attrs
from aiohttp import web

from stroem.server.api.auth.common import accounts_of, identity_of
from stroem.server.http.audit.recording import leave_out


@attrs.frozen(kw_only=True)
class Ticket:
    """A ticket for `?ticket=` of one stream or download."""

    ticket: str
    expires_at: datetime.datetime


async def create(request: web.Request) -> Ticket:
    """Makes a ticket for a stream or a download, which cannot bear a token: good once, for half a minute."""
    leave_out(request)
    text, expires_at = await accounts_of(request).authenticator.make_ticket(identity_of(request))
    return Ticket(ticket=text, expires_at=expires_at)
