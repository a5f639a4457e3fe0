"""Outputs that collect the bytes printed by a step."""

import asyncio

import pytest

from stroem.interfaces.runner import Stream

PATIENCE_SECS = 60


class CollectedOutput:
    """Output that keeps all bytes and signals their arrival."""

    def __init__(self) -> None:
        self.data: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self.notes: list[str] = []
        self._came = asyncio.Event()

    async def write(self, stream: Stream, data: bytes) -> None:
        """Keeps the bytes."""
        self.data[stream] += data
        self._came.set()

    async def note(self, text: str) -> None:
        """Keeps the line."""
        self.notes.append(text)

    async def until(self, stream: Stream, wanted: bytes) -> None:
        """Waits until the stream holds some bytes. Fails the test when they do not come."""
        try:
            async with asyncio.timeout(PATIENCE_SECS):
                while wanted not in self.data[stream]:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            came = {name: bytes(data[-500:]) for name, data in self.data.items()}
            pytest.fail(f"{wanted!r} did not come on {stream} within {PATIENCE_SECS} s; what came ends: {came}")


class SlowOutput(CollectedOutput):
    """An output that takes nothing until it is opened, and counts what it was given meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = asyncio.Event()
        self.given = 0

    async def write(self, stream: Stream, data: bytes) -> None:
        """Waits, then keeps the bytes."""
        self.given += len(data)
        await self.opened.wait()
        await super().write(stream, data)
