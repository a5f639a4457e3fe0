"""All steps that this worker holds."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from cachetools import FIFOCache

from stroem.worker.claim import StepKey, key_of
from stroem.worker.exchange.client import ServerClient
from stroem.worker.exchange.log_uploader import LogSender
from stroem.worker.steps.attempt import HeldStep, Outcome, Stop
from stroem.worker.steps.executor import Executor
from stroem.worker.steps.log_buffer import StepLog
from stroem.worker.steps.token_mask import TokenMask

logger = logging.getLogger(__name__)

REMEMBERED = 1000
PATIENCE_SECS = 10
"""How much longer than its grace a runner may take to end a step."""


class HeldSteps:
    """Starts what is handed out, never more at once than there are slots, and keeps it until it is delivered.

    `on_news` is called when there is a line or an outcome to deliver, or a slot is free.
    """

    def __init__(
        self, *, client: ServerClient, executor: Executor, slots: int, spool: Path, grace_secs: float, mask: TokenMask
    ) -> None:
        self._client = client
        self._executor = executor
        self._slots = slots
        self._patience = grace_secs + PATIENCE_SECS
        self._spool = spool
        self._mask = mask
        self._spool_names = count()
        self._steps: dict[StepKey, HeldStep] = {}
        self._waiting: deque[HeldStep] = deque()
        self._delivered: FIFOCache[StepKey, None] = FIFOCache(REMEMBERED)
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.sender = LogSender(client, self._on_sent)
        self.on_news: Callable[[], None] = lambda: None
        client.on_change(self._look_again)

    def __iter__(self) -> Iterator[HeldStep]:
        return iter(tuple(self._steps.values()))

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def free_slots(self) -> int:
        """How many more steps could run now."""
        return max(0, self._slots - self._running - len(self._waiting))

    def accept(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Begins the steps of an answer. One that is known already is not begun again."""
        for document in documents:
            if (key := _key(document)) is None or key in self._steps or key in self._delivered:
                continue
            self._begin(key, document)

    def cancel(self, documents: Sequence[Mapping[str, Any]]) -> bool:
        """Ends the steps that the server wants ended; whether one of them was still running."""
        named = {_key(document) for document in documents}
        running = [
            step
            for step in self._steps.values()
            if step.stopped is None and not step.settled and named & {step.key, step.key._replace(attempt=0)}
        ]
        for step in running:
            self._stop(step, Stop.CANCELLED)
        return bool(running)

    def stop_all(self, reason: Stop) -> None:
        """Ends every step."""
        for step in self:
            self._stop(step, reason)
        self._forget_lost()

    def move_to_end(self, step: HeldStep) -> None:
        """Lets the others go first."""
        if step.key in self._steps:
            self._steps[step.key] = self._steps.pop(step.key)

    def forget(self, step: HeldStep) -> None:
        """The step is delivered, or no longer ours."""
        if self._steps.pop(step.key, None) is not None:
            step.log.close()
            self._delivered[step.key] = None
        if not self._steps:
            self._quiet.set()

    async def close(self) -> None:
        """Ends every step. Nothing is delivered any more."""
        for step in self:
            step.log.close()
        await self.end_all()
        await self.sender.close()
        for step in self:
            self.forget(step)

    async def all_over(self, within: float) -> None:
        """Waits until no step runs, at most so many seconds."""
        try:
            async with asyncio.timeout(within):
                while tasks := [step.task for step in self if step.task is not None and not step.task.done()]:
                    await asyncio.wait(tasks)
        except TimeoutError:
            return

    async def end_all(self) -> None:
        """Ends every step. One that its runner does not end in time is given up."""
        self.stop_all(Stop.SHUT_DOWN)
        await self.all_over(self._patience)
        for step in self:
            if not step.settled:
                logger.error("the runner of step %s does not end it", step.key)
                step.settled = True
                step.outcome = step.stop_outcome()
        self.on_news()

    async def all_delivered(self) -> None:
        """Waits until the server has everything."""
        await self._quiet.wait()

    def _begin(self, key: StepKey, document: Mapping[str, Any]) -> None:
        step = HeldStep(
            key,
            document,
            StepLog(
                first_chunk=document.get("log_chunk") or 0,
                spool=self._spool / f"{next(self._spool_names)}.log",
                mask=self._mask,
                server_away=lambda: self._client.away,
                on_lines=lambda: self._on_lines(step),
            ),
        )
        self._steps[step.key] = step
        self._quiet.clear()
        self._waiting.append(step)
        self._fill_slots()

    def _fill_slots(self) -> None:
        while self._waiting and self._running < self._slots:
            step = self._waiting.popleft()
            self._running += 1
            step.task = asyncio.create_task(self._executor.execute(step))
            step.task.add_done_callback(partial(self._on_over, step))

    def _stop(self, step: HeldStep, reason: Stop) -> None:
        step.stop(reason)
        if step in self._waiting:
            self._waiting.remove(step)
            step.settled = True
            step.outcome = step.stop_outcome()
            self.on_news()

    def _forget_lost(self) -> None:
        for step in self:
            if step.lost and step.settled:
                self.forget(step)

    def _on_sent(self) -> None:
        self._forget_lost()
        self.on_news()

    def _on_over(self, step: HeldStep, task: "asyncio.Task[Outcome]") -> None:
        self._running -= 1
        step.settled = True
        if task.cancelled():  # before its first instruction
            step.outcome = step.stop_outcome()
        elif (error := task.exception()) is not None:
            logger.error("step %s", step.key, exc_info=error)
            step.outcome = Outcome(exit_code=-1, error=f"The worker failed: {error!r}")
        else:
            step.outcome = task.result()
        self._forget_lost()
        self._fill_slots()
        self.on_news()

    def _on_lines(self, step: HeldStep) -> None:
        self.sender.send_if_large(step)
        self.on_news()

    def _look_again(self) -> None:
        for step in self:
            step.log.look_again()
        self.on_news()


def _key(document: Mapping[str, Any]) -> StepKey | None:
    """The attempt that a part of an answer names; None when it names none, which concerns no other part."""
    try:
        return key_of(document)
    except (KeyError, TypeError, ValueError) as error:
        logger.error("a part of the server's answer is passed over, it names no step: %r", error)
        return None
