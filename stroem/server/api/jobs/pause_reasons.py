"""Reasons of steps that a pause holds."""

import datetime
from collections.abc import Mapping, Sequence

from stroem.engine.values.state import JOB, PAUSE, Hold
from stroem.orchestrator.operations.pauser import PauseState
from stroem.store.jobs.step_queries import StepRow


def pause_reasons(rows: Sequence[StepRow], pause: PauseState, holds: Sequence[Hold]) -> dict[int, str]:
    """By the id of a held step: who has paused it, or a step around it, or the job, and since when."""
    if not any(row.waits_for == PAUSE for row in rows):
        return {}
    by_id = {row.id: row for row in rows}
    return {row.id: _reason(row, by_id, pause, holds) for row in rows if row.waits_for == PAUSE}


def _reason(row: StepRow, by_id: Mapping[int, StepRow], pause: PauseState, holds: Sequence[Hold]) -> str:
    place = _place(row, by_id)
    for hold in holds:
        if place[: len(hold.place)] == hold.place:
            return f"Step {hold.step!r} is paused{_by(hold.by, hold.at)}"
    return f"The job is paused{_by(pause.paused_by, pause.paused_at)}"


def _place(row: StepRow, by_id: Mapping[int, StepRow]) -> tuple[tuple[int, int], ...]:
    found = [(row.node, row.item)]
    while row.parent != JOB:
        row = by_id[row.parent]
        found.insert(0, (row.node, row.item))
    return tuple(found)


def _by(person: str | None, at: datetime.datetime | None) -> str:
    who = "" if person is None else f" by {person}"
    return who if at is None else f"{who} since {at.astimezone(datetime.UTC).strftime('%Y-%m-%d %H:%M:%S UTC')}"
