"""Compiled plans: nodes, edges, references, and nothing of the workspace that is not needed."""

import dataclasses

import hypothesis.strategies as st
import pytest
from hypothesis import given

from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.engine.compile import ability_of, make_plan, runner_of
from stroem.errors import NotFound, NotRunnable
from stroem.interfaces.nodes import ROOT, Edge
from tests.engine.plans import plan_of, workspace


@dataclasses.dataclass
class Flow:
    """A random flow with the answers that a plan of it must give, by step name."""

    steps: dict[str, Step]
    depends_on: dict[str, set[str]]
    reads: dict[str, set[str]]
    secrets: set[str]


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    names = draw(st.lists(st.sampled_from(["a", "b-c", "d_e", "f-g-h", "i", "j2"]), unique=True, min_size=1))
    flow = Flow(steps={}, depends_on={}, reads={}, secrets=set())
    for name in names:
        earlier = [other for other in names if other in flow.steps]
        flow.depends_on[name] = set(draw(st.lists(st.sampled_from(earlier)))) if earlier else set()
        flow.reads[name] = (
            set(draw(st.lists(st.sampled_from(sorted(flow.depends_on[name])), max_size=2)))
            if (flow.depends_on[name])
            else set()
        )
        secrets = draw(st.sets(st.sampled_from(["password", "unused"])))
        flow.secrets |= secrets
        texts = [f"{{{{ {other}.output.x }}}}" for other in sorted(flow.reads[name])]
        texts += [f"x {{{{ secret.{secret} }}}}" for secret in sorted(secrets)]
        twice = tuple(flow.depends_on[name]) * 2
        flow.steps[name] = Step(action="run", depends_on=twice, input={"texts": texts})
    order = draw(st.permutations(names))
    flow.steps = {name: flow.steps[name] for name in order}
    return flow


@given(flows())
def test_the_nodes_of_a_plan_are_the_steps_of_the_flow(flow: Flow) -> None:
    plan = plan_of(Task(flow=flow.steps), run=Action(type="script", script="true"))
    names = [node.name for node in plan.nodes]
    assert names == list(flow.steps)
    for number, node in enumerate(plan.nodes):
        assert (node.kind, node.action, node.join, node.parent) == ("action", "run", "all", ROOT)
        assert {names[other] for other in plan.dependencies[number]} == flow.depends_on[node.name]
        assert node.incoming == len(flow.depends_on[node.name])
        assert node.entry == (not flow.depends_on[node.name])
        dependents = [name for name in flow.steps if node.name in flow.depends_on[name]]
        assert [names[edge.to] for edge in node.edges] == dependents
        assert {names[other] for other in node.reads} == flow.reads[node.name]
    assert set(plan.secrets) == flow.secrets


def test_a_step_that_continues_on_failure_starts_after_any_outcome() -> None:
    flow = {
        "a": Step(action="a"),
        "b": Step(action="a", depends_on=("a",), continue_on_failure=True),
        "c": Step(action="a", depends_on=("a", "b")),
    }
    a, b, c = plan_of(Task(flow=flow)).nodes
    assert a.edges == (Edge(to=1, on=("completed", "failed", "skipped", "cancelled")), Edge(to=2))
    assert b.edges == (Edge(to=2),)
    assert [(node.tolerant, node.optional) for node in (a, b, c)] == [(False, False), (True, True), (False, False)]


def test_a_plan_is_made_in_time_linear_in_its_steps() -> None:
    """A thousand steps, each of which reads the one before it."""
    flow = {"s-0": Step(action="a")}
    for number in range(1, 1000):
        before = f"s-{number - 1}"
        flow[f"s-{number}"] = Step(action="a", depends_on=(before,), input={"x": f"{{{{ {before}.output.x }}}}"})
    plan = plan_of(Task(flow=flow))
    assert [node.reads for node in plan.nodes[1:]] == [(number,) for number in range(999)]


def test_tags_are_sorted_and_distinct() -> None:
    (node,) = plan_of(Task(flow={"s": Step(action="a")}), a=Action(type="script", tags=("gpu", "big", "gpu"))).nodes
    assert node.tags == ("big", "gpu")


@given(flows())
def test_equal_tasks_make_equal_plans(flow: Flow) -> None:
    run = Action(type="script", script="true")
    assert plan_of(Task(flow=flow.steps), run=run) == plan_of(Task(flow=dict(flow.steps)), run=run)


def test_only_what_the_inputs_take_of_connections_is_in_a_plan() -> None:
    plain = plan_of(Task(flow={"s": Step(action="a")}))
    assert (plain.connections, plain.connection_types, plain.secrets) == ({}, {}, {})
    by_task = plan_of(Task(flow={"s": Step(action="a")}, input={"db": InputField(type="postgres")}))
    assert (set(by_task.connections), set(by_task.connection_types)) == ({"main"}, {"postgres"})
    assert set(by_task.secrets) == {"password"}, "the connection's template reads it"
    action = Action(type="script", script="true", input={"db": InputField(type="mysql")})
    by_action = plan_of(Task(flow={"s": Step(action="a")}), a=action)
    assert (set(by_action.connections), set(by_action.secrets)) == ({"other"}, set())


@pytest.mark.parametrize(
    "action",
    [
        Action(type="script", script="{{ secret.password }}"),
        Action(type="script", script="x", env={"A": "{{ secret.password }}"}),
        Action(type="script", script="x", args=("{{ secret.password }}",)),
        Action(type="script", script="x", options={"deep": [{"er": "{{ secret.password.part }}"}]}),
        Action(type="script", script="x", input={"i": InputField(default="{{ secret.password }}")}),
    ],
)
def test_secrets_are_found_wherever_an_action_reads_them(action: Action) -> None:
    assert set(plan_of(Task(flow={"s": Step(action="a")}), a=action).secrets) == {"password"}


def test_only_the_actions_in_use_are_in_a_plan() -> None:
    run, other = Action(type="script", script="true"), Action(type="script", script="false")
    assert set(plan_of(Task(flow={"s": Step(action="run")}), run=run, other=other).actions) == {"run"}


@pytest.mark.parametrize(
    ("step", "action", "reason"),
    [
        (Step(action="none"), None, "uses the action 'none', which this workspace does not define"),
        (Step(action="lib.none"), None, "which is in no library or workspace here"),
        (Step(action="a"), Action(type="agent"), "is of type 'agent'"),
    ],
)
def test_a_task_that_cannot_run_is_refused(step: Step, action: Action | None, reason: str) -> None:
    actions = {} if action is None else {"a": action}
    with pytest.raises(NotRunnable) as raised:
        make_plan("t", workspace(Task(flow={"s": step}), **actions), {})
    assert reason in str(raised.value)


def test_an_unknown_task_is_not_found() -> None:
    with pytest.raises(NotFound):
        make_plan("none", workspace(Task(flow={})), {})


@pytest.mark.parametrize(
    ("action", "runner", "ability"),
    [
        (Action(type="script"), "local", "script"),
        (Action(type="script", runner="docker"), "docker", "docker"),
        (Action(type="docker"), "docker", "docker"),
        (Action(type="pod"), "pod", "kubernetes"),
        (Action(type="script", runner="ssh"), "ssh", "remote"),
        (Action(type="script", runner="other"), "other", "other"),
        (Action(type="approval"), "none", "none"),
    ],
)
def test_the_runner_decides_the_ability(action: Action, runner: str, ability: str) -> None:
    assert (runner_of(action), ability_of(action, {"ssh": "remote"})) == (runner, ability)
