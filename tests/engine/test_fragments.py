"""Plans that programs make while their job runs."""

import pytest

from stroem.definitions.action import Action
from stroem.definitions.values import Json
from stroem.engine.fragments import read_fragment
from stroem.errors import NotRunnable
from stroem.interfaces.nodes import Edge, Node
from tests.engine.plans import one_step

PLAN = one_step(Action(type="script", script="true", tags=("gpu",)))


def test_a_document_becomes_completed_nodes() -> None:
    document: Json = {
        "nodes": [
            {"name": "one-two", "entry": True, "action": "a", "edges": [{"to": 1}, {"to": 1, "on": ["failed"]}]},
            {"name": "three", "kind": "wait", "input": {"secs": "{{ one-two.output }}"}},
        ]
    }
    assert read_fragment(document, PLAN, {}).nodes == (
        Node(name="one-two", entry=True, action="a", edges=(Edge(to=1), Edge(to=1, on=("failed",))), tags=("gpu",)),
        Node(name="three", kind="wait", input={"secs": "{{ one-two.output }}"}, incoming=2, reads=(0,)),
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "is not valid"),
        ({}, "nodes: is required"),
        ({"nodes": [{"kind": "wait"}]}, r"nodes\[0\].name: is required"),
        ({"nodes": [{"name": "a", "kind": "wait", "join": "any"}]}, r"nodes\[0\].join"),
        ({"nodes": [{"name": "a", "action": "other"}]}, "uses the action 'other'"),
        ({"nodes": [{"name": "a", "kind": "wait", "edges": [{"to": 1}]}]}, "leads to no node beside it"),
        ({"nodes": [{"name": "a", "kind": "wait", "parent": 0}]}, "stands before the node around it"),
        ({"nodes": [{"name": "a", "kind": "wait"}, {"name": "a", "kind": "wait"}]}, "two nodes are called 'a'"),
    ],
)
def test_a_document_with_mistakes_is_refused(document: Json, reason: str) -> None:
    with pytest.raises(NotRunnable, match=reason):
        read_fragment(document, PLAN, {})
