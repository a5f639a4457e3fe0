"""Transfer of the output folders of an ended step from its pod to the worker."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import attrs

from stroem.interfaces.runner import OutputWriter, RunnerFailed
from stroem_kubernetes.collector import COLLECTOR, NOTHING
from stroem_kubernetes.pod_start import Bounds
from stroem_kubernetes.pod_state import end_of
from stroem_kubernetes.pod_watch import PodWatch, WatchedPod

MARGIN_SECS = 15
"""Seconds for a node to end the sidecar, and to report it."""


@attrs.define(eq=False)
class LeftFiles:
    """Waits for the sidecar of an ended step, and has the worker fetch what it has sent."""

    watched: WatchedPod
    watch: PodWatch
    bounds: Bounds
    output: OutputWriter

    async def take_back(self, fetch: Callable[[str], Awaitable[None]], exit_code: int) -> None:
        """Takes it back. Raises `RunnerFailed`; a step that has failed anyway gets a note instead."""
        try:
            message = await self._message()
            if message != NOTHING:
                await fetch(message)
        except RunnerFailed as error:
            if exit_code == 0:
                raise
            await self.output.note(str(error))

    async def _message(self) -> str:
        clock = asyncio.get_running_loop().time
        until = clock() + self.bounds.collect_secs + MARGIN_SECS
        while True:
            self.watched.changed.clear()
            ended = end_of(self.watched.document or {}, COLLECTOR)
            if ended is not None and ended.exit_code == 0:
                return ended.message
            if ended is not None:
                raise _failed(ended.message or ended.reason)
            if self.watched.is_gone:
                raise _failed("the pod was removed")
            self.bounds.check_away(self.watch)
            if clock() >= until:
                raise _failed(f"it was not sent within {self.bounds.collect_secs:.0f} s")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self.watched.changed.wait()


def _failed(why: str) -> RunnerFailed:
    return RunnerFailed(f"What the step left in its folders did not reach the server: {why}")
