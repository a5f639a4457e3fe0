"""Refusal of HTTP redirects: requests stay at the configured server."""

import urllib.parse

import aiohttp

from stroem.conversion.text import one_line

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_LONGEST = 300


class Redirected(aiohttp.ClientError):
    """An answer that sends the client to another address. The message names it, without its query."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(
            f"it answers {status} and sends requests on to {_shown(location)}. They are not sent there: "
            "set the address to where the server is"
        )


async def refuse_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware for `aiohttp.ClientSession`: raises `Redirected` for redirects, whatever method and body."""
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
