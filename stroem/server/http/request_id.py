"""Ids of requests, in the header `X-Request-Id` of both sides."""

import re
import uuid

from aiohttp import web

REQUEST_ID_HEADER = "X-Request-Id"
_VALID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_REQUEST_ID = web.RequestKey("request_id", str)


def request_id(request: web.Request) -> str:
    """The id that the client has given, if it has at most 64 letters, digits and `._:-`; else a new one."""
    if _REQUEST_ID not in request:
        given = request.headers.get(REQUEST_ID_HEADER, "")
        request[_REQUEST_ID] = given if _VALID.fullmatch(given) else uuid.uuid4().hex
    return request[_REQUEST_ID]


def install(app: web.Application) -> None:
    """Adds the id of its request to every response."""

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers[REQUEST_ID_HEADER] = request_id(request)

    app.on_response_prepare.append(add)
