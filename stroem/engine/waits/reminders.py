"""Reminders of steps that wait for people."""

import datetime

from stroem.engine.board import Board
from stroem.engine.changes import Reminder
from stroem.engine.values.state import Step
from stroem.interfaces.step_kind import Wait


def next_due(step: Step, wait: Wait, began: datetime.datetime) -> datetime.datetime | None:
    """The due time of a step that waits since `began`: its next reminder, or the end of the wait if that is earlier."""
    times = [] if step.expires_at is None else [step.expires_at]
    if step.reminded < len(wait.reminders):
        times.append(began + datetime.timedelta(seconds=wait.reminders[step.reminded]))
    return min(times, default=None)


def is_reminder(step: Step, wait: Wait) -> bool:
    """True if the due time of a suspended step is that of a reminder."""
    has_more = step.reminded < len(wait.reminders)
    return has_more and (step.expires_at is None or step.due_at is None or step.due_at < step.expires_at)


def remind(board: Board, step: Step, wait: Wait) -> None:
    """Sends the reminder that is due. Further ones follow from the time at which it was due, however late this is."""
    assert step.due_at is not None, "a step with a reminder has a due time"
    began = step.due_at - datetime.timedelta(seconds=wait.reminders[step.reminded])
    board.change(step)
    step.reminded += 1
    step.due_at = next_due(step, wait, began)
    total = len(wait.reminders)
    board.changes.reminders.append(Reminder(step=step.id, number=step.reminded, of=total))
    board.record(step, "reminder", detail=f"Reminder {step.reminded} of {total}: it waits for an approval")
