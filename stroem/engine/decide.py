"""Decides the consequences of ended steps: ready and skipped steps, the status of the job."""

from collections import deque
from collections.abc import Iterable, Mapping

import attrs

from stroem.engine.plan import TaskPlan


@attrs.frozen(kw_only=True)
class Waiting:
    """Counters of a pending step: dependencies that have not ended, and those that ended badly."""

    unmet: int
    broken: int


@attrs.frozen(kw_only=True)
class Settlement:
    """New counters of pending steps, by position, and the steps that become ready or skipped."""

    counters: dict[int, Waiting]
    ready: tuple[int, ...]
    skipped: dict[int, int]
    """The skipped steps, each with the position of the dependency it was skipped for."""


def reach(plan: TaskPlan, good: Iterable[int], bad: Iterable[int]) -> set[int]:
    """The positions of all steps that `settle` needs when these steps end."""
    skippable: set[int] = set()
    queue = deque(bad)
    touched = {dependent for position in good for dependent in plan.steps[position].dependents}
    while queue:
        for dependent in plan.steps[queue.popleft()].dependents:
            touched.add(dependent)
            if dependent not in skippable and not plan.steps[dependent].continue_on_failure:
                skippable.add(dependent)
                queue.append(dependent)
    return touched


def settle(plan: TaskPlan, good: Iterable[int], bad: Iterable[int], waiting: Mapping[int, Waiting]) -> Settlement:
    """The consequences of ended steps, `good` (completed) and `bad` (failed, cancelled), for their dependents.

    `waiting` holds the steps of `reach` that are still pending. A step with a bad dependency is skipped at once,
    and is bad for those behind it, unless it continues on failure; then it waits for all its dependencies
    and runs, as does a step whose dependencies are all good.
    """
    counters = {position: [counts.unmet, counts.broken] for position, counts in waiting.items()}
    skipped: dict[int, int] = {}
    queue = deque([(position, False) for position in good] + [(position, True) for position in bad])
    touched: set[int] = set()
    while queue:
        position, is_bad = queue.popleft()
        for dependent in plan.steps[position].dependents:
            if dependent not in counters:
                continue
            touched.add(dependent)
            counters[dependent][0] -= 1
            counters[dependent][1] += is_bad
            if is_bad and dependent not in skipped and not plan.steps[dependent].continue_on_failure:
                skipped[dependent] = position
                queue.append((dependent, True))
    return Settlement(
        counters={position: Waiting(unmet=counters[position][0], broken=counters[position][1]) for position in touched},
        ready=tuple(sorted(p for p in touched if p not in skipped and counters[p][0] == 0)),
        skipped=skipped,
    )


def job_status(steps_open: int, steps_failed: int, cancel_reason: str | None) -> str | None:
    """The status of a job with so many open and failed steps; None while steps are open.

    `steps_failed` leaves out the steps that continue on failure.
    """
    if steps_open:
        return None
    if cancel_reason is not None:
        return "cancelled"
    return "failed" if steps_failed else "completed"
