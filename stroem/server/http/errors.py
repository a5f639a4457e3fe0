"""Every failure as one JSON shape: `{"error", "code"}`, and `fields` when single values are at fault."""

import logging
import re

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from stroem.errors import StroemError

LOGGER = logging.getLogger("stroem.server")
GENERIC = "Internal server error"


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever a handler raises into an answer. What we did not foresee is told to the log alone."""
    try:
        return await handler(request)
    except StroemError as error:
        if error.status == 500:
            LOGGER.exception("%s %s failed", request.method, request.path)
            return failure(500, GENERIC, "internal")
        return _told(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _http_failure(request, error)
    except ConnectionResetError:
        raise
    except Exception:
        LOGGER.exception("%s %s failed", request.method, request.path)
        return failure(500, GENERIC, "internal")


def failure(status: int, message: str, code: str, **more: object) -> web.Response:
    """One failure as an answer."""
    body = orjson.dumps({"error": message, "code": code, **more})
    return web.Response(body=body, status=status, content_type="application/json")


def code_of(error: type[StroemError]) -> str:
    """The stable code of an error: the name of its class, `not-found` for `NotFound`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def _told(error: StroemError) -> web.Response:
    fields = [{"field": field.field, "message": field.message} for field in error.fields]
    answer = failure(error.status, str(error), code_of(type(error)), **({"fields": fields} if fields else {}))
    if "retry_after" in error.facts:
        answer.headers["Retry-After"] = str(error.facts["retry_after"])
    return answer


def _http_failure(request: web.Request, error: web.HTTPException) -> web.Response:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        answer = failure(405, f"{request.method} is not allowed here; allowed: {allowed}", "method-not-allowed")
        answer.headers["Allow"] = allowed
        return answer
    if isinstance(error, web.HTTPNotFound):
        message = f"There is nothing at {request.method} {request.path}; /api/openapi.json lists what there is"
        return failure(404, message, "not-found")
    return failure(error.status, error.reason, error.reason.lower().replace(" ", "-"))
