"""Checks of options that come from the output of a task."""

from collections.abc import Iterator, Mapping

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.definitions.field import PRIMITIVE_TYPES, InputField, OptionsFrom
from stroem.definitions.task import Task
from stroem.definitions.values import Path
from stroem.validation.fields import check_value
from stroem.validation.library_names import note_missing
from stroem.validation.scope import View
from stroem.validation.templates import TemplateContext, check_templates, read_paths
from stroem.validation.uses import check_slips

_INPUT = frozenset({"input"})


def refuse_options_from(fields: Mapping[str, InputField], path: Path, mistakes: Mistakes) -> None:
    """Notes `options_from` where nothing reads it: in the input of an action, in the form of an approval."""
    for name, field in fields.items():
        if field.options_from is not None:
            message = "'options_from' is for the input of a task"
            mistakes.append(_conflict(message, (*path, name), "write the options under `options`"))


def check_options_from(task_name: str, task: Task, view: View, mistakes: Mistakes) -> None:
    """Notes tasks of options that do not exist or cannot be started, and templates that read no other field."""
    for name, field in task.input.items():
        if field.options_from is not None:
            path: Path = ("tasks", task_name, "input", name)
            mistakes.extend(_conflicts(field, path))
            _check_task(task_name, field.options_from, (*path, "options_from"), view, mistakes)
            _check_reads(name, task, field.options_from, (*path, "options_from", "input"), view, mistakes)


def _conflicts(field: InputField, path: Path) -> Iterator[Mistake]:
    if field.options is not None:
        yield _conflict("'options' and 'options_from' exclude each other", path, "keep one of them")
    if field.secret:
        yield _conflict("'secret' and 'options_from' exclude each other", path, "keep one of them")
    if field.type == "boolean" or field.type not in PRIMITIVE_TYPES:
        yield _conflict(f"'options_from' is not for the type {field.type}", path, None)


def _check_task(own: str, options: OptionsFrom, path: Path, view: View, mistakes: Mistakes) -> None:
    if options.task == own:
        message = f"the options of an input of task {own!r} are read from a job of this task"
        mistakes.append(Mistake(code="self-reference", message=message, path=(*path, "task"), hint="name another task"))
        return
    task = view.task(options.task)
    if task is None:
        if not view.has("tasks", options.task):
            note_missing("tasks", options.task, (*path, "task"), view, mistakes)
        return
    whose = f"task {options.task!r}"
    check_slips(options.input, task.input, whose, path, mistakes)
    for name, field in task.input.items():
        if name in options.input:
            check_value(field, options.input[name], (*path, "input", name), view, mistakes)
        elif field.required and field.default is None:
            message, hint = f"{whose} needs the input {name!r}, which nothing gives", f"add {name!r} to `input:`"
            mistakes.append(Mistake(code="missing-input", message=message, path=path, hint=hint, at_key=True))


def _check_reads(own: str, task: Task, options: OptionsFrom, path: Path, view: View, mistakes: Mistakes) -> None:
    others = [name for name in task.input if name != own]
    check_templates(options.input, path, TemplateContext(roots=_INPUT, inputs=others), view, mistakes)
    read = {mention.path[1] for mention in read_paths(options.input, ()) if len(mention.path) > 1}
    for name in sorted(read & task.input.keys()):
        if task.input[name].secret:
            message = f"{name!r} is secret: it cannot be in the input of the job that finds options"
            mistakes.append(Mistake(code="conflicting-keys", message=message, path=path, hint="read other fields"))


def _conflict(message: str, path: Path, hint: str | None) -> Mistake:
    return Mistake(code="conflicting-keys", message=message, path=(*path, "options_from"), hint=hint, at_key=True)
