"""What stops a template. Messages name variables and kinds of values, never the values: they reach logs and people."""

from collections.abc import Mapping
from typing import Any, Never

from jinja2.runtime import Undefined


class Fault(Exception):
    """The template cannot go on; the text says why and what to write instead. `line` counts from 1."""

    line: int = 1


class Thrown(Fault):
    """The template itself gave up, with a message of its author."""


class MissingUsed(Fault):
    """Something that is not there was needed."""

    def __init__(self, missing: "Missing") -> None:
        self.missing = missing
        super().__init__("something is not there")


class Missing(Undefined):
    """A name or part that is not there: false in a condition, a reason for `default`, otherwise a fault."""

    __slots__ = ()

    @property
    def holder(self) -> object:
        """What was asked for the part; `jinja2.utils.missing` when a root name was asked for."""
        return self._undefined_obj

    @property
    def name(self) -> str | None:
        """The part as the template spells it; None when it was computed, since it may be a secret."""
        return self._undefined_name

    @property
    def hint(self) -> str | None:
        """What the template engine says about it."""
        return self._undefined_hint

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> Never:
        raise MissingUsed(self)

    __str__ = __len__ = __iter__ = __eq__ = __ne__ = __hash__ = _fail_with_undefined_error


def kind(value: object) -> str:
    """What sort of value this is, for messages."""
    match value:
        case bool():
            return "true/false"
        case None:
            return "nothing (null)"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a map"
    return "something that is not a value"
