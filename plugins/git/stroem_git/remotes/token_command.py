"""Commands that print a token, such as one for a GitHub App."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence

from stroem_git.errors import Failure

_MOST_BYTES = 64 * 1024
_LONGEST_SECS = 60.0


class Tokens:
    """Cache of tokens printed by commands, for their configured lifetime. Each command runs once at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self._found: dict[tuple[str, ...], tuple[str, float]] = {}

    def get(self, command: Sequence[str], ttl_secs: float, timeout_secs: float, refused: str | None) -> str:
        """The token; runs the command again if the cached one is `refused`. Raises `Failure`."""
        key = tuple(command)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            token, until = self._found.get(key, ("", 0.0))
            if token and token != refused and time.monotonic() < until:
                return token
            token = run_token_command(key, min(timeout_secs, _LONGEST_SECS))
            self._found[key] = (token, time.monotonic() + ttl_secs)
            return token


def run_token_command(command: Sequence[str], timeout_secs: float) -> str:
    """The first line that a program prints. Raises `Failure`, which never holds what was printed."""
    name = command[0]
    try:
        process = subprocess.Popen(  # noqa: S603 (what the operator set, and no shell)
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise Failure(f"the command {name!r} under `auth` cannot be started: {error.strerror}") from None
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        _kill(process)

    timer = threading.Timer(timeout_secs, stop)
    timer.daemon = True
    timer.start()
    try:
        printed = _read(process)
    finally:
        timer.cancel()
    if expired.is_set():
        raise Failure(f"the command {name!r} under `auth` did not end within {timeout_secs:g} s")
    return _token(name, process.returncode, printed)


def _read(process: subprocess.Popen[bytes]) -> bytes:
    """The output of a process, up to a limit."""
    with process:
        assert process.stdout is not None
        printed = process.stdout.read(_MOST_BYTES + 1)
        if len(printed) > _MOST_BYTES:
            _kill(process)
    return printed


def _token(name: str, code: int, printed: bytes) -> str:
    if len(printed) > _MOST_BYTES:
        raise Failure(f"the command {name!r} under `auth` printed more than {_MOST_BYTES} bytes")
    if code != 0:
        raise Failure(f"the command {name!r} under `auth` ended with {code}. Run it by hand to see why")
    token = printed.decode(errors="replace").strip().partition("\n")[0].strip()
    if not token or not token.isprintable():
        raise Failure(f"the command {name!r} under `auth` printed no token")
    return token


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
