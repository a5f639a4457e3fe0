"""JSON responses."""

from aiohttp import web

from stroem.conversion.unstructure import encode


def json_response(value: object, of: object, *, status: int = 200) -> web.Response:
    """A response with a value of the declared type as JSON."""
    return web.Response(status=status, body=encode(value, of), content_type="application/json")
