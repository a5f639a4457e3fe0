"""A small registry of npm on loopback, with packages made by hand."""

import asyncio
import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
from aiohttp import web

from tests.support.listening import listening_in_thread

PATIENCE_SECS = 120


@attrs.define
class NpmRegistry:
    """Packages, and the requests that it has had. It answers while `open` is set."""

    address: str = ""
    requests: list[str] = attrs.field(factory=list)
    asked: threading.Event = attrs.field(factory=threading.Event)
    open: threading.Event = attrs.field(factory=threading.Event)
    _packages: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    _archives: dict[str, bytes] = attrs.field(factory=dict)

    def add(
        self, name: str, version: str, text: str, files: Mapping[str, str] | None = None, **manifest: object
    ) -> None:
        """Adds a CommonJS package; `manifest` is more of its package.json, `files` are more files."""
        own = {"name": name, "version": version, "main": "index.js", **manifest}
        archive = _archive({"package.json": json.dumps(own), "index.js": text, **(files or {})})
        path = f"{name}/-/{version}.tgz"
        self._archives[path] = archive
        self._packages.setdefault(name, {})[version] = {**own, "dist": _digests(archive)}

    def packument(self, name: str) -> dict[str, Any] | None:
        """The document of a package (packument)."""
        if (versions := self._packages.get(name)) is None:
            return None
        told = {
            version: {**own, "dist": {**own["dist"], "tarball": f"{self.address}/{name}/-/{version}.tgz"}}
            for version, own in versions.items()
        }
        return {"name": name, "dist-tags": {"latest": max(told)}, "versions": told}

    async def until_asked(self) -> None:
        """Waits for the first request."""
        assert await asyncio.to_thread(self.asked.wait, PATIENCE_SECS), "npm has asked for nothing"

    def answer(self, path: str) -> web.Response:
        """The answer to a request for a package or an archive."""
        self.requests.append(path)
        self.asked.set()
        if path in self._archives:
            return web.Response(body=self._archives[path])
        found = self.packument(path)
        return web.json_response({"error": "not found"}, status=404) if found is None else web.json_response(found)


@contextmanager
def npm_registry() -> Iterator[NpmRegistry]:
    """Serves a registry without packages during the block."""
    registry = NpmRegistry()
    registry.open.set()

    async def handle(request: web.Request) -> web.Response:
        answer = registry.answer(request.path.removeprefix("/"))
        await asyncio.to_thread(registry.open.wait)
        return answer

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    with listening_in_thread(app) as registry.address:
        try:
            yield registry
        finally:
            registry.open.set()


def _archive(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def _digests(archive: bytes) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    return {"integrity": f"sha512-{digest}", "shasum": hashlib.sha1(archive).hexdigest()}
