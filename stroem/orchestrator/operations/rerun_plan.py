"""Plan of a re-run: what it would keep and run again, and what differs between the releases."""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence

import attrs

from stroem.engine.compile import paths_read
from stroem.engine.plan import TaskPlan
from stroem.engine.reruns.node_pairs import NodePairs, places_of
from stroem.interfaces.nodes import ROOT
from stroem.orchestrator.plans.node_paths import node_path
from stroem.orchestrator.reruns.former_jobs import Division

_MOST = 1000
"""Most steps in each list of a plan."""
_MOST_NAMED = 5
_TASK_PARTS = ("input", "timeout", "retry", "mode", "output", "hooks", "workspace_hooks")


@attrs.frozen(kw_only=True)
class PlannedRelease:
    """A release. `is_pinned`: that of the job that is run again."""

    number: int
    revision: str
    is_pinned: bool


@attrs.frozen(kw_only=True)
class ReleaseDifference:
    """A difference between the release of the job and the chosen one. `step` is null for the task itself.

    `kind` is `added`, `removed` or `changed`; `parts` are what changed, such as `action` or `input`.
    """

    kind: str
    step: str | None
    parts: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class KeptStep:
    """A step that is not run again, with its status. A group or a loop stands for the steps inside."""

    step: str
    status: str


@attrs.frozen(kw_only=True)
class StepAgain:
    """A step that runs again, and why. A group or a loop stands for the steps inside."""

    step: str
    reason: str


@attrs.frozen(kw_only=True)
class RerunPlan:
    """Plan of a re-run. The lists have at most 1,000 steps; the counts are complete."""

    job_id: uuid.UUID
    workspace: str
    task_name: str
    source_type: str
    release: PlannedRelease
    differences: tuple[ReleaseDifference, ...]
    kept: tuple[KeptStep, ...]
    kept_count: int
    again: tuple[StepAgain, ...]
    again_count: int
    warnings: tuple[str, ...]


def differences(former: TaskPlan, plan: TaskPlan, pairs: NodePairs) -> Iterator[ReleaseDifference]:
    """The differences between two plans of a task."""
    if parts := tuple(name for name in _TASK_PARTS if getattr(former, name) != getattr(plan, name)):
        yield ReleaseDifference(kind="changed", step=None, parts=parts)
    before, after = ({place: at for at, place in enumerate(places_of(one))} for one in (former, plan))
    seen: set[tuple[str, str]] = set()
    for place, one in pairs.differences.items():
        shown = node_path(former, before[place]) if place in before else node_path(plan, after[place])
        if (one.kind, shown) not in seen or one.parts:
            seen.add((one.kind, shown))
            yield ReleaseDifference(kind=one.kind, step=shown, parts=one.parts)


def again_steps(plan: TaskPlan, division: Division, names: Mapping[int, str]) -> tuple[StepAgain, ...]:
    """The steps that run again. `names` are those of steps of the former job."""
    selection = division.selection
    found = [StepAgain(step=names[step], reason=reason) for step, reason in selection.again.items() if step in names]
    found += [StepAgain(step=node_path(plan, node), reason=reason) for node, reason in selection.unreached.items()]
    return tuple(found[:_MOST])


def kept_list(division: Division, names: Mapping[int, str]) -> tuple[KeptStep, ...]:
    """The steps that are kept."""
    kept = division.selection.kept.ended.values()
    return tuple(KeptStep(step=names[one.step], status=one.outcome) for one in kept if one.step in names)


def named_steps(division: Division) -> list[int]:
    """The steps of the former job whose names a plan shows."""
    kept = [one.step for one in division.selection.kept.ended.values()]
    return [*kept[:_MOST], *list(division.selection.again)[:_MOST]]


def whole_steps(plan: TaskPlan) -> tuple[StepAgain, ...]:
    """The steps of a re-run of a whole job."""
    numbers: Sequence[int] = plan.children(ROOT)
    return tuple(StepAgain(step=plan.node(one).name, reason="all of the job runs again") for one in numbers[:_MOST])


def kept_warnings(
    plan: TaskPlan, division: Division, names: Mapping[int, str], changed: Collection[str]
) -> Iterator[str]:
    """Warnings about kept steps: failures, inputs that have changed, files of a job that stays on one worker."""
    kept = division.selection.kept
    ended = kept.ended
    failed = [
        names[visit.step]
        for (_, node, _), visit in ended.items()
        if visit.outcome == "failed" and not plan.node(node).optional and visit.step in names
    ]
    if len(failed) == 1:
        yield f"Step {failed[0]!r} is kept as failed, so the job may fail again: run it again too"
    elif failed:
        more = f" and {len(failed) - _MOST_NAMED} more" if len(failed) > _MOST_NAMED else ""
        shown = ", ".join(map(repr, failed[:_MOST_NAMED]))
        yield f"Steps {shown}{more} are kept as failed, so the job may fail again: run them again too"
    readers = _readers(plan, changed) if changed else {}
    for node in dict.fromkeys(node for _, node, _ in ended):
        if keys := sorted({key for one in _with_inside(plan, node) for key in readers.get(one, ())}):
            inputs = ", ".join(map(repr, keys))
            yield f"Step {node_path(plan, node)!r} is kept, and has read the former value of the input {inputs}"
    for node in dict.fromkeys(node for _, node, _ in kept.around):
        if keys := sorted(readers.get(node, ())):
            inputs = ", ".join(map(repr, keys))
            yield f"Step {node_path(plan, node)!r} reads the input {inputs} again, and keeps items by their index"


def _readers(plan: TaskPlan, changed: Collection[str]) -> dict[int, set[str]]:
    """The nodes that read inputs of the job, with those among `changed`."""
    found: dict[int, set[str]] = {}
    for number, paths in enumerate(paths_read(plan, plan.actions)):
        node = plan.node(number)
        action = plan.actions.get(node.action) if node.kind in ("action", "task") else None
        inherited = {key for key in (action.input if action else ()) if key not in node.input}
        read = {path[1] for path in paths if path[0] == "input" and len(path) > 1} | inherited
        if ("input",) in paths:
            read |= set(changed)
        found[number] = read & set(changed)
    return found


def _with_inside(plan: TaskPlan, number: int) -> Iterator[int]:
    yield number
    for child in plan.children(number):
        yield from _with_inside(plan, child)
