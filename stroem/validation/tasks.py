"""Checks of tasks: dependencies, templates, hooks, and inputs of actions."""

from collections.abc import Collection, Mapping

import attrs

from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.definitions.action import Action
from stroem.definitions.action_fields import ACTION_FIELDS
from stroem.definitions.flow_paths import group_of, name_of
from stroem.definitions.kinds import HOOK_KEYS, HOOK_TYPES
from stroem.definitions.task import Hook, Step, Task, is_inline
from stroem.definitions.values import Path
from stroem.dialects.foreign_keys import foreign_hint
from stroem.dialects.no_effect import no_effect
from stroem.templating.language.hyphens import underscored
from stroem.validation.actions import check_action, check_action_fields
from stroem.validation.dependent_options import check_options_from
from stroem.validation.fields import check_fields
from stroem.validation.flow_graph import FlowScope, flow_scopes
from stroem.validation.limits import check_concurrency, check_limits
from stroem.validation.retries import check_retry, note_idle_retry
from stroem.validation.scope import View
from stroem.validation.templates import (
    JOB_ROOTS,
    RESERVED_ROOTS,
    TemplateContext,
    check_expression,
    check_templates,
)
from stroem.validation.uses import Use, check_task_input, check_use, find_action
from stroem.validation.volumes import note_lost_files, note_two_places

_CONSEQUENCES = frozenset({"not-upstream", "missing-input", "unknown-input"})
_HOOK_ROOTS = frozenset({"hook", "input", "secret", "state", "global_state"})


def check_task(name: str, task: Task, view: View, mistakes: Mistakes) -> None:
    """Notes the mistakes of a task."""
    path: Path = ("tasks", name)
    check_fields(task.input, (*path, "input"), view, mistakes)
    check_options_from(name, task, view, mistakes)
    check_concurrency(task, path, view, mistakes)
    check_limits(task.limits, (*path, "limits"), view, mistakes)
    note_two_places(task, path, view, mistakes)
    for key in HOOK_KEYS:
        check_hooks(getattr(task, key), (*path, key), view, mistakes)
    for scope in flow_scopes(task):
        _check_step_names(task, scope, path, mistakes)
        _check_dependencies(scope, path, mistakes)
        for step_name in scope.graph.own:
            if scope.step(step_name).action or scope.step(step_name).is_group:
                _check_step(name, task, scope, step_name, view, mistakes)


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
            elif action.workspace is not None:
                what = "a hook that starts a task of another workspace"
                mistakes.append(no_effect(what, "no job follows for it", (*hook_path, "action")))


def _check_step_names(task: Task, scope: FlowScope, path: Path, mistakes: Mistakes) -> None:
    graph, is_last = scope.graph, scope.section == "finally" and scope.group is None
    before = {underscored(key): key for key in task.flow} if is_last else {}
    if len(graph.variables) == len(graph.steps) and RESERVED_ROOTS.isdisjoint(graph.variables) and not before:
        return
    for name in graph.own:
        step_path = (*path, *scope.path(name))
        variable = underscored(name)
        other = before.get(variable, graph.variables[variable])
        if other != name or variable in before:
            message = f"steps {name!r} and {other!r} have the same name in templates, {variable!r}"
            mistakes.append(
                Mistake(code="name-collision", message=message, path=step_path, hint="rename one", at_key=True)
            )
        elif variable in RESERVED_ROOTS:
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


def _check_dependencies(scope: FlowScope, path: Path, mistakes: Mistakes) -> None:
    graph = scope.graph
    for name in graph.own:
        for dependency in map(name_of, scope.step(name).depends_on):
            if dependency not in graph.own:
                names = [name.strip() for name in dependency.split(",")]
                is_list = len(names) > 1 and all(name in graph.own for name in names)
                mistakes.append(
                    Mistake(
                        code="unknown-step",
                        message=f"there is no step {dependency!r} in {scope.noun}",
                        path=(*path, *scope.path(name), "depends_on"),
                        hint=f"write [{', '.join(names)}]" if is_list else None,
                        near=None if is_list else Near(name=dependency, names=graph.own),
                        entry=dependency,
                    )
                )
    for cycle in graph.cycles():
        message = f"these steps wait for each other: {' → '.join(cycle)}"
        mistakes.append(
            Mistake(
                code="cycle",
                message=message,
                path=(*path, *scope.path(cycle[0]), "depends_on"),
                hint="remove one of these dependencies",
                entry=cycle[1],
            )
        )


def _check_step(task_name: str, task: Task, scope: FlowScope, name: str, view: View, mistakes: Mistakes) -> None:
    step, graph = scope.step(name), scope.graph
    path: Path = ("tasks", task_name, *scope.path(name))
    found = Mistakes(key_hint=foreign_hint)
    before = TemplateContext(
        roots=JOB_ROOTS | {"each"} if _is_in_loop(scope.steps, scope.group) else JOB_ROOTS,
        inputs=task.input,
        task=task_name,
        flow=graph,
        step=name,
        foreign=graph.is_open,
    )
    context = before if not (step.is_loop or step.repeats) else attrs.evolve(before, roots=JOB_ROOTS | {"each"})
    check_templates(step.input, (*path, "input"), context, view, found)
    check_limits(step.limits, (*path, "limits"), view, found)
    for axis, values in (step.matrix or {}).items():
        check_expression(values, (*path, "matrix", axis), before, view, found)
    check_expression(step.when, (*path, "when"), before, view, found)
    check_expression(step.for_each, (*path, "for_each"), before, view, found)
    after = attrs.evolve(context, roots=context.roots | {"output"})
    check_expression(step.while_, (*path, "while"), after, view, found)
    check_expression(step.until, (*path, "until"), after, view, found)
    check_retry(step.retry, path, context, view, found)
    action: Action | None = None
    if is_inline(step.action):
        action = view.definitions.actions.get(step.action)
        if action is not None:
            _check_inline(action, step, context, path, view, found)
    elif not step.is_group:
        action = find_action(step.action, (*path, "action"), view, found)
    if action is not None:
        note_idle_retry(step.retry, action, path, found)
        _check_use(step, action, context, path, view, found)
    if found:
        hidden = _CONSEQUENCES if view.is_broken("tasks", task_name) else frozenset()
        mistakes += [mistake for mistake in found if mistake.code not in hidden]


def _is_in_loop(steps: Mapping[str, Step], group: str | None) -> bool:
    """Whether a group or one around it is a loop."""
    if group is None:
        return False
    return steps[group].is_loop or steps[group].repeats or _is_in_loop(steps, group_of(group))


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
    if action.type == "task" and action.own_task == context.task:
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
    if action.type == "task":
        check_task_input(use, view, mistakes)
    _check_work_keys(step, action, context, path, view, mistakes)
    note_lost_files(step, action, view.definitions.tasks.get(context.task), path, mistakes)
    if action.type == "wait" and step.timeout is not None:
        message, hint = "'timeout' is not for a wait", "write the length of the wait in `for`"
        mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, "timeout"), hint=hint, at_key=True))


def _check_work_keys(
    step: Step, action: Action, context: TemplateContext, path: Path, view: View, mistakes: Mistakes
) -> None:
    """Notes keys of steps on workers at others, and mistakes in the key of a cache; it sees what the action sees."""
    for key, value in (("artifacts", step.artifacts), ("cache", step.cache)):
        if value is not None and key not in ACTION_FIELDS[action.type]:
            message = f"{key!r} is not for a step with an action of type {action.type!r}, which no worker runs"
            hint = "remove it"
            mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, key), hint=hint, at_key=True))
    if step.cache is not None:
        inputs = {*action.input, *step.input, *(context.inputs or ())}
        check_templates(step.cache.key, (*path, "cache", "key"), context.with_inputs(inputs), view, mistakes)
