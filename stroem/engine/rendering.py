"""Renders the templates of a step when a worker takes it."""

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
from stroem.engine.connections import resolve_connection
from stroem.engine.plan import TaskPlan
from stroem.errors import FieldError, InvalidInput, NotRunnable
from stroem.templating.budget import Budget
from stroem.templating.language.hyphens import underscored
from stroem.templating.template import render, text_of


@attrs.frozen(kw_only=True)
class RenderedStep:
    """The action of a step with its templates rendered, and the input of the step."""

    action: Action
    input: dict[str, Json]
    input_json: bytes
    """The input as JSON text."""


def render_step(
    plan: TaskPlan, position: int, job_input: Mapping[str, Json], outputs: Mapping[int, Json], budget: Budget
) -> RenderedStep:
    """Renders the templates of one step. `outputs` are those of the steps that it refers to, by position.

    `budget` bounds all of them together. Raises TemplateFailed, InvalidInput (an unknown connection, a value that JSON
    cannot keep), or NotRunnable (a text that no process can take).
    """
    step = plan.steps[position]
    action = plan.actions[step.action]
    for name in action.env:
        if problem := env_name_problem(name):
            raise NotRunnable(task=plan.task, reason=f"env of action {step.action!r}: {problem}")
    context = _context(plan, job_input, outputs)
    names = tuple(plan.steps[refers].name for refers in step.refers_to)
    given = render(step.input, context, steps=names, budget=budget) if step.input else {}
    step_input = _complete(plan, action, given, job_input, context, budget)
    if not templates_of(action):
        return RenderedStep(action=action, input=step_input, input_json=_encoded(step_input))
    inner = {**context, "input": {**job_input, **step_input}}
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


def _encoded(step_input: Mapping[str, Json]) -> bytes:
    try:
        return encode(step_input)
    except NotKept as error:
        fields = tuple(FieldError(field=path_text(("input", *one.path)), message=one.message) for one in error.faults)
        problems = "; ".join(f"{field.field} {field.message}" for field in fields)
        raise InvalidInput(problems=problems, fields=fields) from None


def _context(plan: TaskPlan, job_input: Mapping[str, Json], outputs: Mapping[int, Json]) -> dict[str, object]:
    context: dict[str, object] = {"input": job_input, "secret": plan.secrets}
    for position, output in outputs.items():
        context[underscored(plan.steps[position].name)] = {"output": output}
    return context


def _complete(
    plan: TaskPlan,
    action: Action,
    given: Json,
    job_input: Mapping[str, Json],
    context: Mapping[str, object],
    budget: Budget,
) -> dict[str, Json]:
    """The input that the step gives, completed for declared fields with the job's input or the default."""
    complete: dict[str, Json] = dict(given) if isinstance(given, Mapping) else {}
    for name, field in action.input.items():
        if name not in complete:
            if name in job_input:
                complete[name] = job_input[name]
            elif field.default is not None:
                complete[name] = render(field.default, context, budget=budget)
        is_empty = complete.get(name, "") == "" and not field.required
        if name in complete and field.type not in PRIMITIVE_TYPES and not is_empty:
            complete[name] = resolve_connection(field.type, complete[name], plan, context, budget)
    return complete
