"""Routes whose parameters and responses are declared by their handler's types."""

import contextlib
import inspect
import typing
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from typing import Any

import attrs
from aiohttp import StreamReader, web

from stroem.rights.verbs import Verb
from stroem.server.http.admission import ANONYMOUS_BODIES, WORKER_BODIES
from stroem.server.http.audit.recording import recorded
from stroem.server.http.disconnect_shield import shielded
from stroem.server.http.limits import BodyKind
from stroem.server.http.received_body import receive_body
from stroem.server.http.requests import (
    body_value,
    check_json_type,
    parsed,
    path_value,
    query_values,
    strict_body_value,
    unknown_keys,
)
from stroem.server.http.responses import json_response

Handler = Callable[..., Coroutine[Any, Any, object]]
Check = Callable[[web.Request], None]
WorkerCheck = Callable[[web.Request], Coroutine[Any, Any, None]]
Touch = Callable[[web.Request, Mapping[str, Any]], Coroutine[Any, Any, None]]
Authorize = Callable[[web.Request, "Route"], Coroutine[Any, Any, None]]

AUTHORIZE: web.AppKey[Authorize] = web.AppKey("authorize")
"""Check of the rights of a client before its request is read. Raises to refuse it."""

ACCESS_ENDS: web.AppKey[Authorize] = web.AppKey("access_ends")
"""Wait for the end of the rights of a client whose stream goes on."""


@attrs.define(kw_only=True, frozen=True, slots=False)
class Route:
    """A method and a path with their handler.

    The handler takes the request, the parts of the path by name, `query` (an attrs class) and `body` (an attrs class
    for JSON, `bytes` for anything else, `aiohttp.StreamReader` to receive it itself). It returns a value of its
    annotated type, or an aiohttp response; then `response_type` declares the JSON in that. Its docstring is
    the route's description in the OpenAPI document.

    `file_types` are the media types in which the answer comes as a file, if that is asked for.
    `empty_answers` are the meanings of further statuses, whose answers have no body.

    A route has exactly one of these: `verb` is the right that it needs, `check_worker` authenticates a worker,
    `is_personal` asks for any signed-in client, `is_open` for nobody. The handler of a route that `is_filtered` answers
    only what the client has the verb for. `check_touch` keeps workers to what they have claimed. Bodies of workers have
    an admission limiter of their own.
    `check_head` may refuse a request before its body is read. `body_kind` selects the size limit of the body. A route
    that `refuses_unknown_keys` gives rights or makes credentials, whose limits a misspelling must not lose. JSON at
    the places in `spared` (`("output",)`) may hold values that cannot be stored.
    Changes run to their end even if the client disconnects, unless `is_cancellable`. The last part of the path
    `has_slashes`, if that is set.
    """

    method: str
    path: str
    handler: Handler
    verb: Verb | None = None
    is_filtered: bool = False
    is_personal: bool = False
    is_open: bool = False
    check_worker: WorkerCheck | None = None
    check_touch: Touch | None = None
    check_head: Check | None = None
    body_kind: BodyKind = "body"
    refuses_unknown_keys: bool = False
    spared: tuple[tuple[str, ...], ...] = ()
    status: int = 200
    empty_answers: Mapping[int, str] = attrs.field(factory=dict, eq=False)
    response_type: Any = None
    media_type: str = "application/json"
    file_types: tuple[str, ...] = ()
    is_cancellable: bool = False
    has_slashes: bool = False
    answers_head: bool = True

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """Types of the handler's parameters, and of its result under `return`."""
        hints = typing.get_type_hints(self.handler, include_extras=True)
        return {name: hint for name, hint in hints.items() if hint is not web.Request}

    @property
    def path_parameters(self) -> Mapping[str, type]:
        return {
            name: hint for name, hint in self.hints.items() if name not in ("query", "body", "unknown_keys", "return")
        }

    @property
    def json_type(self) -> Any:
        """The type of the JSON response; None for other media."""
        result = self.hints["return"]
        is_response = inspect.isclass(result) and issubclass(result, web.StreamResponse)
        return self.response_type if is_response else result

    @property
    def is_shielded(self) -> bool:
        return self.method != "GET" and not self.is_cancellable

    def register(self, router: web.UrlDispatcher) -> None:
        """Registers the route; GET routes also answer HEAD, if it `answers_head`."""
        path = f"{self.path.removesuffix('}')}:.+}}" if self.has_slashes else self.path
        if self.method == "GET":
            router.add_get(path, self.handle, allow_head=self.answers_head)
        else:
            router.add_route(self.method, path, self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Checks, parses, calls, serialises."""
        request[ROUTE] = self
        if self.check_worker is not None:
            await self.check_worker(request)
        if self.check_head is not None:
            self.check_head(request)
        if self.check_worker is None and not self.is_open:
            await request.app[AUTHORIZE](request, self)
        with contextlib.ExitStack() as slots:
            arguments = await self._arguments(request, slots)
            if self.check_touch is not None:
                await self.check_touch(request, arguments)
            if self.body_kind not in ("push", "state"):
                slots.close()  # the handler holds no raw body
            work = recorded(request, self.handler(request, **arguments), self.status)
            result = await (shielded(request.app, work) if self.is_shielded else work)
        if isinstance(result, web.StreamResponse):
            return result
        return json_response(result, self.hints["return"], status=self.status)

    async def _arguments(self, request: web.Request, slots: contextlib.ExitStack) -> Mapping[str, object]:
        """The handler's arguments, by parameter name."""
        arguments = {name: path_value(request, name, hint) for name, hint in self.path_parameters.items()}
        if query := self.hints.get("query"):
            arguments["query"] = query_values(request, query)
        body = self.hints.get("body")
        if body is StreamReader:
            arguments["body"] = request.content
        elif body:
            if body is not bytes:
                check_json_type(request)
            data = await self._body(request, slots)
            document = None if body is bytes else parsed(data, self.spared)
            value_of = strict_body_value if self.refuses_unknown_keys else body_value
            arguments["body"] = data if body is bytes else value_of(document, body)
            if "unknown_keys" in self.hints:
                arguments["unknown_keys"] = unknown_keys(document, body)
        elif self.method == "POST" and self.path.startswith("/api/") and request.body_exists:
            check_json_type(request)
        return arguments

    async def _body(self, request: web.Request, slots: contextlib.ExitStack) -> bytes:
        limiter = ANONYMOUS_BODIES if self.check_worker is None else WORKER_BODIES
        return await receive_body(request, self.body_kind, limiter, slots)


ROUTE = web.RequestKey("route", Route)


async def access_ends(request: web.Request) -> None:
    """Waits until the client may no longer have what a stream sends."""
    await request.app[ACCESS_ENDS](request, request[ROUTE])


def route_of(request: web.Request) -> Route | None:
    """The route of a request; None where there is nothing."""
    owner = getattr(request.match_info.handler, "__self__", None)
    return owner if isinstance(owner, Route) else None
