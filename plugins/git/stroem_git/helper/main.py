"""The program of a helper process: handles requests from standard input until its end.

All that touches git happens here. Trust in certificates and host keys, and timeouts, are settings of a whole process
in libgit2, so there is a helper for each; and a process can be ended, whatever a remote makes it wait for.
"""

import os
import signal
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

import pygit2
from pygit2.enums import ConfigLevel, Option

from stroem_git.errors import Failure, printable
from stroem_git.helper.framing import read_frame, write_frame
from stroem_git.helper.handler import Handler
from stroem_git.helper.host_threads import HostThreads
from stroem_git.requests import Request, request_from_dict

_CA_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_CACHE_BYTES = 32 * 1024 * 1024
_IDLE_SECS = 300.0
_SIGN_SECS = 0.5


class Helper:
    """Runs requests on threads, and sends keepalives and answers to the server."""

    def __init__(self, handler: Handler, out: BinaryIO) -> None:
        self._handler = handler
        self._out = out
        self._writing = threading.Lock()
        self._threads = HostThreads()
        self._busy_at = time.monotonic()

    def take(self, header: dict[str, Any]) -> None:
        """Begins a request, or drops one that has not begun."""
        number, request = header.pop("number"), None
        if "forget" in header:
            self._threads.drop(header["forget"], number)
            return
        request = request_from_dict(header)
        since = time.monotonic()
        self._threads.add(_host(request), number, lambda: self._run(number, request, since))

    def tell_when_idle(self) -> None:
        """Reports long idleness at intervals; the server may then end this process."""
        while True:
            time.sleep(_IDLE_SECS)
            if time.monotonic() - self._busy_at >= _IDLE_SECS:
                self._write({"idle": True})

    def _run(self, number: int, request: Request, since: float) -> None:
        signed = 0.0
        host = _host(request)

        def report_alive() -> None:
            nonlocal signed
            now = self._busy_at = time.monotonic()
            if now - signed >= _SIGN_SECS:
                signed = now
                self._write({"alive": [number, *self._threads.waiting(host)]})

        report_alive()
        try:
            answer, body = self._handler.do(request, report_alive, since)
            self._write({"number": number, "answer": answer}, body)
        except Failure as failure:
            said = {"message": str(failure), "kind": failure.kind, "revision": failure.revision}
            self._write({"number": number, "failure": said})
        except Exception as error:  # one request never ends the others
            said = {"message": f"git failed: {type(error).__name__} {printable(str(error))}", "kind": "unavailable"}
            self._write({"number": number, "failure": said})

    def _write(self, header: dict[str, Any], body: bytes = b"") -> None:
        with self._writing:
            try:
                write_frame(self._out, header, body)
            except OSError:
                os._exit(0)  # the server is gone


def main() -> None:
    """Answers on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when this process ends
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    begin = read_frame(sys.stdin.buffer)
    if begin is not None:
        helper = Helper(Handler(_set_up(begin[0])), out)
        threading.Thread(target=helper.tell_when_idle, daemon=True).start()
        while (frame := read_frame(sys.stdin.buffer)) is not None:
            helper.take(frame[0])
    os._exit(0)  # without waiting for threads that wait for a remote


def _set_up(settings: dict[str, Any]) -> Path:
    """Sets what libgit2 has one of in a process; returns the file of known hosts."""
    timeout = max(1, int(settings["timeout_secs"] * 1000))
    pygit2.option(Option.SET_SERVER_CONNECT_TIMEOUT, timeout)
    pygit2.option(Option.SET_SERVER_TIMEOUT, timeout)
    pygit2.option(Option.SET_OWNER_VALIDATION, False)  # nothing in a repository is run, whoever owns it
    pygit2.option(Option.SET_CACHE_MAX_SIZE, _CACHE_BYTES)
    for level in (ConfigLevel.SYSTEM, ConfigLevel.GLOBAL, ConfigLevel.XDG, ConfigLevel.PROGRAMDATA):
        pygit2.option(Option.SET_SEARCH_PATH, level, "/nonexistent")  # addresses mean what they say
    home = settings["home"]
    if home is not None:
        pygit2.option(Option.SET_HOMEDIR, home)
    if settings["ca_bundle"] is None:
        _use_system_certificates()
    return Path(home or Path.home()) / ".ssh" / "known_hosts"


def _use_system_certificates() -> None:
    """pygit2 asks Python where they are; a Python that was built elsewhere does not know."""
    found = ssl.get_default_verify_paths()
    if not (found.cafile or found.capath):
        file = next((name for name in _CA_FILES if Path(name).is_file()), None)
        if file is not None:
            pygit2.settings.set_ssl_cert_locations(file, None)


def _host(request: Request) -> str:
    return request.target.host


if __name__ == "__main__":
    main()
