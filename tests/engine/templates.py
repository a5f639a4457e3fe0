"""Templates of test plans: short words, each with a value that anybody can work out.

`true`, `false`; `fail` cannot be rendered; `odd` is true in iterations of an odd index; `items:3` is a list of three;
`rounds:3` asks for three rounds, `until:3` is true in the third;
`count:n` is one more than `n` in the context and `below:n:3` compares it;
`status:4` and `output:4` are those of node 4; `own` is the step's own output; `item` is that of the iteration.
Any other text stands for itself. Four expressions of workflow files are understood too: see `EXPRESSIONS`.
"""

from collections.abc import Mapping

from stroem.definitions.values import Json
from stroem.engine.requests import Failure, Scope

EXPRESSIONS = {
    "input.nothing": "fail",
    "each.index % 2 == 1": "odd",
    **{f"each.index + 1 < {count}": f"rounds:{count}" for count in range(1, 5)},
    **{f"each.index + 1 >= {count}": f"until:{count}" for count in range(1, 5)},
}
"""Expressions of workflow files, and the words for them."""


class _RenderingFailed(Exception):
    pass


def evaluate(template: Json, scope: Scope, own: Mapping[str, Json] | None = None) -> Json | Failure:
    """The value of a template in a scope, or `Failure`."""
    try:
        return _value(template, scope, own)
    except _RenderingFailed as error:
        return Failure(error=str(error))


def _value(template: Json, scope: Scope, own: Mapping[str, Json] | None) -> Json:
    if isinstance(template, dict):
        return {key: _value(one, scope, own) for key, one in template.items()}
    if isinstance(template, list):
        return [_value(one, scope, own) for one in template]
    return _word(template, scope, own) if isinstance(template, str) else template


def _word(text: str, scope: Scope, own: Mapping[str, Json] | None) -> Json:
    text = text.removeprefix("{{ ").removesuffix(" }}")
    match EXPRESSIONS.get(text, text).split(":"):
        case ["true" | "false"]:
            return text == "true"
        case ["fail"]:
            raise _RenderingFailed("this template fails")
        case ["odd"]:
            return scope.in_loop and scope.index % 2 == 1
        case ["items", count]:
            return list(range(int(count)))
        case ["rounds", count]:
            return scope.index + 1 < int(count)
        case ["until", count]:
            return scope.index + 1 >= int(count)
        case ["count", key]:
            return _number(scope, key) + 1
        case ["below", key, count]:
            return _number(scope, key) < int(count)
        case ["status", node]:
            return scope.results[int(node)].status if int(node) in scope.results else None
        case ["output", node]:
            return scope.results[int(node)].output if int(node) in scope.results else None
        case ["own"]:
            assert own is not None, "this template may not read its own output"
            return own["output"]
        case ["item"]:
            return scope.item if scope.in_loop else None
    return text


def _number(scope: Scope, key: str) -> int:
    value = scope.context.get(key, 0)
    assert isinstance(value, int)
    return value
