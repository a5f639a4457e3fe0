"""The server's end of a helper process."""

import asyncio
import contextlib
import itertools
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import attrs

from stroem_git.helper.framing import Frame, read_frame, write_frame

_GRACE_SECS = 5.0
_LONGEST_SECS = 3600.0


class HelperDied(Exception):
    """The process ended before it answered."""


class Silent(Exception):
    """A request had no keepalive for too long, or took an hour."""


@attrs.define(eq=False)
class _Pending:
    answer: "asyncio.Future[Frame | None]"
    loop: asyncio.AbstractEventLoop
    heard_at: float

    def settle(self, frame: Frame | None) -> None:
        """Delivers an answer, or None if there will be none, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            self.loop.call_soon_threadsafe(self._set, frame)

    def _set(self, frame: Frame | None) -> None:
        if not self.answer.done():
            self.answer.set_result(frame)


class HelperProcess:
    """Runs one helper; requests may come from any event loop. `settings` are those of the process."""

    def __init__(self, settings: Mapping[str, Any], grace_secs: float = _GRACE_SECS) -> None:
        environment = dict(os.environ)
        if settings["ca_bundle"] is not None:
            environment |= {"SSL_CERT_FILE": str(settings["ca_bundle"]), "SSL_CERT_DIR": os.devnull}
        self._lock = threading.Lock()
        self._pending: dict[int, _Pending] = {}
        self._numbers = itertools.count(1)
        self._outgoing: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._closing = False
        self._patience = settings["timeout_secs"] + grace_secs
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "stroem_git.helper.main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        self._outgoing.put(settings)
        for handler in (self._send, self._receive):
            threading.Thread(target=handler, daemon=True, name=f"git-helper-{self._process.pid}").start()

    @property
    def process_id(self) -> int:
        """The process id of the operating system."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """True if it accepts requests."""
        return not self._closing and self._process.poll() is None

    async def ask(self, request: Mapping[str, Any], host: str) -> Frame:
        """The answer to an order. Raises `HelperDied`, and `Silent` when neither an answer nor a sign of life came
        in time; the process gets no more requests then.
        """
        loop = asyncio.get_running_loop()
        pending = _Pending(loop.create_future(), loop, time.monotonic())
        with self._lock:
            if self._closing:
                raise HelperDied
            number = next(self._numbers)
            self._pending[number] = pending
        self._outgoing.put({"number": number, **request})
        try:
            return await self._answer(pending)
        except (Silent, asyncio.CancelledError) as error:
            self._outgoing.put({"number": number, "forget": host})
            if isinstance(error, Silent):
                self._retire()
            raise
        finally:
            self._settled(number)

    def close(self) -> None:
        """Ends the process now; requests in flight fail."""
        self._retire()
        self._process.kill()
        self._process.wait()

    async def _answer(self, pending: _Pending) -> Frame:
        end = time.monotonic() + _LONGEST_SECS
        while True:
            left = min(end, pending.heard_at + self._patience) - time.monotonic()
            if left <= 0:
                raise Silent
            done, _ = await asyncio.wait((pending.answer,), timeout=left)
            if done:
                frame = pending.answer.result()
                if frame is None:
                    raise HelperDied
                return frame

    def _settled(self, number: int) -> None:
        with self._lock:
            self._pending.pop(number, None)
            last = self._closing and not self._pending
        if last:
            self._process.kill()

    def _retire(self) -> None:
        with self._lock:
            self._closing = True

    def _send(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as stdin:
            while (message := self._outgoing.get()) is not None:
                write_frame(stdin, message)  # type: ignore[arg-type]

    def _receive(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError), self._process.stdout as stdout:
            while (frame := read_frame(stdout)) is not None:  # type: ignore[arg-type]
                self._heard(frame)
        with self._lock:
            self._closing = True
            lost = list(self._pending.values())
        for pending in lost:
            pending.settle(None)
        self._outgoing.put(None)
        self._process.kill()
        self._process.wait()

    def _heard(self, frame: Frame) -> None:
        header = frame[0]
        with self._lock:
            now = time.monotonic()
            for number in header.get("alive", ()):
                if number in self._pending:
                    self._pending[number].heard_at = now
            if header.get("idle") and not self._pending:
                self._closing = True
                self._outgoing.put(None)
            answered = self._pending.get(header.get("number", 0))
        if answered is not None:
            answered.settle(frame)
