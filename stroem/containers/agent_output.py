"""The output of a container that is kept ready: first the words of its agent, then the output of its step."""

import asyncio

from stroem.containers.agent import BEGINS, READY
from stroem.interfaces.runner import OutputWriter, Stream

_MOST = 500


class AgentOutput:
    """Passes on what the step prints, without the words of the agent."""

    def __init__(self, step: OutputWriter | None = None) -> None:
        self.ready = asyncio.Event()
        """Set when the agent waits for its step."""
        self.begun = asyncio.Event()
        """Set when the agent has got its whole step."""
        self.step = step
        """The output of the step, once it is known."""
        self.said = b""
        """The text that the container printed instead of the agent's sign: the error of its start."""
        self._expected = [READY, BEGINS]
        self._heard = b""

    @property
    def has_begun(self) -> bool:
        """Whether the agent has got its whole step."""
        return self.begun.is_set()

    async def write(self, stream: Stream, data: bytes) -> None:
        """Takes output; see `OutputWriter.write`."""
        if stream == "stdout" and self._expected:
            data = self._listen(data)
        if not data:
            return
        if self.step is None:
            self.said = (self.said + data)[:_MOST]
        else:
            await self.step.write(stream, data)

    async def note(self, text: str) -> None:
        """Takes a line of the runner; see `OutputWriter.note`."""
        if self.step is not None:
            await self.step.note(text)

    def _listen(self, data: bytes) -> bytes:
        """The output without the words that are expected next, which may come in parts."""
        self._heard += data
        while self._expected and self._heard.startswith(self._expected[0]):
            self._heard = self._heard.removeprefix(self._expected.pop(0))
            self.ready.set()
        if not self._expected:
            self.begun.set()
        if self._expected and self._expected[0].startswith(self._heard):
            return b""
        data, self._heard = self._heard, b""
        return data
