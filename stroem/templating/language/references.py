"""Which variables a template reads."""

from collections.abc import Iterator

import attrs
from jinja2 import nodes

Path = tuple[str, ...]


@attrs.frozen(kw_only=True)
class Mention:
    """A read of a path in a template.

    `optional` is true where the template copes with its absence: before `default`, in `is defined`, as a condition.
    """

    path: Path
    line: int
    optional: bool = False


def mentions(tree: nodes.Template) -> tuple[Mention, ...]:
    """Every path that the template reads from its context, in order."""
    reader = _Reader()
    reader.read_all(tree.body, set())
    return tuple(reader.found)


class _Reader:
    def __init__(self) -> None:
        self.found: list[Mention] = []

    def read_all(self, body: list[nodes.Node], names: set[str]) -> None:
        for node in body:
            self.read(node, names)

    def read(self, node: nodes.Node, names: set[str], *, optional: bool = False) -> None:
        """Collect what the node reads; `names` are the variables of the template itself and grow as it sets them."""
        match node:
            case nodes.Name() | nodes.Getattr() | nodes.Getitem():
                self._read_path(node, names, optional=optional)
            case nodes.For():
                self._read_loop(node, names)
            case nodes.Assign() | nodes.AssignBlock():
                self._read_children(node, names, exclude="target")
                names |= _stored(node.target)
            case nodes.With():
                inner = set(names)
                for target, value in zip(node.targets, node.values, strict=True):
                    self.read(value, inner)
                    inner |= _stored(target)
                self.read_all(node.body, inner)
            case nodes.If() | nodes.CondExpr():
                self.read(node.test, names, optional=True)
                self._read_children(node, names, exclude="test")
            case nodes.And() | nodes.Or() | nodes.Not():
                for child in node.iter_child_nodes():
                    self.read(child, names, optional=True)
            case nodes.Filter() | nodes.Test():
                self._read_use(node, names)
            case nodes.Call():
                self._read_children(node, names, exclude="node")
            case _:
                self._read_children(node, names)

    def _read_children(self, node: nodes.Node, names: set[str], exclude: str = "") -> None:
        for child in node.iter_child_nodes(exclude=[exclude]):
            self.read(child, names)

    def _read_loop(self, node: nodes.For, names: set[str]) -> None:
        self.read(node.iter, names)
        inner = names | _stored(node.target) | {"loop"}
        if node.test is not None:
            self.read(node.test, inner)
        self.read_all(node.body, inner)
        self.read_all(node.else_, set(names))

    def _read_use(self, node: nodes.Filter | nodes.Test, names: set[str]) -> None:
        if node.node is not None:
            self.read(node.node, names, optional=node.name in ("default", "defined", "undefined"))
        self._read_children(node, names, exclude="node")
        if node.name == "<set>":
            assert isinstance(node.args[0], nodes.Const)
            names.add(node.args[0].value)

    def _read_path(self, node: nodes.Node, names: set[str], *, optional: bool) -> None:
        parts: list[str] = []
        line = node.lineno
        while isinstance(node, (nodes.Getattr, nodes.Getitem)):
            if isinstance(node, nodes.Getattr):
                parts.append(node.attr)
            elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                parts.append(node.arg.value)
            else:
                parts.clear()
                self.read(node.arg, names)
            node = node.node
        if not isinstance(node, nodes.Name):
            self.read(node, names)
        elif node.name not in names:
            self.found.append(Mention(path=(node.name, *reversed(parts)), line=line, optional=optional))


def _stored(target: nodes.Node) -> set[str]:
    return set(_names(target))


def _names(target: nodes.Node) -> Iterator[str]:
    if isinstance(target, nodes.Name):
        yield target.name
    for child in target.iter_child_nodes():
        yield from _names(child)
