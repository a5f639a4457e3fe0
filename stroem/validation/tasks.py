"""Checks of tasks: dependencies, templates, hooks, and inputs of actions."""

from collections.abc import Collection, Mapping

from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.definitions.action import Action
from stroem.definitions.kinds import HOOK_KEYS, HOOK_TYPES
from stroem.definitions.references import steps
from stroem.definitions.task import DialectTask, Hook, Step, Task, is_inline
from stroem.definitions.values import Path
from stroem.dialects.foreign_keys import foreign_hint
from stroem.dialects.no_effect import no_effect
from stroem.templating.language.hyphens import underscored
from stroem.validation.actions import check_action, check_action_fields
from stroem.validation.fields import check_fields
from stroem.validation.flow_graph import FlowGraph
from stroem.validation.scope import View
from stroem.validation.templates import EVERY_ROOT, JOB_ROOTS, TemplateContext, check_templates
from stroem.validation.uses import Use, check_use, find_action

_CONSEQUENCES = frozenset({"not-upstream", "missing-input", "unknown-input"})
_IN = {"flow": "this task", "finally": "`finally`, whose steps depend on one another only"}
_HOOK_ROOTS = frozenset({"hook", "input", "secret", "state", "global_state"})


def check_task(name: str, task: Task, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of a task."""
    path: Path = ("tasks", name)
    check_fields(task.input, (*path, "input"), view, mistakes)
    for key in HOOK_KEYS:
        check_hooks(getattr(task, key), (*path, key), view, mistakes)
    graph = FlowGraph(task.steps, last=task.finally_, is_open=isinstance(task, DialectTask))
    if len(graph.variables) < len(task.flow) + len(task.finally_) or not EVERY_ROOT.isdisjoint(graph.variables):
        _check_step_names(task, graph, path, mistakes)
    for key, section in (("flow", task.flow), ("finally", task.finally_)):
        _check_dependencies(section, (*path, key), mistakes)
    _check_cycles(task, graph, path, mistakes)
    for place, step in steps(task):
        if step.action:
            _check_step(name, task, place, graph, view, mistakes)


def check_hooks(hooks: Collection[Hook], path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes unknown actions of hooks, and templates that cannot be rendered after a job."""
    for index, hook in enumerate(hooks):
        hook_path = (*path, index)
        check_templates(hook.input, (*hook_path, "input"), TemplateContext(roots=_HOOK_ROOTS), view, mistakes)
        action = find_action(hook.action, (*hook_path, "action"), view, mistakes)
        if action is not None:
            use = Use(action_name=hook.action, action=action, path=hook_path, given=hook.input)
            check_use(use, view, mistakes)
            if action.type not in HOOK_TYPES:
                what = f"a hook with an action of type {action.type!r}"
                mistakes.append(no_effect(what, "no job follows for it", (*hook_path, "action")))


def _check_step_names(task: Task, graph: FlowGraph, path: Path, mistakes: Mistakes) -> None:
    for place, _ in steps(task):
        name, step_path = str(place[1]), (*path, *place)
        variable = underscored(name)
        other = graph.variables[variable]
        if other != name or (place[0] == "flow" and name in task.finally_):
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


def _check_dependencies(section: Mapping[str, Step], path: Path, mistakes: Mistakes) -> None:
    for name, step in section.items():
        for dependency in step.depends_on:
            if dependency not in section:
                names = [name.strip() for name in dependency.split(",")]
                is_list = len(names) > 1 and all(name in section for name in names)
                mistakes.append(
                    Mistake(
                        code="unknown-step",
                        message=f"there is no step {dependency!r} in {_IN[str(path[-1])]}",
                        path=(*path, name, "depends_on"),
                        hint=f"write [{', '.join(names)}]" if is_list else None,
                        near=None if is_list else Near(name=dependency, names=section),
                        entry=dependency,
                    )
                )


def _check_cycles(task: Task, graph: FlowGraph, path: Path, mistakes: Mistakes) -> None:
    for cycle in graph.cycles():
        key = "flow" if cycle[0] in task.flow else "finally"
        message = f"these steps wait for each other: {' → '.join(cycle)}"
        mistakes.append(
            Mistake(
                code="cycle",
                message=message,
                path=(*path, key, cycle[0], "depends_on"),
                hint="remove one of these dependencies",
                entry=cycle[1],
            )
        )


def _check_step(task_name: str, task: Task, place: Path, graph: FlowGraph, view: View, mistakes: Mistakes) -> None:
    name = str(place[1])
    step = task.steps[name]
    path: Path = ("tasks", task_name, *place)
    found = Mistakes(key_hint=foreign_hint)
    roots = JOB_ROOTS if step.for_each is None else JOB_ROOTS | {"each"}
    context = TemplateContext(
        roots=roots, inputs=task.input, task=task_name, flow=graph, step=name, foreign=graph.is_open
    )
    for field in ("input", "when", "for_each"):
        check_templates(getattr(step, field), (*path, field), context, view, found)
    if is_inline(step.action):
        action = view.definitions.actions.get(step.action)
        if action is not None:
            _check_inline(action, step, context, path, view, found)
    else:
        action = find_action(step.action, (*path, "action"), view, found)
    if action is not None:
        _check_use(step, action, context, path, view, found)
    if found:
        hidden = _CONSEQUENCES if view.is_broken("tasks", task_name) else frozenset()
        mistakes += [mistake for mistake in found if mistake.code not in hidden]


def _check_inline(
    action: Action, step: Step, context: TemplateContext, path: Path, view: View, mistakes: Mistakes
) -> None:
    check_action_fields(action.input, (*path, "input"), view, mistakes)
    inputs = {*action.input, *step.input, *(context.inputs or ())}
    check_action(action, path, context.with_inputs(inputs), view, mistakes)


def _check_use(
    step: Step, action: Action, context: TemplateContext, path: Path, view: View, mistakes: Mistakes
) -> None:
    assert context.task is not None
    if action.type == "task" and action.task == context.task:
        at = "task" if is_inline(step.action) else "action"
        message = f"this step starts its own task {context.task!r}"
        hint = "a task that starts itself never ends"
        mistakes.append(Mistake(code="self-reference", message=message, path=(*path, at), hint=hint))
    use = Use(
        action_name=step.action,
        action=action,
        path=path,
        given=step.input,
        inherited=context.inputs or (),
        task=context.task,
        graph=context.flow,
        step=context.step or "",
    )
    check_use(use, view, mistakes)
