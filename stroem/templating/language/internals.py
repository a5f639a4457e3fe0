"""Internal filters for rewritten expressions and statements. Their names have brackets, so no template can use them."""

from collections.abc import Callable, Mapping
from typing import Any

from jinja2.runtime import Context
from jinja2.utils import pass_context

from stroem.templating import operators
from stroem.templating.budget import Budget
from stroem.templating.errors import Fault, Missing, MissingUsed, kind
from stroem.templating.filters.arguments import items, whole
from stroem.templating.filters.display import to_text
from stroem.templating.filters.registry import FILTERS


def _budget(context: Context) -> Budget:
    budget: Budget = context.budget  # type: ignore[attr-defined]
    return budget


@pass_context
def loop(context: Context, value: object, pairs: bool, weight: int) -> object:
    """The items of a `for`, charged to the budget: items, characters, or pairs of a map."""
    if isinstance(value, Missing):
        raise MissingUsed(value)
    if not isinstance(value, (list, tuple, str, Mapping)):
        raise Fault(f"`for` goes over a list, a map or a text, not {kind(value)}")
    _budget(context).spend(1 + len(value) * weight)
    if isinstance(value, Mapping):
        return list(value.items()) if pairs else list(value)
    return value


@pass_context
def concatenate(context: Context, *values: object) -> str:
    """`a ~ b ~ c`."""
    budget = _budget(context)
    for value in values:
        if isinstance(value, Missing):
            raise MissingUsed(value)
    text = "".join([to_text(value, budget) for value in values])
    budget.text(len(text))
    return text


@pass_context
def compare(context: Context, left: object, *rest: Any) -> bool:
    """`a < b <= c`: operator names and values by turns."""
    budget = _budget(context)
    for operator, right in zip(rest[::2], rest[1::2], strict=True):
        if not operators.compare(operator, left, right, budget):
            return False
        left = right
    return True


@pass_context
def part(context: Context, value: object, start: object, stop: object, step: object) -> object:
    """`a[start:stop:step]`."""
    for each in (value, start, stop, step):
        if isinstance(each, Missing):
            raise MissingUsed(each)
    if not isinstance(value, (str, list, tuple)):
        raise Fault(f"only a text or a list can be sliced, not {kind(value)}")
    if step == 0:
        raise Fault("the step of a slice cannot be 0")
    _budget(context).handle(value)
    return value[slice(*[None if bound is None else whole(bound) for bound in (start, stop, step)])]


@pass_context
def map_filter(context: Context, value: object, name: object, *args: object, **kwargs: object) -> list[object]:
    """`items | map("upper")`: the filter applied to each item."""
    if isinstance(value, Missing):
        raise MissingUsed(value)
    if not isinstance(name, str) or name not in FILTERS:
        raise Fault("the filter `map` takes an `attribute` or the name of a filter")
    each = context.environment.filters[name]
    return [each(context, item, *args, **kwargs) for item in items(value)]


@pass_context
def keep(context: Context, value: object) -> str:
    """The value of a template that is one expression, with its type."""
    context.kept = value  # type: ignore[attr-defined]
    return ""


@pass_context
def set_shared(context: Context, value: object, name: str) -> str:
    """`{% set_global name = value %}`."""
    context.shared[name] = value  # type: ignore[attr-defined]
    return ""


@pass_context
def get_shared(context: Context, name: str) -> object:
    """A variable that some `set_global` of the template sets."""
    shared: dict[str, object] = context.shared  # type: ignore[attr-defined]
    return shared[name] if name in shared else context.resolve(name)


INTERNALS: dict[str, Callable[..., Any]] = {
    "<loop>": loop,
    "<concatenate>": concatenate,
    "<compare>": compare,
    "<part>": part,
    "<keep>": keep,
    "<map>": map_filter,
    "<set>": set_shared,
    "<get>": get_shared,
}
