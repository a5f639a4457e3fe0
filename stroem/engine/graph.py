"""Nodes of a plan with look-ups by scope and name."""

import functools
from collections.abc import Mapping

import attrs

from stroem.interfaces.nodes import ROOT, Node


@attrs.frozen(kw_only=True, slots=False)
class Graph:
    """The nodes of a plan. A node's number is its position."""

    nodes: tuple[Node, ...]

    def node(self, number: int) -> Node:
        """The node with this number."""
        return self.nodes[number]

    def entries(self, parent: int) -> tuple[int, ...]:
        """The nodes that start with the scope `parent`."""
        return self._entries.get(parent, ())

    @functools.cached_property
    def final_entries(self) -> tuple[int, ...]:
        """The nodes that start once all others of the job have ended."""
        return tuple(number for number in self.children(ROOT) if self.nodes[number].final and self.nodes[number].entry)

    def children(self, parent: int) -> tuple[int, ...]:
        """The nodes inside the scope `parent`."""
        return self._children.get(parent, ())

    def named(self, parent: int) -> Mapping[str, int]:
        """The nodes inside the scope `parent`, by name."""
        return self._names.get(parent, {})

    def visible(self, parent: int) -> Mapping[str, int]:
        """The nodes inside the scope `parent` and those around it, by name. Of equal names, the innermost counts."""
        found = self._visible.get(parent)
        if found is None:
            around = {} if parent == ROOT else self.visible(self.nodes[parent].parent)
            found = self._visible[parent] = {**around, **self.named(parent)}
        return found

    def is_cleanup(self, number: int) -> bool:
        """True if the node, or a block or loop around it, is for cleanup."""
        return self._cleanup[number]

    def is_single(self, number: int) -> bool:
        """True if a single token arrives at the node in each scope: no step of it exists before."""
        return self._single[number]

    @functools.cached_property
    def _cleanup(self) -> tuple[bool, ...]:
        found: list[bool] = []
        for node in self.nodes:  # a node stands behind the node around it
            found.append(node.cleanup or node.final or (node.parent != ROOT and found[node.parent]))
        return tuple(found)

    @functools.cached_property
    def _single(self) -> tuple[bool, ...]:
        return tuple(
            node.join == "all"
            and node.incoming <= 1
            and all(self.nodes[source].join == "all" for source in self.dependencies[number])
            for number, node in enumerate(self.nodes)
        )

    @functools.cached_property
    def dependencies(self) -> tuple[tuple[int, ...], ...]:
        """For each node, the nodes that have an edge to it."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for number, node in enumerate(self.nodes):
            for edge in node.edges:
                if number not in found[edge.to][-1:]:
                    found[edge.to].append(number)
        return tuple(map(tuple, found))

    @functools.cached_property
    def _visible(self) -> dict[int, Mapping[str, int]]:
        return {}  # filled by `visible`

    @functools.cached_property
    def _entries(self) -> Mapping[int, tuple[int, ...]]:
        return {
            parent: tuple(number for number in numbers if self._starts(number))
            for parent, numbers in self._children.items()
        }

    def _starts(self, number: int) -> bool:
        node = self.nodes[number]
        return node.entry and not (node.final and node.parent == ROOT)

    @functools.cached_property
    def _children(self) -> Mapping[int, tuple[int, ...]]:
        found: dict[int, list[int]] = {}
        for number, node in enumerate(self.nodes):
            found.setdefault(node.parent, []).append(number)
        return {parent: tuple(numbers) for parent, numbers in found.items()}

    @functools.cached_property
    def _names(self) -> Mapping[int, Mapping[str, int]]:
        return {
            parent: {self.nodes[number].name: number for number in numbers}
            for parent, numbers in self._children.items()
        }
