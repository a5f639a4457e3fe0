"""Checks of limits that tasks and steps name, and of the keys of concurrency."""

from collections.abc import Sequence

from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.definitions.limit import SERVER_PREFIX
from stroem.definitions.task import Task
from stroem.definitions.values import Path
from stroem.validation.scope import View
from stroem.validation.templates import TemplateContext, check_templates, read_paths

_KEY_ROOTS = frozenset({"input"})


def check_limits(names: Sequence[str], path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes unknown limits. Those of the server are not known here; a library's are those of its users."""
    for index, name in enumerate(names):
        if name.startswith(SERVER_PREFIX) or view.is_of_library or view.has("limits", name):
            continue
        message = f"there is no limit {name!r}"
        hint = f"write it under `limits:`, or {SERVER_PREFIX}{name} for a limit of the server"
        near = Near(name=name, kind="limits")
        at = (*path, index)
        mistakes.append(Mistake(code="unknown-limit", message=message, path=at, hint=hint, near=near))


def check_concurrency(task: Task, path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes mistakes in the key of a task's concurrency, which reads inputs without secrets only."""
    if task.concurrency is None:
        return
    at = (*path, "concurrency", "key")
    key = task.concurrency.key
    check_templates(key, at, TemplateContext(roots=_KEY_ROOTS, inputs=task.input), view, mistakes)
    for mention in read_paths(key, ()):
        name = mention.path[1] if len(mention.path) > 1 else ""
        if mention.path[0] == "input" and name in task.input and task.input[name].secret:
            message = f"the key reads the secret input {name!r}, and is shown"
            hint = "use an input that is no secret"
            mistakes.append(Mistake(code="invalid-value", message=message, path=at, hint=hint))
