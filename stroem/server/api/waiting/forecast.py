"""Forecasts from the durations of earlier jobs."""

import datetime
import heapq
from collections.abc import Mapping, Sequence

import attrs

from stroem.store.jobs.summaries.durations import TaskName
from stroem.store.limits.lines import KeyState, LineOwner

FEWEST = 3
"""Fewest completed jobs from which a forecast is made."""
SAMPLE = 30
"""Most completed jobs that are looked at."""
Durations = Mapping[TaskName, Sequence[float]]
"""Seconds that completed jobs took, by task, the shortest first."""


@attrs.frozen(kw_only=True)
class Estimate:
    """A time that is not certain. Half of the earlier runs were not later than `likely`, nine of ten than `late`.

    `sample_size` is the smallest number of runs that it depends on.
    """

    likely: datetime.datetime
    late: datetime.datetime
    sample_size: int


@attrs.frozen(kw_only=True)
class Forecast:
    """When a job may begin and end. Null where that is unknown, with the reason in `unknown`."""

    begins: Estimate | None = None
    ends: Estimate | None = None
    unknown: str | None = None


@attrs.frozen(kw_only=True)
class Unknown(Exception):
    """Reason why there is no forecast."""

    reason: str


def spread(durations: Durations, task: TaskName) -> tuple[float, float, int]:
    """The median and the ninth decile of a task's durations in seconds, and their number. Raises Unknown."""
    values = durations.get(task, ())
    if len(values) < FEWEST:
        reason = f"{len(values) or 'no'} jobs of task {task[1]!r} have completed, and a forecast needs {FEWEST}"
        raise Unknown(reason=reason)
    return values[(len(values) - 1) // 2], values[-(-9 * len(values) // 10) - 1], len(values)


def end_of(owner: LineOwner, durations: Durations, now: datetime.datetime) -> Estimate:
    """The end of the job that holds a slot. Raises Unknown."""
    if owner.step:
        raise Unknown(reason=f"a step of job {owner.job_id} holds the slot, and no durations of steps are used")
    return end_from(owner.job_since or owner.since, (owner.workspace, owner.task), durations, now)


def end_from(start: datetime.datetime, task: TaskName, durations: Durations, now: datetime.datetime) -> Estimate:
    """The end of a job of a task that runs since `start`. Raises Unknown, also if it runs longer than others did."""
    median, ninth, size = spread(durations, task)
    late = start + datetime.timedelta(seconds=ninth)
    if late <= now:
        raise Unknown(reason=f"a job of task {task[1]!r} has run longer than nine of ten of the last {size} did")
    likely = start + datetime.timedelta(seconds=median)
    return Estimate(likely=likely if likely > now else late, late=late, sample_size=size)


def begin_after(state: KeyState, ahead: int, durations: Durations, now: datetime.datetime) -> Estimate:
    """The time at which the owner behind `ahead` others gets a slot. Raises Unknown."""
    if ahead > len(state.line) or state.held > len(state.holders):
        raise Unknown(reason="more owners hold slots or wait than are looked at")
    likely, late, size = [], [], 10**9
    if state.held:
        ends = [end_of(owner, durations, now) for owner in state.holders]
        likely, late = [one.likely for one in ends], [one.late for one in ends]
        size = min(one.sample_size for one in ends)
    free = max(state.size - state.held, 0)
    heads = state.line[:ahead]
    spreads = []
    for owner in heads:
        if owner.step:
            raise Unknown(reason="steps stand before it in the line, and no durations of steps are used")
        spreads.append(spread(durations, (owner.workspace, owner.task)))
    size = min([size, *(one[2] for one in spreads)])
    first = _turn(likely, free, [one[0] for one in spreads], ahead, now)
    last = _turn(late, free, [one[1] for one in spreads], ahead, now)
    if state.rate is not None and state.opens_at is not None:
        opens = state.opens_at + datetime.timedelta(seconds=ahead // state.rate.starts * state.rate.secs)
        first, last = max(first, opens), max(last, opens)
    return Estimate(likely=first, late=max(first, last), sample_size=0 if size == 10**9 else size)


def _turn(
    ends: Sequence[datetime.datetime], free: int, lengths: Sequence[float], ahead: int, now: datetime.datetime
) -> datetime.datetime:
    """The time of the turn behind `ahead` owners of these lengths, who take the slots that end first."""
    slots = [*ends, *[now] * min(free, ahead + 1)]
    heapq.heapify(slots)
    for secs in lengths:
        heapq.heappush(slots, heapq.heappop(slots) + datetime.timedelta(seconds=secs))
    return slots[0]


def job_end(begins: Estimate, task: TaskName, durations: Durations) -> Estimate:
    """The end of a job of a task that begins then. Raises Unknown."""
    median, ninth, size = spread(durations, task)
    return Estimate(
        likely=begins.likely + datetime.timedelta(seconds=median),
        late=begins.late + datetime.timedelta(seconds=ninth),
        sample_size=min(size, begins.sample_size or size),
    )
