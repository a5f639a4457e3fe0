"""A process with all that it starts: begun, read and ended as one."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from stroem.interfaces.runner import OutputWriter
from stroem_shell.account import Account
from stroem_shell.pipe_reader import PipeReader

LINGER_SECS = 1.0
"""How long children may go on printing after the main process ended, and pipes may stay silent after a kill."""

LOOK_SECS = 0.02


class ProcessGroup:
    """A process that leads a session of its own, and everything in its group.

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
            self._process = subprocess.Popen(  # noqa: S603 (running what workflows say is the purpose)
                argv,
                cwd=directory,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=theirs[0],
                stderr=theirs[1],
                start_new_session=True,
                **(account.popen_options if account else {}),
            )
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        loop = asyncio.get_running_loop()
        self._handle = os.pidfd_open(self._process.pid)
        self._over: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._handle, self._on_over)
        self._readers = (PipeReader(ours[0], "stdout", output), PipeReader(ours[1], "stderr", output))
        for reader in self._readers:
            reader.closed.add_done_callback(self._on_closed)

    async def finish(self, grace: float) -> int:
        """Waits until the leader is over, ends what it left behind, and returns its exit code.

        What it left behind and still prints has a second to finish, then `grace` seconds after TERM.
        Raises what the output raised.
        """
        await self._over
        if not self._closed:
            await asyncio.wait({reader.closed for reader in self._readers}, timeout=LINGER_SECS)
        if not self._closed:
            self._signal(signal.SIGTERM)
            await self._empty(grace)
        await self._kill()
        for reader in self._readers:
            if reader.closed.done():
                reader.closed.result()
        return self._process.wait()

    async def end(self, grace: float) -> None:
        """Ends the whole group: TERM, then KILL after `grace` seconds. Being cancelled does not hurry it."""
        await _whatever_happens(self._end(grace))

    async def close(self) -> None:
        """Lets go of pipes and process, which must be over."""
        asyncio.get_running_loop().remove_reader(self._handle)
        os.close(self._handle)
        for reader in self._readers:
            await reader.stop()

    @property
    def _closed(self) -> bool:
        return all(reader.closed.done() for reader in self._readers)

    async def _end(self, grace: float) -> None:
        self._signal(signal.SIGTERM)
        await self._empty(grace)
        await self._kill()
        await asyncio.to_thread(self._process.wait)

    async def _kill(self) -> None:
        self._signal(signal.SIGKILL)
        if not self._closed:
            await asyncio.gather(*(reader.rest(LINGER_SECS) for reader in self._readers))

    async def _empty(self, grace: float) -> None:
        """Waits until nothing of the group runs any more, at most `grace` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        # Nobody tells when a grandchild ends.
        while loop.time() < deadline and any(_members(self._process.pid)):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECS)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # nothing is left, or only what changed its user

    def _on_over(self) -> None:
        asyncio.get_running_loop().remove_reader(self._handle)
        if not self._over.done():
            self._over.set_result(None)

    def _on_closed(self, closed: "asyncio.Future[None]") -> None:
        if closed.cancelled() or closed.exception() is None or self._over.done():
            return
        self._over.set_exception(closed.exception() or RuntimeError())


def _members(group: int) -> list[int]:
    """The processes of a group that still run, the dead that are not yet reaped left out."""
    members = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            fields = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue  # it is gone
        if int(fields[2]) == group and fields[0] not in (b"Z", b"X"):
            members.append(int(entry.name))
    return members


async def _whatever_happens(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            continue
    task.result()
