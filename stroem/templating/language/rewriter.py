"""Rewrites a parsed template so that every operation is charged and checked."""

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from stroem.templating.budget import CHARACTERS_A_UNIT
from stroem.templating.errors import Refused
from stroem.templating.language.grammar import argument_name

_NODES_A_UNIT = 8


def shared_names(tree: nodes.Template) -> frozenset[str]:
    """The variables that `set_global` sets."""
    stores = (node.args[0] for node in tree.find_all(nodes.Filter) if node.name == "<set>")
    return frozenset(name.value for name in stores if isinstance(name, nodes.Const))


class Rewriter(NodeTransformer):
    """Replaces inline operations of Jinja2, such as comparing and slicing, by internal filters."""

    def __init__(self, shared: frozenset[str]) -> None:
        self.shared = shared

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """`a["b"]` is `a.b`; slices are checked."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            bounds = [node.arg.start, node.arg.stop, node.arg.step]
            return _filter(node.node, "<part>", [bound or nodes.Const(None) for bound in bounds])
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return nodes.Getattr(node.node, node.arg.value, "load", lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """`~` shows values as Tera does."""
        self.generic_visit(node)
        return _filter(node.nodes[0], "<concatenate>", node.nodes[1:])

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Comparisons pay for large values."""
        self.generic_visit(node)
        rest = [part for operand in node.ops for part in (nodes.Const(operand.op), operand.expr)]
        return _filter(node.expr, "<compare>", rest)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        """`map("upper")` applies another filter to each item."""
        self.generic_visit(node)
        if node.name == "map" and node.args:
            node.name = "<map>"
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Functions are filters of nothing, so that nothing can be called."""
        assert isinstance(node.node, nodes.Name)
        for field in ("args", "kwargs"):
            setattr(node, field, [self.visit(each) for each in getattr(node, field)])
        return nodes.Filter(
            nodes.Const(None), f"<call {node.node.name}>", node.args, node.kwargs, None, None, lineno=node.lineno
        )

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:
        """Null for `a if b` without an else; empty in a text."""
        self.generic_visit(node)
        node.expr2 = node.expr2 or nodes.Const(None, lineno=node.lineno)
        return node

    def visit_Keyword(self, node: nodes.Keyword) -> nodes.Node:
        """`from=` and `with=` are words of Python."""
        self.generic_visit(node)
        return nodes.Keyword(argument_name(node.key), node.value, lineno=node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """A loop is paid before it starts, by the size of its body."""
        weight = _weight([*node.body, *node.else_])
        pairs = isinstance(node.target, nodes.Tuple) and len(node.target.items) == 2
        self.generic_visit(node)
        node.iter = _filter(node.iter, "<loop>", [nodes.Const(pairs), nodes.Const(weight)])
        return node

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        """Variables of `set_global` are looked up when they are read."""
        if node.name not in self.shared:
            return node
        if node.ctx != "load":
            raise Refused(node.lineno, f"`{node.name}` is set by `set_global` too; take another name")
        return _filter(nodes.Const(node.name, lineno=node.lineno), "<get>", [])

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:
        """`set` of a variable that `set_global` sets elsewhere."""
        if isinstance(node.target, nodes.Name) and node.target.name in self.shared:
            store = _filter(self.visit(node.node), "<set>", [nodes.Const(node.target.name)])
            return nodes.ExprStmt(store, lineno=node.lineno)
        self.generic_visit(node)
        return node


def _filter(subject: nodes.Node, name: str, arguments: list[nodes.Expr]) -> nodes.Filter:
    return nodes.Filter(subject, name, arguments, [], None, None, lineno=subject.lineno or 1)


def _weight(body: list[nodes.Node]) -> int:
    """The work of one iteration of a loop's body, without inner loops."""
    characters = count = 0
    stack = list(body)
    while stack:
        node = stack.pop()
        count += 1
        if isinstance(node, nodes.TemplateData):
            characters += len(node.data)
        if not isinstance(node, nodes.For):
            stack.extend(node.iter_child_nodes())
    return 1 + characters // CHARACTERS_A_UNIT + count // _NODES_A_UNIT
