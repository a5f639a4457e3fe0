"""Places of definitions in the text of a workflow file."""

from collections.abc import Iterator, Mapping

from yaml.nodes import MappingNode, Node, ScalarNode

from stroem.conversion.yaml import compose
from stroem.definitions.kinds import KINDS


def lines_of_definitions(text: str) -> Mapping[tuple[str, str], int]:
    """The lines of the keys of definitions, from 1, by kind and name. Raises `Unreadable`."""
    root = compose(text)
    found: dict[tuple[str, str], int] = {}
    for section, definitions in _entries(root):
        kind = KINDS.get(section.value)
        if kind is not None:
            found.update({(kind, key.value): key.start_mark.line + 1 for key, _ in _entries(definitions)})
    return found


def _entries(node: Node | None) -> Iterator[tuple[ScalarNode, Node]]:
    """The entries of a mapping whose keys are texts."""
    if isinstance(node, MappingNode):
        yield from ((key, value) for key, value in node.value if isinstance(key, ScalarNode))
