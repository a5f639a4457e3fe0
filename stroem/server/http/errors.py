"""Errors as JSON: `{"error", "code"}`, and `fields` when single values are at fault."""

import logging
import re

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from stroem.errors import StroemError
from stroem.server.http.audit.recording import note_refusal
from stroem.server.http.request_id import request_id

LOGGER = logging.getLogger("stroem.server")
GENERIC = "Internal server error"


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns exceptions into JSON responses. Unexpected ones go to the log; the response names no detail."""
    try:
        return await handler(request)
    except StroemError as error:
        if error.status == 500:
            return _unexpected(request)
        if error.status in (401, 403):
            note_refusal(request, error.status, str(error))
        return _stroem_error(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _http_error(request, error)
    except ConnectionResetError:
        raise
    except Exception:
        return _unexpected(request)


def _unexpected(request: web.Request) -> web.Response:
    LOGGER.exception("%s %s failed, request %s", request.method, request.path, request_id(request))
    return error_response(500, GENERIC, "internal")


def error_response(status: int, message: str, code: str, **more: object) -> web.Response:
    """A JSON response for an error."""
    body = orjson.dumps({"error": message, "code": code, **more})
    return web.Response(body=body, status=status, content_type="application/json")


def code_of(error: type[StroemError]) -> str:
    """The stable code of an error: the name of its class, `not-found` for `NotFound`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def _stroem_error(error: StroemError) -> web.Response:
    fields = [{"field": field.field, "message": field.message} for field in error.fields]
    answer = error_response(error.status, str(error), code_of(type(error)), **({"fields": fields} if fields else {}))
    if "retry_after" in error.facts:
        answer.headers["Retry-After"] = str(error.facts["retry_after"])
    return answer


def _http_error(request: web.Request, error: web.HTTPException) -> web.Response:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        answer = error_response(405, f"{request.method} is not allowed here; allowed: {allowed}", "method-not-allowed")
        answer.headers["Allow"] = allowed
        return answer
    if isinstance(error, web.HTTPNotFound):
        message = f"There is nothing at {request.method} {request.path}; /api/openapi.json lists what there is"
        return error_response(404, message, "not-found")
    return error_response(error.status, error.reason, error.reason.lower().replace(" ", "-"))
