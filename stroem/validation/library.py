"""Files of libraries as their users see them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import attrs

from stroem.definitions.action import Action
from stroem.definitions.field import PRIMITIVE_TYPES, InputField
from stroem.definitions.kinds import HOOK_KEYS, KINDS
from stroem.definitions.library import LIBRARIES, LIBRARY_SECTIONS, path_in_library
from stroem.definitions.task import Hook, Step, Task, is_inline
from stroem.definitions.workflow_folder import inferred_folder
from stroem.definitions.workspace import Definitions
from stroem.interfaces.parsed_file import ParsedFile
from stroem.records.problem import Problem
from stroem.templating.template import is_template

_LEFT_OUT = tuple(kind for kind in (*KINDS, *HOOK_KEYS) if kind not in LIBRARY_SECTIONS)


def as_library(name: str, file: ParsedFile) -> ParsedFile:
    """A file of a library as its users see it, at `_libraries/{name}/…`.

    Its actions, tasks and connection types are called `{name}.…` wherever they are named. Secrets, connections,
    triggers, MCP servers and hooks of the workspace are left out, with their problems. A `source` stays as it is
    written: workers resolve it in the library's folder.
    """
    path = path_in_library(name, file.path)
    return attrs.evolve(
        file,
        path=path,
        definitions=None if file.definitions is None else _definitions(name, file.definitions, file.path),
        problems=tuple(attrs.evolve(problem, file=path) for problem in file.problems if concerns_users(problem)),
        broken=frozenset((kind, f"{name}.{entry}") for kind, entry in file.broken if kind in LIBRARY_SECTIONS),
        scalars={
            (kind, f"{name}.{entry}"): texts
            for (kind, entry), texts in file.scalars.items()
            if kind in LIBRARY_SECTIONS
        },
    )


def shadowed_folders(paths: Iterable[str], libraries: Collection[str]) -> tuple[Problem, ...]:
    """A warning for each library whose folder is among the workspace's own files (`paths`)."""
    inside = (path.split("/") for path in paths if path.startswith(f"{LIBRARIES}/"))
    found = sorted({parts[1] for parts in inside if len(parts) > 2 and parts[1] in libraries})
    return tuple(
        Problem(
            code="shadowed-folder",
            message=f"the workspace's own folder {path_in_library(name)!r} gives way to the library {name!r}",
            file=path_in_library(name),
            hint="move its files elsewhere",
            severity="warning",
        )
        for name in found
    )


def concerns_users(problem: Problem) -> bool:
    """Whether a problem is in a part of a library's file that its users see."""
    section = problem.path.partition(".")[0].partition("[")[0]
    return section not in _LEFT_OUT and problem.code != "encrypted-file"


def _definitions(library: str, definitions: Definitions, path: str) -> Definitions:
    folder = inferred_folder(path)
    return Definitions(
        connection_types=_named(library, definitions.connection_types),
        actions=_named(library, {name: _action(library, action) for name, action in definitions.actions.items()}),
        tasks=_named(library, {name: _task(library, task, folder) for name, task in definitions.tasks.items()}),
    )


def _named(library: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{library}.{name}": entry for name, entry in entries.items()}


def _reference(library: str, name: str) -> str:
    """A name as users write it. Names with a dot (of another library) and templates stay as they are."""
    if is_inline(name) or not (not name or "." in name or is_template(name)):
        return f"{library}.{name}"
    return name


def _action(library: str, action: Action) -> Action:
    fields, payload = _fields(library, action.input), _fields(library, action.payload)
    if action.task is None and not action.tools:
        is_same = fields is action.input and payload is action.payload
        return action if is_same else attrs.evolve(action, input=fields, payload=payload)
    tools = tuple(
        tool if tool.task is None else attrs.evolve(tool, task=_reference(library, tool.task)) for tool in action.tools
    )
    task = action.task if action.own_task is None else _reference(library, action.own_task)
    return attrs.evolve(action, task=task, tools=tools, input=fields)


def _task(library: str, task: Task, inferred: str | None) -> Task:
    hooks: dict[str, Any] = {key: tuple(_hook(library, hook) for hook in getattr(task, key)) for key in HOOK_KEYS}
    return attrs.evolve(
        task,
        flow={name: _step(library, step) for name, step in task.flow.items()},
        finally_={name: _step(library, step) for name, step in task.finally_.items()},
        input=_fields(library, task.input),
        folder=None if task.folder == inferred else task.folder,
        **hooks,
    )


def _step(library: str, step: Step) -> Step:
    return step if step.is_group else attrs.evolve(step, action=_reference(library, step.action))


def _hook(library: str, hook: Hook) -> Hook:
    return attrs.evolve(hook, action=_reference(library, hook.action))


def _fields(library: str, fields: dict[str, InputField]) -> dict[str, InputField]:
    if all(field.type in PRIMITIVE_TYPES and field.options_from is None for field in fields.values()):
        return fields
    return {name: _field(library, field) for name, field in fields.items()}


def _field(library: str, field: InputField) -> InputField:
    options = field.options_from
    return attrs.evolve(
        field,
        type=field.type if field.type in PRIMITIVE_TYPES else _reference(library, field.type),
        options_from=None if options is None else attrs.evolve(options, task=_reference(library, options.task)),
    )
