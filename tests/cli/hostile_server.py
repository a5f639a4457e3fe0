"""An HTTP server that answers as the OpenAPI document says, with hostile text wherever it allows text."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from stroem.server.http.openapi import openapi_document
from stroem.server.routes import ROUTES
from tests.support.listening import listening_in_thread

HOSTILE = "a\x1b]52;c;QQ==\x07\x1b[2J\r\x08\x9b1mb\u202ec\u2066\u200b\x7f"
JOB_ID = "ca9b440c-c8bf-44bf-94d9-f64d692f7734"
LINE = json.dumps({"ts": "2026-01-01T00:00:00Z", "stream": "stderr", "step": HOSTILE, "line": HOSTILE}) + "\n"
_TEXTS = {"logs": LINE, "access_token": "a-token"}
"""Texts that are not hostile, by key: no header can bear control characters."""
RAW_LINE = json.dumps({"step": HOSTILE, "line": HOSTILE}, ensure_ascii=False) + "\n"


class HostileAnswers:
    """An answer for each path, made from its schema."""

    def __init__(self) -> None:
        self._inside: list[str] = []
        document: dict[str, Any] = openapi_document(ROUTES)
        self._schemas = document["components"]["schemas"]
        self.paths = document["paths"]

    def of(self, path: str, method: str) -> Any:
        """The answer that the document gives for a path."""
        return self._made(_good(self.paths[path][method])["application/json"]["schema"])

    def item(self, name: str) -> Any:
        """A value of the named schema."""
        return self._made({"$ref": f"#/components/schemas/{name}"})

    def _made(self, schema: dict[str, Any], key: str = "") -> Any:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if self._inside.count(name) > 1:
                return {}  # a type that has itself inside
            self._inside.append(name)
            made = self._made(self._schemas[name])
            self._inside.pop()
            return {**made, "status": "failed"} if name in {"JobDetail", "JobItem", "StepDetail"} else made
        if "anyOf" in schema:
            return self._made(schema["anyOf"][0], key)
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "array":
            return [self._made(schema.get("items", {}))]
        if kind == "object":
            own = {name: self._made(value, name) for name, value in schema.get("properties", {}).items()}
            more = schema.get("additionalProperties")
            return {**own, **({HOSTILE: self._made(more)} if isinstance(more, dict) else {})}
        if kind == "string" and schema.get("format") in {"date-time", "uuid"}:
            return JOB_ID if schema["format"] == "uuid" else "2026-01-01T00:00:00Z"
        plain = {"integer": 1, "number": 1.5, "boolean": False}
        return plain.get(str(kind), _TEXTS.get(key, HOSTILE))


def _good(operation: dict[str, Any]) -> dict[str, Any]:
    """The content of an operation's good answer."""
    responses = operation["responses"]
    content: dict[str, Any] = responses.get("200", responses.get("201", {})).get("content", {})
    return content


@contextmanager
def hostile_server() -> Iterator[str]:
    """The address of such a server, which runs in a thread."""
    with listening_in_thread(_app(HostileAnswers())) as address:
        yield address


def _app(answers: HostileAnswers) -> web.Application:
    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if "logs" in request.path:
            first = {"event": "log", "data": LINE + RAW_LINE, "next": 1}
        elif "history" in request.path:
            first = {"event": "history", "item": answers.item("HistoryItem"), "next": 1}
        else:
            first = {"event": "event", "item": answers.item("EventItem"), "next": 1}
        await socket.send_json(first)
        await socket.send_json({"event": "end", "status": "failed", "next": 1})
        await socket.close()
        return socket

    def handler(path: str, method: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            if "refused" in request.path:
                mistake = {"error": HOSTILE, "fields": [{"field": HOSTILE, "message": HOSTILE}]}
                return web.json_response(mistake, status=400)
            return web.json_response(answers.of(path, method))

        return answer

    async def sign(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Stroem-Version"] = "1"

    app = web.Application()
    app.on_response_prepare.append(sign)
    for path, methods in answers.paths.items():
        for method, operation in methods.items():
            if path.endswith("/stream"):
                app.router.add_get(path, stream)
            elif "application/json" in _good(operation):
                app.router.add_route(method, path, handler(path, method))
    return app
