"""`stroem …` as a process of its own."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from tests.support.programs import STROEM, environment

WAIT_SECS = 300
"""Bounds a test that fails: a start takes six seconds where two tests share two cores, and disks may stall."""

LAST_LINES = 50


class Program:
    """One command of Strøm, started again as often as it was killed. What it says goes into a file."""

    def __init__(self, *arguments: str, ready: str, log: Path) -> None:
        """It is ready when it says a line with `ready` in it."""
        self._arguments: Sequence[str] = (*STROEM, *arguments)
        self._ready = ready
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._runs = False
        self._said: list[bytes] = []
        self._spoke = asyncio.Condition()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._runs

    async def start(self) -> None:
        """Starts it and does not wait for anything."""
        assert not self.runs
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments,
            env=environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._runs = True
        self._said.clear()
        self._listening = asyncio.create_task(self._listen(self._process))

    async def until_said(self, text: str) -> bool:
        """Waits until it has said a line with this text since it was started; False when it ended before."""
        async with asyncio.timeout(WAIT_SECS), self._spoke:
            await self._spoke.wait_for(lambda: self._has_said(text) or not self.runs)
        return self._has_said(text)

    async def up(self) -> None:
        """Starts it and waits until it is ready. One that ends before is started again, as service managers do."""
        try:
            async with asyncio.timeout(WAIT_SECS):
                await self.start()
                while not await self.until_said(self._ready):
                    await self.start()
        except TimeoutError:
            raise AssertionError(f"not ready within {WAIT_SECS} s:\n{self._last_said()}") from None

    async def kill(self) -> None:
        """kill -9, whatever state it is in."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self.exit_code()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        self.signal(signal.SIGTERM)

    async def exit_code(self) -> int:
        """Waits until it has ended."""
        assert self._process is not None
        assert self._listening is not None
        code = await self._process.wait()
        await self._listening
        return code

    async def close(self) -> None:
        """Ends it if it runs."""
        if self.runs:
            await self.kill()

    def _last_said(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    def _has_said(self, text: str) -> bool:
        return any(text.encode() in line for line in self._said)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with self._log.open("ab", buffering=0) as log:
            log.write(f"--- process {process.pid}\n".encode())
            async for line in process.stdout:
                log.write(line)
                self._said.append(line)
                await self._tell()
        self._runs = False
        await self._tell()

    async def _tell(self) -> None:
        async with self._spoke:
            self._spoke.notify_all()
