"""Checks of triggers that hear the ends of jobs: the tasks that they hear, and circles of such triggers."""

import logging
from collections.abc import Callable, Sequence

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.problem_places import Placed, place
from stroem.definitions.task import Step
from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions
from stroem.interfaces.triggers.job_trigger import HeardTask, JobTrigger
from stroem.validation.actions import check_task_name
from stroem.validation.flow_graph import FlowGraph
from stroem.validation.merge import Merged
from stroem.validation.scope import View

_log = logging.getLogger(__name__)
_OWN = ""
"""The workspace of the trigger itself, whose name files do not know."""


def check_heard_tasks(name: str, options: JobTrigger, view: View, mistakes: Mistakes) -> None:
    """Notes unknown tasks, and unknown workspaces where all are known."""
    workspaces = view.scope.environment.workspaces
    for heard in _heard_by(options):
        path = ("triggers", name, *heard.path)
        if heard.workspace == _OWN:
            check_task_name(heard.task, path, view, mistakes)
        elif workspaces is not None and heard.workspace not in workspaces:
            message = f"there is no other workspace {heard.workspace!r}, so no end of its jobs is heard"
            hint = "leave `workspace` out for tasks of this workspace"
            mistakes.append(
                Mistake(code="unknown-workspace", message=message, path=path, hint=hint, severity="warning")
            )


def place_circles(merged: Merged, read: Callable[[str], bytes]) -> list[Placed]:
    """A problem at one trigger of each circle of triggers, in which the end of a job leads to another of its task."""
    triggers = _heard(merged.definitions)
    steps = {task: Step(action="", depends_on=tuple(heard)) for task, heard in triggers.items()}
    found: list[Placed] = []
    for circle in FlowGraph(steps).cycles():
        name, path = triggers[circle[0]][circle[1]]
        file = merged.places["triggers"][name]
        message = f"the end of a job would lead to another of its task, without end: {' → '.join(reversed(circle))}"
        hint = "let one of these triggers hear or start another task"
        mistake = Mistake(code="trigger-circle", message=message, path=("triggers", name, *path), hint=hint)
        found += place(file, read(file), [mistake])
    return found


def _heard_by(options: JobTrigger) -> Sequence[HeardTask]:
    """The tasks that a trigger hears; none if its type, which a plugin brings, fails to say."""
    try:
        return tuple(options.tasks_heard(_OWN))
    except Exception:
        _log.exception("a trigger of type %s does not say which tasks it hears", options.name)
        return ()


def _heard(definitions: Definitions) -> dict[str, dict[str, tuple[str, Path]]]:
    """By task that triggers start: the tasks that they hear, each with a trigger and the place of the task in that."""
    found: dict[str, dict[str, tuple[str, Path]]] = {}
    for name, trigger in sorted(definitions.triggers.items()):
        if trigger.enabled and isinstance(trigger.options, JobTrigger):
            for heard in _heard_by(trigger.options):
                if heard.workspace == _OWN:
                    found.setdefault(trigger.target, {}).setdefault(heard.task, (name, heard.path))
    return found
