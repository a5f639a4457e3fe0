"""Renders the templates of steps."""

from collections.abc import Mapping
from typing import Any

import attrs

from stroem.conversion.json_value import NotKept, encode, faults
from stroem.conversion.mistake import path_text
from stroem.definitions.action import Action
from stroem.definitions.field import PRIMITIVE_TYPES
from stroem.definitions.kinds import LIST_FIELDS, STEP_FIELDS, TEXT_FIELDS
from stroem.definitions.values import Json, env_name_problem
from stroem.engine.compile import templates_of
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import NodeResult, Scope
from stroem.engine.values.connections import resolve_connection
from stroem.errors import FieldError, InvalidInput, NotRunnable
from stroem.interfaces.nodes import Node
from stroem.templating.budget import Budget
from stroem.templating.language.hyphens import underscored
from stroem.templating.template import render, text_of


@attrs.frozen(kw_only=True)
class RenderedStep:
    """The rendered action and input of a step."""

    action: Action
    input: dict[str, Json]
    input_json: bytes
    """The input as JSON text."""


def render_step(plan: TaskPlan, node: int, job_input: Mapping[str, Json], scope: Scope, budget: Budget) -> RenderedStep:
    """Renders the templates of a step: the input of its node and the fields of its action.

    They see the outputs of completed steps and the errors of failed ones; skipped ones have none of both. `budget`
    bounds all of them together. Raises TemplateFailed, InvalidInput (an unknown connection, a value that JSON cannot
    keep), or NotRunnable (a text that no process can take). The action of a hook sees the input of the hook alone.
    """
    step = plan.node(node)
    action = plan.actions[step.action]
    for name in action.env:
        if problem := env_name_problem(name):
            raise NotRunnable(task=plan.task, reason=f"env of action {step.action!r}: {problem}")
    context = context_of(plan, with_unreached(step, scope), job_input)
    if not step.final:
        _forget_skipped(plan, scope, context)
    names = _names(plan, step)
    given = render(step.input, context, steps=names, budget=budget) if step.input else {}
    inherited = job_input if plan.hook_of is None else {}
    step_input = _complete(plan, action, given, inherited, context, budget)
    if not templates_of(action):
        return RenderedStep(action=action, input=step_input, input_json=_encoded(step_input))
    inner = {**context, "input": {**inherited, **step_input}}
    filled: dict[str, Any] = {
        name: render(value, inner, steps=names, budget=budget)
        for name in STEP_FIELDS
        if (value := getattr(action, name))
    }
    for name in LIST_FIELDS:
        if name in filled:
            filled[name] = tuple(text_of(value) for value in filled[name])
    for name in TEXT_FIELDS:
        if name in filled:
            filled[name] = text_of(filled[name])
    if "env" in filled:
        filled["env"] = {key: text_of(value) for key, value in filled["env"].items()}
    if first := next(faults(filled), None):
        raise NotRunnable(task=plan.task, reason=f"what the templates of step {step.name!r} made is not kept: {first}")
    return RenderedStep(action=attrs.evolve(action, **filled), input=step_input, input_json=_encoded(step_input))


def render_key(
    plan: TaskPlan,
    node: int,
    job_input: Mapping[str, Json],
    rendered: RenderedStep,
    scope: Scope,
    budget: Budget,
) -> Json:
    """The value of the template `key` of the cache of a step. It sees what the fields of the action see."""
    step = plan.node(node)
    if step.cache is None or not step.cache.key:
        return None
    context = context_of(plan, with_unreached(step, scope), job_input)
    inner = {**context, "input": {**job_input, **rendered.input}}
    return render(step.cache.key, inner, steps=_names(plan, step), budget=budget)


def _forget_skipped(plan: TaskPlan, scope: Scope, context: dict[str, object]) -> None:
    """Leaves skipped steps with a status alone: a template that reads their output fails, and says so."""
    for number, result in scope.results.items():
        if result.status == "skipped":
            context[underscored(plan.node(number).name)] = {"status": "skipped", "error": None}


def _encoded(step_input: Mapping[str, Json]) -> bytes:
    try:
        return encode(step_input)
    except NotKept as error:
        fields = tuple(FieldError(field=path_text(("input", *one.path)), message=one.message) for one in error.faults)
        problems = "; ".join(f"{field.field} {field.message}" for field in fields)
        raise InvalidInput(problems=problems, fields=fields) from None


def evaluate(
    plan: TaskPlan,
    node: int,
    template: Json,
    scope: Scope,
    own: Mapping[str, Json] | None,
    job_input: Mapping[str, Json],
    budget: Budget,
) -> Json:
    """The value of a template of a node. `own` are names that it sees beside those of the scope, such as `output`.

    Raises TemplateFailed, or NotRunnable for a value that JSON cannot keep.
    """
    step = plan.node(node)
    context = context_of(plan, with_unreached(step, scope), job_input)
    if own is not None:
        context |= own
    if step.action and own is None and template == step.input:
        value: Json = _input_of(plan, step, job_input if plan.hook_of is None else {}, context, budget)
    else:
        value = render(template, context, steps=_names(plan, step), budget=budget)
    if first := next(faults(value), None):
        raise NotRunnable(task=plan.task, reason=f"what a template of step {step.name!r} made is not kept: {first}")
    return value


def _input_of(
    plan: TaskPlan, step: Node, job_input: Mapping[str, Json], context: dict[str, object], budget: Budget
) -> dict[str, Json]:
    """The input of a step that starts another task, or of a kind of step without a worker.

    The latter has its settings beside `input`; their templates see that input over the one of the job.
    """
    names, action = _names(plan, step), plan.actions[step.action]
    if step.kind == "task":
        given = render(step.input, context, steps=names, budget=budget)
        return _complete(plan, action, given, job_input, context, budget)
    settings = dict(step.input)
    given = render(settings.pop("input", {}), context, steps=names, budget=budget)
    own = dict(given) if isinstance(given, Mapping) else {}
    inner = {**context, "input": {**job_input, **own}}
    rendered = render(settings, inner, steps=names, budget=budget)
    assert isinstance(rendered, dict)
    return {**rendered, "input": own} if own else rendered


def context_of(plan: TaskPlan, scope: Scope, job_input: Mapping[str, Json]) -> dict[str, object]:
    """The context of templates: `input`, `secret`, `trigger`, steps, keys of the scope's context, state, `each`.

    `each` is there in loops. `trigger` is null in jobs that no trigger started.

    A step is a map of its `status`, its `output` and its `error`, of which those may be null.
    """
    context: dict[str, object] = {"trigger": None, **scope.state, **scope.context, "input": job_input}
    context["secret"] = plan.secrets
    for number, result in scope.results.items():
        error = None if result.status == "skipped" else result.error
        step = {"status": result.status, "output": result.output, "error": error}
        context[underscored(plan.node(number).name)] = step
    if scope.in_loop:
        context["each"] = {"item": scope.item, "index": scope.index, "total": scope.total}
    return context


def with_unreached(node: Node, scope: Scope) -> Scope:
    """The scope of a step. To one that runs at the end of the job, steps that were never reached are skipped ones."""
    unreached = set(node.reads) - scope.results.keys() if node.final else ()
    if not unreached:
        return scope
    return attrs.evolve(scope, results={**scope.results, **dict.fromkeys(unreached, NodeResult(status="skipped"))})


def _names(plan: TaskPlan, step: Node) -> tuple[str, ...]:
    return tuple(plan.node(number).name for number in step.reads)


def _complete(
    plan: TaskPlan,
    action: Action,
    given: Json,
    job_input: Mapping[str, Json],
    context: Mapping[str, object],
    budget: Budget,
) -> dict[str, Json]:
    """The step's input. Missing declared fields come from the job's input or the default."""
    complete: dict[str, Json] = dict(given) if isinstance(given, Mapping) else {}
    for name, field in action.input.items():
        if name not in complete:
            if name in job_input:
                complete[name] = job_input[name]
            elif field.default is not None:
                complete[name] = render(field.default, context, budget=budget)
        is_empty = complete.get(name, "") == "" and not field.required
        if name in complete and field.type not in PRIMITIVE_TYPES and not is_empty:
            complete[name] = resolve_connection(field.type, complete[name], plan, context, budget, f"input.{name}")
    return complete
