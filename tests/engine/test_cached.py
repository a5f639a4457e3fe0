"""Steps that take the result of an earlier one, and those whose result is kept."""

import attrs
import pytest

from stroem.definitions.cache import Cache
from stroem.engine import events
from stroem.engine.changes import CacheHit, CacheKey, Copied
from stroem.engine.requests import CachedResult, Failure
from stroem.interfaces.nodes import Edge, Node, RetryPolicy, Slot
from tests.engine.plan_tree import Dag, Do, Link, plan_of
from tests.engine.simulation import Simulation

HIT = CachedResult(job="j", step=7, name="build", output={"n": 1})


def simulation(**more: object) -> Simulation:
    """The step `a` with a cache, and `b` behind it."""
    plan = plan_of(Dag("t", (Do("a"), Do("b")), (Link("a", "b"),)))
    nodes = tuple(attrs.evolve(node, cache=Cache(ttl=60), **more) if node.name == "a" else node for node in plan.nodes)
    return Simulation(attrs.evolve(plan, nodes=nodes))


def test_a_hit_completes_the_step_without_a_worker() -> None:
    job = simulation(slot=Slot(key="k"), when="1")
    job.cached["a"] = HIT
    changes = job.happen(events.Begin())
    assert job.outcomes() == {"a": "completed", "b": "ready"}
    step = job.step("a")
    assert (step.attempt, step.worker_id) == (0, None)
    assert changes.copies == [Copied(step=step.id, source_step=7, source_job="j")]
    assert changes.cache_hits == [CacheHit(step=step.id, source_job="j", source_step=7, source_name="build")]
    assert not changes.wanted_slots
    assert not changes.cache_keys
    (told,) = [one for one in changes.history if one.step == step.id and one.status == "completed"]
    assert (told.cause, told.detail) == ("cache", "The result of step 'build' of job j is used again")


def test_a_miss_runs_the_step_and_keeps_its_result_under_the_key() -> None:
    job = simulation()
    changes = job.happen(events.Begin())
    step = job.claim(job.step("a"))
    assert changes.cache_keys == {step.id: CacheKey(digest="key of a", ttl=60)}
    assert job.happen(job.ended(step)).cached == [step.id]


@pytest.mark.parametrize("more", [{"outcome": "failed"}, {"is_repeatable": False}])
def test_other_ends_are_not_kept(more: dict[str, object]) -> None:
    job = simulation()
    job.happen(events.Begin())
    step = job.claim(job.step("a"))
    assert job.happen(attrs.evolve(job.ended(step), **more)).cached == []


def test_a_job_without_the_cache_asks_for_the_key_alone() -> None:
    job = simulation()
    job.store.job.no_cache = True
    job.cached["a"] = HIT
    changes = job.happen(events.Begin())
    assert job.outcomes() == {"a": "ready"}
    assert list(changes.cache_keys) == [job.step("a").id]
    assert [one.reads for one in job.lookups] == [False]


def test_a_key_that_cannot_be_made_fails_the_step() -> None:
    job = simulation()
    job.cached["a"] = Failure(error="the template is wrong")
    job.happen(events.Begin())
    assert job.outcomes() == {"a": "failed", "b": "skipped"}
    assert (job.step("a").error, job.status) == ("the template is wrong", "failed")


def test_only_the_first_attempt_is_looked_up() -> None:
    job = simulation(retry=RetryPolicy(attempts=2, delay=30))
    job.happen(events.Begin())
    job.happen(job.ended(job.claim(job.step("a")), "failed"))
    job.cached["a"] = HIT
    job.happen(job.due(job.step("a")))
    assert (job.outcomes()["a"], len(job.lookups)) == ("ready", 1)


def test_a_paused_job_does_not_take_results_until_it_is_resumed() -> None:
    job = simulation()
    job.cached["a"] = HIT
    job.happen(events.Pause(), events.Begin())
    assert job.outcomes() == {"a": "pending"}
    job.happen(events.Resume())
    assert job.outcomes() == {"a": "completed", "b": "ready"}


def test_a_long_loop_is_looked_up_in_several_decisions() -> None:
    body = Node(name="l", action="ok", parent=0, entry=True, cache=Cache())
    plan = plan_of(Dag("t", (Do("ok"),), ()))
    loop = Node(name="l", kind="loop", entry=True, items=list(range(1100)), output="list")
    job = Simulation(attrs.evolve(plan, nodes=(loop, body)))
    job.cached["l"] = HIT
    rounds = 0
    job.happen(events.Begin())
    while due := [step for step in job.steps if step.due_at is not None]:
        rounds += 1
        job.happen(*(events.Due(step=step.id) for step in due))
    assert (rounds, job.status, len(job.lookups)) == (2, "completed", 1100)


def test_steps_without_a_cache_ask_for_nothing() -> None:
    job = Simulation(plan_of(Dag("t", (Do("a"),), ())))
    job.happen(events.Begin())
    assert job.lookups == []


def test_the_output_is_there_for_templates_of_the_same_decision() -> None:
    plan = plan_of(Dag("t", (Do("a"),), ()))
    first = attrs.evolve(plan.nodes[0], cache=Cache(), edges=(Edge(to=1),))
    second = Node(name="b", action=first.action, incoming=1, when="a", reads=(0,))
    job = Simulation(attrs.evolve(plan, nodes=(first, second)))
    job.cached["a"] = HIT
    job.happen(events.Begin())
    (asked,) = [one for one in job.evaluated if one.node == 1]
    assert asked.scope.results[0].output == {"n": 1}
