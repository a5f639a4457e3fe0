"""HTTP sessions with one server, which never follow a redirect: token and body stay at the configured address."""

import urllib.parse
from typing import Any

import aiohttp

from stroem.conversion.text import one_line

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_LONGEST = 300


class Redirected(aiohttp.ClientError):
    """An answer that redirects the client to another address. The message names it, without its query."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(
            f"it answers {status} and sends requests on to {_shown(location)}. They are not sent there: "
            "set the address to where the server is"
        )


def open_session(token: str | None, **options: Any) -> aiohttp.ClientSession:
    """A session that bears the token and refuses redirects. `options` are those of `aiohttp.ClientSession`."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return aiohttp.ClientSession(headers=headers, middlewares=(refuse_redirects,), **options)


async def refuse_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware of `aiohttp.ClientSession`: raises `Redirected` for redirects of every method."""
    response = await handler(request)
    if response.status in _REDIRECTS:
        response.close()
        raise Redirected(response.status, response.headers.get("Location", ""))
    return response


def _shown(location: str) -> str:
    try:
        parts = urllib.parse.urlsplit(location)
    except ValueError:
        return "an address that is none"
    host = parts.netloc.rpartition("@")[2]
    shown = one_line(urllib.parse.urlunsplit((parts.scheme, host, parts.path, "", "")))
    return shown[:_LONGEST] or "nowhere"
