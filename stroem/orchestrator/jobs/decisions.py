"""Decisions of the engine for several jobs at once."""

import asyncio
import uuid
from collections.abc import Generator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from stroem.engine.changes import Changes
from stroem.engine.decide import decide
from stroem.engine.events import Begin, Event
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import KeptSignal, Load, Request, Rows
from stroem.engine.values.state import SIGNAL
from stroem.errors import Conflict
from stroem.interfaces.nodes import ROOT
from stroem.interfaces.step_kind import StepKind
from stroem.orchestrator.jobs.new_jobs import PreparedJob
from stroem.orchestrator.jobs.request_answerer import Prepared, RequestAnswerer
from stroem.orchestrator.plans.plan_cache import PlanCache
from stroem.orchestrator.secrets.sealed_values import Place, SealedValues
from stroem.secrets.envelope import CannotOpen
from stroem.store.jobs import jobs, load
from stroem.store.jobs.apply import StaleDecision
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection

_MANY = 500
_MOST_JOBS = 500
"""Jobs that begin in one transaction with the decisions that create them; further ones begin in others."""
Deciding = Generator[Request, Any, Changes]
_NOTHING: Mapping[uuid.UUID, tuple[Load, Rows]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Decided:
    """Decided changes of a locked job. `plan` has the fragments that have arrived so far, and no values.

    `defers`: jobs that it starts have been created, and begin in other transactions.
    """

    locked: LockedJob
    changes: Changes
    plan: TaskPlan
    defers: bool = False


class Decisions:
    """Runs the engine's generators in lockstep: each round asks the database for the rows of all jobs together."""

    def __init__(
        self, plan_cache: PlanCache, answerer: RequestAnswerer, kinds: Mapping[str, StepKind], rows: SealedValues
    ) -> None:
        self._rows = rows
        self._plan_cache = plan_cache
        self._answerer = answerer
        self._kinds = kinds

    async def decide(
        self,
        connection: Connection,
        events: Sequence[tuple[LockedJob, Sequence[Event]]],
        first: Mapping[uuid.UUID, tuple[Load, Rows]] = _NOTHING,
    ) -> list[Decided]:
        """The changes of locked jobs, and of the child jobs and hooks that they start, which are created here.

        `first` are rows that were read together with the locks, for the first requests. Raises NotLoaded when
        definitions or values are not in memory.
        """
        found: list[Decided] = []
        waiting = list(events)
        begun = 0
        while waiting:
            prepared: Prepared = {}
            decided = await self._in_lockstep(connection, waiting, first, prepared)
            first = _NOTHING
            waiting = []
            for one in decided:
                retry, children = one.changes.retry, one.changes.children
                if retry is not None and await self._create(connection, prepared[uuid.UUID(retry)]) is None:
                    one.changes.retry = None  # its release is gone
                room = max(_MOST_JOBS - begun, 0)
                begun += len(children)
                for child in children[:room]:
                    locked = await self._create_child(connection, one.locked, prepared[uuid.UUID(child)])
                    if locked is not None:
                        waiting.append((locked, [Begin()]))
                for child in children[room:]:
                    await self._create_child(connection, one.locked, _deferred(prepared[uuid.UUID(child)]))
                found.append(attrs.evolve(one, defers=len(children) > room))
        return found

    async def _create_child(self, connection: Connection, parent: LockedJob, new: PreparedJob) -> LockedJob | None:
        locked = await self._create(connection, new)
        if locked is None and new.job.workspace != parent.workspace:
            raise StaleDecision("the release of the other workspace is gone")
        return locked

    async def _create(self, connection: Connection, new: PreparedJob) -> LockedJob | None:
        await self._plan_cache.store(connection, new.cached)
        return await jobs.create_job(connection, new.job)

    async def _in_lockstep(
        self,
        connection: Connection,
        events: Sequence[tuple[LockedJob, Sequence[Event]]],
        first: Mapping[uuid.UUID, tuple[Load, Rows]],
        prepared: Prepared,
    ) -> list[Decided]:
        deciding: dict[uuid.UUID, Deciding] = {}
        locked_jobs = {locked.id: locked for locked, _ in events}
        plans: dict[uuid.UUID, TaskPlan] = {}
        for locked, own in events:
            plans[locked.id] = await self._plan_cache.joined(connection, locked.plan, locked.state.fragments)
            state = attrs.evolve(locked.state)
            deciding[locked.id] = decide(state, plans[locked.id], own, locked.now, self._kinds)
        decided: list[Decided] = []
        answers: dict[uuid.UUID, Any] = dict.fromkeys(deciding)
        while answers:
            requests: dict[uuid.UUID, Request] = {}
            for job_id, answer in answers.items():
                locked, plan = locked_jobs[job_id], plans[job_id]
                if _takes_long(answer, plan, locked):
                    found = await asyncio.to_thread(_next, deciding[job_id], answer)
                else:
                    found = _next(deciding[job_id], answer)
                if not isinstance(found, Changes):
                    requests[job_id] = found
                    continue
                if found.job.fragments != locked.state.fragments:
                    plan = await self._plan_cache.joined(connection, locked.plan, found.job.fragments)
                decided.append(Decided(locked=locked, changes=found, plan=plan))
            answers = {job_id: rows for job_id, (wanted, rows) in first.items() if requests.get(job_id) == wanted}
            unanswered = {job_id: one for job_id, one in requests.items() if job_id not in answers}
            answers |= await self._answers(connection, unanswered, locked_jobs, prepared)
            answers = {job_id: self._opened(job_id, answer) for job_id, answer in answers.items()}
            first = _NOTHING
        return decided

    async def _answers(
        self,
        connection: Connection,
        requests: Mapping[uuid.UUID, Request],
        locked: Mapping[uuid.UUID, LockedJob],
        prepared: Prepared,
    ) -> dict[uuid.UUID, Any]:
        answers: dict[uuid.UUID, Any] = {}
        if loads := {job_id: one for job_id, one in requests.items() if isinstance(one, Load)}:
            answers |= await load.load(connection, loads)
        for job_id, request in requests.items():
            if not isinstance(request, Load):
                answers[job_id] = await self._answerer.answer(connection, locked[job_id], request, prepared)
        return answers

    def _opened(self, job_id: uuid.UUID, answer: Any) -> Any:
        """The answer with the payloads of kept signals decrypted. Raises Conflict."""
        if not isinstance(answer, Rows) or not answer.signals:
            return answer
        return attrs.evolve(answer, signals=[self._opened_signal(job_id, one) for one in answer.signals])

    def _opened_signal(self, job_id: uuid.UUID, signal: KeptSignal) -> KeptSignal:
        try:
            payload = self._rows.opened(signal.payload, Place.SIGNAL, job_id, f"{SIGNAL}{signal.name}")
        except CannotOpen as error:
            raise Conflict(message=f"The signal {signal.name!r} cannot be decrypted: {error}") from None
        return attrs.evolve(signal, payload=payload)


def _deferred(new: PreparedJob) -> PreparedJob:
    """A job that begins in a transaction of its own, as soon as possible."""
    return attrs.evolve(new, job=attrs.evolve(new.job, starts_in_secs=new.job.starts_in_secs or 0.0))


def _next(deciding: Deciding, answer: Any) -> Request | Changes:
    """The next request of the engine, or its decision."""
    try:
        return deciding.send(answer)
    except StopIteration as end:
        changes: Changes = end.value
        return changes


def _takes_long(answer: Any, plan: TaskPlan, locked: LockedJob) -> bool:
    """True if what follows may make so many steps that the event loop would be held up: a long loop, a large job."""
    items = len(answer) if isinstance(answer, list | tuple) else 0
    entries = len(plan.entries(ROOT)) if answer is None and locked.state.next_step == 1 else 0
    return max(items, entries) >= _MANY
