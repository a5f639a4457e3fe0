"""Checks of triggers: tasks, templates and inputs."""

from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.conversion.record import keys_of
from stroem.definitions.secret_reference import refers_to_store
from stroem.definitions.task import Task
from stroem.definitions.trigger import Trigger
from stroem.definitions.trigger_options import event_templates_of, tasks_of, templates_of
from stroem.definitions.values import Json, Path
from stroem.interfaces.triggers.http_trigger import HttpTrigger
from stroem.interfaces.triggers.job_trigger import JobTrigger
from stroem.interfaces.triggers.time_trigger import TimeTrigger
from stroem.interfaces.triggers.trigger_type import COMMON_FACTS
from stroem.validation.actions import check_task_name
from stroem.validation.fields import check_env, check_value
from stroem.validation.heard_tasks import check_heard_tasks
from stroem.validation.scope import View
from stroem.validation.templates import TemplateContext, check_expression, check_templates, read_paths
from stroem.validation.uses import check_slips

_SECRETS_ONLY = TemplateContext(roots=frozenset({"secret"}))


def check_trigger(name: str, trigger: Trigger, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of a trigger."""
    path: Path = ("triggers", name)
    check_task_name(trigger.task, (*path, "task"), view, mistakes)
    for field, task_name in tasks_of(trigger.options):
        check_task_name(task_name, (*path, field), view, mistakes)
    for below, value in templates_of(trigger.options):
        check_templates(value, (*path, *keys_of(below)), _SECRETS_ONLY, view, mistakes)
        if not trigger.options.consumes:
            _check_stored_secrets(value, (*path, *keys_of(below)), view, mistakes)
    if isinstance(env := getattr(trigger.options, "env", None), dict):
        check_env(env, (*path, "env"), mistakes)
    if isinstance(trigger.options, JobTrigger):
        check_heard_tasks(name, trigger.options, view, mistakes)
    if isinstance(trigger.options, TimeTrigger):
        _check_files(trigger.options, path, view, mistakes)
    _check_event_templates(trigger, path, view, mistakes)
    task = view.task(trigger.target)
    if task is not None:
        _check_input(trigger, task, path, view, mistakes)


def _check_stored_secrets(value: Json, path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes secrets of stores, which are read for steps only."""
    for mention in dict.fromkeys(read_paths(value, ())):
        name = mention.path[1] if mention.path[0] == "secret" and len(mention.path) > 1 else None
        if name is not None and refers_to_store(view.secret(name)):
            message = f"secret {name!r} is in a store, which the options of a trigger cannot read"
            hint = "stores are read for steps of jobs; give the trigger a secret with its value under `secrets:`"
            mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))


def _check_event_templates(trigger: Trigger, path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of templates over the fire."""
    roots = trigger.options.roots
    facts = None if trigger.options.facts is None else (*COMMON_FACTS, *sorted(trigger.options.facts))
    context = TemplateContext(roots=roots, facts=facts)
    check_expression(trigger.if_, (*path, "if"), context, view, mistakes)
    for below, value in event_templates_of(trigger.options):
        check_templates(value, (*path, *keys_of(below)), context, view, mistakes)
    if trigger.debounce is not None:
        check_templates(trigger.debounce.key, (*path, "debounce", "key"), context, view, mistakes)
        context = TemplateContext(roots=roots | {"events"}, facts=facts)
    check_templates(trigger.input, (*path, "input"), context, view, mistakes)


def _check_files(options: TimeTrigger, path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes missing files of the workspace that a schedule reads."""
    for file in options.files:
        if not view.has_file(file):
            message, near = f"there is no file {file!r} in the workspace", Near(name=file, kind="files")
            hint = "paths begin at the workspace's root"
            mistakes.append(Mistake(code="missing-file", message=message, path=path, hint=hint, near=near))


def _check_input(trigger: Trigger, task: Task, path: Path, view: View, mistakes: Mistakes) -> None:
    check_slips(trigger.input, task.input, f"task {trigger.target!r}", path, mistakes)
    for name, value in trigger.input.items():
        if name in task.input:
            check_value(task.input[name], value, (*path, "input", name), view, mistakes)
    if trigger.options.consumes or isinstance(trigger.options, HttpTrigger):
        return
    given = trigger.options.gives | ({"events"} if trigger.debounce else set())
    for name, field in task.input.items():
        if field.required and field.default is None and name not in given and trigger.input.get(name) is None:
            message = f"task {trigger.target!r} needs the input {name!r}, which this trigger does not give"
            hint = f"add {name!r} to `input:`"
            mistakes.append(Mistake(code="missing-input", message=message, path=path, hint=hint, at_key=True))
