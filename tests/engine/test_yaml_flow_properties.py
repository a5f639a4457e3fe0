"""Workflow files become plans whose jobs end as the slow reference model says. A failing flow is shown as YAML."""

from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import given, note, settings

from stroem.engine.values.state import ENDED
from tests.engine.plans_strategy import interruptions, orders
from tests.engine.reference import Reference
from tests.engine.schedule import play
from tests.engine.simulation import Simulation
from tests.engine.yaml_flows import Document, documents, plan_in, text_of

HARMLESS = ("pause", "resume", "signal", "repeat", "alarm")


def played(document: Document, order: Sequence[int], between: Sequence[tuple[int, str]], batch: int) -> Simulation:
    """The job of the task, run to its end."""
    note(text_of(document))
    simulation = Simulation(plan_in(document))
    try:
        play(simulation, order, between, batch)
    finally:
        note("\n".join(f"# {at}. {text}" for at, text in enumerate(simulation.trace)))
        note(f"# {simulation.status}: {simulation.outcomes()}")
    return simulation


@settings(max_examples=100, deadline=None)
@given(document=documents(), order=orders(), between=interruptions(*HARMLESS), batch=st.integers(1, 4))
def test_a_job_ends_as_its_file_says_in_whatever_order_things_happen(
    document: Document, order: list[int], between: list[tuple[int, str]], batch: int
) -> None:
    simulation = played(document, order, between, batch)
    expected = Reference(simulation.store.plan.nodes)
    assert simulation.outcomes() == {path: fate.outcome for path, fate in expected.fates.items()}
    assert simulation.status == expected.outcome


@settings(max_examples=100, deadline=None)
@given(
    document=documents(ordered=False),
    order=orders(),
    between=interruptions("cancel", *HARMLESS),
    batch=st.integers(1, 4),
)
def test_a_job_ends_and_nothing_starts_against_the_rules_whatever_comes_between(
    document: Document, order: list[int], between: list[tuple[int, str]], batch: int
) -> None:
    """The simulation checks each decision: nothing starts before what it depends on, in a pause, or after a cancel."""
    simulation = played(document, order, between, batch)
    assert all(step.status in ENDED for step in simulation.steps)
    if simulation.store.job.cancel_reason is not None:
        assert simulation.status == "cancelled"


def test_a_failing_flow_is_shown_as_yaml() -> None:
    shown: list[str] = []

    @settings(max_examples=200, deadline=None, derandomize=True, database=None, print_blob=False)
    @given(document=documents())
    def no_loop_fails(document: Document) -> None:
        shown.append(text_of(document))
        assert not any(node.aborts for node in plan_in(document).nodes)

    try:
        no_loop_fails()
    except AssertionError:
        assert "fail_fast: true" in shown[-1]
        assert len(shown[-1].splitlines()) < 20, "the flow did not shrink"
    else:
        raise AssertionError("no flow was found")
