"""What a template may consist of, checked before anything runs."""

import difflib
import inspect
from collections.abc import Callable, Iterable
from functools import cache
from keyword import iskeyword
from typing import Any

import attrs
from jinja2 import nodes

from stroem.templating.filters import FILTERS
from stroem.templating.functions import FUNCTIONS
from stroem.templating.tests import TESTS

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
    "vals": "templates cannot resolve references; put the reference under `secrets:` and write `secret.NAME`",
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
    "items": "write `{% for key, value in map %}`",
    "list": "lists are lists already; `split(pat=\"\")` gives the characters of a text",
    "selectattr": "the filter is called `filter(attribute=, value=)`",
    "string": "the filter is called `as_str`",
    "tojson": "the filter is called `json_encode`",
}  # fmt: skip


@attrs.frozen(kw_only=True)
class TemplateProblem:
    """Why a text is no template: the line counts from 1, the column too where it is known."""

    line: int
    reason: str
    column: int | None = None
    hint: str | None = None


class Refused(Exception):
    """The template has something that does not exist here."""

    def __init__(self, line: int, reason: str, hint: str | None = None) -> None:
        self.line, self.reason, self.hint = line, reason, hint
        super().__init__(reason)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)


def verify(tree: nodes.Template) -> None:
    """Raise Refused for the first thing in the template that does not exist here."""
    for node in tree.body:
        _verify(node, in_loop=False)


def _verify(node: nodes.Node, *, in_loop: bool) -> None:
    if not isinstance(node, _ALLOWED):
        kind = type(node).__name__
        raise Refused(node.lineno, _REFUSED.get(kind, f"{kind} is not available in templates"))
    match node:
        case nodes.For():
            if node.recursive:
                raise Refused(node.lineno, "a loop cannot be recursive")
            in_loop = True
        case nodes.Break() | nodes.Continue() if not in_loop:
            raise Refused(node.lineno, f"`{type(node).__name__.lower()}` stands outside of a loop")
        case nodes.Filter() if not node.name.startswith("<"):
            _verify_use("filter", FILTERS, node, node.name, subjects=1)
        case nodes.Test():
            _verify_use("test", TESTS, node, node.name, subjects=1)
        case nodes.Call():
            _verify_call(node)
    children = node.iter_child_nodes(exclude=["node"]) if isinstance(node, nodes.Call) else node.iter_child_nodes()
    for child in children:
        _verify(child, in_loop=in_loop)


def _verify_call(node: nodes.Call) -> None:
    if not isinstance(node.node, nodes.Name):
        part = f" `{node.node.attr}`" if isinstance(node.node, nodes.Getattr) else ""
        reason = f"values have no methods{part}"
        known = isinstance(node.node, nodes.Getattr) and node.node.attr in FILTERS
        raise Refused(node.lineno, reason, f"Write `| {part[2:-1]}`." if known else _listed("function", FUNCTIONS))
    _verify_use("function", FUNCTIONS, node, node.node.name, subjects=0)


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
        hint = _INSTEAD.get(name) or (f"Did you mean `{meant}`?" if meant else _listed(sort, known))
        raise Refused(node.lineno, f"there is no {sort} `{name}`", hint[:1].upper() + hint[1:])
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise Refused(node.lineno, "arguments cannot be spread with `*`")
    try:
        named = {argument_name(str(each.key)): None for each in node.kwargs}
        _signature(function).bind(*[None] * (subjects + len(node.args)), **named)
    except TypeError as error:
        reason = f"the {sort} `{name}`: {str(error).replace('_', '')}"
        raise Refused(node.lineno, reason, _arguments(function, subjects)) from None


def argument_name(name: str) -> str:
    """The parameter behind an argument: `from` and `with` are words of Python, so they have a line behind them."""
    return f"{name}_" if iskeyword(name) else name


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    signature = inspect.signature(function)
    kept = [parameter for name, parameter in signature.parameters.items() if name != "budget"]
    return signature.replace(parameters=kept)


def _arguments(function: Callable[..., Any], subjects: int) -> str:
    names = [name.rstrip("_") for name in list(_signature(function).parameters)[subjects:] if name != "bounds"]
    return f"It takes {', '.join(f'{name}=' for name in names)}." if names else "It takes no arguments."


def _listed(sort: str, known: Iterable[str]) -> str:
    return f"The {sort}s are {', '.join(known)}."
