"""Loop that drives jobs with something due: a time that has passed, or a message."""

import asyncio
import contextlib
import itertools
import logging
import math
import uuid
from collections.abc import Mapping, Sequence

from stroem.definitions.values import Json
from stroem.engine.events import (
    Begin,
    Cancel,
    ChildEnded,
    Deadlocked,
    Due,
    EndedByServer,
    Event,
    Full,
    Granted,
    HookFailed,
    Pause,
    Placed,
    Resolve,
    Resume,
    Signal,
)
from stroem.engine.values.state import SIGNAL
from stroem.orchestrator.jobs.job_driver import JobDriver
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.limits.rate_windows import RateWindows
from stroem.orchestrator.notifier import POLL_SECS, Notification, Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.store.batch_isolation import isolate
from stroem.store.database import Database
from stroem.store.jobs import due, jobs, locked_jobs, messages
from stroem.store.jobs.messages import Message

_BATCH = 200
_DEFERRED_SECS = 5.0
TIMED_OUT = "Job timed out"
"""The reason of the cancellation of a job past its timeout."""
_GRACE_OVER = "The time for cleanup is over"
_log = logging.getLogger(__name__)


class JobLoop:
    """Drives the jobs that are due. Any server may do it at any time; a bad job does not stop the others."""

    def __init__(
        self,
        database: Database,
        driver: JobDriver,
        plans: JobPlans,
        failer: StepFailer,
        windows: RateWindows,
        notifier: Notifier,
    ) -> None:
        self._database = database
        self._driver = driver
        self._plans = plans
        self._failer = failer
        self._windows = windows
        self.woken = asyncio.Event()
        notifier.on_publish(self._on_notification)

    def _on_notification(self, notification: Notification) -> None:
        if notification.deadlines:
            self.woken.set()

    async def run_once(self) -> bool:
        """Drives a batch of due jobs; True if there may be more."""
        deferred = self._failer.deferred.current()
        await self._windows.open()
        async with self._database.read() as connection:
            ids = await due.due_jobs(connection, _BATCH, deferred)
            late = await jobs.overdue_jobs(connection, _BATCH, excluded=deferred)
        ids = list(dict.fromkeys([*ids, *late]))
        await isolate(ids, self._plans.retrying(self._drive), self._fail)
        return len(ids) >= _BATCH and not self._failer.deferred.current()

    async def pause_secs(self) -> float:
        """Seconds until a step or job is due."""
        async with self._database.read() as connection:
            pause = await due.secs_to_next_due(connection, POLL_SECS)
        return max(pause, _DEFERRED_SECS) if self._failer.deferred.current() else pause

    async def _drive(self, ids: Sequence[uuid.UUID]) -> None:
        async with self._database.begin() as connection:
            locked = await locked_jobs.lock_jobs(connection, ids)
            taken: dict[uuid.UUID, list[Message]] = {}
            for message in await messages.take(connection, ids):  # those of jobs that are gone are dropped
                taken.setdefault(message.job_id, []).append(message)
            outputs = await jobs.outputs_of(connection, _children(taken))
            times = await due.due_steps(connection, list(locked))
            starting = await due.starting_jobs(connection, list(locked))
            late = frozenset(await jobs.overdue_jobs(connection, len(ids), among=ids))
            events: list[tuple[locked_jobs.LockedJob, Sequence[Event]]] = []
            for job_id, job in sorted(locked.items(), key=lambda item: _first_message(taken.get(item[0], ()))):
                own: list[Event] = [Begin()] if job_id in starting else []
                for message in taken.get(job_id, ()):
                    own += _events(message, outputs)
                own += [Due(step=step) for step in times.get(job_id, ())]
                if job_id in late:
                    own.append(Cancel(reason=TIMED_OUT if job.state.cancel_reason is None else _GRACE_OVER))
                if job.status in jobs.TERMINAL:
                    own = [event for event in own if isinstance(event, HookFailed | EndedByServer)]
                if own:
                    events.append((job, own))
            driven = await self._driver.drive(connection, events, taken=taken) if events else None
        if driven is not None:
            self._driver.publish(driven)

    async def _fail(self, job_id: uuid.UUID, error: Exception) -> None:
        await self._failer.fail_job(job_id, "The next step of the job cannot be decided", error)
        if job_id not in self._failer.deferred.current():
            async with self._database.read() as connection:
                await messages.drop(connection, job_id)


def _first_message(taken: Sequence[Message]) -> float:
    """The place of a job among those that are driven together: slots are requested in the order of the messages."""
    return taken[0].id if taken else math.inf


def _children(taken: Mapping[uuid.UUID, Sequence[Message]]) -> set[uuid.UUID]:
    """The child jobs that report their ends."""
    found: set[uuid.UUID] = set()
    for message in itertools.chain.from_iterable(taken.values()):
        if message.kind == "ended":
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                found.add(uuid.UUID(message.actor))
    return found


def _events(message: Message, outputs: Mapping[uuid.UUID, Json]) -> list[Event]:
    """The event in a message; none in one that cannot be read, which is logged.

    `outputs` are those of child jobs that have ended.
    """
    try:
        return [_event(message, outputs)]
    except (KeyError, TypeError, ValueError):
        _log.exception("message %d (%s) to job %s cannot be read", message.id, message.kind, message.job_id)
        return []


def _event(message: Message, outputs: Mapping[uuid.UUID, Json]) -> Event:
    kind, actor = message.kind, message.actor
    payload: Mapping[str, Json] = message.payload if isinstance(message.payload, Mapping) else {}
    if kind.startswith(SIGNAL):
        name = kind.removeprefix(SIGNAL)
        return Signal(name=name, message=message.id, payload=message.payload, actor=actor)
    if kind == "ended" and message.step is not None:
        child = uuid.UUID(actor)
        return ChildEnded(
            step=message.step,
            job=str(child),
            outcome=payload["outcome"],  # type: ignore[arg-type]
            output=outputs.get(child),
            error=payload.get("error"),  # type: ignore[arg-type]
        )
    if kind == "followers":
        return EndedByServer()
    if kind == "hook":
        return HookFailed(
            job=str(uuid.UUID(actor)),
            task=str(payload["task"]),
            outcome=payload["outcome"],  # type: ignore[arg-type]
            error=payload.get("error"),  # type: ignore[arg-type]
        )
    if kind in ("cancel", "supersede"):
        reason = str(payload.get("reason") or "The job that started this one was cancelled")
        return Cancel(reason=reason, once=kind == "supersede")
    if kind == "placed":
        return Placed(worker_id=uuid.UUID(actor))
    if kind in ("pause", "resume"):
        by = payload.get("by")
        return (Pause if kind == "pause" else Resume)(actor=by if isinstance(by, str) else None)
    if kind == "granted" and message.step is not None:
        return Granted(step=message.step, key=_text(payload.get("key")))
    if kind == "deadlock" and message.step is not None:
        return Deadlocked(step=message.step, key=str(payload["key"]), error=str(payload["error"]))
    if kind == "full":
        return Full(key=str(payload["key"]), held=_texts(payload["held"]), ahead=_texts(payload["ahead"]))
    if kind == "resolve" and message.step is not None:
        return Resolve(step=message.step, answer=message.payload, actor=actor)
    raise ValueError(kind)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Json) -> tuple[str, ...]:
    """The ids of jobs in a message."""
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple([str(uuid.UUID(one)) for one in value])
