"""Firing of triggers: the one place where fires become jobs."""

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

from stroem.errors import Unavailable
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.jobs.job_creator import CreatedJobs, JobCreator, ReleasedJob
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.secrets.sealed_values import Place, SealedValues
from stroem.orchestrator.triggers.counters import TriggerCounters
from stroem.orchestrator.triggers.fire_preparer import FirePreparer, PreparedFire
from stroem.orchestrator.triggers.fire_request import Fired, FireRequest
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.records.event import NewEvent
from stroem.store.batch_isolation import is_outage
from stroem.store.database import Database
from stroem.store.events.events import add_events
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection
from stroem.store.triggers import debounces, fires, triggers
from stroem.store.triggers.fires import FireRow, NewFire
from stroem.store.triggers.keys import stored_key
from stroem.store.triggers.triggers import Liveness

_log = logging.getLogger(__name__)

MOST_DEBOUNCED = 1000
"""Most fires of one debounce."""
_RELEASE_SECS = 5.0
_RETRY_SECS = 0.05

Settle = Callable[[Connection, Sequence[Fired]], Awaitable[None]]
"""Writes rows of the caller, in the transaction of the fires. May be called again after a failure."""


class Outdated(Exception):
    """This server does not know the current release of a workspace yet."""


@attrs.frozen(kw_only=True)
class Recording:
    """Results of fires in a transaction, and what to note after its commit."""

    results: tuple[Fired, ...]
    created: CreatedJobs
    debounced: bool = False
    problems: Mapping[tuple[str, str], str | None] = attrs.field(factory=dict)
    """Why triggers fail that did not before; None for those that do not fail any more."""


class Firer:
    """Fires triggers: checks that they are live, creates their jobs and records the fires, in one transaction.

    A key of a trigger fires once, whichever server tries it how often.
    """

    def __init__(
        self,
        database: Database,
        preparer: FirePreparer,
        creator: JobCreator,
        plans: JobPlans,
        triggers: LiveTriggers,
        counters: TriggerCounters,
        sinks: EventSinks,
        rows: SealedValues,
    ) -> None:
        self._rows = rows
        self._database = database
        self._preparer = preparer
        self._creator = creator
        self._plans = plans
        self._triggers = triggers
        self._counters = counters
        self._sinks = sinks
        self.debounced = asyncio.Event()
        """Set when a fire has begun or prolonged a debounce."""

    async def fire(self, requests: Sequence[FireRequest], settle: Settle | None = None) -> list[Fired]:
        """Fires, in one transaction with `settle`. A fault of one fire concerns that alone.

        Raises Unavailable during outages, and while this server does not know the current release.
        """
        if not requests and settle is None:
            return []
        until = asyncio.get_running_loop().time() + _RELEASE_SECS
        while True:
            try:
                prepared = [await self.prepare(request) for request in requests]
                recording = await self._plans.run(lambda: self._transaction(prepared, settle))  # noqa: B023
            except Outdated as error:
                if asyncio.get_running_loop().time() > until:
                    message = "The current release is not known here yet; try again in a moment"
                    raise Unavailable(message=message, retry_after=1) from error
                await asyncio.sleep(_RETRY_SECS)
                continue
            await self.committed(recording)
            return list(recording.results)

    async def prepare(self, request: FireRequest) -> PreparedFire:
        """Prepares a fire, for `record`."""
        prepared = await self._preparer.prepare(request)
        if prepared.job is not None:
            await self._creator.ready(prepared.job)
        return prepared

    async def _transaction(self, prepared: Sequence[PreparedFire], settle: Settle | None) -> Recording:
        async with self._database.begin() as connection:
            recording = await self.record(connection, prepared)
            if settle is not None:
                await settle(connection, recording.results)
        return recording

    async def record(self, connection: Connection, prepared: Sequence[PreparedFire]) -> Recording:
        """Creates the jobs of fires and records these, in the caller's transaction.

        Call `committed` after that. Raises Outdated, NotLoaded.
        """
        live = await self._lock(connection, prepared)
        results = [one.result or _refusal(one, live.get(_pair(one.request))) for one in prepared]
        wanted = [number for number, result in enumerate(results) if result is None or result.verdict != "refused"]
        added = await fires.add(connection, [_new_fire(prepared[number], results[number]) for number in wanted])
        repeated = [number for number, is_new in zip(wanted, added, strict=True) if not is_new]
        found = await self._duplicates(connection, [prepared[number].request for number in repeated])
        for number, duplicate in zip(repeated, found, strict=True):
            results[number] = duplicate
        starting = [number for number, is_new in zip(wanted, added, strict=True) if is_new and results[number] is None]
        begun = [number for number in starting if prepared[number].debounce_key is None]
        created = await self._creator.create(connection, [_released(prepared[number]) for number in begun])
        for number, job in zip(begun, created.jobs, strict=True):
            if job is None:
                raise Outdated
            results[number] = _started(prepared[number], job)
        for number in set(starting).difference(begun):
            await self._debounce(connection, prepared[number])
            results[number] = Fired(request=prepared[number].request, verdict="debounced")
        fired = tuple(result for result in results if result is not None)
        is_debounced = len(starting) > len(begun)
        return Recording(results=fired, created=created, debounced=is_debounced, problems=_problems(fired, live))

    async def committed(self, recording: Recording) -> None:
        """Publishes the changes of a committed transaction, and notes the problems of its triggers.

        Problems are not noted during outages; a later fire of the trigger notes them then.
        """
        self._creator.publish(recording.created)
        if recording.debounced:
            self.debounced.set()
        for result in recording.results:
            self._counters.count_fire(result.verdict)
        try:
            await self._note(recording.problems)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("problems of triggers cannot be noted", exc_info=error)

    async def _lock(
        self, connection: Connection, prepared: Sequence[PreparedFire]
    ) -> Mapping[tuple[str, str], Liveness]:
        """The liveness of the triggers, as this server knows their releases. Raises Outdated."""
        live = await triggers.lock_live(connection, {_pair(one.request) for one in prepared}) if prepared else {}
        for one in prepared:
            known = self._triggers.release_id(one.request.workspace)
            liveness = live.get(_pair(one.request))
            used = known if one.live is None else one.live.release.id
            if liveness is not None and not (liveness.release == known == used):
                raise Outdated
            if liveness is None and one.live is not None:
                raise Outdated
        return live

    async def _duplicates(self, connection: Connection, requests: Sequence[FireRequest]) -> list[Fired]:
        """The results of fires whose keys have fired before, read with one statement for each trigger."""
        keys: dict[tuple[str, str], list[str]] = {}
        for request in requests:
            keys.setdefault(_pair(request), []).append(request.fire.key)
        found = {pair: await fires.find(connection, *pair, some) for pair, some in keys.items()}
        return [_duplicate(request, found[_pair(request)].get(request.fire.key)) for request in requests]

    async def _note(self, problems: Mapping[tuple[str, str], str | None]) -> None:
        """Notes problems, and an event for each that begins.

        It has a transaction of its own: two that hold shared locks of a trigger cannot both change it.
        """
        if not problems:
            return
        events = [_failure(pair, problem) for pair, problem in problems.items() if problem is not None]
        async with self._database.begin() as connection:
            await triggers.set_problems(connection, problems)
            if events:
                await add_events(connection, events, self._sinks.wanted_by)

    async def _debounce(self, connection: Connection, one: PreparedFire) -> None:
        assert one.live is not None
        debounce = one.live.trigger.debounce
        assert debounce is not None
        fire = one.request.fire
        plain = json.dumps({"key": fire.key, "input": fire.input, "context": fire.context}, default=str).encode()
        row = one.request.workspace, one.request.trigger, stored_key(one.debounce_key or "")
        await debounces.put(
            connection,
            *row,
            self._rows.sealed_text(plain, Place.DEBOUNCED, *row),
            debounce.wait,
            debounce.max_wait or debounce.wait * 10,
            MOST_DEBOUNCED,
        )


def _released(one: PreparedFire) -> ReleasedJob:
    assert one.job is not None
    assert one.task_release is not None
    return ReleasedJob(prepared=one.job, release=one.task_release)


def _duplicate(request: FireRequest, first: FireRow | None) -> Fired:
    """The result of a fire whose key has fired before."""
    return Fired(
        request=request,
        verdict="duplicate",
        job_id=None if first is None else first.job_id,
        reason=None if first is None else first.reason,
        first_at=None if first is None else first.at,
    )


def _problems(results: Sequence[Fired], live: Mapping[tuple[str, str], Liveness]) -> dict[tuple[str, str], str | None]:
    """The first failure of each trigger in a row, and None at the end of its failures."""
    last = {_pair(one.request): one for one in results if one.verdict in ("failed", "started")}
    found = {pair: one.reason if one.verdict == "failed" else None for pair, one in last.items()}
    return {
        pair: problem
        for pair, problem in found.items()
        if pair in live and (problem is None) != (live[pair].problem is None)
    }


def _failure(pair: tuple[str, str], problem: str) -> NewEvent:
    workspace, name = pair
    message = f"Trigger {name!r} cannot start a job: {problem}"
    return NewEvent(kind="trigger_failed", severity="warning", workspace=workspace, message=message)


def _pair(request: FireRequest) -> tuple[str, str]:
    return request.workspace, request.trigger


def _refusal(one: PreparedFire, live: Liveness | None) -> Fired | None:
    """The result of a fire whose trigger is not live."""
    if live is None:
        return Fired(request=one.request, verdict="refused", reason="its workspace has no such trigger any more")
    if one.request.actor is None and (live.paused or not live.enabled):
        reason = "the trigger is paused" if live.paused else "the trigger is disabled"
        return Fired(request=one.request, verdict="refused", reason=reason)
    return None


def _started(one: PreparedFire, job: LockedJob) -> Fired:
    warnings = () if one.job is None else one.job.warnings
    return Fired(request=one.request, verdict="started", job_id=job.id, warnings=warnings)


def _new_fire(one: PreparedFire, result: Fired | None) -> NewFire:
    """The record of a fire. A failed one does not keep its key, so that it can be tried again."""
    request = one.request
    verdict = result.verdict if result is not None else "started" if one.debounce_key is None else "debounced"
    is_failed = verdict == "failed"
    return NewFire(
        workspace=request.workspace,
        trigger=request.trigger,
        key=f"{request.fire.key}#{uuid.uuid4()}" if is_failed else request.fire.key,
        verdict=verdict,
        scheduled_at=request.fire.scheduled_at,
        job_id=None if one.job is None else one.job.job.id,
        reason=result.reason if result is not None else None if request.actor is None else f"by {request.actor}",
    )
