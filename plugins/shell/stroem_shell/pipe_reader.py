"""Hands over what comes out of one pipe."""

import asyncio
import os

from stroem.interfaces.runner import OutputWriter, Stream

READ_BYTES = 64 * 1024
PIPE_BYTES = 1024 * 1024
LOOK_SECS = 0.02


class PipeReader:
    """Passes a pipe's bytes on as they come, and stops reading while they are not taken.

    `closed` is done when every holder of the other end has let go, or failed when the output refused bytes.
    A pipe that stays silent costs no task.
    """

    def __init__(self, descriptor: int, stream: Stream, output: OutputWriter) -> None:
        self._loop = asyncio.get_running_loop()
        self._descriptor = descriptor
        self._stream = stream
        self._output = output
        self._passing: asyncio.Task[None] | None = None
        self._taken = 0
        self.closed: asyncio.Future[None] = self._loop.create_future()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._on_readable)

    async def rest(self, patience: float) -> None:
        """Waits for what is still in a pipe that nobody should write to any more.

        Somebody may, having left the group: gives up after `patience` silent seconds, or when more came than
        a pipe holds.
        """
        most = self._taken + PIPE_BYTES
        quiet = 0.0
        while not self.closed.done() and self._taken < most and quiet < patience:
            before = self._taken
            await asyncio.wait({self.closed}, timeout=LOOK_SECS)
            busy = self._passing is not None or self._taken != before
            quiet = 0.0 if busy else quiet + LOOK_SECS

    async def stop(self) -> None:
        """Stops reading and closes the pipe."""
        if self._passing is not None:
            self._passing.cancel()
            await asyncio.wait({self._passing})
        elif not self.closed.done():
            self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self.closed.cancel()

    def _on_readable(self) -> None:
        data = self._read()
        if data is None:
            return
        self._loop.remove_reader(self._descriptor)
        if data:
            self._passing = self._loop.create_task(self._pass_on(data))
        else:
            self.closed.set_result(None)

    async def _pass_on(self, data: bytes | None) -> None:
        try:
            while data:
                self._taken += len(data)
                await self._output.write(self._stream, data)
                data = self._read()
                if data:
                    await asyncio.sleep(0)  # a loud step must not keep the loop from the others
        except Exception as error:
            self.closed.set_exception(error)
            return
        self._passing = None
        if data is None:
            self._loop.add_reader(self._descriptor, self._on_readable)
        else:
            self.closed.set_result(None)

    def _read(self) -> bytes | None:
        try:
            return os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return None
