"""What comes before what."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.task import Step
from stroem.validation.flow_graph import FlowGraph

EDGES = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), unique=True))


def graph(**depends_on: str) -> FlowGraph:
    return FlowGraph({name: Step(action="x", depends_on=tuple(on)) for name, on in depends_on.items()})


def test_before_is_transitive_and_one_way() -> None:
    chain = graph(c="b", a="", b="a", d="")
    assert chain.is_before("a", "c")
    assert not chain.is_before("c", "a")
    assert not chain.is_before("d", "c")
    assert chain.cycles() == []


def test_each_knot_is_shown_once_and_what_stands_behind_it_is_not() -> None:
    knots = graph(a="c", b="a", c="b", d="c", e="f", f="e", g="g")
    assert knots.cycles() == [("a", "c", "b", "a"), ("e", "f", "e"), ("g", "g")]


def test_a_long_chain_is_quick() -> None:
    names = [f"s{number}" for number in range(10_000)]
    chain = FlowGraph(
        {name: Step(action="x", depends_on=(names[index - 1],) if index else ()) for index, name in enumerate(names)}
    )
    assert chain.is_before("s0", "s9999")
    assert not chain.is_before("s9999", "s0")


@given(EDGES)
def test_cycles_are_cycles_and_without_one_there_is_an_order(edges: dict[str, list[str]]) -> None:
    flow = {name: Step(action="x", depends_on=tuple(edges.get(name, ()))) for name in "abcdef"}
    found = FlowGraph(flow)
    for cycle in found.cycles():
        assert cycle[0] == cycle[-1]
        assert all(later in flow[earlier].depends_on for earlier, later in itertools.pairwise(cycle))
    if found.has_order:
        assert not any(found.is_before(name, name) for name in flow)
        left = dict(flow)
        while left:
            free = [name for name, step in left.items() if not left.keys() & set(step.depends_on)]
            assert free
            for name in free:
                del left[name]
