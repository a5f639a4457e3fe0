"""A process with all that it starts: begun, read and ended as one."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from stroem.files.private import inherited_umask
from stroem.interfaces.runner import OutputWriter
from stroem_shell.account import Account
from stroem_shell.descendants import Descendants
from stroem_shell.pipe_reader import PipeReader

LINGER_SECS = 1.0
"""Seconds that children may print after the main process ended, or pipes stay silent after a kill."""

SETTLE_SECS = 0.1
"""Seconds for silent remaining processes to end by themselves after the main process."""

KILL_SECS = 5.0
"""Seconds for killed processes to be gone; only the kernel can hold them longer."""

TIDY_SECS = 5.0
"""Seconds between reaping of detached dead processes while the step runs."""

LOOK_SECS = 0.02


class ProcessGroup:
    """A process that leads a session of its own, and all its descendants.

    The leader is reaped last: until then its id, which is also the group's, cannot pass to a stranger.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        directory: Path,
        env: Mapping[str, str],
        output: OutputWriter,
        account: Account | None = None,
    ) -> None:
        """Starts the process. Raises `OSError` when it cannot be started."""
        ours, theirs = zip(os.pipe(), os.pipe(), strict=True)
        try:
            # No preexec_fn: without one, and without another user, subprocess uses vfork.
            self._descendants = Descendants(
                lambda: subprocess.Popen(  # noqa: S603 (running what workflows say is the purpose)
                    argv,
                    cwd=directory,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=theirs[0],
                    stderr=theirs[1],
                    start_new_session=True,
                    umask=inherited_umask(),
                    **(account.popen_options if account else {}),
                )
            )
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        self._leader = self._descendants.leader
        self._loop = asyncio.get_running_loop()
        self._handle = os.pidfd_open(self._leader.pid)
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._handle, self._on_over)
        self._tidying = self._loop.call_later(TIDY_SECS, self._tidy)
        self._output = output
        self._readers = (PipeReader(ours[0], "stdout", output), PipeReader(ours[1], "stderr", output))
        for reader in self._readers:
            reader.closed.add_done_callback(self._on_closed)

    async def finish(self, grace: float) -> int:
        """Waits for the leader, ends remaining processes, and returns the exit code.

        What it left behind and still prints has a second to finish. All of it then has `grace` seconds after TERM.
        Raises what the output raised.
        """
        await self._over
        if not self._closed:
            await asyncio.wait({reader.closed for reader in self._readers}, timeout=LINGER_SECS)
        if not self._closed or self._descendants.orphans():
            await self._end_rest(grace)
        for reader in self._readers:
            if reader.closed.done():
                reader.closed.result()
        return self._leader.wait()

    async def end(self, grace: float) -> None:
        """Ends everything: TERM, then KILL after `grace` seconds. Being cancelled does not hurry it."""
        await _whatever_happens(self._end(grace))

    async def close(self) -> None:
        """Closes the pipes and forgets the process, which must have ended."""
        self._tidying.cancel()
        self._loop.remove_reader(self._handle)
        os.close(self._handle)
        if self._leader.returncode is not None:
            self._descendants.close()
        for reader in self._readers:
            await reader.stop()

    @property
    def _closed(self) -> bool:
        return all(reader.closed.done() for reader in self._readers)

    async def _end_rest(self, grace: float) -> None:
        """Ends processes that the dead leader left behind, with a notice in the output."""
        await self._empty(SETTLE_SECS)
        if rest := len(self._descendants.alive()):
            self._descendants.signal(signal.SIGTERM)
            await self._empty(grace)
            await self._kill()
            ended = rest - self._descendants.foreign
            if ended > 0:
                await self._note(f"{_counted(ended)} that the script left running ended with the step")
        await self._drain()
        if self._descendants.foreign:
            await self._note(
                f"{_counted(self._descendants.foreign)} of another user that the script left running could not be ended"
            )

    async def _end(self, grace: float) -> None:
        self._descendants.signal(signal.SIGTERM)
        await self._empty(grace)
        await self._kill()
        await self._drain()
        await asyncio.to_thread(self._leader.wait)

    async def _kill(self) -> None:
        """Kills until nothing is left: what is found may have begun others before it was killed."""
        deadline = self._loop.time() + KILL_SECS
        while self._descendants.alive() and self._loop.time() < deadline:
            self._descendants.signal(signal.SIGKILL)
            await asyncio.sleep(0)

    async def _drain(self) -> None:
        if not self._closed:
            await asyncio.gather(*(reader.rest(LINGER_SECS) for reader in self._readers))

    async def _empty(self, seconds: float) -> None:
        """Waits until no process of the step runs, for a bounded number of seconds."""
        deadline = self._loop.time() + seconds
        # Nobody tells when a grandchild ends.
        while self._loop.time() < deadline and self._descendants.alive():  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECS)

    async def _note(self, text: str) -> None:
        await self._output.write("stderr", f"{text}\n".encode())

    def _tidy(self) -> None:
        self._descendants.orphans()
        self._tidying = self._loop.call_later(TIDY_SECS, self._tidy)

    def _on_over(self) -> None:
        self._loop.remove_reader(self._handle)
        if not self._over.done():
            self._over.set_result(None)

    def _on_closed(self, closed: "asyncio.Future[None]") -> None:
        if closed.cancelled() or closed.exception() is None or self._over.done():
            return
        self._over.set_exception(closed.exception() or RuntimeError())


def _counted(processes: int) -> str:
    return "1 process" if processes == 1 else f"{processes} processes"


async def _whatever_happens(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            continue
    task.result()
