"""Runner whose answers to unreadable requests repeat nothing of them."""

from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from stroem.server.http.errors import error_response

URL_BYTES = 16 * 1024
"""Greatest size of the first line of a request, most of which is its URL."""
HEADER_BYTES = 32 * 1024
"""Greatest size of a header."""


class AppRunner(web.AppRunner):
    """Runs an application; requests that cannot be read get errors as JSON."""

    def __init__(self, app: web.Application, **options: Any) -> None:
        super().__init__(app, max_line_size=URL_BYTES, max_field_size=HEADER_BYTES, **options)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            **made._kwargs,
        )


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _RequestHandler(self, loop=self._loop, **self._kwargs)


class _RequestHandler(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Logs an error, and answers it; the connection ends."""
        answer = super().handle_error(request, status, exc, message)
        if isinstance(exc, HttpProcessingError):
            answer = _error(exc)
            answer.force_close()
        return answer


def _error(error: HttpProcessingError) -> web.Response:
    if not isinstance(error, LineTooLong):
        return error_response(400, "The request is not valid HTTP", "bad-request")
    if error.args[1] == URL_BYTES:
        return error_response(414, f"The URL is too long: a request line has at most {URL_BYTES} bytes", "uri-too-long")
    return error_response(431, f"A header is longer than {HEADER_BYTES} bytes", "header-too-long")
