"""The gate that every filter, function and test goes through: nothing missing, work paid, results bounded."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from jinja2.runtime import Context
from jinja2.utils import pass_context

from stroem.templating.errors import Fault, Missing, MissingUsed, Thrown

ACCEPTS_MISSING = frozenset({"default", "defined", "undefined"})


def takes_budget(function: Callable[..., Any]) -> bool:
    """True when the function pays for its own work."""
    return "budget" in inspect.signature(function).parameters


def guarded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter as Jinja2 calls it."""
    return _guarded(f"the filter `{name}`", name, function)


def guarded_test(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The test as Jinja2 calls it."""
    return _guarded(f"the test `{name}`", name, function)


def guarded_function(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as a filter, since that is what calls are rewritten to; the filtered value is ignored."""

    def called(value: object, *args: object, **kwargs: object) -> object:
        return function(*args, **kwargs)

    return _guarded(f"the function `{name}`", name, called)


def _guarded(title: str, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    accepts_missing = name in ACCEPTS_MISSING
    pays = takes_budget(function)

    @pass_context
    def call(context: Context, /, *args: object, **kwargs: object) -> object:
        budget = context.budget  # type: ignore[attr-defined]
        budget.spend(1)
        if not accepts_missing:
            for argument in (*args, *kwargs.values()):
                if isinstance(argument, Missing):
                    raise MissingUsed(argument)
                budget.handle(argument)
        if pays:
            kwargs["budget"] = budget
        try:
            result = function(*args, **kwargs)
        except (MissingUsed, Thrown):
            raise
        except Fault as fault:
            raise Fault(f"{title}: {fault}") from None
        except (TypeError, ValueError, ArithmeticError, LookupError):
            raise Fault(f"{title} cannot work with these values") from None
        if isinstance(result, str):
            budget.text(len(result))
        elif isinstance(result, (list, Mapping)):
            budget.items(len(result))
        return result

    return call
