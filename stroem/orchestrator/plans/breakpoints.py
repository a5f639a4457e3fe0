"""Breakpoints: steps of a new job that are paused from its start."""

from collections.abc import Sequence

from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import Hold
from stroem.errors import BadRequest, FieldError
from stroem.orchestrator.plans.step_places import place_at, similar_path

MOST_BREAKPOINTS = 100


def breakpoints(plan: TaskPlan, paths: Sequence[str], actor: str | None) -> tuple[Hold, ...]:
    """The pauses of these steps. Raises BadRequest that names every unknown step."""
    if len(paths) > MOST_BREAKPOINTS:
        raise BadRequest(message=f"pause_before has {len(paths)} steps; expected at most {MOST_BREAKPOINTS}")
    found: dict[tuple[tuple[int, int], ...], Hold] = {}
    errors: list[FieldError] = []
    for index, path in enumerate(paths):
        place = place_at(plan, path)
        if place is None:
            meant = similar_path(plan, path)
            hint = f"; did you mean {meant!r}?" if meant else ""
            message = f"task {plan.task!r} has no step {path!r}{hint}"
            errors.append(FieldError(field=f"pause_before[{index}]", message=message))
        else:
            found[place] = Hold(place=place, step=path, by=actor)
    if errors:
        raise BadRequest(message="; ".join(error.message for error in errors), fields=tuple(errors))
    return tuple(found.values())
