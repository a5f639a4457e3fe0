"""A server from which pods of the tests fetch their workspaces."""

import hashlib
import http.server
import io
import secrets
import tarfile
import threading
from pathlib import Path
from typing import Self

from stroem.interfaces.runner import RemoteFiles


class FileServer:
    """Serves tarballs by their tokens."""

    def __init__(self) -> None:
        self.tarballs: dict[str, bytes] = {}
        self.requests: list[str] = []
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.requests.append(self.path)
                tarball = served.tarballs.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
                self.send_response(401 if tarball is None else 200)
                self.end_headers()
                self.wfile.write(tarball or b"")

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

    def publish(self, folder: Path) -> RemoteFiles:
        """The files of a folder, as they are now."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for entry in sorted(folder.iterdir()):
                archive.add(entry, f"./{entry.name}")
        token = secrets.token_hex(8)
        self.tarballs[token] = packed.getvalue()
        return RemoteFiles(
            server=f"http://127.0.0.1:{self._server.server_port}",
            path="/worker/workspace/w.tar.gz?revision=r",
            token=token,
            sha256=hashlib.sha256(packed.getvalue()).hexdigest(),
        )
