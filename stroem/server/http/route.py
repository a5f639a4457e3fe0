"""One route: a handler, whose types say what it takes and what it answers."""

import contextlib
import inspect
import typing
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from typing import Any, Literal

import attrs
from aiohttp import web

from stroem.server.http.requests import (
    check_json_type,
    parsed,
    path_value,
    query_values,
    read_body,
    structured,
    unknown_keys,
)
from stroem.server.http.responses import json_response
from stroem.server.http.shielded import to_the_end
from stroem.server.keys import SETTINGS, STRANGERS, WORKER_BODIES
from stroem.server.worker_api.auth import check_worker_token

Handler = Callable[..., Coroutine[Any, Any, object]]


@attrs.define(kw_only=True, frozen=True, slots=False)
class Route:
    """A method and path with its handler.

    The handler takes the request, the parts of the path by name, `query` (an attrs class) and `body`
    (an attrs class for JSON, `bytes` for anything else). It returns what its annotation says, or writes a
    response itself; then `answers` is what stands in that. Its docstring is the route's description.
    At the places that `spared` names (`("output",)`), a JSON body may hold values that are not kept.
    `body_limit` says which of the limits in the settings holds for its body. Bodies share a bounded room, those of
    workers one of their own. `check_head` may refuse a request before its body is read.
    What changes something is done to its end even if the client goes away, unless `outlives_client` is False.
    """

    method: str
    path: str
    handler: Handler
    worker_token: bool = False
    body_limit: Literal["body", "log", "outcome", "push"] = "body"
    spared: tuple[tuple[str, ...], ...] = ()
    status: int = 200
    answers: Any = None
    media_type: str = "application/json"
    outlives_client: bool = True
    check_head: Callable[[web.Request], None] | None = None

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The types of the handler's parameters, and of its answer under `return`."""
        hints = typing.get_type_hints(self.handler, include_extras=True)
        return {name: hint for name, hint in hints.items() if hint is not web.Request}

    @property
    def path_parameters(self) -> Mapping[str, type]:
        return {
            name: hint for name, hint in self.hints.items() if name not in ("query", "body", "unknown_keys", "return")
        }

    @property
    def answer(self) -> Any:
        """The type of what comes back as JSON; None when it is something else."""
        answer = self.hints["return"]
        writes_itself = inspect.isclass(answer) and issubclass(answer, web.StreamResponse)
        return self.answers if writes_itself else answer

    @property
    def is_done_to_its_end(self) -> bool:
        return self.outlives_client and self.method != "GET"

    def enter(self, router: web.UrlDispatcher) -> None:
        """Has the router send such requests to the handler; what can be got can be asked for its head."""
        if self.method == "GET":
            router.add_get(self.path, self.handle)
        else:
            router.add_route(self.method, self.path, self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Parses, calls, serialises."""
        if self.worker_token:
            check_worker_token(request)
        if self.check_head is not None:
            self.check_head(request)
        with contextlib.ExitStack() as places:
            arguments = await self._arguments(request, places)
            if self.body_limit != "push":
                places.close()  # the body is gone
            work = self.handler(request, **arguments)
            answer = await (to_the_end(request.app, work) if self.is_done_to_its_end else work)
        if isinstance(answer, web.StreamResponse):
            return answer
        return json_response(answer, self.hints["return"], status=self.status)

    async def _arguments(self, request: web.Request, places: contextlib.ExitStack) -> Mapping[str, object]:
        """What the handler is called with, by the names of its parameters."""
        arguments = {name: path_value(request, name, hint) for name, hint in self.path_parameters.items()}
        if query := self.hints.get("query"):
            arguments["query"] = query_values(request, query)
        if body := self.hints.get("body"):
            if body is not bytes:
                check_json_type(request)
            data = await self._body(request, places)
            document = None if body is bytes else parsed(data, self.spared)
            arguments["body"] = data if body is bytes else structured("body", document, body)
            if "unknown_keys" in self.hints:
                arguments["unknown_keys"] = unknown_keys(document, body)
        elif self.method == "POST" and self.path.startswith("/api/") and request.body_exists:
            check_json_type(request)
        return arguments

    async def _body(self, request: web.Request, places: contextlib.ExitStack) -> bytes:
        limits = request.app[SETTINGS].limits
        size = {
            "body": limits.body_bytes,
            "log": limits.log_body_bytes,
            "outcome": limits.log_body_bytes + limits.output,
            "push": limits.push_body_bytes,
        }[self.body_limit]
        room = request.app[WORKER_BODIES if self.worker_token else STRANGERS]
        place = places.enter_context(room.place(request.remote or ""))
        return await read_body(request, size, place, limits.body_secs)
