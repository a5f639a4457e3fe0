"""Checks of triggers: schedules, tasks and inputs."""

from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.definitions.cron import cron_problem
from stroem.definitions.task import Task
from stroem.definitions.trigger import Trigger
from stroem.definitions.values import Path
from stroem.definitions.zone import is_zone
from stroem.validation.actions import check_task_name
from stroem.validation.fields import check_env, check_value
from stroem.validation.scope import View
from stroem.validation.templates import TemplateContext, check_templates
from stroem.validation.uses import check_slips

_SECRETS_ONLY = TemplateContext(roots=frozenset({"secret"}))


def check_trigger(name: str, trigger: Trigger, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of a trigger."""
    path: Path = ("triggers", name)
    check_task_name(trigger.task, (*path, "task"), view, mistakes)
    if trigger.target_task is not None:
        check_task_name(trigger.target_task, (*path, "target_task"), view, mistakes)
    if trigger.cron is not None:
        _check_cron(trigger.cron, (*path, "cron"), mistakes)
    if trigger.timezone is not None:
        _check_zone(trigger.timezone, (*path, "timezone"), mistakes)
    check_templates(trigger.env, (*path, "env"), _SECRETS_ONLY, view, mistakes)
    check_env(trigger.env, (*path, "env"), mistakes)
    check_templates(trigger.secret, (*path, "secret"), _SECRETS_ONLY, view, mistakes)
    task = view.task(trigger.target_task or trigger.task)
    if task is not None:
        _check_input(trigger, task, path, view, mistakes)


def _check_cron(cron: str, path: Path, mistakes: Mistakes) -> None:
    problem = cron_problem(cron)
    if problem is not None:
        message, hint = problem
        mistakes.append(Mistake(code="invalid-cron", message=message, path=path, hint=hint))


def _check_zone(name: str, path: Path, mistakes: Mistakes) -> None:
    if not is_zone(name):
        near = Near(name=name, kind="time zones")
        hint = "write a name like Europe/Oslo"
        message = f"there is no time zone {name!r}"
        mistakes.append(Mistake(code="unknown-timezone", message=message, path=path, hint=hint, near=near))


def _check_input(trigger: Trigger, task: Task, path: Path, view: View, mistakes: Mistakes) -> None:
    check_slips(trigger.input, task.input, f"task {trigger.target_task or trigger.task!r}", path, mistakes)
    for name, value in trigger.input.items():
        if name in task.input:
            check_value(task.input[name], value, (*path, "input", name), view, mistakes)
    if trigger.type != "scheduler":
        return
    for name, field in task.input.items():
        if field.required and field.default is None and trigger.input.get(name) is None:
            message = f"task {trigger.task!r} needs the input {name!r}, which this trigger does not give"
            hint = f"add {name!r} to `input:`"
            mistakes.append(Mistake(code="missing-input", message=message, path=path, hint=hint, at_key=True))
