"""Workflow files become plans whose jobs end as the slow reference model says. A failing flow is shown as YAML."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import Phase, given, note, settings

from stroem.engine.values.state import ENDED
from tests.engine.plans_strategy import interruptions, orders
from tests.engine.reference import Reference
from tests.engine.schedule import play
from tests.engine.simulation import Simulation
from tests.engine.yaml_flows import Document, documents, plan_in, text_of

NOT_EXPLAINED = set(Phase) - {Phase.explain}
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


def test_a_failing_flow_is_shrunk_and_shown_as_yaml() -> None:
    @settings(max_examples=200, deadline=None, derandomize=True, database=None, phases=NOT_EXPLAINED)
    @given(document=documents())
    def no_loop_ends_at_a_failure(document: Document) -> None:
        note(text_of(document))
        assert "fail_fast" not in text_of(document)

    with pytest.raises(AssertionError) as failed:
        no_loop_ends_at_a_failure()
    (told,) = (text for text in failed.value.__notes__ if text.startswith("actions:"))
    assert "fail_fast: true" in told
    assert len(yaml.safe_load(told)["tasks"]["t"]["flow"]) <= 3
