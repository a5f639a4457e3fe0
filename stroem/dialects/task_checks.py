"""Tasks: do their steps fit together, and do they give their actions what these need?"""

from collections.abc import Collection

from stroem.definitions.action import Action
from stroem.definitions.task import Hook, Step, Task
from stroem.dialects.action_checks import check_action, templated
from stroem.dialects.converters import Mistakes
from stroem.dialects.field_checks import check_fields, outside
from stroem.dialects.flow_graph import FlowGraph
from stroem.dialects.mistake import Mistake, Near, Path
from stroem.dialects.scope import View, is_inline
from stroem.dialects.template_checks import (
    EVERY_ROOT,
    JOB_ROOTS,
    Place,
    check_templates,
    may_be_foreign,
    needle,
    read_paths,
)
from stroem.dialects.workflow import HOOK_KEYS

_HOOK_ROOTS = frozenset({"hook", "input", "secret", "state", "global_state"})


def check_task(name: str, task: Task, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of a task."""
    path: Path = ("tasks", name)
    check_fields(task.input, (*path, "input"), view, mistakes)
    for key in HOOK_KEYS:
        check_hooks(getattr(task, key), (*path, key), view, mistakes)
    graph = FlowGraph(task.flow)
    if len(graph.variables) < len(task.flow) or not EVERY_ROOT.isdisjoint(graph.variables):
        _check_step_names(task, graph, path, mistakes)
    _check_dependencies(task, graph, path, mistakes)
    for step_name, step in task.flow.items():
        if step.action:
            _check_step(name, task, step_name, graph, view, mistakes)


def check_hooks(hooks: Collection[Hook], path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes hooks without an action, and templates that cannot be rendered when a job has ended."""
    for index, hook in enumerate(hooks):
        hook_path = (*path, index)
        check_templates(hook.input, (*hook_path, "input"), Place(roots=_HOOK_ROOTS), view, mistakes)
        action = _check_action_name(hook.action, (*hook_path, "action"), view, mistakes)
        if action is not None:
            _check_given(hook.action, action, hook.input, (), hook_path, mistakes)


def _check_step_names(task: Task, graph: FlowGraph, path: Path, mistakes: Mistakes) -> None:
    for name in task.flow:
        step_path = (*path, "flow", name)
        variable = name.replace("-", "_")
        other = graph.variables[variable]
        if other != name:
            message = f"steps {name!r} and {other!r} have the same name in templates, {variable!r}"
            mistakes.append(
                Mistake(code="name-collision", message=message, path=step_path, hint="rename one", at_key=True)
            )
        elif variable in EVERY_ROOT:
            message = f"templates cannot read the output of a step called {name!r}: {variable!r} means something else"
            mistakes.append(
                Mistake(
                    code="name-collision",
                    message=message,
                    path=step_path,
                    hint="rename it",
                    at_key=True,
                    severity="warning",
                )
            )


def _check_dependencies(task: Task, graph: FlowGraph, path: Path, mistakes: Mistakes) -> None:
    for name, step in task.flow.items():
        for dependency in step.depends_on:
            if dependency not in task.flow:
                mistakes.append(
                    Mistake(
                        code="unknown-step",
                        message=f"there is no step {dependency!r} in this task",
                        path=(*path, "flow", name, "depends_on"),
                        near=Near(name=dependency, names=task.flow),
                        entry=dependency,
                    )
                )
    for cycle in graph.cycles():
        message = f"these steps wait for each other: {' → '.join(cycle)}"
        mistakes.append(
            Mistake(
                code="cycle",
                message=message,
                path=(*path, "flow", cycle[0], "depends_on"),
                hint="remove one of these dependencies",
                entry=cycle[1],
            )
        )


def _check_step(task_name: str, task: Task, name: str, graph: FlowGraph, view: View, mistakes: Mistakes) -> None:
    step = task.flow[name]
    path: Path = ("tasks", task_name, "flow", name)
    found: Mistakes = []
    place = _place(task_name, task, graph, name, step.for_each is not None)
    check_templates(step.input, (*path, "input"), place, view, found)
    if step.when is not None:
        check_templates(step.when, (*path, "when"), place, view, found)
    if step.for_each is not None:
        check_templates(step.for_each, (*path, "for_each"), place, view, found)
    if is_inline(step.action):
        action = view.definitions.actions.get(step.action)
        if action is not None:
            _check_inline(action, step, place, path, view, found)
    else:
        action = _check_action_name(step.action, (*path, "action"), view, found)
        if action is not None:
            _check_foreign(action, step, place, path, found)
            _check_given(step.action, action, step.input, task.input, path, found)
    if action is not None and action.type == "task" and action.task == task_name:
        hint = "a task that starts itself never ends"
        at = "task" if is_inline(step.action) else "action"
        message = f"this step starts its own task {task_name!r}"
        found.append(Mistake(code="self-reference", message=message, path=(*path, at), hint=hint))
    if found:
        hide = _CONSEQUENCES if view.is_broken("tasks", task_name) else frozenset()
        mistakes += [mistake for mistake in found if mistake.code not in hide]


_CONSEQUENCES = frozenset({"not-upstream", "missing-input", "unknown-input"})


def _place(task_name: str, task: Task, graph: FlowGraph, step: str, has_each: bool) -> Place:
    roots = JOB_ROOTS | {"each"} if has_each else JOB_ROOTS
    return Place(roots=roots, inputs=task.input, task=task_name, flow=graph, step=step)


def _check_inline(action: Action, step: Step, place: Place, path: Path, view: View, mistakes: Mistakes) -> None:
    check_fields(action.input, (*path, "input"), view, mistakes)
    inputs = {*action.input, *step.input, *(place.inputs or ())}
    inner = Place(roots=place.roots, inputs=inputs, task=place.task, flow=place.flow, step=place.step)
    check_action(action, path, inner, view, mistakes)
    _check_given("", action, step.input, place.inputs or (), path, mistakes)


def _check_action_name(name: str, path: Path, view: View, mistakes: Mistakes) -> Action | None:
    action = view.action(name)
    if action is not None or view.has("actions", name):
        return action
    if "." in name:
        mistakes.append(outside("action", name, path))
        return None
    near = Near(name=name, kind="actions")
    mistakes.append(Mistake(code="unknown-action", message=f"there is no action {name!r}", path=path, near=near))
    return None


def _check_foreign(action: Action, step: Step, place: Place, path: Path, mistakes: Mistakes) -> None:
    """What the templates of a named action read beyond its own input: it must be there for this step."""
    assert place.flow
    assert place.step
    for _, value in templated(action):
        for mention in read_paths(value, place.flow.steps):
            root = mention.path[0]
            if mention.optional or root in EVERY_ROOT or not may_be_foreign(root):
                continue
            other = place.flow.variables.get(root)
            if other is None or not (place.flow.is_cyclic or place.flow.is_before(other, place.step)):
                message = f"action {step.action!r} reads {'.'.join(mention.path)!r}, which this step does not have"
                hint = f"add {other!r} to `depends_on`" if other else "no step of this task is called so"
                code = "not-upstream" if other else "unknown-name"
                mistakes.append(Mistake(code=code, message=message, path=(*path, "action"), hint=hint))


def _check_given(
    name: str, action: Action, given: Collection[str], inherited: Collection[str], path: Path, mistakes: Mistakes
) -> None:
    whose = f"action {name!r}" if name else "this action"
    for field_name, field in action.input.items():
        if field.required and field.default is None and field_name not in given and field_name not in inherited:
            message = f"{whose} needs the input {field_name!r}, which nothing gives"
            hint = f"add {field_name!r} to `input:`"
            mistakes.append(Mistake(code="missing-input", message=message, path=path, hint=hint, at_key=True))


__all__ = ["check_hooks", "check_task", "needle"]
