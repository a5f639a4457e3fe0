"""A server from which pods of the tests fetch their files, and to which they send what they leave."""

import hashlib
import http.server
import io
import json
import secrets
import tarfile
import threading
from pathlib import Path
from typing import Self

import attrs

from stroem.interfaces.runner import RemoteFiles, StepOrder
from stroem.worker.files.remote_files import put_back
from stroem.worker.files.tarball import unpack


class FileServer:
    """Serves tarballs by their tokens and paths, and takes those that are sent with such a token."""

    def __init__(self) -> None:
        self.tarballs: dict[str, bytes] = {}
        self.folders: dict[str, bytes] = {}
        self.sent: dict[str, bytes] = {}
        self.takes = True
        self.requests: list[str] = []
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.requests.append(self.path)
                tarball = served.tarballs.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
                self.send_response(401 if tarball is None else 200)
                self.end_headers()
                self.wfile.write(served.folders.get(self.path, tarball) if tarball else b"")

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                known = self.headers.get("Authorization", "").removeprefix("Bearer ") in served.tarballs
                self.send_response(201 if known and served.takes else 413)
                self.end_headers()
                digest = hashlib.sha256(data).hexdigest()
                served.sent[digest] = data
                self.wfile.write(json.dumps({"sha256": digest}).encode())

            def log_message(self, *_: object) -> None:
                """Nothing is logged."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def publish(self, order: StepOrder, globs: tuple[str, ...] = ()) -> StepOrder:
        """The order, whose files are published as they are when the step asks for them."""

        async def remote_files() -> RemoteFiles:
            token = secrets.token_hex(8)
            self.tarballs[token] = _packed(order.directory)
            full = {name: folder for name, folder in order.folders.items() if any(folder.iterdir())}
            paths = {name: f"/{token}/{name}?snapshot=s" for name in full}
            self.folders |= {paths[name]: _packed(folder) for name, folder in full.items()}
            return RemoteFiles(
                server=f"http://127.0.0.1:{self._server.server_port}",
                path="/worker/workspace/w.tar.gz?revision=r",
                token=token,
                sha256=hashlib.sha256(self.tarballs[token]).hexdigest(),
                folders=paths,
                globs=globs,
            )

        async def take_back(digest: str) -> None:
            archive, taken = order.scratch / "tar", order.scratch / "taken"
            archive.write_bytes(self.sent[digest])
            taken.mkdir()
            unpack(archive, taken)
            put_back(taken, order, with_workspace=bool(globs))

        return attrs.evolve(order, remote_files=remote_files, take_back=take_back)


def _packed(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for entry in sorted(folder.iterdir()):
            archive.add(entry, f"./{entry.name}")
    return packed.getvalue()
