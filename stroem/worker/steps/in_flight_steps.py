"""The steps in flight: all that this worker has claimed and not yet delivered."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import attrs
from cachetools import FIFOCache

from stroem.protocol.attempt_set import AttemptSet
from stroem.protocol.begun_steps import BegunStep
from stroem.protocol.steps import AttemptKey, Outcome, StepAttempt
from stroem.worker.steps.executor import Executor
from stroem.worker.steps.in_flight_step import InFlightStep, Stop, attempt_of, claim_time
from stroem.worker.steps.log_buffer import LogBuffers
from stroem.worker.steps.resource_pool import ResourcePool
from stroem.worker.steps.step_slots import StepSlots

logger = logging.getLogger(__name__)

REMEMBERED = 1000
END_MARGIN_SECS = 10
"""The time beyond its grace that a runner has to end a step."""

Upload = Callable[[InFlightStep], Coroutine[Any, Any, None]]


class InFlightSteps:
    """Runs claimed steps, at most `slots` at a time and as far as the `pool` lasts; keeps each until it is delivered.

    While steps are short, others are claimed ahead; those that have to wait are given back to the server.

    `upload` sends the log of a step until it is small again. `on_change` is called when there is a line or an outcome
    to deliver, or a slot is free.
    """

    def __init__(
        self, executor: Executor, logs: LogBuffers, upload: Upload, *, slots: int, pool: ResourcePool, grace_secs: float
    ) -> None:
        self._executor = executor
        self._logs = logs
        self._upload = upload
        self._slots = StepSlots(slots, pool, self._begin, self._give_back)
        self._end_secs = grace_secs + END_MARGIN_SECS
        self._steps: dict[AttemptKey, InFlightStep] = {}
        self._delivered: FIFOCache[AttemptKey, None] = FIFOCache(REMEMBERED)
        self._uploads: set[asyncio.Task[None]] = set()
        self._none_left = asyncio.Event()
        self._none_left.set()
        self.on_change: Callable[[], None] = lambda: None
        self.on_local: Callable[[InFlightStep], None] = lambda _: None
        """Called when a step of a local job was claimed or has ended."""

    def __iter__(self) -> Iterator[InFlightStep]:
        return iter(tuple(self._steps.values()))

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def free_slots(self) -> int:
        """The number of further steps that could run now."""
        return self._slots.free

    @property
    def steps_ahead(self) -> int:
        """The number of steps to claim beyond the free slots."""
        return self._slots.ahead

    @property
    def to_return(self) -> tuple[InFlightStep, ...]:
        """The steps that are to be given back to the server."""
        return tuple([step for step in self._steps.values() if step.returned])

    @property
    def begun_here(self) -> tuple[BegunStep, ...]:
        """The steps that began here while the server was away, and that it has not taken yet, in this order."""
        return tuple([step.begun for step in self._steps.values() if step.begun is not None])

    def begin_here(self, attempt: StepAttempt, document: Mapping[str, Any], begun: BegunStep) -> None:
        """Starts a step that the server has not handed out, unless it is here already."""
        if not any(step.attempt.name_key == attempt.name_key for step in self):
            step = self._new(attempt, document)
            step.begun = begun
            self._slots.add(step)

    def begun_step(self, attempt: StepAttempt) -> InFlightStep | None:
        """A step that began here and that the server has not taken yet, by its name."""
        step = self._steps.get(attempt.name_key)
        return step if step is not None and step.begun is not None else None

    def take(self, step: InFlightStep, step_id: int) -> None:
        """Goes on with a step that began here: the server has taken it under this id."""
        del self._steps[step.attempt.key]
        step.take(step_id)
        self._steps[step.attempt.key] = step
        self.upload_if_large(step)
        self.on_change()

    def drop(self, step: InFlightStep) -> None:
        """Ends a step that is no longer this worker's; nothing of it is delivered."""
        self.stop(step, Stop.LEASE_LOST)
        self._forget_lost()

    def accept(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Starts the claims of an answer. A step that is in flight or delivered is not started again."""
        for document in documents:
            attempt = attempt_of(document)
            if attempt is None or attempt.key in self._delivered:
                continue
            known = self._steps.get(attempt.key)
            if (begun := self.begun_step(attempt)) is not None and attempt.step_id is not None:
                self.take(begun, attempt.step_id)
                continue
            if known is not None and known.returned and known.claimed_at != claim_time(document):
                self.forget(known)  # given back, and claimed again
                known = None
            if known is None and document.get("adopted"):
                self.adopt([document])
            elif known is None:
                self._slots.add(self._new(attempt, document))

    def adopt(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Goes on with steps that an earlier run of this worker has begun, whatever is free."""
        for document in documents:
            if (attempt := attempt_of(document)) is not None and attempt.key not in self._steps:
                self._slots.add_anyway(self._new(attempt, document, adopted=True))

    def cancel(self, documents: Sequence[Mapping[str, Any]]) -> bool:
        """Cancels the steps that an answer names; True if one of them was running.

        An item without an attempt concerns every attempt of its step.
        """
        if not documents:
            return False
        named = AttemptSet(found for document in documents if (found := attempt_of(document)) is not None)
        running = [
            step
            for step in self._steps.values()
            if step.stopped is None
            and not step.settled
            and (step.attempt in named or attrs.evolve(step.attempt, attempt=0) in named)
        ]
        for step in running:
            self.stop(step, Stop.CANCELLED)
        return bool(running)

    def stop_all(self, reason: Stop) -> None:
        """Ends every step."""
        for step in self:
            self.stop(step, reason)
        self._forget_lost()

    def stop_consumers(self) -> None:
        """Ends the steps of consumers, which do not end by themselves."""
        for step in self:
            if step.document.get("event_source_config") is not None:
                self.stop(step, Stop.SHUT_DOWN)

    def move_to_end(self, step: InFlightStep) -> None:
        """Puts a step behind the others in the order of delivery."""
        key = step.attempt.key
        if key in self._steps:
            self._steps[key] = self._steps.pop(key)

    def forget(self, step: InFlightStep) -> None:
        """Removes a step that is delivered or lost."""
        key = step.attempt.key
        if self._steps.get(key) is step:
            del self._steps[key]
            step.log.close()
            if not step.returned:
                self._delivered[key] = None
        if not self._steps:
            self._none_left.set()

    def upload_if_large(self, step: InFlightStep) -> None:
        """Starts the upload of a log that is too large for a batch, unless a chunk of it is out."""
        if step.begun is not None or step.uploading or step.log.out or not step.log.is_large:
            return
        step.uploading = True
        task = asyncio.create_task(self._upload(step))
        self._uploads.add(task)
        task.add_done_callback(partial(self._on_uploaded, step))

    def recheck_room(self) -> None:
        """Retries appends that wait for room in a log, after the server went away or came back."""
        for step in self:
            step.log.recheck_room()
        self.on_change()

    async def close(self) -> None:
        """Ends every step. Nothing is delivered any more."""
        for step in self:
            step.log.close()
        await self.end_all()
        for task in self._uploads:
            task.cancel()
        await asyncio.gather(*self._uploads, return_exceptions=True)
        for step in self:
            self.forget(step)

    async def all_ended(self, within: float) -> None:
        """Waits until no step runs, at most `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while tasks := [step.task for step in self if step.task is not None and not step.task.done()]:
                    await asyncio.wait(tasks)
        except TimeoutError:
            return

    async def end_all(self) -> None:
        """Ends every step. One that its runner does not end in time is given up."""
        self.stop_all(Stop.SHUT_DOWN)
        await self.all_ended(self._end_secs)
        for step in self:
            if not step.settled:
                logger.error("the runner of step %s does not end it", step.attempt)
                step.settled = True
                step.outcome = step.stop_outcome()
        self.on_change()

    async def all_delivered(self) -> None:
        """Waits until the server has all outcomes and lines."""
        await self._none_left.wait()

    def _new(self, attempt: StepAttempt, document: Mapping[str, Any], *, adopted: bool = False) -> InFlightStep:
        log = self._logs.new(attempt, first_chunk=document.get("log_chunk") or 0, on_lines=lambda: self._on_lines(step))
        step = InFlightStep(attempt, document, log, adopted=adopted)
        self._steps[attempt.key] = step
        self._none_left.clear()
        self._tell_local(step)
        return step

    def _begin(self, step: InFlightStep) -> None:
        step.task = asyncio.create_task(self._executor.execute(step))
        step.task.add_done_callback(partial(self._on_ended, step))

    def give_back_waiting(self) -> None:
        """Gives back the steps that have not begun."""
        for step in self._slots.waiting:
            self._give_back(step)

    def _give_back(self, step: InFlightStep) -> None:
        if step.claimed_at is not None:
            self._slots.remove(step)
            step.returned = step.settled = True
            self.on_change()

    def stop(self, step: InFlightStep, reason: Stop) -> None:
        """Ends a step."""
        if reason is Stop.SHUT_DOWN and step in self._slots:
            self._give_back(step)
        if step.returned:
            return
        step.stop(reason)
        if step in self._slots:
            self._slots.remove(step)
            step.settled = True
            step.outcome = step.stop_outcome()
            self.on_change()

    def _forget_lost(self) -> None:
        for step in self:
            if step.lost and step.settled:
                self.forget(step)

    def _on_ended(self, step: InFlightStep, task: "asyncio.Task[Outcome]") -> None:
        self._slots.ended(step)
        step.settled = True
        if task.cancelled():  # before its first instruction
            step.outcome = step.stop_outcome()
        elif (error := task.exception()) is not None:
            logger.error("step %s", step.attempt, exc_info=error)
            step.outcome = step.ended(-1, error=f"The worker failed: {error!r}")
        else:
            step.outcome = task.result()
        self._tell_local(step)
        self._forget_lost()
        self._slots.fill()
        self.on_change()

    def _tell_local(self, step: InFlightStep) -> None:
        if step.document.get("local"):
            self.on_local(step)

    def _on_lines(self, step: InFlightStep) -> None:
        self.upload_if_large(step)
        self.on_change()

    def _on_uploaded(self, step: InFlightStep, task: "asyncio.Task[None]") -> None:
        self._uploads.discard(task)
        step.uploading = False
        self._forget_lost()
        self.on_change()
