"""Rendered steps: every template is filled in, from the right place, and the rest stays as it is."""

import json
from typing import Any

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given

from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.kinds import LIST_FIELDS, STEP_FIELDS, TEXT_FIELDS
from stroem.definitions.task import Step, Task
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import NodeResult, Scope
from stroem.engine.values.rendering import RenderedStep, evaluate, render_step
from stroem.errors import InvalidInput, NotRunnable, TemplateFailed
from stroem.templating.budget import Budget
from tests.engine.plans import one_step, plan_of

SCRIPT = Action(type="script", script="true")


def render(
    plan: TaskPlan, job_input: dict[str, Json] | None = None, scope: Scope | None = None, node: int = 0
) -> RenderedStep:
    return render_step(plan, node, job_input or {}, scope or Scope(), Budget())


def evaluated(plan: TaskPlan, template: Json, scope: Scope, own: dict[str, Json] | None = None, node: int = 0) -> Json:
    return evaluate(plan, node, template, scope, own, {"x": 1}, Budget())


@st.composite
def actions(draw: st.DrawFn) -> Action:
    """An action whose fields read `input.x` or are plain."""
    text = st.sampled_from(["{{ input.x }}", "plain", "a {{ input.x }} b", ""])
    fields: dict[str, Any] = {name: draw(st.none() | text) for name in TEXT_FIELDS}
    fields |= {name: draw(st.lists(text, max_size=2).map(tuple)) for name in LIST_FIELDS}
    fields["env"] = draw(st.dictionaries(st.sampled_from(["A", "B"]), text))
    fields["manifest"] = draw(st.none() | st.dictionaries(st.just("k"), st.lists(text)))
    fields["options"] = draw(st.dictionaries(st.just("o"), text))
    return Action(type="script", **fields)


def replaced(value: Any, word: str) -> Any:
    if isinstance(value, str):
        return value.replace("{{ input.x }}", word)
    if isinstance(value, dict):
        return {key: replaced(entry, word) for key, entry in value.items()}
    return type(value)(replaced(entry, word) for entry in value) if isinstance(value, (list, tuple)) else value


@given(actions(), st.sampled_from(["w", "{{ not.again }}", "\u2713"]))
def test_every_field_is_rendered_once_and_nothing_else_changes(action: Action, word: str) -> None:
    rendered = render(one_step(action), {"x": word}).action
    for field in attrs.fields(Action):
        before, after = getattr(action, field.name), getattr(rendered, field.name)
        assert after == (replaced(before, word) if field.name in STEP_FIELDS else before), field.name


@pytest.mark.parametrize(
    ("given_by_step", "job_input", "default", "expected"),
    [
        ({"x": "step"}, {"x": "job"}, "default", "step"),
        ({}, {"x": "job"}, "default", "job"),
        ({}, {}, "default", "default"),
        ({"x": "{{ input.y }}"}, {"y": "other"}, None, "other"),
        ({}, {}, "{{ secret.password }}", "hunter22"),
    ],
)
def test_the_step_goes_before_the_job_and_the_job_before_the_default(
    given_by_step: dict[str, Json], job_input: dict[str, Json], default: Json, expected: str
) -> None:
    action = Action(type="script", script="{{ input.x }}", input={"x": InputField(default=default)})
    rendered = render(one_step(action, given_by_step), job_input)
    assert rendered.input == {"x": expected}
    assert json.loads(rendered.input_json) == rendered.input
    assert rendered.action.script == expected


def test_values_keep_their_types_in_the_input_and_are_texts_in_fields() -> None:
    action = Action(type="script", script="{{ input.n }}", args=("{{ input.flag }}",), options={"n": "{{ input.n }}"})
    rendered = render(one_step(action, {"n": "{{ input.count }}", "flag": "{{ true }}"}), {"count": 5})
    assert rendered.input == {"n": 5, "flag": True}
    assert (rendered.action.script, rendered.action.args, rendered.action.options) == ("5", ("true",), {"n": 5})


def test_outputs_are_read_under_the_names_of_their_steps() -> None:
    flow = {
        "build-app": Step(action="a"),
        "deploy": Step(action="b", depends_on=("build-app",), input={"v": "{{ build-app.output.v }}"}),
    }
    plan = plan_of(Task(flow=flow), a=SCRIPT, b=Action(type="script", script="{{ build_app.output.v }} {{ input.v }}"))
    scope = Scope(results={0: NodeResult(status="completed", output={"v": "1.2"})})
    rendered = render(plan, scope=scope, node=1)
    assert (rendered.input, rendered.action.script) == ({"v": "1.2"}, "1.2 1.2")


def test_a_connection_is_resolved_in_the_input() -> None:
    action = Action(
        type="script", script="{{ input.db.host }}:{{ input.db.port }}", input={"db": InputField(type="postgres")}
    )
    rendered = render(one_step(action, {"db": "main"}))
    assert rendered.input == {"db": {"host": "db", "password": "hunter22", "port": 5432}}
    assert rendered.action.script == "db:5432"


def test_an_empty_name_of_a_connection_that_is_not_required_stays_empty() -> None:
    action = Action(type="script", script="x", input={"db": InputField(type="postgres")})
    assert render(one_step(action, {"db": ""})).input == {"db": ""}


def test_an_unknown_connection_is_refused() -> None:
    action = Action(type="script", script="x", input={"db": InputField(type="postgres")})
    with pytest.raises(InvalidInput, match="of that type: main"):
        render(one_step(action, {"db": "other"}))


def test_a_template_that_fails_is_reported() -> None:
    with pytest.raises(TemplateFailed):
        render(one_step(Action(type="script", script="{{ input.none.deeper }}")))


@pytest.mark.parametrize("name", ["", "A=B", "A\0"])
def test_an_impossible_name_of_a_variable_is_refused(name: str) -> None:
    with pytest.raises(NotRunnable):
        render(one_step(Action(type="script", script="x", env={name: "y"})))


def test_a_text_that_no_process_takes_is_refused() -> None:
    with pytest.raises(NotRunnable, match="step 'first'"):
        render(one_step(Action(type="script", script="{{ input.x }}")), {"x": "a\0b"})


BUILD_AND_DEPLOY = {
    "build-app": Step(action="a"),
    "deploy": Step(action="a", depends_on=("build-app",), input={"v": "{{ build-app.output.v }}"}),
}


def test_the_input_of_a_step_does_not_see_skipped_steps() -> None:
    scope = Scope(results={0: NodeResult(status="skipped", output={"v": "1.2"})})
    with pytest.raises(TemplateFailed):
        render(plan_of(Task(flow=BUILD_AND_DEPLOY)), scope=scope, node=1)


@pytest.mark.parametrize(
    ("result", "template", "expected"),
    [
        (NodeResult(status="completed", output={"v": 2}), "{{ build-app.output.v }}", 2),
        (NodeResult(status="completed", output={"v": 2}), "{{ build-app.error }}", None),
        (NodeResult(status="failed", error="no disk"), "{{ build-app.error }}", "no disk"),
        (NodeResult(status="failed", error="no disk"), "{{ build-app.status }}", "failed"),
        (NodeResult(status="skipped"), "{{ build-app.output }}", None),
        (NodeResult(status="skipped", error="Skipped: its condition is false"), "{{ build-app.error }}", None),
        (NodeResult(status="skipped"), ["{{ build-app.output }}", "{{ input.x }}"], [None, 1]),
    ],
)
def test_expressions_see_outputs_and_errors_of_every_step(result: NodeResult, template: Json, expected: Json) -> None:
    plan = plan_of(Task(flow=BUILD_AND_DEPLOY))
    assert evaluated(plan, template, Scope(results={0: result}), node=1) == expected


def test_expressions_see_the_iteration_the_context_and_their_own_output() -> None:
    plan = one_step(SCRIPT)
    scope = Scope(context={"count": 3, "input": "hidden"}, in_loop=True, item="b", index=1, total=4)
    template = "{{ each.item }} {{ each.index }} {{ each.total }} {{ count }} {{ input.x }} {{ output.y }}"
    assert evaluated(plan, template, scope, own={"output": {"y": 5}}) == "b 1 4 3 1 5"
    with pytest.raises(TemplateFailed):
        evaluated(plan, "{{ output.y }}", scope)
    with pytest.raises(TemplateFailed):
        evaluated(plan, "{{ each.item }}", Scope())


def test_a_value_that_json_cannot_keep_is_refused() -> None:
    with pytest.raises(NotRunnable, match="step 'first'"):
        evaluated(one_step(SCRIPT), "{{ output }}", Scope(), own={"output": "a\0b"})
