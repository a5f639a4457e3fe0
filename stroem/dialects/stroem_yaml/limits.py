"""Limits, and the concurrency of tasks, with their short forms."""

from typing import Any

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG, wrong_type
from stroem.definitions.limit import Concurrency, Limit, parse_rate
from stroem.definitions.values import Path

_RATE_HINT = "write a rate like `10 per minute` or `100 per 1h`"
_FORMS = "a number, or a mapping"


def _rate(value: object, path: Path, mistakes: Mistakes) -> Any:
    if type(value) is not str:
        return wrong_type("a rate", value, path, mistakes, _RATE_HINT)
    rate = parse_rate(value)
    if rate is None:
        message = f"{scalars.shown(value)!r} is no rate"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=_RATE_HINT))
        return WRONG
    return rate


_LIMIT = Record(Limit, rate=_rate)
_CONCURRENCY = Record(Concurrency)


def convert_limit(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `Limit`. A number alone is its `max`."""
    _check_name(str(path[-1]), path, mistakes)
    if type(value) is int:
        most = _LIMIT.converters["max"](value, path, mistakes)
        return WRONG if most is WRONG else Limit(max=most)
    if type(value) is not dict:
        return wrong_type(_FORMS, value, path, mistakes, "like 2, or {max: 4, rate: 10 per minute}")
    if value.get("max") is None and value.get("rate") is None:
        message = "a limit needs 'max' or 'rate'"
        mistakes.append(Mistake(code="missing-key", message=message, path=path, hint="like {max: 4}", at_key=True))
        return WRONG
    return _LIMIT(value, path, mistakes)


def convert_concurrency(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `Concurrency`. A number alone is its `limit`."""
    if type(value) is int:
        limit = _CONCURRENCY.converters["limit"](value, path, mistakes)
        return WRONG if limit is WRONG else Concurrency(limit=limit)
    if type(value) is not dict:
        return wrong_type(_FORMS, value, path, mistakes, "like 1, or {key: '{{ input.env }}', policy: skip}")
    if value.get("max_queue") is not None and value.get("policy") not in (None, "queue"):
        message = "'max_queue' is for the policy `queue`"
        hint = "remove it, or the other policy"
        at = (*path, "max_queue")
        mistakes.append(Mistake(code="forbidden-key", message=message, path=at, hint=hint, at_key=True))
    return _CONCURRENCY(value, path, mistakes)


def _check_name(name: str, path: Path, mistakes: Mistakes) -> None:
    if "." in name:
        message = f"{name!r} cannot be the name of a limit"
        hint = "leave out the dot: `server.NAME` is a limit of the server"
        mistakes.append(Mistake(code="invalid-name", message=message, path=path, hint=hint, at_key=True))
