"""Look-ups of nodes by scope, and fragments that join a plan at run time."""

from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import Edge, Node

NESTED = TaskPlan(
    task="t",
    actions={},
    nodes=(
        Node(name="start", entry=True, edges=(Edge(to=1), Edge(to=1, on=("failed",)))),
        Node(name="loop", kind="loop"),
        Node(name="inner", parent=1, entry=True, edges=(Edge(to=3),)),
        Node(name="start", parent=1),
    ),
)


def test_nodes_are_found_by_scope() -> None:
    assert (NESTED.children(-1), NESTED.children(1), NESTED.children(0)) == ((0, 1), (2, 3), ())
    assert (NESTED.entries(-1), NESTED.entries(1), NESTED.entries(3)) == ((0,), (2,), ())
    assert NESTED.named(1) == {"inner": 2, "start": 3}
    assert NESTED.dependencies == ((), (0,), (), (2,))


def test_the_nearest_node_has_a_name() -> None:
    assert NESTED.visible(-1) == {"start": 0, "loop": 1}
    assert NESTED.visible(1) == {"start": 3, "loop": 1, "inner": 2}


def test_a_fragment_is_numbered_behind_the_plan_and_stands_in_the_block_that_opened_it() -> None:
    assert NESTED.entries(1) == (2,), "look-ups of the graph before it grows"
    nodes = (
        Node(name="a", kind="block", entry=True, edges=(Edge(to=1),)),
        Node(name="b", reads=(0,)),
        Node(name="c", parent=0, entry=True, reads=(1,)),
    )
    fragment = TaskPlan(task="f", nodes=nodes, actions={})
    grown = NESTED.joined(1, fragment)
    a, b, c = grown.nodes[4:]
    assert (a.parent, b.parent, c.parent) == (1, 1, 4)
    assert (a.edges, b.reads, c.reads) == ((Edge(to=5),), (4,), (5,))
    assert (grown.entries(1), grown.entries(4)) == ((2, 4), (6,))
    assert grown.node(6) is c
    assert grown.joined(3, fragment).entries(3) == (7,)
