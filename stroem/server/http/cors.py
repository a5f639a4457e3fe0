"""CORS: headers for web pages of allowed origins."""

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from stroem.server.http.allowed_origins import AllowedOrigins
from stroem.settings.server import ServerSettings

_METHODS = "GET, POST, PUT, DELETE, OPTIONS"
_HEADERS = "authorization, content-type, accept"


def preflight(settings: ServerSettings) -> Middleware:
    """Middleware that answers preflight requests."""
    origins = AllowedOrigins(settings)
    answer = {hdrs.ACCESS_CONTROL_ALLOW_METHODS: _METHODS, hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _HEADERS}

    @web.middleware
    async def answer_preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers:
            return web.Response(headers=answer if origins.lists(request) else {})
        return await handler(request)

    return answer_preflight


def install(app: web.Application, settings: ServerSettings) -> None:
    """Adds the headers to every response, WebSockets and errors included."""
    origins, signs_in = AllowedOrigins(settings), settings.sign_in is not None

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        if hdrs.ORIGIN in request.headers and origins.lists(request):
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = request.headers[hdrs.ORIGIN]
            if signs_in:
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"

    app.on_response_prepare.append(add)
