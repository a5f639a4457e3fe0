"""Host names of this server."""

from collections.abc import Iterator

from aiohttp import hdrs, web

from stroem.conversion.text import one_line
from stroem.conversion.web_address import Authority, Origin, parse_authority
from stroem.errors import Forbidden
from stroem.settings.server import ServerSettings

_SHOWN = 100


class AllowedHosts:
    """Recognizes this server's names in the header `Host`.

    These are loopback names, the host of `public_url`, the local address of the connection, and `allowed_hosts`.
    Headers of proxies do not count.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._any = "*" in settings.allowed_hosts
        self._names = frozenset(_names(settings))
        self._parents = tuple(name[1:] for name in self._names if name.startswith("*."))

    def authority(self, request: web.Request) -> Authority | None:
        """The request's only `Host` header, if it is one of this server's names."""
        given = request.headers.getall(hdrs.HOST, [])
        authority = parse_authority(given[0]) if len(given) == 1 else None
        return authority if authority is not None and self._owns(authority, request) else None

    def refusal(self, request: web.Request) -> Forbidden:
        """The error for another host, with the setting that would allow it."""
        text = request.headers.get(hdrs.HOST, "")
        host = parse_authority(text)
        if host is None:
            return Forbidden(message=f"The header Host names no host: {one_line(text[:_SHOWN])!r}")
        return Forbidden(
            message=f"This server is not known as {host.host[:_SHOWN]!r}, the host that was asked for. If that is its "
            "name, the setting `allowed_hosts` of the server must list it, or `public_url` must have it "
            "(needs a restart of the server)"
        )

    def _owns(self, authority: Authority, request: web.Request) -> bool:
        host = authority.host
        return (
            self._any
            or authority.is_loopback
            or host in self._names
            or (bool(self._parents) and host.endswith(self._parents))
            or host == _reached(request)
        )


def _names(settings: ServerSettings) -> Iterator[str]:
    yield settings.address[0].lower()
    for url in settings.browser_urls:
        if (origin := Origin.parse(url)) is not None:
            yield origin.host
    for name in settings.allowed_hosts:
        authority = parse_authority(name)
        yield authority.host if authority else name.lower()


def _reached(request: web.Request) -> str | None:
    """The local address of the request's connection."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return str(name[0]) if isinstance(name, tuple) else None
