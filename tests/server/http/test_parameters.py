"""Hostile values in every parameter of every route are answered, and never with a failure of the server."""

import json
import types
import typing
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
import attrs
import pytest
from yarl import URL

from stroem.definitions.values import is_json
from stroem.server.http.route import Route
from stroem.server.routes import HEALTH, HOOKS, PUBLIC, ROUTES, WORKER
from tests.server.conftest import Running
from tests.server.traveller import chunk

NUMBERS = (-1, 0, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400)
TEXTS = ("\0", "a\0b", "\ud800", "-1", "9" * 30, "x" * 5000, "../..", "%00", "\u202e", "")
SECRET = "the-secret-of-the-push-hook-of-this-test"
WORDS = (*TEXTS, *(str(number)[:30] for number in NUMBERS))


@attrs.frozen
class Target:
    """A server with a job whose first step a worker has, and values that name them."""

    server: Running
    valid: Mapping[str, Any]

    async def end_the_job(self) -> None:
        """Fails the step, so that streams of the job end."""
        ended = {name: self.valid[name] for name in ("job_id", "step_name", "attempt")}
        body = {**self.valid["claim"], "outcomes": [{**ended, "exit_code": 1}]}
        await self.server.ask_worker_api("jobs/claim", body)

    async def ask(self, route: Route, path: str, query: str, **body: Any) -> tuple[int, str]:
        """Status and text of an answer, which must be whole, or its beginning if it is a stream without an end."""
        url = URL(f"{self.server.url}{path}{'?' if query else ''}{query}", encoded=True)
        session = self.server.worker if route.check_worker else self.server.http
        try:
            async with session.request(route.method, url, timeout=aiohttp.ClientTimeout(total=20), **body) as response:
                is_stream = response.content_type == "text/event-stream"
                content = await (response.content.readany() if is_stream else response.read())
                return response.status, content.decode("utf-8", "replace")
        except (aiohttp.ClientError, TimeoutError) as error:
            return 599, repr(error)

    async def listen(self, path: str, query: str) -> tuple[int, str]:
        """Status of the handshake, or of the close frame if the server closes at once with a failure."""
        url = URL(f"{self.server.url}{path}{'?' if query else ''}{query}", encoded=True)
        try:
            async with self.server.http.ws_connect(url) as socket:
                message = await socket.receive(timeout=60)
                return (500 if message.data == 1011 else 101), str(message.data)
        except aiohttp.WSServerHandshakeError as error:
            return error.status, str(error)
        except (aiohttp.ClientError, TimeoutError) as error:
            return 599, repr(error)


@pytest.fixture
def overrides() -> dict[str, str]:
    return {
        "STROEM__PUSH_HOOKS__HOOK__TYPE": "plain",
        "STROEM__PUSH_HOOKS__HOOK__SECRET": SECRET,
    }


@pytest.fixture
async def target(server: Running) -> Target:
    registered = await server.ask_worker_api("register", {"name": "w", "capabilities": ["script"], "tags": []})
    job_id = await server.start_job()
    ask = {"worker_id": registered["worker_id"], "capabilities": ["script"], "max_steps": 1}
    (step,) = (await server.ask_worker_api("jobs/claim", ask))["steps"]
    lines = chunk(step, 0, "hello")
    await server.ask_worker_api("jobs/claim", {**ask, "max_steps": 0, "logs": [lines]})
    valid = {
        "workspace": "main",
        "task": "hello",
        "task_name": "hello",
        "trigger": "nightly",
        "backfill": job_id,
        "hook": "none",
        "library": "none",
        "secret": "NONE",
        "job_id": job_id,
        "source_job_id": job_id,
        "step": step["step_name"],
        "step_name": step["step_name"],
        "worker_id": registered["worker_id"],
        "key": "hook",
        "name": "go",
        "number": 1,
        "other": "current",
        "path": ".workflows/main.yaml",
        "release": 1,
        "capabilities": ["script"],
        "attempt": 1,
        "chunk": 1,
        "lines": 1,
        "data": lines["data"],
        "logs": [lines],
        "input": {"name": "Ada"},
        "max_steps": 0,
        "wait_secs": 0,
        "events": True,
        "wait": False,
        "q": "hello",
        "sha256": "0" * 64,
        "user_id": job_id,
        "session_id": job_id,
        "prefix": "strm_0000000",
        "identity_id": job_id,
        "join_token": "strj_" + "0" * 48,
        "token_hash": "0" * 64,
        "email": "ada@example.org",
        "provider": "none",
        "code": "BCDF-GHJK",
        "device_code": "none",
        "next": "/jobs",
        "claim": {**ask, "max_steps": 0},
    }
    return Target(server, valid)


@pytest.mark.slow("a property over many examples")
@pytest.mark.parametrize("routes", [HEALTH, PUBLIC, WORKER, HOOKS], ids=["health", "public", "worker", "hooks"])
async def test_hostile_parameters(target: Target, routes: Sequence[Route], caplog: pytest.LogCaptureFixture) -> None:
    if routes is not WORKER:
        await target.end_the_job()
    failed = [failure for route in routes for failure in await failures_of(target, route)]
    assert failed == []
    assert [record for record in caplog.records if record.exc_info] == []
    job = await target.server.get(f"/api/jobs/{target.valid['job_id']}")
    assert job["job_id"] == target.valid["job_id"]


def test_every_route_is_there() -> None:
    assert {*HEALTH, *PUBLIC, *WORKER, *HOOKS} == set(ROUTES)


async def failures_of(target: Target, route: Route) -> list[tuple[object, ...]]:
    """Requests that the server failed at, with its answers."""
    streams = route.path.endswith("/stream")
    failed: list[tuple[object, ...]] = []
    for path, query, body in requests_of(route, target.valid):
        status, text = await (target.listen(path, query) if streams else target.ask(route, path, query, **body))
        if not (status < 500 or (status == 503 and route.path.startswith("/healthz"))):
            failed.append((route.path, path[:80], query[:80], str(body)[:200], status, text[:200]))
        if not streams and text and text[0] == "{":
            for document in text.splitlines() if route.media_type == "application/jsonl" else [text]:
                json.loads(document)
    return failed


def requests_of(route: Route, valid: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, query and body of requests that are valid but for one value each."""
    query = {name: kind for name, kind in _fields(route.hints.get("query")) if name in valid}
    plain_path = path_of(route, {name: valid[name] for name in route.path_parameters})
    plain_query = "&".join(f"{name}={written(valid[name])}" for name in query)
    plain_body = body_of(route, valid)
    yield plain_path, plain_query, plain_body
    for name in route.path_parameters:
        for word in WORDS:
            if word:
                named = {one: valid[one] for one in route.path_parameters}
                yield path_of(route, {**named, name: word}), plain_query, plain_body
    for name, _ in _fields(route.hints.get("query")):
        others = "&".join(f"{one}={written(valid[one])}" for one in query if one != name)
        for word in WORDS:
            yield plain_path, f"{others}&{name}={written(word)}", plain_body
    yield plain_path, f"{plain_query}&%00=1&unknown=%00&%ff=%ff", plain_body
    if (body := route.hints.get("body")) not in (None, bytes):
        for spoilt in spoilt_values(body, valid):
            yield plain_path, plain_query, json_body(spoilt)
    elif body is bytes:
        for data in (b"\0", b'{"a": "\\u0000"}\n', b"[" * 5000, b"9" * 400, b"\xff\xfe", b""):
            yield plain_path, plain_query, {"data": data, "headers": {"Content-Type": "application/json"}}


def path_of(route: Route, values: Mapping[str, Any]) -> str:
    return route.path.format(**{name: written(value) for name, value in values.items()})


def written(value: Any) -> str:
    """A value in a URL; half of a surrogate pair becomes bytes that are not UTF-8."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def body_of(route: Route, valid: Mapping[str, Any]) -> dict[str, Any]:
    body = route.hints.get("body")
    if body is None:
        return {}
    return {"data": valid["data"].encode()} if body is bytes else json_body(sample(body, valid))


def json_body(value: Any) -> dict[str, Any]:
    return {"data": json.dumps(value).encode(), "headers": {"Content-Type": "application/json"}}


def _fields(cls: Any) -> list[tuple[str, Any]]:
    if cls is None or not attrs.has(cls):
        return []
    hints = typing.get_type_hints(cls, include_extras=True)
    return [(field.name, hints[field.name]) for field in attrs.fields(cls)]


def sample(kind: Any, valid: Mapping[str, Any], name: str = "") -> Any:
    """A valid value of a type; that of `valid` if there is one of the name."""
    if name in valid and not (kind_of(kind) is tuple and not isinstance(valid[name], list)):
        return valid[name]
    kind = bare(kind)
    if attrs.has(kind):
        return {one: sample(of, valid, one) for one, of in _fields(kind) if one in valid or is_needed(kind, one)}
    if kind_of(kind) is tuple:
        return [sample(typing.get_args(kind)[0], valid)]
    return {str: "x", int: 1, float: 1, bool: False, uuid.UUID: str(uuid.uuid4())}.get(kind)


def spoilt_values(kind: Any, valid: Mapping[str, Any], name: str = "") -> Iterator[Any]:
    """Values of a type that are valid but for one leaf."""
    kind = bare(kind)
    if attrs.has(kind):
        whole = sample(kind, valid)
        for one, of in _fields(kind):
            for value in spoilt_values(of, valid, one):
                yield {**whole, one: value}
    elif kind_of(kind) is tuple:
        for value in spoilt_values(typing.get_args(kind)[0], valid):
            yield [value]
        yield from ([], "x", 5)
    else:
        yield from (*TEXTS, *NUMBERS, None, [], {}, True, 1.5)
        if is_json(kind) or kind_of(kind) is dict:
            yield from ({"a": hostile} for hostile in (*TEXTS, *NUMBERS))
            yield {"\0": 1}


def bare(kind: Any) -> Any:
    """A type without its rules, and without None."""
    if typing.get_origin(kind) is typing.Annotated:
        return bare(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (types.UnionType, typing.Union) and not is_json(kind):
        return bare(next(one for one in typing.get_args(kind) if one is not types.NoneType))
    return kind


def kind_of(kind: Any) -> Any:
    return typing.get_origin(bare(kind))


def is_needed(cls: Any, name: str) -> bool:
    return bool(attrs.fields_dict(cls)[name].default is attrs.NOTHING)
