"""Origins of web pages that may call this server."""

from aiohttp import hdrs, web

from stroem.conversion.web_address import Authority, Origin
from stroem.settings.server import ServerSettings


class AllowedOrigins:
    """Origins listed by `allowed_origins`, and those of `public_url` and `auth.base_url`."""

    def __init__(self, settings: ServerSettings) -> None:
        urls = (*settings.browser_urls, *settings.allowed_origins)
        self._listed = frozenset(origin for url in urls if (origin := Origin.parse(url)) is not None)

    def lists(self, request: web.Request) -> bool:
        """Whether the request comes from a page of a listed origin."""
        return _origin(request) in self._listed

    def owns(self, request: web.Request, host: Authority | None) -> bool:
        """Whether the request comes from a page of this server under the name `host`."""
        origin = _origin(request)
        return origin is not None and host is not None and origin.is_at(host)


def _origin(request: web.Request) -> Origin | None:
    given = request.headers.getall(hdrs.ORIGIN, [])
    return Origin.parse(given[0]) if len(given) == 1 else None
