"""Checks of a template's syntax tree against the supported grammar, before anything runs."""

import inspect
from collections.abc import Callable, Iterable
from functools import cache
from keyword import iskeyword
from typing import Any

from jinja2 import nodes

from stroem.conversion.suggestions import nearest
from stroem.templating.errors import Refused
from stroem.templating.filters.functions import FUNCTIONS
from stroem.templating.filters.registry import FILTERS
from stroem.templating.filters.tests import TESTS
from stroem.templating.operators import is_storable

MAX_NODES = 10_000
MAX_DEPTH = 64
MAX_LOOPS = 10

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.AssignBlock,
    nodes.FilterBlock, nodes.With, nodes.Break, nodes.Continue, nodes.ExprStmt, nodes.Name, nodes.Const, nodes.Tuple,
    nodes.List, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call,
    nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Concat, nodes.Compare, nodes.Operand, nodes.BinExpr,
    nodes.UnaryExpr,
)  # fmt: skip
_REFUSED = {
    "Include": "a template cannot include files",
    "Import": "a template cannot import files",
    "FromImport": "a template cannot import files",
    "Extends": "a template cannot extend another",
    "Block": "there are no blocks, since no template extends another",
    "Macro": "there are no macros",
    "CallBlock": "there are no macros",
    "NSRef": "there are no namespaces; `{% set_global name = value %}` sets a variable that outlives a loop",
}
_INSTEAD = {
    "get_env": "templates cannot read the server's environment; use `input`, `secret.NAME` or a step's own `env`",
    "vals": "references to secret stores are not resolved",
    "include": "a template cannot include files",
    "namespace": "`{% set_global name = value %}` sets a variable that outlives a loop",
    "attr": "write `a.b` or `a[name]`",
    "batch": "use `slice(start=, end=)`",
    "count": "the filter is called `length`",
    "d": "the filter is called `default`",
    "dict": "write `{\"key\": value}`",
    "e": "the filter is called `escape`",
    "format": "join values with `~`",
    "groupby": "the filter is called `group_by(attribute=)`",
    "equalto": "write `a == b`",
    "integer": "the test is called `number`",
    "items": "write `{% for key, value in map %}`",
    "list": "lists are lists already; `split(pat=\"\")` gives the characters of a text",
    "mapping": "the test is called `object`",
    "null": "the test is called `none`",
    "selectattr": "the filter is called `filter(attribute=, value=)`",
    "sequence": "the test is called `iterable`",
    "string": "the filter is called `as_str`",
    "tojson": "the filter is called `json_encode`",
}  # fmt: skip


_LITERAL_HINT = "Text with double braces goes between `{% raw %}` and `{% endraw %}`."


def verify(tree: nodes.Template) -> None:
    """Check a template; raise Refused at the first unsupported or excessive node."""
    stack = [(node, 1, 0) for node in reversed(tree.body)]
    count = 0
    while stack:
        node, depth, loops = stack.pop()
        count += 1
        if count > MAX_NODES:
            raise Refused(node.lineno, "the template has too many expressions")
        if depth > MAX_DEPTH or loops > MAX_LOOPS:
            raise Refused(node.lineno, "the template is nested too deeply")
        _verify(node, loops)
        inside = loops + isinstance(node, nodes.For)
        callee = ["node"] if isinstance(node, nodes.Call) else None
        children = [(child, depth + 1, inside) for child in node.iter_child_nodes(exclude=callee)]
        stack += reversed(children)


def refuse_literals(tree: nodes.Template) -> None:
    """Raise Refused for `{{0}}` and `{{1, 2}}` inside a text: that is C or another language, and fills nothing in."""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            parts = node.items if isinstance(node, nodes.Tuple) else [node]
            if all(isinstance(part, nodes.Const) for part in parts) and (
                isinstance(node, nodes.Tuple) or type(node.value) is int  # type: ignore[attr-defined]
            ):
                raise Refused(node.lineno, "a number between double braces fills nothing in", _LITERAL_HINT)


def _verify(node: nodes.Node, loops: int) -> None:
    if not isinstance(node, _ALLOWED):
        kind = type(node).__name__
        raise Refused(node.lineno, _REFUSED.get(kind, f"{kind} is not available in templates"))
    match node:
        case nodes.For() if node.recursive:
            raise Refused(node.lineno, "a loop cannot be recursive", word="recursive")
        case nodes.Break() | nodes.Continue() if not loops:
            word = type(node).__name__.lower()
            raise Refused(node.lineno, f"`{word}` stands outside of a loop", word=word)
        case nodes.Const() if isinstance(node.value, int) and not is_storable(node.value):
            raise Refused(node.lineno, "the number is too large")
        case nodes.Filter() if not node.name.startswith("<"):
            _verify_use("filter", FILTERS, node, node.name, subjects=1)
        case nodes.Test():
            _verify_use("test", TESTS, node, node.name, subjects=1)
        case nodes.Call():
            _verify_call(node)


def _verify_call(node: nodes.Call) -> None:
    if isinstance(node.node, nodes.Name):
        _verify_use("function", FUNCTIONS, node, node.node.name, subjects=0)
    elif isinstance(node.node, nodes.Getattr):
        name = node.node.attr
        hint = _INSTEAD.get(name) or (f"write `| {name}`" if name in FILTERS else _listed("filter", FILTERS))
        raise Refused(node.lineno, f"values have no methods, so no `{name}()`", _sentence(hint), word=name)
    else:
        raise Refused(node.lineno, "only functions can be called", _sentence(_listed("function", FUNCTIONS)))


def _verify_use(
    sort: str,
    known: dict[str, Callable[..., Any]],
    node: nodes.Filter | nodes.Test | nodes.Call,
    name: str,
    *,
    subjects: int,
) -> None:
    function = known.get(name)
    if function is None:
        meant = nearest(name, known)
        hint = _INSTEAD.get(name) or (f"did you mean `{meant}`?" if meant else _listed(sort, known))
        raise Refused(node.lineno, f"there is no {sort} `{name}`", _sentence(hint), word=name)
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise Refused(node.lineno, "arguments cannot be spread with `*`")
    try:
        named = {argument_name(str(each.key)): None for each in node.kwargs}
        _signature(function).bind(*[None] * (subjects + len(node.args)), **named)
    except TypeError as error:
        reason = f"the {sort} `{name}`: {str(error).replace('_', '')}"
        raise Refused(node.lineno, reason, _arguments(function, subjects), word=name) from None


def argument_name(name: str) -> str:
    """The parameter behind an argument: `from` and `with` are words of Python, so they have a line behind them."""
    return f"{name}_" if iskeyword(name) else name


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    signature = inspect.signature(function)
    kept = [parameter for name, parameter in signature.parameters.items() if name != "budget"]
    return signature.replace(parameters=kept)


def _arguments(function: Callable[..., Any], subjects: int) -> str:
    parameters = list(_signature(function).parameters.values())[subjects:]
    names = [each.name.rstrip("_") for each in parameters if each.kind is not each.VAR_POSITIONAL]
    return f"It takes {', '.join(f'{name}=' for name in names)}." if names else "It takes no arguments."


def _listed(sort: str, known: Iterable[str]) -> str:
    return f"the {sort}s are {', '.join(known)}"


def _sentence(hint: str) -> str:
    return hint[:1].upper() + hint[1:] + ("" if hint.endswith("?") else ".")
