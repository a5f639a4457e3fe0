"""The actor of a request, for records of who did what."""

from aiohttp import web

ANONYMOUS = "anonymous"


def actor_of(request: web.Request) -> str:
    """The name of the client's user. Without sign-in every client is anonymous."""
    return ANONYMOUS
