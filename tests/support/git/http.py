"""A git server over HTTP on loopback, `git http-backend` behind aiohttp, with faults on demand."""

import asyncio
import base64
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

_LARGEST = 1 << 30
_ROUNDS = 5


class GitHttpServer:
    """Serves the repositories of a folder. Changed attributes hold from the next request on.

    `login`: the user and password of every request. `status`: the status of every answer. `hang`: requests wait until
    the server stops. `break_off_after`: bytes after which the connection of a pack is closed; `stop_after`: bytes
    after which a pack stops without an end. `rubbish`: packs are damaged. `before_pack`: runs before a pack is made.
    `redirect`: target of every request; `moved`: targets by path, with `moved_for_members` only after a login.

    `requests`, `logins` and `pack_bytes` record the requests; `hanging` is set when one of them waits.
    """

    def __init__(self, root: Path, context: ssl.SSLContext | None = None) -> None:
        self.root = root
        self._context = context
        self._runner: web.AppRunner | None = None
        self._transports: set[asyncio.Transport] = set()
        self._stopping = asyncio.Event()
        self.hanging = asyncio.Event()
        self.port = 0
        self.login: tuple[str, str] | None = None
        self.status: int | None = None
        self.hang = False
        self.break_off_after: int | None = None
        self.stop_after: int | None = None
        self.rubbish = False
        self.redirect: str | None = None
        self.moved: dict[str, str] = {}
        self.moved_for_members = False
        self.before_pack: Callable[[], Awaitable[None]] | None = None
        self.requests: list[str] = []
        self.logins: list[str] = []
        self.pack_bytes = 0
        self.at_once = 0
        self.most_at_once = 0

    def url(self, name: str, host: str = "127.0.0.1") -> str:
        """The address of a repository in the folder."""
        return f"{'https' if self._context else 'http'}://{host}:{self.port}/{name}"

    async def start(self) -> None:
        """Listens on a free port of loopback."""
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._context)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Closes all connections."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
        transports, self._transports = self._transports, set()
        for transport in transports:
            transport.abort()  # a TLS connection would wait for the other side's farewell
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listens during the block."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            self._transports.add(request.transport)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request)
        except ConnectionResetError:
            return web.Response(status=499)  # nobody waits for it any more
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append(f"{request.method} {request.path_qs}")
        if self.hang:
            self.hanging.set()
            await self._stopping.wait()
        if self.redirect is not None:
            raise web.HTTPFound(self.redirect + request.path_qs)
        if moved := next((old for old in self.moved if request.path.startswith(old)), None):
            if self.moved_for_members and not self._allowed(request):
                return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
            raise web.HTTPMovedPermanently(self.moved[moved] + request.path_qs.removeprefix(moved))
        if self.status is not None:
            return web.Response(status=self.status)
        if not self._allowed(request):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        packs = request.path.endswith("/git-upload-pack")
        if packs and self.before_pack is not None:
            await self.before_pack()
        return await self._send(request, await self._backend(request, body), packs=packs)

    async def _send(self, request: web.Request, answer: bytes, *, packs: bool) -> web.StreamResponse:
        head, _, data = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        if packs:
            self.pack_bytes += len(data)
            if self.rubbish:
                data = data.replace(b"PACK", b"KCAP")
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(data)
        await response.prepare(request)
        limit = self.stop_after if self.stop_after is not None else self.break_off_after
        if limit is not None and packs and len(data) > limit:
            await response.write(data[:limit])
            if self.stop_after is not None:
                self.hanging.set()
                await self._stopping.wait()
            assert request.transport is not None
            request.transport.abort()
            return response
        await response.write(data)
        return response

    def _allowed(self, request: web.Request) -> bool:
        if self.login is None:
            return True
        shown = request.headers.get("Authorization", "")
        if shown:
            self.logins.append(base64.b64decode(shown.removeprefix("Basic ")).decode())
        return shown == "Basic " + base64.b64encode(":".join(self.login).encode()).decode()

    async def _backend(self, request: web.Request, body: bytes) -> bytes:
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_CONFIG_KEY_1": "http.receivepack",
            "GIT_CONFIG_VALUE_1": "true",
            "PATH_INFO": request.path,
            "REQUEST_METHOD": request.method,
            "QUERY_STRING": request.query_string,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": "",
            "HTTP_GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        process = await asyncio.create_subprocess_exec(
            "git",
            "http-backend",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
        answer, _ = await process.communicate(body)
        return answer


@asynccontextmanager
async def git_http_server(root: Path, context: ssl.SSLContext | None = None) -> AsyncIterator[GitHttpServer]:
    """A server for the repositories in a folder, over TLS with a context."""
    server = GitHttpServer(root, context)
    async with server.serving():
        yield server
