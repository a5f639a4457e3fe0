"""Warnings about tasks whose steps share a folder."""

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task, is_inline
from stroem.definitions.values import Path
from stroem.validation.scope import View


def note_lost_files(step: Step, action: Action, task: Task | None, path: Path, mistakes: Mistakes) -> None:
    """Warns of a cache where the steps share their files."""
    if task is None or task.job_volume is None or (step.cache is None and action.cache is None):
        return
    message = "when an earlier result of the step is used again, nothing of it is in the folder of the job"
    hint = "remove `cache`, unless the step leaves no file for others"
    key = "cache" if step.cache is not None or is_inline(step.action) else "action"
    _warn(message, hint, (*path, key), mistakes)


def note_two_places(task: Task, path: Path, view: View, mistakes: Mistakes) -> None:
    """Warns of steps that are to share files, some of which run in pods and others as processes of the worker."""
    if task.job_volume is None:
        return
    used = [(key, view.definitions.actions.get(step.action)) for key, step in task.steps.items()]
    in_pods = [key for key, action in used if action is not None and "pod" in (action.type, action.runner)]
    here = [key for key, action in used if action is not None and _is_process(action)]
    if in_pods and here:
        message = f"step {in_pods[0]!r} runs in a pod and step {here[0]!r} on the worker: they cannot share files"
        hint = "let all steps of a task with a `volume` run in pods, or none"
        _warn(message, hint, (*path, "mode" if task.volume is None else "volume"), mistakes)


def _is_process(action: Action) -> bool:
    return action.type == "script" and action.runner in (None, "local")


def _warn(message: str, hint: str, path: Path, mistakes: Mistakes) -> None:
    mistakes.append(
        Mistake(code="conflicting-keys", message=message, path=path, hint=hint, at_key=True, severity="warning")
    )
