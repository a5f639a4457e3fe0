"""Recorder of events: each has a job, needs none, or becomes a dead letter, in the transaction that counts it."""

import logging
from collections.abc import Mapping, Sequence

import attrs

from stroem.definitions.values import Json
from stroem.errors import Unavailable
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.triggers.consumers.consumer_events import ConsumerEvents
from stroem.orchestrator.triggers.consumers.letters import MOST_LETTERS, Letters
from stroem.orchestrator.triggers.counters import TriggerCounters
from stroem.orchestrator.triggers.fire_request import Fired, FireRequest
from stroem.orchestrator.triggers.firer import Firer
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.protocol.events import EventProblem, SourceEvent
from stroem.store.batch_isolation import isolate, reason_of
from stroem.store.statement import Connection, storable
from stroem.store.triggers import consumers, dead_letters, event_jobs, fires
from stroem.store.triggers.consumers import EventCounts
from stroem.store.triggers.fires import FireRow

_GONE = "its workspace has no such event source any more"
_log = logging.getLogger(__name__)

Pair = tuple[str, str]


class Held(Unavailable):
    """The trigger takes no events now, or has too many live jobs."""


@attrs.frozen(kw_only=True)
class KeyedEvent:
    """An event with its key among the fires of its trigger."""

    key: str
    event: SourceEvent


@attrs.frozen(kw_only=True)
class Taken:
    """The results of the first `count` events, by key. A dead letter has a problem instead.

    `room` is that for more live jobs, None without a limit.
    """

    count: int
    room: int | None = None
    results: Mapping[str, Fired] = attrs.Factory(dict)
    problems: tuple[EventProblem, ...] = ()


class EventRecorder:
    """Fires the trigger of events, and keeps those that cannot start a job as dead letters."""

    def __init__(self, firer: Firer, letters: Letters, counters: TriggerCounters, told: ConsumerEvents) -> None:
        self._firer = firer
        self._letters = letters
        self._counters = counters
        self._told = told

    async def record(self, pair: Pair, live: LiveTrigger | None, events: Sequence[KeyedEvent], waiting: int) -> Taken:
        """Records events; `waiting` more follow. Without a `live` trigger they become dead letters.

        Raises Held if they would be too many, Unavailable during outages. A bad event does not stop its neighbours.
        """
        buried: list[EventProblem] = []

        async def fire(some: Sequence[KeyedEvent]) -> Taken:
            return await self._fire(pair, live, some, waiting)

        async def bury(one: KeyedEvent, error: Exception) -> None:
            _log.error("event %s of trigger %s/%s", one.key, *pair, exc_info=error)
            faulty = attrs.evolve(one, event=attrs.evolve(one.event, problem=reason_of(error)))
            buried.extend((await self._fire(pair, live, [faulty], waiting)).problems)

        parts = await isolate(events, fire, bury)
        problems = [*(problem for part in parts for problem in part.problems), *buried]
        return Taken(
            count=len(events),
            results={key: result for part in parts for key, result in part.results.items()},
            problems=tuple(sorted(problems, key=lambda problem: problem.number)),
        )

    async def _fire(self, pair: Pair, live: LiveTrigger | None, events: Sequence[KeyedEvent], waiting: int) -> Taken:
        """Records events in one transaction."""
        firing = [one for one in events if live is not None and one.event.problem is None]
        faults = {one.key: one.event.problem or _GONE for one in events if one not in firing}

        failures: dict[str, str] = {}
        results: list[Fired] = []

        async def settle(connection: Connection, fired: Sequence[Fired]) -> None:
            if any(result.verdict == "refused" for result in fired):
                raise Held(message="the trigger takes no events now")
            failures.clear()
            failures.update({**faults, **_failures(fired)})
            first = await fires.find(connection, *pair, list(failures)) if failures else {}
            for key in [key for key in failures if storable(key) in first]:
                del failures[key]  # one id has a job or a dead letter, not both
            results[:] = [_settled(one, first.get(str(storable(one.request.fire.key)))) for one in fired]
            await self._settle(connection, pair, live, events, failures, results, waiting)

        await self._firer.fire([_request(pair, one) for one in firing], settle)
        self._counters.dead_letters += len(failures)
        return Taken(
            count=len(events),
            results={one.request.fire.key: one for one in results},
            problems=tuple(
                EventProblem(number=one.event.number, reason=failures[one.key]) for one in events if one.key in failures
            ),
        )

    async def _settle(
        self,
        connection: Connection,
        pair: Pair,
        live: LiveTrigger | None,
        events: Sequence[KeyedEvent],
        failures: Mapping[str, str],
        results: Sequence[Fired],
        waiting: int,
    ) -> None:
        """Counts events, which locks their consumer, checks their number, and keeps those that failed."""
        known = {one.request.fire.key for one in results if one.verdict == "duplicate"}
        ids = [one.event.id for one in events if one.event.id is not None and one.key not in known]
        counts = EventCounts(
            events=len(events),
            duplicates=len(known),
            waiting=waiting,
            last_id=ids[-1] if ids and live is not None else None,  # those of a gone trigger may come again
        )
        await consumers.count_events(connection, *pair, counts)
        most = None if live is None else most_in_flight(live)
        if most is not None:
            started = [one.job_id for one in results if one.verdict == "started" and one.job_id is not None]
            await event_jobs.add(connection, *pair, started)
            if started and len(await event_jobs.live(connection, *pair)) > most:
                raise Held(message="the trigger has too many live jobs")
        settled = [one.key for one in events if one.key not in failures]
        if settled:
            await dead_letters.settle(connection, *pair, settled)
        if failures:
            kept = [
                self._letters.of(pair, one.key, one.event, failures[one.key]) for one in events if one.key in failures
            ]
            if not await dead_letters.count(connection, *pair):
                await self._told.first_letter(connection, pair, kept[0].reason)
            await dead_letters.put(connection, kept)
            await dead_letters.drop_beyond(connection, *pair, MOST_LETTERS)


def most_in_flight(live: LiveTrigger) -> int | None:
    """The most live jobs of a trigger's events; None without a limit."""
    return live.options.most_in_flight if isinstance(live.options, ConsumerTrigger) else None


def _request(pair: Pair, one: KeyedEvent) -> FireRequest:
    """The fire of an event: its data goes before the inputs of the trigger, whose templates read it."""
    data = one.event.data
    context: dict[str, Json] = {"event": data, "trigger": {"event_id": one.event.id}}
    return FireRequest(
        workspace=pair[0], trigger=pair[1], fire=Fire(key=one.key, input=data, context=context), given=data
    )


def _settled(fired: Fired, first: FireRow | None) -> Fired:
    """The result of an event. One that failed, but whose id has fired, is a duplicate."""
    if fired.verdict != "failed" or first is None:
        return fired
    return attrs.evolve(fired, verdict="duplicate", job_id=first.job_id, reason=first.reason, first_at=first.at)


def _failures(results: Sequence[Fired]) -> dict[str, str]:
    """The reasons of fires whose jobs could not be created, by key."""
    return {one.request.fire.key: one.reason or "" for one in results if one.verdict == "failed"}
