"""Events for reminders of steps that wait for people."""

from collections.abc import Iterator, Mapping, Sequence

from stroem.engine.changes import Reminder
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.jobs.decisions import Decided
from stroem.orchestrator.plans.step_names import StepNames
from stroem.records.event import NewEvent
from stroem.store.events.events import add_events
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection


class ReminderEvents:
    """Records the reminders of decisions as events, in the transaction that sends them: each once."""

    def __init__(self, names: StepNames, sinks: EventSinks) -> None:
        self._names = names
        self._sinks = sinks

    async def record(self, connection: Connection, decided: Sequence[Decided]) -> bool:
        """True if there were reminders."""
        reminded = [(one, reminder) for one in decided for reminder in one.changes.reminders]
        if not reminded:
            return False
        names = await self._names.names_of(connection, {(one.locked.id, reminder.step) for one, reminder in reminded})
        await add_events(connection, list(_events(reminded, names)), self._sinks.wanted_by)
        return True


def _events(reminded: Sequence[tuple[Decided, Reminder]], names: Mapping[StepId, str]) -> Iterator[NewEvent]:
    for one, reminder in reminded:
        job, task, step = one.locked, one.plan.task, one.changes.step(reminder.step)
        name = names.get((job.id, step.id), str(step.id))
        given = step.input.get("message") if isinstance(step.input, Mapping) else None
        question = given if isinstance(given, str) else ""
        told = (
            f"Reminder {reminder.number} of {reminder.of}: step {name!r} of job {job.id} ({task}) waits for an approval"
        )
        yield NewEvent(
            kind="approval_reminder",
            message=f"{told}: {question}" if question else told,
            workspace=job.workspace,
            data={
                "job_id": str(job.id),
                "task": task,
                "step": name,
                "approval_message": question,
                "reminder": reminder.number,
                "reminders": reminder.of,
                "expires_at": None if step.expires_at is None else step.expires_at.isoformat(),
            },
        )
