"""The principal of a request, for decisions about rights and for records of who did what."""

from aiohttp import web

from stroem.accounts.authenticator import Identity
from stroem.records.principal import ANONYMOUS, Principal

IDENTITY = web.RequestKey("identity", Identity)
PRINCIPAL = web.RequestKey("principal", Principal)


def principal_of(request: web.Request) -> Principal:
    """Who makes the request. Without sign-in every client is anonymous."""
    principal: Principal = request.get(PRINCIPAL, ANONYMOUS)
    return principal


def actor_of(request: web.Request) -> str:
    """The name of who makes the request."""
    return principal_of(request).name


def author_of(request: web.Request, declared: str | None) -> str | None:
    """The author for records: who has signed in; without sign-in, whoever the client declares, if anybody."""
    principal = principal_of(request)
    return declared if principal == ANONYMOUS else principal.name
