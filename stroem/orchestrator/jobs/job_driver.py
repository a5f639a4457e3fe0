"""Job driver: the one place where events change jobs."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import attrs
import orjson

from stroem.conversion.json_value import encode
from stroem.definitions.values import Json
from stroem.engine.changes import Changes
from stroem.engine.events import Event
from stroem.engine.operations import first_load
from stroem.engine.requests import Load
from stroem.engine.values.state import ENDED, JOB
from stroem.orchestrator.jobs.decisions import Decided, Decisions
from stroem.orchestrator.jobs.queue_shares import QueueShares
from stroem.orchestrator.jobs.reminder_events import ReminderEvents
from stroem.orchestrator.jobs.server_lines import ServerLines
from stroem.orchestrator.jobs.step_end import StepEnd
from stroem.orchestrator.logs.appender import LogChunk, claims_of
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.orchestrator.outputs.keeper import OutputKeeper
from stroem.orchestrator.placement.queue_needs import QueueNeeds
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.not_loaded import NotLoaded
from stroem.redaction.output_secrets import has_secret_output, hide_secret_outputs, output_secrets
from stroem.redaction.redactor import Redactor
from stroem.store.jobs import apply, first_read
from stroem.store.jobs.apply import Applied
from stroem.store.jobs.job_changes import JobChanges, StepOutput
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.messages import Message
from stroem.store.jobs.needs import Need, need_of
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class Recorded:
    """Result of a transition: the steps whose ends counted, and the notification to publish after the commit.

    `refused` is true if lines came from a worker that no longer has their step. `filled` are the steps whose
    outputs the engine gave or filled up.
    """

    ended: frozenset[StepId]
    notification: Notification
    refused: bool = False
    filled: frozenset[StepId] = frozenset()


class JobDriver:
    """Takes events to jobs, asks the engine, and writes its answer, all in the caller's transaction.

    The cleanup of a cancelled job is ended after `cancel_grace` seconds.
    """

    def __init__(
        self,
        decisions: Decisions,
        plans: JobPlans,
        lines: ServerLines,
        needs: QueueNeeds,
        notifier: Notifier,
        keeper: OutputKeeper,
        reminders: ReminderEvents,
        *,
        cancel_grace: int,
    ) -> None:
        self._decisions = decisions
        self._plans = plans
        self._lines = lines
        self._notifier = notifier
        self._keeper = keeper
        self._reminders = reminders
        self.needs = needs
        self._cancel_grace = cancel_grace
        self._shares = QueueShares()

    def publish(self, recorded: Recorded) -> None:
        """Publishes the changes of a committed transaction."""
        self._notifier.publish(recorded.notification)

    async def record(
        self, connection: Connection, ends: Sequence[StepEnd], chunks: Sequence[LogChunk] = ()
    ) -> Recorded:
        """Appends log lines and ends steps. Late or repeated ends change nothing. Raises NotLoaded."""
        ids = {end.job_id for end in ends} | {chunk.job_id for chunk in chunks}
        events: dict[uuid.UUID, list[Event]] = {}
        outputs: dict[uuid.UUID, dict[int, StepOutput]] = {}
        for end in _once(ends):
            events.setdefault(end.job_id, []).append(end.bounded_event)
            if end.output is not None:
                outputs.setdefault(end.job_id, {})[end.event.step] = end.output
        wanted = self._first_loads(events)
        read = await first_read.lock_and_read(connection, ids, claims_of(chunks), wanted)
        locked, refused = read.jobs, False
        lines: dict[uuid.UUID, int] = {}
        if chunks:
            lines, refused = await self._lines.appender.append(connection, locked, chunks, read.logs, events.keys())
            locked |= {job_id: attrs.evolve(locked[job_id], log_lines=count) for job_id, count in lines.items()}
        driven_jobs = [(locked[job_id], own) for job_id, own in events.items() if job_id in locked]
        if not driven_jobs:
            return Recorded(ended=frozenset(), notification=Notification(jobs=frozenset(lines)), refused=refused)
        first = {job_id: (wanted[job_id], rows) for job_id, rows in read.rows.items()}
        decided = await self._decisions.decide(connection, driven_jobs, first)
        driven = await self._apply(connection, decided, outputs, lengths=lines)
        notification = attrs.evolve(driven.notification, jobs=driven.notification.jobs | frozenset(lines))
        return attrs.evolve(driven, notification=notification, refused=refused)

    async def drive(
        self,
        connection: Connection,
        events: Sequence[tuple[LockedJob, Sequence[Event]]],
        taken: Mapping[uuid.UUID, Sequence[Message]] | None = None,
    ) -> Recorded:
        """Applies events to locked jobs. `taken` are messages that became events. Raises NotLoaded."""
        return await self._apply(connection, await self._decisions.decide(connection, events), {}, taken)

    def _first_loads(self, events: Mapping[uuid.UUID, Sequence[Event]]) -> dict[uuid.UUID, Load]:
        """The first requests of the engine, where they are known before the jobs are locked."""
        plans = {job_id: self._plans.cached_jobs.known_plan(job_id) for job_id in events}
        return {
            job_id: load
            for job_id, plan in plans.items()
            if plan is not None and not plan.grows and (load := first_load(plan, events[job_id])) is not None
        }

    async def _apply(
        self,
        connection: Connection,
        decided: Sequence[Decided],
        outputs: Mapping[uuid.UUID, Mapping[int, StepOutput]],
        taken: Mapping[uuid.UUID, Sequence[Message]] | None = None,
        lengths: Mapping[uuid.UUID, int] = MappingProxyType({}),
    ) -> Recorded:
        """Writes what was decided. `lengths` are new lengths of logs that are to be stored."""
        lengths = {**lengths, **await self._lines.write(connection, decided)}
        for one in decided:
            if one.locked.state.next_step == 1:
                self._shares.add(one.locked.workspace)
        await self._shares.refresh(connection)  # counts the new jobs too
        written = [
            await self._changes(
                connection,
                one,
                outputs.get(one.locked.id, {}),
                (taken or {}).get(one.locked.id, ()),
                lengths.get(one.locked.id),
            )
            for one in decided
        ]
        applied = await apply.apply(connection, written)
        has_events = await self._reminders.record(connection, decided)
        accepted = frozenset((one.locked.id, step) for one in decided for step in one.changes.accepted)
        ready = Counter(self.needs.need(number) for one in written for number in one.needs.values())
        filled = frozenset((one.locked.id, step) for one in decided for step in one.changes.outputs)
        notification = attrs.evolve(_notification(decided, ready, applied), events=has_events)
        return Recorded(ended=accepted, notification=notification, filled=filled)

    async def _changes(
        self,
        connection: Connection,
        one: Decided,
        outputs: Mapping[int, StepOutput],
        taken: Sequence[Message],
        log_lines: int | None,
    ) -> JobChanges:
        await self._mask_errors(connection, one)
        ended = frozenset(one.changes.ended)
        outputs = {step: output for step, output in outputs.items() if step in ended}
        own, inputs = await self._texts(connection, one, outputs)
        kept, large = await self._keeper.kept({**outputs, **own})
        one.changes.cached = [step for step in one.changes.cached if not _hides(kept.get(step))]
        return JobChanges(
            locked=one.locked,
            changes=one.changes,
            task=one.plan.task,
            log_lines=log_lines,
            share=self._shares.of(one.locked.workspace),
            ahead=self._shares.ahead(one.locked.workspace),
            has_secret_values=await self._has_secret_values(connection, one),
            needs=await self._needs_of(connection, one),
            outputs=kept,
            large=large,
            inputs=inputs,
            taken=taken,
            cancel_grace=self._cancel_grace,
        )

    async def _has_secret_values(self, connection: Connection, one: Decided) -> bool:
        """True if the job ends, and items of its loops or contexts of its scopes may have secrets in them."""
        if not (one.plan.holds_values and one.changes.job.status in ENDED):
            return False
        job = (await self._plans.of(connection, [one.locked.id]))[one.locked.id]
        return job.error is not None or job.redactor.knows_secrets

    async def _needs_of(self, connection: Connection, one: Decided) -> dict[int, int]:
        """Ids of the needs of steps that become ready."""
        nodes = {step: one.plan.node(one.changes.step(step).node) for step in one.changes.ready}
        wanted = {step: need_of(node.ability, node.tags, node.resources) for step, node in nodes.items()}
        try:
            ids = await self.needs.ids_of(connection, frozenset(wanted.values()))
        except KeyError:
            raise NotLoaded([lambda: self.needs.ensure(one.plan.nodes)]) from None
        return {step: ids[need] for step, need in wanted.items()}

    async def _mask_errors(self, connection: Connection, one: Decided) -> None:
        """Masks secrets in the errors that the engine itself has made of values."""
        changes = one.changes
        failed = [step for step in changes.steps if step.error is not None]
        if not failed:
            return
        job = (await self._plans.of(connection, [one.locked.id]))[one.locked.id]
        if job.error is not None or not job.redactor.knows_secrets:
            return  # without its values, the engine has made none
        for step in failed:
            step.error = None if step.error is None else job.redactor.line(step.error)
        changes.history = [
            row if row.detail is None else attrs.evolve(row, detail=job.redactor.line(row.detail))
            for row in changes.history
        ]

    async def _texts(
        self, connection: Connection, one: Decided, reported: Mapping[int, StepOutput]
    ) -> tuple[dict[int, StepOutput], dict[int, str]]:
        """Outputs that the engine gives or that have secrets of their own, and inputs of the engine's kinds of steps.

        All are JSON texts without secrets. `reported` are outputs as workers gave them.
        """
        changes = one.changes
        inputs = {step.id: step.input for step in changes.steps if step.input is not None}
        values = {**_with_secrets(one, reported), **changes.outputs}
        if not (values or inputs):
            return {}, {}
        redactor = (await self._plans.of(connection, [one.locked.id]))[one.locked.id].redactor
        given = {step: one.plan.node(changes.step(step).node) for step in values if step != JOB}
        entered = Redactor([output_secrets(one.plan, node, values[step]) for step, node in given.items()])
        outputs: dict[int, StepOutput] = {}
        for step, value in values.items():
            shown = hide_secret_outputs(one.plan, given[step], value) if step in given else value
            text, hidden = encode(value).decode(), encode(redactor.value(entered.value(shown))).decode()
            outputs[step] = (hidden, text if text != hidden else None)
        return outputs, {step: encode(redactor.value(entered.value(value))).decode() for step, value in inputs.items()}


def _hides(output: StepOutput | None) -> bool:
    """True if an output is stored with markers in place of secrets, which later steps would read."""
    return output is not None and output[1] is not None


def _with_secrets(one: Decided, reported: Mapping[int, StepOutput]) -> dict[int, Json]:
    """The full values of those outputs that may have secrets of their own."""
    plan, changes = one.plan, one.changes
    return {
        step: orjson.loads(full or text or "null")
        for step, (text, full) in reported.items()
        if has_secret_output(plan, plan.node(changes.step(step).node))
    }


def _once(ends: Sequence[StepEnd]) -> Iterable[StepEnd]:
    """The end of the latest attempt of each step."""
    found: dict[StepId, StepEnd] = {}
    for end in ends:
        other = found.get(end.step_id)
        if other is None or (end.event.attempt or 0) > (other.event.attempt or 0):
            found[end.step_id] = end
    return found.values()


def _notification(decided: Sequence[Decided], ready: Counter[Need], applied: Applied) -> Notification:
    has_due = bool(applied.addressed) or any(one.defers or _has_due(one.changes) for one in decided)
    return Notification(
        ready=ready,
        jobs=frozenset(one.locked.id for one in decided),
        cancelled_on=applied.workers,
        ended=frozenset(_ended(decided)),
        deadlines=has_due,
    )


def _ended(decided: Sequence[Decided]) -> Iterable[tuple[str, str]]:
    return ((one.locked.workspace, one.plan.task) for one in decided if one.changes.job.status in ENDED)


def _has_due(changes: Changes) -> bool:
    has_windows = bool(changes.wanted_slots or changes.freed_slots)
    return has_windows or changes.retry is not None or any(step.due_at is not None for step in changes.steps)
