"""Which web pages of other origins may call."""

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from stroem.settings.server import ServerSettings

_METHODS = "GET, POST, PUT, DELETE, OPTIONS"
_HEADERS = "authorization, content-type, accept"


def cors_headers(settings: ServerSettings) -> dict[str, str]:
    """With sign-in only the origin that it is set up for, and with its credentials; else every origin."""
    if settings.auth is None or settings.auth.base_url is None:
        return {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*"}
    return {
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: settings.auth.base_url.rstrip("/"),
        hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS: "true",
        hdrs.VARY: "Origin",
    }


def preflight(settings: ServerSettings) -> Middleware:
    """Answers the questions that browsers ask before they call."""
    asked = hdrs.ACCESS_CONTROL_REQUEST_METHOD
    some = settings.auth is not None and settings.auth.base_url is not None
    answer = {
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: _METHODS if some else "*",
        hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _HEADERS if some else "*",
    }

    @web.middleware
    async def answer_preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == hdrs.METH_OPTIONS and asked in request.headers:
            return web.Response(headers=answer)
        return await handler(request)

    return answer_preflight


def install(app: web.Application, settings: ServerSettings) -> None:
    """Puts the headers on every answer, those of WebSockets and failures included."""
    headers = cors_headers(settings)

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        if hdrs.ORIGIN in request.headers:
            response.headers.update(headers)

    app.on_response_prepare.append(add)
