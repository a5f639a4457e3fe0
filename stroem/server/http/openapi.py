"""The OpenAPI document, generated from the types of the handlers."""

import importlib.metadata
import inspect
import re
import typing
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from aiohttp import StreamReader, web

from stroem.conversion.json_schema import schema_of
from stroem.conversion.record import key_of
from stroem.conversion.unstructure import is_left_out
from stroem.server.http.route import Route

OPENAPI = web.AppKey("openapi", bytes)
"""The document as JSON."""

_ERROR = {
    "type": "object",
    "description": "What went wrong and what to do about it. `fields` names single values at fault.",
    "required": ["error", "code"],
    "properties": {
        "error": {"type": "string"},
        "code": {"type": "string"},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


async def get(request: web.Request) -> web.Response:
    """The OpenAPI 3.1 document of this server."""
    return web.Response(body=request.app[OPENAPI], content_type="application/json")


def openapi_document(routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routes."""
    schemas: dict[str, Any] = {"Error": _ERROR}
    paths: dict[str, dict[str, Any]] = {}
    served = Counter(route.handler for route in routes)
    for route in routes:
        operation = _operation(route, schemas)
        if served[route.handler] > 1:
            operation["operationId"] += f"_{route.method.lower()}"
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Strøm",
            "description": "Runs workflows that live in git.",
            "version": importlib.metadata.version("stroem"),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {"Failure": {"description": "It failed.", "content": _json(_ref("Error"))}},
            "securitySchemes": {"workerToken": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    text = inspect.getdoc(route.handler) or ""
    module = re.sub(r"^stroem\.server\.((api|http)\.)?", "", route.handler.__module__)
    operation: dict[str, Any] = {
        "operationId": f"{module.replace('.', '_')}_{route.handler.__name__}",
        "tags": [module.partition(".")[0]],
        "summary": text.partition("\n")[0],
        "description": text,
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas)],
        "responses": _responses(route, schemas),
        "security": [{"workerToken": []}] if route.check_worker else [],
    }
    if route.verb is not None:
        operation["x-stroem-verb"] = route.verb
    if body := route.hints.get("body"):
        media = {"application/octet-stream": {}} if body in (bytes, StreamReader) else _json(_schema(body, schemas))
        operation["requestBody"] = {"required": True, "content": media}
        if route.refuses_unknown_keys:
            schemas[body.__name__]["additionalProperties"] = False
    return operation


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"} if hint is uuid.UUID else {"type": "string"},
        }
        for name, hint in route.path_parameters.items()
    ]


def _query_parameters(route: Route, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    query = route.hints.get("query")
    if query is None:
        return []
    return [
        {
            "name": key_of(field.name),
            "in": "query",
            "required": field.default is attrs.NOTHING,
            "schema": _parameter_schema(field, schemas),
        }
        for field in attrs.fields(query)
    ]


def _parameter_schema(field: "attrs.Attribute[Any]", schemas: dict[str, Any]) -> dict[str, Any]:
    schema = _schema(field.type, schemas)
    has_default = field.default is not attrs.NOTHING and field.default is not None
    return {**schema, "default": field.default} if has_default else schema


def _responses(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {"default": {"$ref": "#/components/responses/Failure"}}
    if route.hints["return"] is web.WebSocketResponse:
        return {"101": {"description": "A WebSocket."}, **responses}
    content = {route.media_type: {} if route.json_type is None else {"schema": _schema(route.json_type, schemas)}}
    content |= {media_type: {"schema": {"type": "string"}} for media_type in route.file_types}
    if route.json_type is not None:
        _require_present_fields(route.json_type, schemas)
    empty = {str(status): {"description": meaning} for status, meaning in route.empty_answers.items()}
    return {str(route.status): {"description": "What was asked for.", "content": content}, **empty, **responses}


def _require_present_fields(of: Any, schemas: dict[str, Any]) -> None:
    """Marks fields of responses as required, unless their metadata is `ABSENT`."""
    for cls in classes_in(of):
        fields = attrs.fields(cls)
        schemas[cls.__name__]["required"] = [key_of(field.name) for field in fields if not is_left_out(field)]


def classes_in(of: Any) -> set[type]:
    """The attrs classes in a type, at any depth."""
    found: set[type] = set()
    rest = [of]
    while rest:
        one = rest.pop()
        rest.extend(typing.get_args(one))
        if inspect.isclass(one) and attrs.has(one) and one not in found:
            found.add(one)
            rest.extend(typing.get_type_hints(one).values())
    return found


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(of: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type; its classes are added to `schemas`."""
    found: dict[str, Any] = _moved(schema_of(of))
    schemas.update(found.pop("$defs", {}))
    found.pop("$schema", None)
    return found


def _moved(schema: Any) -> Any:
    """The schema with references into the document. Unknown keys are allowed: later versions may add some."""
    if isinstance(schema, Mapping):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _moved(value)
            for key, value in schema.items()
            if (key, value) != ("additionalProperties", False)
        }
    return [_moved(item) for item in schema] if isinstance(schema, list) else schema
