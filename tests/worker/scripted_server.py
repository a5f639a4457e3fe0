"""A small server that speaks the worker protocol as a test tells it to."""

import asyncio
import base64
import gzip
import hashlib
import io
import tarfile
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

TOKEN = "t" * 32
REVISION = "r1"
NAMES = ("job_id", "step_name", "attempt")
Key = tuple[str, str, int]


def key_of(item: Mapping[str, Any]) -> Key:
    """Key of an attempt: job, step id (the step name if the item has no id), attempt."""
    step = item.get("step_id")
    return item["job_id"], item["step_name"] if step is None else f"#{step}", int(item["attempt"])


async def _at_once(body: Mapping[str, Any]) -> None:
    """Answers without any delay."""


def tar_gz(files: Mapping[str, bytes | tarfile.TarInfo], *, mode: int = 0o644) -> bytes:
    """A tarball rooted at `.`, deterministic."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            info = tarfile.TarInfo(f"./{name}")
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


class ScriptedServer:
    """Hands out what is offered, holds requests, keeps outcomes and logs, and fails when told to."""

    def __init__(self) -> None:
        self.lease_secs = 120.0
        self.output_bytes = 1_000_000
        self.worker_ids: list[str] = []
        self.registrations: list[dict[str, Any]] = []
        self.heartbeats = 0
        self.heartbeat: dict[str, Any] = {}
        self.wants_drain = False
        self.ended_volumes: set[str] = set()
        self.asked_volumes: list[list[str]] = []
        self.requests: list[dict[str, Any]] = []
        self.outcomes: dict[Key, dict[str, Any]] = {}
        self.outcome_count = 0
        self.chunks: dict[Key, dict[int, bytes]] = {}
        self.lines_before_outcome: dict[Key, int] = {}
        self.tarballs: dict[tuple[str, str], bytes] = {("w", REVISION): tar_gz({})}
        self.downloads: list[tuple[str, str]] = []
        self.states: dict[str, bytes] = {}
        self.state_requests: list[tuple[str, str, dict[str, str]]] = []
        self.snapshots: dict[str, bytes] = {}
        self.digest_of: Callable[[bytes], bytes] = lambda data: hashlib.sha256(data).digest()
        self.running_ids: set[int] = set()
        self.cancels: list[dict[str, object]] = []
        self.local_lease_secs: float | None = None
        self.replicas: dict[str, dict[str, Any]] = {}
        self.replicas_read = 0
        self.verdict: Callable[[dict[str, Any]], dict[str, Any]] = lambda begun: {"verdict": "waiting"}
        self.lost: set[Key] = set()
        self.refuse: Callable[[str, dict[str, Any]], web.Response | None] = lambda path, body: None
        self.drop_answer: Callable[[dict[str, Any]], bool] = lambda body: False
        self.take_events: Callable[[str, dict[str, Any]], Awaitable[web.Response]] | None = None
        self.before_answer: Callable[[dict[str, Any]], Awaitable[None]] = _at_once
        self.offered: deque[dict[str, Any]] = deque()
        self.leased: dict[Key, dict[str, Any]] = {}
        self._held: asyncio.Event | None = None
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/worker/register", self._register)
        app.router.add_post("/worker/heartbeat", self._heartbeat)
        app.router.add_post("/worker/volumes/ended", self._volumes_ended)
        app.router.add_post("/worker/jobs/claim", self._claim)
        app.router.add_get("/worker/jobs/{job}/replica", self._replica)
        app.router.add_post("/worker/steps/running", self._steps_running)
        app.router.add_post("/worker/jobs/{job}/steps/{step}/log", self._log)
        app.router.add_post("/worker/event-source/{form}", self._events)
        app.router.add_get("/worker/workspace/{name}.tar.gz", self._tarball)
        app.router.add_route("*", "/worker/{scope:state|global-state}/{rest:.*}", self._state)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            loop = asyncio.get_running_loop()
            for site in self._runner.sites:
                for listening in site._server.sockets:  # type: ignore[attr-defined]
                    loop.remove_reader(listening.fileno())
            for _ in range(3):
                await asyncio.sleep(0)  # accepted connections get their handlers, which a closed server would not give
            await self._runner.cleanup()
            self._runner = None

    def offer(self, script: str | None = None, **fields: Any) -> Key:
        """Makes a step ready; returns what names it."""
        claim = self._ready(script, fields)
        self.offered.append(claim)
        self.release()
        return key_of(claim)

    def lease(self, script: str) -> Key:
        """Hands a step out in an answer that the worker does not get."""
        claim = self._ready(script, {})
        key = key_of(claim)
        self.leased[key] = claim
        return key

    @staticmethod
    def _ready(script: str | None, fields: dict[str, Any]) -> dict[str, Any]:
        spec = {"type": "script", "script": script, "env": {}, **fields.pop("spec", {})}
        return {
            "workspace": "w",
            "job_id": str(uuid.uuid4()),
            "task_name": "task",
            "step_name": "step",
            "action_name": "action",
            "action_type": "script",
            "action_image": None,
            "action_spec": spec,
            "input": {},
            "runner": "local",
            "revision": REVISION,
            "attempt": 1,
            "log_chunk": 0,
            **fields,
        }

    def cancel(self, key: Key) -> None:
        claim = self.leased[key]
        self.cancels.append({name: claim[name] for name in (*NAMES, "step_id") if name in claim})
        self.release()

    def release(self) -> None:
        """Lets a held request look again."""
        if self._held is not None:
            self._held.set()

    async def until(self, condition: Callable[[], object], seconds: float = 60) -> None:
        """Waits until what the server knows fulfils a condition."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    async def outcome(self, key: Key) -> dict[str, Any]:
        await self.until(lambda: key in self.outcomes)
        return self.outcomes[key]

    def lines(self, key: Key, stream: str | None = None) -> list[str]:
        """The lines of a step, in order; fails when a chunk is missing."""
        chunks = self.chunks.get(key, {})
        assert sorted(chunks) == list(range(len(chunks)))
        parsed = [orjson.loads(line) for number in sorted(chunks) for line in chunks[number].splitlines()]
        return [line["line"] for line in parsed if stream in (None, line["stream"])]

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _state(self, request: web.Request) -> web.Response:
        """Sends a snapshot, or keeps an uploaded one under a new id."""
        self.state_requests.append((request.method, request.path, dict(request.query)))
        body = await request.read()
        if (refusal := self.refuse(request.match_info["scope"], {"size": len(body)})) is not None:
            return refusal
        if request.method == "GET":
            headers = {"X-Snapshot-Id": request.query["snapshot"], "ETag": '"e"'}
            return web.Response(body=self.states[request.path], headers=headers)
        snapshot = str(uuid.uuid4())
        self.snapshots[snapshot] = body
        return web.json_response({"snapshot_id": snapshot}, status=201)

    async def _register(self, request: web.Request) -> web.Response:
        body = await request.json(loads=orjson.loads)
        if (refusal := self.refuse("register", body)) is not None:
            return refusal
        self.registrations.append(body)
        self.worker_ids.append(str(uuid.uuid4()))
        await self._notify()
        return web.json_response(
            {
                "worker_id": self.worker_ids[-1],
                "lease_secs": self.lease_secs,
                "output_bytes": self.output_bytes,
                **({} if self.local_lease_secs is None else {"local_lease_secs": self.local_lease_secs}),
            }
        )

    async def _replica(self, request: web.Request) -> web.Response:
        self.replicas_read += 1
        await self._notify()
        document = self.replicas.get(request.match_info["job"])
        if document is None:
            return web.json_response({"error": "the job cannot go on by itself"}, status=409)
        return web.Response(body=orjson.dumps(document), content_type="application/json")

    async def _heartbeat(self, request: web.Request) -> web.Response:
        body = await request.json(loads=orjson.loads)
        if (refusal := self.refuse("heartbeat", body)) is not None:
            return refusal
        self.heartbeats += 1
        self.heartbeat = body
        await self._notify()
        return web.json_response({"status": "ok", **({"drain": True} if self.wants_drain else {})})

    async def _volumes_ended(self, request: web.Request) -> web.Response:
        body = await request.json(loads=orjson.loads)
        self.asked_volumes.append(body["volumes"])
        await self._notify()
        return web.json_response({"volumes": sorted(self.ended_volumes.intersection(body["volumes"]))})

    async def _steps_running(self, request: web.Request) -> web.Response:
        body = await request.json(loads=orjson.loads)
        if (refusal := self.refuse("running", body)) is not None:
            return refusal
        return web.json_response({"steps": [step for step in body["steps"] if step["step_id"] in self.running_ids]})

    async def _claim(self, request: web.Request) -> web.Response:
        body = await request.json(loads=orjson.loads)
        self.requests.append(body)
        self.release()
        if (refusal := self.refuse("claim", body)) is not None:
            await self._notify()
            return refusal
        self._keep(body)
        await self._notify()
        if not (body["outcomes"] or body["logs"]):
            await self._hold(body)
        await self.before_answer(body)
        begun = [{**{name: one[name] for name in NAMES}, **self.verdict(one)} for one in body.get("begun", ())]
        answer = {
            "begun": begun,
            "steps": self._take(body),
            "cancel": list(self.cancels),
            "lease_secs": self.lease_secs,
        }
        self.cancels.clear()
        if self.drop_answer(body):
            assert request.transport is not None
            request.transport.close()
        return web.Response(body=orjson.dumps(answer), content_type="application/json")

    async def _hold(self, body: dict[str, Any]) -> None:
        if (self.offered and body["max_steps"]) or self.cancels or body.get("holding") is not None:
            return
        if body.get("begun"):
            return
        self._held = mine = asyncio.Event()
        try:
            async with asyncio.timeout(body["wait_secs"]):
                await mine.wait()
        except TimeoutError:
            return

    def _take(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        steps = []
        if (holding := body.get("holding")) is not None:
            held = set(map(key_of, holding))
            steps += [claim for key, claim in self.leased.items() if key not in held]
        while self.offered and len(steps) < body["max_steps"]:
            claim = self.offered.popleft()
            self.leased[key_of(claim)] = claim
            steps.append(claim)
        return steps

    def _keep(self, body: dict[str, Any]) -> None:
        for chunk in body["logs"]:
            self._keep_chunk(key_of(chunk), chunk["chunk"], chunk["lines"], chunk["data"].encode())
        for outcome in body["outcomes"]:
            key = key_of(outcome)
            if key not in self.outcomes:
                self.outcomes[key] = outcome
                self.outcome_count += 1
                self.leased.pop(key, None)
                self.lines_before_outcome[key] = sum(data.count(b"\n") for data in self.chunks.get(key, {}).values())

    def _keep_chunk(self, key: Key, number: int, lines: int, data: bytes) -> None:
        assert data.count(b"\n") == lines
        kept = self.chunks.setdefault(key, {}).setdefault(number, data)
        assert kept == data, "the same chunk came with another content"

    async def _events(self, request: web.Request) -> web.Response:
        assert self.take_events is not None
        body = await request.json(loads=orjson.loads)
        answer = await self.take_events(request.match_info["form"], body)
        await self._notify()
        return answer

    async def _log(self, request: web.Request) -> web.Response:
        data = await request.read()
        assert len(data) <= 1024 * 1024
        query = request.query
        key = key_of({"job_id": request.match_info["job"], "step_name": request.match_info["step"], **query})
        if (refusal := self.refuse("log", {"data": data, **query})) is not None:
            return refusal
        if key in self.lost:
            return web.json_response({"error": "the lease is lost"}, status=409)
        self._keep_chunk(key, int(query["chunk"]), int(query["lines"]), data)
        await self._notify()
        return web.json_response({"status": "ok"})

    async def _tarball(self, request: web.Request) -> web.Response:
        name, revision = request.match_info["name"], request.query.get("revision", "")
        self.downloads.append((name, revision))
        data = self.tarballs.get((name, revision))
        if data is None:
            return web.json_response({"error": f"Revision {revision!r} is no longer available"}, status=404)
        digest = base64.b64encode(self.digest_of(data)).decode()
        return web.Response(
            body=data, content_type="application/gzip", headers={"Digest": f"sha-256={digest}", "X-Revision": revision}
        )
