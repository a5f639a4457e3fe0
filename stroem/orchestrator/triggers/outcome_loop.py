"""Loop in which triggers hear the ends of jobs."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from itertools import groupby

import attrs

from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.errors import StroemError
from stroem.interfaces.triggers.job_trigger import EndedJob, JobTrigger
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.notifier import POLL_SECS, Notification, Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.triggers.claimed_batch import ClaimedBatch
from stroem.orchestrator.triggers.ended_jobs import EndedJobs
from stroem.orchestrator.triggers.fire_request import FireRequest
from stroem.orchestrator.triggers.firer import Firer, Outdated
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.orchestrator.triggers.refresher import Poll, Refresher
from stroem.records.event import NewEvent
from stroem.store.batch_isolation import reason_of
from stroem.store.database import Database
from stroem.store.events.events import add_events
from stroem.store.jobs.option_jobs import OPTIONS
from stroem.store.statement import Connection
from stroem.store.triggers import fires, outcomes, triggers
from stroem.store.triggers.fires import NewFire
from stroem.store.triggers.outcomes import Listen, OutcomeRow

MOST_DEPTH = 10
"""Most jobs in a row that follow from one another's ends by triggers."""
_KEPT_HOURS = 24
"""How long outcomes wait for a server that has the workspace of their trigger."""
_BATCH = 100
_log = logging.getLogger(__name__)

Pair = tuple[str, str]


@attrs.define(kw_only=True)
class _Heard:
    """The consequences of outcomes: fires, memories and problems of triggers, failed fires, and events."""

    requests: list[FireRequest] = attrs.Factory(list)
    memories: dict[Pair, Json] = attrs.Factory(dict)
    problems: dict[Pair, str | None] = attrs.Factory(dict)
    failed: list[NewFire] = attrs.Factory(list)
    events: list[NewEvent] = attrs.Factory(list)


class OutcomeLoop:
    """Lets triggers hear the ends of jobs, in batches. Any server may do it at any time.

    Each end is heard once, those of a trigger in order: its row is locked, and its memory, its fires and the removal of
    the outcome are one transaction. A bad outcome does not stop the others.
    """

    def __init__(
        self,
        database: Database,
        live: LiveTriggers,
        firer: Firer,
        plans: JobPlans,
        ended: EndedJobs,
        sinks: EventSinks,
        notifier: Notifier,
        poll: Poll,
    ) -> None:
        self._database = database
        self._live = live
        self._firer = firer
        self._ended = ended
        self._sinks = sinks
        self._heard_tasks: frozenset[Pair] = frozenset()
        self._batch: ClaimedBatch[int] = ClaimedBatch(plans, _BATCH)
        self.woken = asyncio.Event()
        self._refresher = Refresher(poll, self.woken)
        notifier.on_publish(self._on_notification)

    def _on_notification(self, notification: Notification) -> None:
        if not self._heard_tasks.isdisjoint(notification.ended):
            self.woken.set()

    async def run_once(self) -> bool:
        """Hears a batch of outcomes; True if there may be more."""
        return await self._batch.run(self._hear, self._refuse)

    async def pause_secs(self) -> float:
        """The interval of polls."""
        async with self._database.begin() as connection:
            await outcomes.drop_unheard(connection, _KEPT_HOURS)
        async with self._database.read() as connection:
            self._heard_tasks = await outcomes.heard_tasks(connection)
        return POLL_SECS

    async def _hear(self, among: Sequence[int] | None) -> int:
        """Hears outcomes, of all or among some; returns their number."""
        async with self._database.begin() as connection:
            rows = await outcomes.claim(connection, self._live.releases(), _BATCH, among, self._refresher.waiting)
            rows = self._refreshed(rows)
            if not rows:
                return 0
            if among is None:
                self._batch.claimed = [row.id for row in rows]
            ended = await self._ended.read(connection, [row for row in rows if row.live])
            heard = self._heard(rows, ended)
            prepared = [await self._firer.prepare(one) for one in heard.requests]
            recording = await self._firer.record(connection, prepared)
            await fires.add(connection, heard.failed)
            await add_events(connection, heard.events, self._sinks.wanted_by)
            await triggers.set_problems(connection, heard.problems)
            await outcomes.remember(connection, heard.memories)
            await outcomes.drop(connection, [row.id for row in rows])
        await self._firer.committed(recording)
        return len(rows)

    def _refreshed(self, rows: Sequence[OutcomeRow]) -> list[OutcomeRow]:
        """The outcomes without those whose trigger waits for a poll of the source of its workspace."""
        found: list[OutcomeRow] = []
        for pair, group in groupby(rows, _pair):
            own, live = list(group), self._live.get(*pair)
            if live is None or not live.trigger.force_refresh or self._refresher.is_done(pair, own[0].id):
                found += own
        return found

    def _heard(self, rows: Sequence[OutcomeRow], ended: Mapping[int, EndedJob]) -> _Heard:
        heard = _Heard()
        for pair, own in groupby(rows, _pair):
            live = self._live.get(*pair)
            if live is None or not isinstance(live.options, JobTrigger):
                raise Outdated
            for row in own:
                heard.memories.setdefault(pair, row.memory)
                if (job := ended.get(row.id)) is not None and job.source_type != OPTIONS:
                    self._hear_one(pair, live.options, job, heard)
        return heard

    def _hear_one(self, pair: Pair, options: JobTrigger, job: EndedJob, heard: _Heard) -> None:
        if (problem := self._ended.refusal(job, pair[0])) is not None:
            heard.problems[pair] = problem
            return
        try:
            found = options.hear(job, heard.memories[pair], pair[0])
        except Exception as error:  # the type comes from a plugin
            _log.exception("trigger %s of workspace %s cannot hear job %s", pair[1], pair[0], job.id)
            heard.problems[pair] = reason_of(error)
            heard.failed.append(_failed(pair, str(job.id), reason_of(error)))
            return
        heard.memories[pair] = found.memory
        if found.fire is None:
            return
        if job.depth >= MOST_DEPTH:
            _cut(pair, job, found.fire, heard)
        else:
            heard.requests.append(FireRequest(workspace=pair[0], trigger=pair[1], fire=_deeper(found.fire, job.depth)))

    async def _refuse(self, outcome: int, error: Exception) -> None:
        """Drops an outcome that cannot be heard, with a record of the reason."""
        _log.error("outcome %d cannot be heard", outcome, exc_info=error)
        reason = str(error) if isinstance(error, StroemError) else reason_of(error)
        async with self._database.begin() as connection:
            for row in await outcomes.claim(connection, self._live.releases(), 1, [outcome]):
                pair = _pair(row)
                await fires.add(connection, [_failed(pair, str(row.job_id), reason)])
                await triggers.set_problems(connection, {pair: reason})
                await outcomes.drop(connection, [row.id])


async def follow_listens(connection: Connection, workspace: str, definitions: Definitions) -> None:
    """Makes the tasks that the triggers of a workspace hear those of its release."""
    listens: dict[tuple[str, str, str], Listen] = {}
    for name, trigger in definitions.triggers.items():
        if not (trigger.enabled and isinstance(trigger.options, JobTrigger)):
            continue
        try:
            found = _listens_of(name, trigger.options, workspace)
        except Exception:  # the type comes from a plugin
            _log.exception("trigger %s of workspace %s does not say which tasks it hears", name, workspace)
            continue
        listens |= {(name, one.heard_workspace, one.heard_task): one for one in found}
    await outcomes.replace_listens(connection, workspace, list(listens.values()))


def _listens_of(name: str, options: JobTrigger, workspace: str) -> list[Listen]:
    children = options.hears_children
    return [
        Listen(trigger=name, heard_workspace=heard.workspace, heard_task=heard.task, children=children)
        for heard in options.tasks_heard(workspace)
    ]


def _pair(row: OutcomeRow) -> Pair:
    return row.workspace, row.trigger


def _deeper(fire: Fire, depth: int) -> Fire:
    """The fire with the depth of its job, which that keeps among the variables of its templates."""
    about = fire.context.get("trigger")
    facts = about if isinstance(about, Mapping) else {}
    return attrs.evolve(fire, context={**fire.context, "trigger": {**facts, "depth": depth + 1}})


def _cut(pair: Pair, job: EndedJob, fire: Fire, heard: _Heard) -> None:
    """Ends a chain of triggers that has grown too long."""
    message = (
        f"Trigger {pair[1]!r} does not fire: {job.depth} jobs before it have followed from one another by triggers, as "
        f"in a circle. The last is job {job.id} of task {job.task!r} in workspace {job.workspace!r}"
    )
    heard.problems[pair] = message
    heard.failed.append(_failed(pair, fire.key, message))
    heard.events.append(
        NewEvent(
            kind="trigger_cut",
            message=message,
            severity="warning",
            workspace=pair[0],
            data={"trigger": pair[1], "job_id": str(job.id), "task": job.task, "depth": job.depth},
        )
    )


def _failed(pair: Pair, key: str, reason: str) -> NewFire:
    return NewFire(workspace=pair[0], trigger=pair[1], key=key, verdict="failed", reason=reason)
